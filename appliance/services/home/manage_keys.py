"""The vault's ways in: list, add, remove, replace the keys behind them. The log has a slot's id and kind alone."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from appliance.audit import ObjectRef, RecordedAction, verifier_key
from appliance.foundation.errors import InputError
from appliance.services.context import HOME, Caller, ServiceContext
from appliance.services.object_names import choose
from appliance.services.operations import operation
from appliance.vault.secret_text import write_credential, write_recovery, write_words
from appliance.vault.slots import MAX_NAME_CHARACTERS, Slot

VAULT = ObjectRef("vault", HOME.id)


@dataclass(frozen=True)
class WayIn:
    """A slot, as it is listed."""

    id: str
    kind: str
    name: str
    created_us: int


@dataclass(frozen=True)
class NewCredential(WayIn):
    """A new slot for a systemd credential, with what the credential has to hold; it is shown this once."""

    secret: str = field(repr=False)


@dataclass(frozen=True)
class NewRecoveryKey(WayIn):
    """A new slot for a recovery key, with the key as `secret` and as `words`; it is shown this once."""

    secret: str = field(repr=False)
    words: str = field(repr=False)


@dataclass(frozen=True)
class Epoch:
    """The epoch of the vault's keys after a rotation."""

    epoch: int


@dataclass(frozen=True)
class NewLogKey:
    """The log's new public key, and the entry that hands the log over to it."""

    log_key: str
    entry: int


@operation("key.list", action="key.list", on="vault")
def list_slots(context: ServiceContext, caller: Caller) -> list[WayIn]:
    """Return the slots, oldest first."""
    with context.act(caller, "key.list", VAULT):
        return _ways_in(context)


@operation("key.add", action="key.add", on="vault")
def add_passphrase(context: ServiceContext, caller: Caller, *, passphrase: str, name: str = "") -> WayIn:
    """Add a slot that `passphrase` opens."""
    with _added(context, caller, "passphrase", name) as recorded:
        slot = context.vault.add_passphrase(passphrase, name, context.clock.now_us())
        recorded.target = ObjectRef("slot", slot.id)
    return WayIn(*_listed(slot))


@operation("key.credential", action="key.add", on="vault")
def add_credential(context: ServiceContext, caller: Caller, *, name: str = "") -> NewCredential:
    """Add a slot for a systemd credential."""
    with _added(context, caller, "credential", name) as recorded:
        slot, secret = context.vault.add_credential(name, context.clock.now_us())
        recorded.target = ObjectRef("slot", slot.id)
    return NewCredential(*_listed(slot), write_credential(secret))


@operation("key.recovery", action="key.add", on="vault")
def add_recovery(context: ServiceContext, caller: Caller, *, name: str = "") -> NewRecoveryKey:
    """Add a slot for a recovery key."""
    with _added(context, caller, "recovery", name) as recorded:
        slot, secret = context.vault.add_recovery(name, context.clock.now_us())
        recorded.target = ObjectRef("slot", slot.id)
    return NewRecoveryKey(*_listed(slot), write_recovery(secret), write_words(secret))


@operation("key.remove", action="key.remove", on="slot")
def remove_slot(context: ServiceContext, caller: Caller, *, slot_id: str) -> list[WayIn]:
    """Remove a slot, replace what its holder could have kept, and return the slots that are left.

    It is named by its id, its name or the beginning of its id.
    """
    slot_id = choose(slot_id, [(slot.id, slot.name) for slot in context.vault.slots]) or slot_id
    with context.act(caller, "key.remove", ObjectRef("slot", slot_id[:64])):
        context.vault.remove_slot(slot_id)
    return _ways_in(context)


@operation("key.rotate", action="key.rotate", on="vault")
def rotate_keys(context: ServiceContext, caller: Caller) -> Epoch:
    """Replace root, epoch and database key."""
    with context.act(caller, "key.rotate", VAULT):
        context.vault.rotate()
    return Epoch(context.vault.epoch)


@operation("key.rotate-log", action="key.rotate-log", on="vault")
def rotate_log_key(context: ServiceContext, caller: Caller) -> NewLogKey:
    """Hand the log over to a new signing key, which the old one signs; the old one is forgotten."""
    with context.act(caller, "key.rotate-log", VAULT) as recorded:
        signer = context.vault.next_signer()
        try:
            entry = context.log.change_key(caller.actor, VAULT, signer)
            recorded.details = {"entry": entry}
        finally:
            context.vault.settle_log_key(context.log.changed_key)
    return NewLogKey(verifier_key(signer.name, signer.public_key), entry)


@contextlib.contextmanager
def _added(context: ServiceContext, caller: Caller, kind: str, name: str) -> Iterator[RecordedAction]:
    if len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
        raise InputError("slot.name", max_name_characters=MAX_NAME_CHARACTERS)
    with context.act(caller, "key.add", VAULT, {"kind": kind}) as recorded:
        yield recorded


def _ways_in(context: ServiceContext) -> list[WayIn]:
    return [WayIn(*_listed(slot)) for slot in context.vault.slots]


def _listed(slot: Slot) -> tuple[str, str, str, int]:
    return slot.id, slot.kind, slot.name, slot.created_us
