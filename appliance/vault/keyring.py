"""keyring.json, version 1: key slots that open the root key, and the keys that the root key wraps. No secret in clear.

    {"version": 1,
     "slots": [{"id", "kind": "passphrase", "memory_kib", "iterations", "lanes", "salt", "wrapped"}],
     "epoch": N, "keys": {"database", "audit_hmac", "signing", "epoch-N" (and "epoch-N+1" while keys are being rewrapped)},
     "audit_public_key"}

Bytes are base64. A slot derives a key from its passphrase by Argon2id and opens the root key (AES-256-GCM); associated data is the
length-prefixed list ("appliance slot", version, slot id, kind, memory, iterations, lanes). The root key wraps the named keys, associated
data ("appliance root", version, name). Argon2's parameters come from the file, so they are bounded both ways: too small is weak, too large
exhausts memory. The public key of the log stands in clear, so that a sealed home's log can be verified; every unseal recomputes it.
"""

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from appliance.foundation import canonical_json
from appliance.foundation.atomic_files import storage_errors, write_atomic
from appliance.foundation.errors import AuthenticationError, HomeError, InputError, IntegrityError
from appliance.vault.keys import KEY_BYTES, WRAPPED_BYTES, associated_data, new_key, unwrap_key, wrap_key

VERSION = 1
MEMORY_KIB = 64 * 1024
MAX_MEMORY_KIB = 4 * 1024 * 1024
ITERATIONS = 3
MAX_ITERATIONS = 64
LANES = 4
MAX_LANES = 64
SALT_BYTES = 16
MAX_SLOTS = 32
MAX_KEYS = 16
MAX_KEYRING_BYTES = 64 * 1024
FILE_NAME = "keyring.json"

_Wrapped = Annotated[bytes, Field(min_length=WRAPPED_BYTES, max_length=WRAPPED_BYTES)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, ser_json_bytes="base64", val_json_bytes="base64")


class PassphraseSlot(_Closed):
    """One passphrase's way to the root key."""

    id: str = Field(min_length=1, max_length=64)
    kind: Literal["passphrase"] = "passphrase"
    memory_kib: int = Field(ge=MEMORY_KIB, le=MAX_MEMORY_KIB)
    iterations: int = Field(ge=ITERATIONS, le=MAX_ITERATIONS)
    lanes: int = Field(ge=1, le=MAX_LANES)
    salt: bytes = Field(min_length=SALT_BYTES, max_length=64)
    wrapped: _Wrapped

    def context(self) -> bytes:
        """Return what the wrapping is bound to."""
        return associated_data("appliance slot", VERSION, self.id, self.kind, self.memory_kib, self.iterations, self.lanes)


class _File(_Closed):
    version: Literal[1] = 1
    slots: list[PassphraseSlot] = Field(min_length=1, max_length=MAX_SLOTS)
    epoch: int = Field(ge=1, le=2**53 - 1)
    keys: dict[str, _Wrapped] = Field(max_length=MAX_KEYS)
    audit_public_key: bytes = Field(min_length=KEY_BYTES, max_length=KEY_BYTES)


@dataclass(frozen=True)
class Keys:
    """The opened keys. Nothing of it is shown when it is printed."""

    root: bytes = field(repr=False)
    database: bytes = field(repr=False)
    audit_hmac: bytes = field(repr=False)
    signing: bytes = field(repr=False)
    epochs: dict[int, bytes] = field(repr=False)
    epoch: int

    @classmethod
    def generate(cls) -> "Keys":
        """Return fresh keys, at epoch 1."""
        return cls(new_key(), new_key(), new_key(), new_key(), {1: new_key()}, 1)

    def named(self) -> dict[str, bytes]:
        """Return what the root key wraps, by name."""
        fixed = {"database": self.database, "audit_hmac": self.audit_hmac, "signing": self.signing}
        return fixed | {f"epoch-{number}": key for number, key in self.epochs.items()}

    def with_epochs(self, epochs: dict[int, bytes], epoch: int) -> "Keys":
        """Return the same keys with other epochs."""
        return replace(self, epochs=epochs, epoch=epoch)


