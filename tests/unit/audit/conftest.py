"""Real parts for the log's tests: a controlled clock, an Ed25519 signer, a head store in memory, and a filled log."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.audit import Actor, AuditLog, ObjectRef, Outcome, TreeHead


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


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def signer() -> KeySigner:
    return KeySigner()


@pytest.fixture
def other_signer() -> KeySigner:
    return KeySigner(seed=2)


@pytest.fixture
def heads() -> MemoryHeads:
    return MemoryHeads()


@pytest.fixture
def fill() -> Callable[[AuditLog, int], None]:
    """Return a function that appends a number of entries."""

    def fill_log(log: AuditLog, count: int) -> None:
        for _ in range(count):
            log.append(Actor("us_1", "trainer"), "dataset.read", ObjectRef("dataset", "ds_1"), Outcome.SUCCEEDED)

    return fill_log


@pytest.fixture
def filled(
    tmp_path: Path, clock: StillClock, signer: KeySigner, heads: MemoryHeads, fill: Callable[[AuditLog, int], None]
) -> Callable[[int], Path]:
    """Return a function that makes a closed, signed log of a number of entries and returns its folder."""

    def make(count: int) -> Path:
        folder = tmp_path / f"log-{count}"
        log = AuditLog.open(folder, clock)
        # All but the last are written without a signer, because hundreds of signatures would only take time.
        fill(log, count - 1)
        log.attach(signer, heads)
        fill(log, 1)
        log.close()
        return folder

    return make


@pytest.fixture(scope="session")
def parts() -> SimpleNamespace:
    """Return the classes, for fixtures with a wider scope."""
    return SimpleNamespace(Signer=KeySigner, Heads=MemoryHeads, Clock=StillClock)
