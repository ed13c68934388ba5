"""The open vault: the keys of one home in this process's memory, and what they open.

    root key -> database key, audit HMAC key, signing key, epoch key -> data keys (one an object) -> files

Data keys are wrapped under the current epoch's key. Shredding an object drops its wrappings and starts a new epoch: what remains is
rewrapped, and the old epoch's key is gone with the old keyring.json, so deleted pages and the write-ahead log hold only wrappings that
nothing opens. It is safe to interrupt: the new keyring is written first with both epochs, then the database, then the keyring with the new
epoch alone; `open` finishes it.
"""

import hmac
import threading
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, insert, select, update

from appliance.audit import TreeHead
from appliance.foundation.atomic_files import make_private_folder
from appliance.foundation.clock import Clock
from appliance.foundation.errors import HomeError, IntegrityError, NotFoundError
from appliance.vault.database import Database
from appliance.vault.keyring import FILE_NAME, Keyring, Keys
from appliance.vault.keys import associated_data, new_key, unwrap_key, wrap_key
from appliance.vault.tables import AUDIT_HEAD, WRAPPED_KEYS

DATABASE_NAME = "appliance.db"
LOG_ORIGIN = "appliance.internal/audit"
WRAPPING_VERSION = 1


class LogSigner:
    """Signs the log's checkpoints (Ed25519)."""

    name = LOG_ORIGIN

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature."""
        return self._key.sign(message)


class LogHeads:
    """Keeps the log's last head in the encrypted database, so that an older folder put back is noticed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> TreeHead | None:
        """Return the head that was saved last."""
        with self._database.begin() as connection:
            row = connection.execute(select(AUDIT_HEAD)).first()
        return None if row is None else TreeHead(row.size, row.root)

    def save(self, head: TreeHead) -> None:
        """Keep `head` durably."""
        with self._database.begin() as connection:
            changed = connection.execute(update(AUDIT_HEAD).where(AUDIT_HEAD.c.id == 1).values(size=head.size, root=head.root))
            if changed.rowcount == 0:
                connection.execute(insert(AUDIT_HEAD).values(id=1, size=head.size, root=head.root))


