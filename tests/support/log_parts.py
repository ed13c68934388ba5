"""Real parts of a log: a controlled clock, an Ed25519 signer, and a head store in memory."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.audit import TreeHead


@dataclass
class StillClock:
    """A clock that advances by one microsecond each time it is read."""

    now: int = 1_700_000_000_000_000

    def now_us(self) -> int:
        """Return one microsecond more than before."""
        self.now += 1
        return self.now

    def monotonic_us(self) -> int:
        """Return the time since the imagined boot."""
        return self.now - 1_600_000_000_000_000

    def boot_id(self) -> str:
        """Return a constant id."""
        return "6b1d0f6c-54a6-4a7f-8c39-0c1d1f4f9a10"


@dataclass
class KeySigner:
    """A signer whose key is derived from `seed`."""

    seed: int = 1
    name: str = "appliance.example/log"

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)

    @property
    def public_key(self) -> bytes:
        """Return the raw public key."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Sign with the key."""
        return self._key.sign(message)


@dataclass
class MemoryHeads:
    """A head store that keeps every head; `refusal` makes it raise."""

    saved: list[TreeHead] = field(default_factory=list)
    refusal: BaseException | None = None

    def load(self) -> TreeHead | None:
        """Return the last head."""
        return self.saved[-1] if self.saved else None

    def save(self, head: TreeHead) -> None:
        """Keep the head, or raise the refusal."""
        if self.refusal is not None:
            raise self.refusal
        self.saved.append(head)