class Keyring:
    """The file's content: slots, and the keys they lead to."""

    def __init__(self, slots: tuple[PassphraseSlot, ...], audit_public_key: bytes) -> None:
        self._slots = slots
        self._audit_public_key = audit_public_key

    @classmethod
    def create(cls, passphrase: str, keys: Keys, audit_public_key: bytes) -> "Keyring":
        """Return a keyring with one passphrase slot. Raises `InputError` for an empty passphrase."""
        if not passphrase:
            raise InputError("The passphrase is empty.", code="passphrase.empty")
        slot = PassphraseSlot(
            id=secrets.token_hex(8),
            memory_kib=MEMORY_KIB,
            iterations=ITERATIONS,
            lanes=LANES,
            salt=secrets.token_bytes(SALT_BYTES),
            wrapped=bytes(WRAPPED_BYTES),
        )
        wrapped = wrap_key(_derive(slot, passphrase), keys.root, slot.context())
        return cls((slot.model_copy(update={"wrapped": wrapped}),), audit_public_key)

    def write(self, home: Path, keys: Keys) -> None:
        """Replace keyring.json, whole or not at all (0600). Raises `StorageError`."""
        wrapped = {name: wrap_key(keys.root, key, _root_context(name)) for name, key in keys.named().items()}
        file = _File(slots=list(self._slots), epoch=keys.epoch, keys=wrapped, audit_public_key=self._audit_public_key)
        write_atomic(home / FILE_NAME, canonical_json.encode(file.model_dump(mode="json")))

    @classmethod
    def open(cls, home: Path, passphrase: str) -> tuple["Keyring", Keys]:
        """Open the keys by a passphrase. Raises `AuthenticationError`, `HomeError` (newer), `IntegrityError` (damaged)."""
        file = _read(home)
        root = _root_key(file.slots, passphrase)
        opened = {name: unwrap_key(root, wrapped, _root_context(name)) for name, wrapped in file.keys.items()}
        epochs = {int(name.removeprefix("epoch-")): key for name, key in opened.items() if name.removeprefix("epoch-").isdecimal()}
        missing = {"database", "audit_hmac", "signing", f"epoch-{file.epoch}"} - set(opened)
        if missing or len(opened) != len(epochs) + 3:
            raise IntegrityError("keyring.json lacks a key, or has one that has no use. Restore it from a backup.", code="keyring.keys")
        keys = Keys(root, opened["database"], opened["audit_hmac"], opened["signing"], epochs, file.epoch)
        return cls(tuple(file.slots), file.audit_public_key), keys

    @staticmethod
    def audit_public_key(home: Path) -> bytes:
        """Return the log's public key (raw Ed25519), readable while sealed."""
        return _read(home).audit_public_key


def _root_context(name: str) -> bytes:
    return associated_data("appliance root", VERSION, name)


def _derive(slot: PassphraseSlot, passphrase: str) -> bytes:
    derivation = Argon2id(salt=slot.salt, length=KEY_BYTES, iterations=slot.iterations, lanes=slot.lanes, memory_cost=slot.memory_kib)
    return derivation.derive(passphrase.encode("utf-8", "surrogatepass"))


def _root_key(slots: list[PassphraseSlot], passphrase: str) -> bytes:
    for slot in slots:
        try:
            return unwrap_key(_derive(slot, passphrase), slot.wrapped, slot.context())
        except IntegrityError:
            continue
    raise AuthenticationError("The passphrase is wrong. Nothing was opened; try again.", code="passphrase.wrong")


def _read(home: Path) -> _File:
    path = home / FILE_NAME
    if not path.exists():
        raise HomeError("There is no home here yet. Make one with `appliance init`.", code="home.absent")
    with storage_errors(f"Reading {FILE_NAME}"), path.open("rb") as file:
        data = file.read(MAX_KEYRING_BYTES + 1)
    if len(data) > MAX_KEYRING_BYTES:
        raise IntegrityError(f"{FILE_NAME} is over {MAX_KEYRING_BYTES} bytes.", code="keyring.size")
    try:
        value: Any = canonical_json.decode(data)
        version = value.get("version") if isinstance(value, dict) else None
        if isinstance(version, int) and version > VERSION:
            raise HomeError(
                "This home was written by a newer version of the appliance. Install that version or a later one.", code="home.newer"
            )
        return _File.model_validate_json(data)
    except (InputError, ValidationError):
        raise IntegrityError(f"{FILE_NAME} is damaged. Restore it from a backup.", code="keyring.damaged") from None
