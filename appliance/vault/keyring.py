"""keyring.json, version 2: key slots for the root key, and the keys that the root key wraps. No secret is readable.

    {"version": 2,
     "slots": [{"id", "kind", "name", "created_us", "public_key", "sealed_root", ...}],     see `slots`
     "slots_tag",
     "epoch": N, "keys": {"database", "audit_hmac", "signing", "epoch-N"},
     "audit_public_key"}

Bytes are base64. "keys" also has "epoch-N+1" while keys are being rewrapped, "database-next" while the database is
being rekeyed, and "signing-next" while the log is being handed over to a new key. The root key wraps the named keys
(AES-256-GCM) with the associated data ("appliance root", version, name). `slots_tag` is HMAC-SHA256 over the canonical
JSON of the slots, under a key derived from the root key, so that a public key inserted on disk is noticed before the
next root key is encrypted to it. The log's public key is readable, so that the log of a sealed home can be verified;
every unseal recomputes it.
"""

import hmac
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from appliance.foundation import canonical_json
from appliance.foundation.atomic_files import storage_errors, write_atomic
from appliance.foundation.errors import (
    AuthenticationError,
    ConflictError,
    HomeError,
    InputError,
    IntegrityError,
    NotFoundError,
)
from appliance.foundation.messages import message
from appliance.vault.keys import KEY_BYTES, associated_data, derive_key, new_key, unwrap_key, wrap_key
from appliance.vault.memory import KeyBytes, KeyMemory
from appliance.vault.slots import (
    Closed,
    CredentialSecret,
    RecoverySecret,
    Slot,
    SlotSecret,
    WrappedKey,
    open_root,
    passphrase_slot,
    seal_root,
)

VERSION = 2
MAX_SLOTS = 16
MAX_KEYS = 16
MAX_KEYRING_BYTES = 128 * 1024
TAG_BYTES = 32
FILE_NAME = "keyring.json"
_FIXED = ("database", "audit_hmac", "signing")


class _File(Closed):
    version: Literal[2] = 2
    slots: list[Slot] = Field(min_length=1, max_length=MAX_SLOTS)
    slots_tag: bytes = Field(min_length=TAG_BYTES, max_length=TAG_BYTES)
    epoch: int = Field(ge=1, le=2**53 - 1)
    keys: dict[str, WrappedKey] = Field(max_length=MAX_KEYS)
    audit_public_key: bytes = Field(min_length=KEY_BYTES, max_length=KEY_BYTES)


@dataclass(frozen=True)
class Keys:
    """The opened keys, hidden from `repr`. `next_database` and `next_signing` are set during a change of keys."""

    root: KeyBytes = field(repr=False)
    database: KeyBytes = field(repr=False)
    audit_hmac: KeyBytes = field(repr=False)
    signing: KeyBytes = field(repr=False)
    epochs: dict[int, KeyBytes] = field(repr=False)
    epoch: int
    next_database: KeyBytes | None = field(default=None, repr=False)
    next_signing: KeyBytes | None = field(default=None, repr=False)

    @classmethod
    def generate(cls) -> "Keys":
        """Return new keys, at epoch 1."""
        return cls(new_key(), new_key(), new_key(), new_key(), {1: new_key()}, 1)

    def named(self) -> dict[str, KeyBytes]:
        """Return the keys that the root key wraps, by name."""
        fixed: dict[str, KeyBytes] = {"database": self.database, "audit_hmac": self.audit_hmac, "signing": self.signing}
        upcoming = {
            name: key
            for name, key in (("database-next", self.next_database), ("signing-next", self.next_signing))
            if key is not None
        }
        return fixed | upcoming | {f"epoch-{number}": key for number, key in self.epochs.items()}

    def held_in(self, memory: KeyMemory) -> "Keys":
        """Return the same keys, copied into `memory`: they become zeros when it is wiped."""
        epochs: dict[int, KeyBytes] = {number: memory.hold(key) for number, key in self.epochs.items()}
        upcoming = [None if key is None else memory.hold(key) for key in (self.next_database, self.next_signing)]
        root, database, audit_hmac, signing = map(
            memory.hold, (self.root, self.database, self.audit_hmac, self.signing)
        )
        return Keys(root, database, audit_hmac, signing, epochs, self.epoch, *upcoming)

    def with_epochs(self, epochs: dict[int, KeyBytes], epoch: int) -> "Keys":
        """Return the same keys with other epochs."""
        return replace(self, epochs=epochs, epoch=epoch)


