"""The vault's ways in: list them, add one, remove one, and replace the keys behind them.

Only a slot's id and kind go into the log.
"""

from typing import Any

from appliance.audit import ObjectRef, verifier_key
from appliance.foundation.errors import InputError
from appliance.services.context import HOME, Caller, ServiceContext
from appliance.services.object_names import choose
from appliance.services.operations import operation
from appliance.vault.secret_text import write_credential, write_recovery, write_words
from appliance.vault.slots import MAX_NAME_CHARACTERS, Slot

VAULT = ObjectRef("vault", HOME.id)


@operation("key.list", action="key.list", on="vault")
def list_slots(context: ServiceContext, caller: Caller) -> list[dict[str, Any]]:
    """Return the slots, oldest first."""
    with context.act(caller, "key.list", VAULT):
        return [_shown(slot) for slot in context.vault.slots]


@operation("key.add", action="key.add", on="vault")
def add_passphrase(context: ServiceContext, caller: Caller, *, passphrase: str, name: str = "") -> dict[str, Any]:
    """Add a slot that `passphrase` opens."""
    _verify_name(name)
    with context.act(caller, "key.add", VAULT, {"kind": "passphrase"}) as recorded:
        slot = context.vault.add_passphrase(passphrase, name, context.clock.now_us())
        recorded.target = ObjectRef("slot", slot.id)
    return _shown(slot)


@operation("key.credential", action="key.add", on="vault")
def add_credential(context: ServiceContext, caller: Caller, *, name: str = "") -> dict[str, Any]:
    """Add a slot for a systemd credential.

    `secret` in the answer is what the credential has to hold; it is shown this once.
    """
    _verify_name(name)
    with context.act(caller, "key.add", VAULT, {"kind": "credential"}) as recorded:
        slot, secret = context.vault.add_credential(name, context.clock.now_us())
        recorded.target = ObjectRef("slot", slot.id)
    return {**_shown(slot), "secret": write_credential(secret)}


@operation("key.recovery", action="key.add", on="vault")
def add_recovery(context: ServiceContext, caller: Caller, *, name: str = "") -> dict[str, Any]:
    """Add a slot for a recovery key. `secret` and `words` in the answer are the key; they are shown this once."""
    _verify_name(name)
    with context.act(caller, "key.add", VAULT, {"kind": "recovery"}) as recorded:
        slot, secret = context.vault.add_recovery(name, context.clock.now_us())
        recorded.target = ObjectRef("slot", slot.id)
    return {**_shown(slot), "secret": write_recovery(secret), "words": write_words(secret)}


@operation("key.remove", action="key.remove", on="slot")
def remove_slot(context: ServiceContext, caller: Caller, *, slot_id: str) -> list[dict[str, Any]]:
    """Remove a slot, replace what its holder could have kept, and return the slots that are left.

    It is named by its id, its name or the beginning of its id.
    """
    slot_id = choose(slot_id, [(slot.id, slot.name) for slot in context.vault.slots]) or slot_id
    with context.act(caller, "key.remove", ObjectRef("slot", slot_id[:64])):
        context.vault.remove_slot(slot_id)
    return [_shown(slot) for slot in context.vault.slots]


@operation("key.rotate", action="key.rotate", on="vault")
def rotate_keys(context: ServiceContext, caller: Caller) -> dict[str, Any]:
    """Replace root, epoch and database key."""
    with context.act(caller, "key.rotate", VAULT):
        context.vault.rotate()
    return {"epoch": context.vault.epoch}


@operation("key.rotate-log", action="key.rotate-log", on="vault")
def rotate_log_key(context: ServiceContext, caller: Caller) -> dict[str, Any]:
    """Hand the log over to a new signing key, which the old one signs; the old one is forgotten.

    Returns the new public key.
    """
    with context.act(caller, "key.rotate-log", VAULT) as recorded:
        signer = context.vault.next_signer()
        try:
            recorded.details = {"entry": context.log.change_key(caller.actor, VAULT, signer)}
        finally:
            context.vault.settle_log_key(context.log.changed_key)
    return {"log_key": verifier_key(signer.name, signer.public_key), "entry": recorded.details["entry"]}


def _shown(slot: Slot) -> dict[str, Any]:
    return {"id": slot.id, "kind": slot.kind, "name": slot.name, "created_us": slot.created_us}


def _verify_name(name: str) -> None:
    if len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
        raise InputError("slot.name", max_name_characters=MAX_NAME_CHARACTERS)
