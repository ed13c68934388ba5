"""Key slots. Each is a key pair: the root key is encrypted to the public key, and the private key decrypts it.

    passphrase   the private key is wrapped under a key derived from a passphrase (Argon2id)
    credential   ... under a key derived from 32 random bytes that systemd keeps on this machine (HKDF-SHA256)
    recovery     the private key is on paper or on a USB stick in a safe, and not stored here

Key pairs allow a new root key to be encrypted to every slot without knowing the passphrases. So removing a slot also
replaces the root key, and old copies of the file become useless. Wrapped private keys and the encrypted root key are
bound to the slot's id and kind.
"""

import secrets
from typing import Annotated, Literal

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from pydantic import BaseModel, ConfigDict, Field

from appliance.foundation.errors import IntegrityError
from appliance.vault import hybrid
from appliance.vault.keys import KEY_BYTES, WRAPPED_BYTES, associated_data, derive_key, new_key, unwrap_key, wrap_key
from appliance.vault.memory import KeyBytes

VERSION = 1
MEMORY_KIB = 64 * 1024
MAX_MEMORY_KIB = 4 * 1024 * 1024
ITERATIONS = 3
MAX_ITERATIONS = 64
LANES = 4
MAX_LANES = 64
SALT_BYTES = 16
MAX_NAME_CHARACTERS = 64
_SEALED_ROOT_BYTES = KEY_BYTES + hybrid.OVERHEAD_BYTES

WrappedKey = Annotated[bytes, Field(min_length=WRAPPED_BYTES, max_length=WRAPPED_BYTES)]


class Closed(BaseModel):
    """A part of a file: no unknown fields, bytes as base64."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, ser_json_bytes="base64", val_json_bytes="base64"
    )


class _Slot(Closed):
    id: str = Field(min_length=1, max_length=64)
    name: str = Field(max_length=MAX_NAME_CHARACTERS)
    created_us: int = Field(ge=0, le=2**53 - 1)  # UTC, microseconds since 1970
    public_key: bytes = Field(min_length=hybrid.PUBLIC_KEY_BYTES, max_length=hybrid.PUBLIC_KEY_BYTES)
    sealed_root: bytes = Field(
        default=bytes(_SEALED_ROOT_BYTES), min_length=_SEALED_ROOT_BYTES, max_length=_SEALED_ROOT_BYTES
    )


class PassphraseSlot(_Slot):
    """A slot that a passphrase opens."""

    kind: Literal["passphrase"] = "passphrase"
    memory_kib: int = Field(ge=MEMORY_KIB, le=MAX_MEMORY_KIB)
    iterations: int = Field(ge=ITERATIONS, le=MAX_ITERATIONS)
    lanes: int = Field(ge=1, le=MAX_LANES)
    salt: bytes = Field(min_length=SALT_BYTES, max_length=64)
    private_key: WrappedKey

    def derive(self, passphrase: str) -> bytes:
        """Return the key that wraps the private key. Argon2's parameters come from the file, so they are bounded."""
        derivation = Argon2id(
            salt=self.salt, length=KEY_BYTES, iterations=self.iterations, lanes=self.lanes, memory_cost=self.memory_kib
        )
        return derivation.derive(passphrase.encode("utf-8", "surrogatepass"))

    def context(self) -> bytes:
        """Return the associated data of the wrapped private key."""
        return associated_data(
            "appliance slot", VERSION, self.id, self.kind, self.memory_kib, self.iterations, self.lanes
        )


class CredentialSlot(_Slot):
    """A slot that a systemd credential opens."""

    kind: Literal["credential"] = "credential"
    salt: bytes = Field(min_length=SALT_BYTES, max_length=64)
    private_key: WrappedKey

    def derive(self, credential: bytes) -> bytes:
        """Return the key that wraps the private key."""
        return derive_key(credential, "appliance credential slot", salt=self.salt)

    def context(self) -> bytes:
        """Return the associated data of the wrapped private key."""
        return associated_data("appliance slot", VERSION, self.id, self.kind)


class RecoverySlot(_Slot):
    """A slot that a recovery key opens. The private key is not stored here."""

    kind: Literal["recovery"] = "recovery"


Slot = Annotated[PassphraseSlot | CredentialSlot | RecoverySlot, Field(discriminator="kind")]


def passphrase_slot(passphrase: str, name: str, created_us: int) -> PassphraseSlot:
    """Return a new slot that `passphrase` opens."""
    seed = new_key()
    slot = PassphraseSlot(
        id=_new_id(),
        name=name,
        created_us=created_us,
        public_key=hybrid.public_key(seed),
        memory_kib=MEMORY_KIB,
        iterations=ITERATIONS,
        lanes=LANES,
        salt=secrets.token_bytes(SALT_BYTES),
        private_key=bytes(WRAPPED_BYTES),
    )
    return slot.model_copy(update={"private_key": wrap_key(slot.derive(passphrase), seed, slot.context())})


def credential_slot(credential: bytes, name: str, created_us: int) -> CredentialSlot:
    """Return a new slot that `credential` (32 random bytes) opens."""
    seed = new_key()
    slot = CredentialSlot(
        id=_new_id(),
        name=name,
        created_us=created_us,
        public_key=hybrid.public_key(seed),
        salt=secrets.token_bytes(SALT_BYTES),
        private_key=bytes(WRAPPED_BYTES),
    )
    return slot.model_copy(update={"private_key": wrap_key(slot.derive(credential), seed, slot.context())})


def recovery_slot(seed: bytes, name: str, created_us: int) -> RecoverySlot:
    """Return a new slot that the recovery key `seed` opens."""
    return RecoverySlot(id=_new_id(), name=name, created_us=created_us, public_key=hybrid.public_key(seed))


def seal_root(slot: Slot, root: KeyBytes) -> Slot:
    """Return the slot with the root key encrypted to it."""
    return slot.model_copy(update={"sealed_root": hybrid.encrypt_to(slot.public_key, root, _info(slot))})


def open_root(slot: Slot, secret: "SlotSecret") -> bytes:
    """Return the root key. Raises `IntegrityError` if `secret` does not open this slot."""
    match slot, secret:
        case PassphraseSlot(), str():
            seed = unwrap_key(slot.derive(secret), slot.private_key, slot.context())
        case CredentialSlot(), CredentialSecret():
            seed = unwrap_key(slot.derive(secret), slot.private_key, slot.context())
        case RecoverySlot(), RecoverySecret():
            seed = bytes(secret)
        case _:
            raise IntegrityError("slot.kind")
    return hybrid.decrypt_with(seed, slot.sealed_root, _info(slot))


class CredentialSecret(bytes):
    """The content of a systemd credential."""


class RecoverySecret(bytes):
    """The seed of a recovery key (see `hybrid`)."""


SlotSecret = str | CredentialSecret | RecoverySecret


def _info(slot: _Slot) -> bytes:
    return associated_data("appliance slot root", VERSION, slot.id, str(getattr(slot, "kind", "")))


def _new_id() -> str:
    return secrets.token_hex(8)