class Keyring:
    """The slots and the log's public key. Immutable: changes return a new keyring, which takes effect once written."""

    def __init__(self, slots: tuple[Slot, ...], audit_public_key: bytes) -> None:
        self.slots = slots
        self._audit_public_key = audit_public_key

    @classmethod
    def create(cls, passphrase: str, audit_public_key: bytes, created_us: int) -> "Keyring":
        """Return a keyring with one passphrase slot. Raises `InputError` for an empty passphrase."""
        if not passphrase:
            raise InputError("passphrase.empty")
        return cls((passphrase_slot(passphrase, "first", created_us),), audit_public_key)

    @classmethod
    def restored(cls, passphrase: str, kept: tuple[Slot, ...], audit_public_key: bytes, created_us: int) -> "Keyring":
        """Return the keyring of a restored home: a new passphrase, and the kept slots. Raises `InputError`."""
        first = cls.create(passphrase, audit_public_key, created_us)
        return cls((*first.slots, *kept), audit_public_key)

    def with_slot(self, slot: Slot) -> "Keyring":
        """Return a keyring with one more slot. Raises `ConflictError` if there is no room."""
        if len(self.slots) >= MAX_SLOTS:
            raise ConflictError("slot.full", max_slots=MAX_SLOTS)
        return Keyring((*self.slots, slot), self._audit_public_key)

    def without_slot(self, slot_id: str) -> "Keyring":
        """Return a keyring without a slot. Raises `NotFoundError`, and `ConflictError` for the last one."""
        kept = tuple(slot for slot in self.slots if slot.id != slot_id)
        if len(kept) == len(self.slots):
            raise NotFoundError("slot.absent")
        if not kept:
            raise ConflictError("slot.last")
        return Keyring(kept, self._audit_public_key)

    def with_log_key(self, public_key: bytes) -> "Keyring":
        """Return a keyring with another public key of the log."""
        return Keyring(self.slots, public_key)

    def write(self, home: Path, keys: Keys) -> None:
        """Replace keyring.json atomically (0600), with the root key encrypted to each slot. Raises `StorageError`."""
        wrapped = {name: wrap_key(keys.root, key, _root_context(name)) for name, key in keys.named().items()}
        slots = [seal_root(slot, keys.root) for slot in self.slots]
        file = _File(
            slots=slots,
            slots_tag=_tag(keys.root, slots),
            epoch=keys.epoch,
            keys=wrapped,
            audit_public_key=self._audit_public_key,
        )
        write_atomic(home / FILE_NAME, canonical_json.encode(file.model_dump(mode="json")))

    @classmethod
    def open(cls, home: Path, secret: SlotSecret) -> tuple["Keyring", Keys]:
        """Open the keys with a slot's secret. Raises `AuthenticationError`, `HomeError` (version), `IntegrityError`."""
        file = _read(home)
        root = _root_key(file.slots, secret)
        if not hmac.compare_digest(file.slots_tag, _tag(root, file.slots)):
            raise IntegrityError("keyring.slots")
        opened = {name: unwrap_key(root, wrapped, _root_context(name)) for name, wrapped in file.keys.items()}
        epochs: dict[int, KeyBytes] = {
            int(name.removeprefix("epoch-")): key
            for name, key in opened.items()
            if name.removeprefix("epoch-").isdecimal()
        }
        upcoming = [opened.get(f"{name}-next") for name in ("database", "signing")]
        missing = {*_FIXED, f"epoch-{file.epoch}"} - set(opened)
        if missing or len(opened) != len(epochs) + len(_FIXED) + sum(key is not None for key in upcoming):
            raise IntegrityError("keyring.keys")
        keys = Keys(root, opened["database"], opened["audit_hmac"], opened["signing"], epochs, file.epoch, *upcoming)
        return cls(tuple(file.slots), file.audit_public_key), keys

    @staticmethod
    def audit_public_key(home: Path) -> bytes:
        """Return the log's public key (raw Ed25519), readable while sealed."""
        return _read(home).audit_public_key


def _root_context(name: str) -> bytes:
    return associated_data("appliance root", VERSION, name)


def _tag(root: KeyBytes, slots: list[Slot]) -> bytes:
    """Return the authentication tag of the slots (32 bytes)."""
    return hmac.digest(
        derive_key(root, "appliance slots"),
        canonical_json.encode([slot.model_dump(mode="json") for slot in slots]),
        "sha256",
    )


def _root_key(slots: list[Slot], secret: SlotSecret) -> bytes:
    for slot in slots:
        try:
            return open_root(slot, secret)
        except IntegrityError:
            continue
    if isinstance(secret, RecoverySecret):
        raise AuthenticationError("recovery.wrong:home")
    if isinstance(secret, CredentialSecret):
        raise AuthenticationError("credential.wrong")
    raise AuthenticationError("passphrase.wrong")


def _read(home: Path) -> _File:
    path = home / FILE_NAME
    if not path.exists():
        raise HomeError("home.absent")
    with storage_errors(message("task:read-file", file=FILE_NAME)), path.open("rb") as file:
        data = file.read(MAX_KEYRING_BYTES + 1)
    if len(data) > MAX_KEYRING_BYTES:
        raise IntegrityError("keyring.size", file=FILE_NAME, max_bytes=MAX_KEYRING_BYTES)
    try:
        value: Any = canonical_json.decode(data)
        version = value.get("version") if isinstance(value, dict) else None
        if isinstance(version, int) and version > VERSION:
            raise HomeError("home.newer")
        if version == 1:
            raise HomeError("home.older")
        return _File.model_validate_json(data)
    except (InputError, ValidationError):
        raise IntegrityError("keyring.damaged", file=FILE_NAME) from None