class Vault:
    """One home's open vault. Thread-safe."""

    def __init__(self, home: Path, keyring: Keyring, keys: Keys, database: Database) -> None:
        self._home = home
        self._keyring = keyring
        self._keys = keys
        self._changing = threading.RLock()
        self.database = database
        self.signer = LogSigner(keys.signing)
        self.heads = LogHeads(database)

    @staticmethod
    def exists(home: Path) -> bool:
        """Tell whether there is a keyring."""
        return (home / FILE_NAME).exists()

    @staticmethod
    def public_key(home: Path) -> bytes:
        """Return the log's public key (raw Ed25519), readable while sealed."""
        return Keyring.audit_public_key(home)

    @classmethod
    def create(cls, home: Path, passphrase: str, clock: Clock) -> "Vault":  # noqa: ARG003 - later slots record their time
        """Make fresh keys and an empty database. The keyring comes last: without it, there is no home. Raises `HomeError`."""
        if cls.exists(home):
            raise HomeError("There is a home here already. `appliance status` says how it is.", code="home.exists")
        make_private_folder(home)
        keys = Keys.generate()
        keyring = Keyring.create(passphrase, keys, LogSigner(keys.signing).public_key)
        for suffix in ("", "-wal", "-shm"):  # Left by a `create` that was interrupted: its key was never kept.
            (home / f"{DATABASE_NAME}{suffix}").unlink(missing_ok=True)
        database = Database(home / DATABASE_NAME, keys.database)
        keyring.write(home, keys)
        return cls(home, keyring, keys, database)

    @classmethod
    def open(cls, home: Path, passphrase: str) -> "Vault":
        """Open the vault. Raises `AuthenticationError` (wrong passphrase), `HomeError` (absent, newer), `IntegrityError`."""
        keyring, keys = Keyring.open(home, passphrase)
        if Keyring.audit_public_key(home) != LogSigner(keys.signing).public_key:
            raise IntegrityError("keyring.json names another log's public key. Restore it from a backup.", code="keyring.public-key")
        if not (home / DATABASE_NAME).exists():
            raise HomeError("The home has no database. Restore it from a backup.", code="home.database")
        vault = cls(home, keyring, keys, Database(home / DATABASE_NAME, keys.database))
        if len(keys.epochs) > 1:
            vault._finish_epoch()
        return vault

    def close(self) -> None:
        """Close the database and forget the keys, as far as Python can."""
        self.database.close()

    def pseudonym(self, label: str, data: bytes) -> str:
        """Return a keyed fingerprint (HMAC-SHA256, hex) by which the log may name what it must not hold."""
        return hmac.digest(self._keys.audit_hmac, associated_data(label) + data, "sha256").hex()

    def new_data_key(self, kind: str, object_id: str, version: int = 1) -> bytes:
        """Make a data key, keep its wrapping, and return it."""
        key = new_key()
        with self._changing:
            epoch = self._keys.epoch
            wrapped = wrap_key(self._keys.epochs[epoch], key, _context(kind, object_id, version))
            with self.database.begin() as connection:
                connection.execute(
                    insert(WRAPPED_KEYS).values(kind=kind, object_id=object_id, version=version, epoch=epoch, wrapped=wrapped)
                )
        return key

    def data_key(self, kind: str, object_id: str, version: int = 1) -> bytes:
        """Return a data key. Raises `NotFoundError` when it was shredded or never was."""
        with self._changing:
            with self.database.begin() as connection:
                query = select(WRAPPED_KEYS).where(
                    WRAPPED_KEYS.c.kind == kind, WRAPPED_KEYS.c.object_id == object_id, WRAPPED_KEYS.c.version == version
                )
                row = connection.execute(query).first()
            if row is None:
                raise NotFoundError("There is no key for this object: it was shredded, or never was.", code="key.absent")
            if row.epoch not in self._keys.epochs:
                raise IntegrityError("A data key belongs to an epoch that is gone.", code="key.epoch")
            return unwrap_key(self._keys.epochs[row.epoch], row.wrapped, _context(kind, object_id, version))

    def shred(self, kind: str, object_id: str) -> None:
        """Make every data key of the object unrecoverable, also from copies of the database and from an older keyring's absence."""
        with self._changing:
            old = self._keys
            self._keys = old.with_epochs(old.epochs | {old.epoch + 1: new_key()}, old.epoch + 1)
            self._keyring.write(self._home, self._keys)
            with self.database.begin() as connection:
                connection.execute(delete(WRAPPED_KEYS).where(WRAPPED_KEYS.c.kind == kind, WRAPPED_KEYS.c.object_id == object_id))
            self._finish_epoch()

    def _finish_epoch(self) -> None:
        """Rewrap what an older epoch wrapped, then drop the older epochs' keys."""
        with self._changing:
            keys = self._keys
            with self.database.begin() as connection:
                for row in connection.execute(select(WRAPPED_KEYS).where(WRAPPED_KEYS.c.epoch != keys.epoch)).all():
                    context = _context(row.kind, row.object_id, row.version)
                    key = unwrap_key(keys.epochs[row.epoch], row.wrapped, context)
                    connection.execute(
                        update(WRAPPED_KEYS)
                        .where(
                            WRAPPED_KEYS.c.kind == row.kind,
                            WRAPPED_KEYS.c.object_id == row.object_id,
                            WRAPPED_KEYS.c.version == row.version,
                        )
                        .values(epoch=keys.epoch, wrapped=wrap_key(keys.epochs[keys.epoch], key, context))
                    )
            self._keys = keys.with_epochs({keys.epoch: keys.epochs[keys.epoch]}, keys.epoch)
            self._keyring.write(self._home, self._keys)


def _context(kind: str, object_id: str, version: int) -> bytes:
    return associated_data("appliance data key", WRAPPING_VERSION, kind, object_id, version)
