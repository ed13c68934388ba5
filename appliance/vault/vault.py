"""The open vault: the keys of one home in the memory of this process.

    slot -> root key -> database key, audit HMAC key, signing key, epoch key -> data keys (one per object) -> files

Data keys are wrapped under the current epoch's key. Shredding an object deletes its wrapped keys and starts a new
epoch: all other data keys are rewrapped, and the old epoch's key disappears with the old keyring.json. Deleted pages
and the write-ahead log then contain only wrapped keys that nothing can open. Removing a slot replaces every key that
its holder could obtain with an old copy of keyring.json: root, database, epoch.

Every change of keys can be interrupted safely. First a keyring with both the old and the new keys is written, then the
data is rewrapped or rewritten, then a keyring with the new keys alone is written. `open` finishes an interrupted
change. A change takes effect with its first write.
"""

import hmac
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from appliance.foundation.atomic_files import make_private_folder
from appliance.foundation.clock import Clock
from appliance.foundation.errors import ConflictError, HomeError, InputError, IntegrityError, NotFoundError
from appliance.vault.backup_format import VaultSecrets
from appliance.vault.database import Database
from appliance.vault.keyring import FILE_NAME, Keyring, Keys
from appliance.vault.keys import associated_data, new_key, unwrap_key, wrap_key
from appliance.vault.log_keys import LOG_ORIGIN, LogHeads, LogSigner
from appliance.vault.memory import KeyBytes, KeyMemory
from appliance.vault.slots import (
    CredentialSecret,
    RecoverySecret,
    RecoverySlot,
    Slot,
    SlotSecret,
    credential_slot,
    passphrase_slot,
    recovery_slot,
)
from appliance.vault.tables import WRAPPED_KEYS

__all__ = ["LOG_ORIGIN", "Vault"]

DATABASE_NAME = "appliance.db"
WRAPPING_VERSION = 1


class Vault:
    """One home's open vault. Thread-safe."""

    def __init__(self, home: Path, keyring: Keyring, keys: Keys, database: Database) -> None:
        self._home = home
        self._keyring = keyring
        self._changing = threading.RLock()
        self._memory = KeyMemory()
        self._keys = keys.held_in(self._memory)
        self.database = database
        self.signer = LogSigner(keys.signing)
        self.heads = LogHeads(database)

    @staticmethod
    def exists(home: Path) -> bool:
        """Return whether there is a keyring."""
        return (home / FILE_NAME).exists()

    @staticmethod
    def public_key(home: Path) -> bytes:
        """Return the log's public key (raw Ed25519), readable while sealed."""
        return Keyring.audit_public_key(home)

    @classmethod
    def create(cls, home: Path, passphrase: str, clock: Clock) -> "Vault":
        """Create keys and an empty database; the keyring comes last and makes the home exist. Raises `HomeError`."""
        if cls.exists(home):
            raise HomeError("home.exists")
        make_private_folder(home)
        keys = Keys.generate()
        keyring = Keyring.create(passphrase, LogSigner(keys.signing).public_key, clock.now_us())
        for suffix in ("", "-wal", "-shm"):  # Left by an interrupted `create`, whose key was never saved.
            (home / f"{DATABASE_NAME}{suffix}").unlink(missing_ok=True)
        database = Database(home / DATABASE_NAME, keys.database)
        keyring.write(home, keys)
        return cls(home, keyring, keys, database)

    @classmethod
    def restore(cls, home: Path, secrets: VaultSecrets, passphrase: str, clock: Clock) -> "Vault":
        """Open the database that was restored to `home`. The home exists once `adopt` has written the keyring.

        Root, epoch and database key are new, because everyone who can open the backup knows the old ones.
        """
        epochs: dict[int, KeyBytes] = {secrets.epoch: secrets.epoch_key, secrets.epoch + 1: new_key()}
        keys = Keys(
            root=new_key(),
            database=secrets.database,
            audit_hmac=secrets.audit_hmac,
            signing=secrets.signing,
            epochs=epochs,
            epoch=secrets.epoch + 1,
            next_database=new_key(),
        )
        keyring = Keyring.restored(passphrase, tuple(secrets.slots), LogSigner(keys.signing).public_key, clock.now_us())
        return cls(home, keyring, keys, Database(home / DATABASE_NAME, keys.database))

    def adopt(self) -> None:
        """Write the keyring of a restored home, and replace all keys. The next `open` finishes an interrupted run."""
        with self._changing:
            self._begin(self._keyring, self._keys)
            self._finish()

    @classmethod
    def open(cls, home: Path, secret: SlotSecret) -> "Vault":
        """Open the vault with a slot's secret.

        Raises `AuthenticationError` (wrong secret), `HomeError` (absent, newer), `IntegrityError`.
        """
        keyring, keys = Keyring.open(home, secret)
        if Keyring.audit_public_key(home) != LogSigner(keys.signing).public_key:
            raise IntegrityError("keyring.public-key")
        path = home / DATABASE_NAME
        if not path.exists():
            raise HomeError("home.database")
        rekeyed = keys.next_database is not None and Database.opens_with(path, keys.next_database)
        database_key = keys.next_database if rekeyed and keys.next_database is not None else keys.database
        vault = cls(home, keyring, keys, Database(path, database_key))
        vault._finish(database_rekeyed=rekeyed)
        return vault

    def close(self) -> None:
        """Close the database and wipe the keys, as far as Python can (ops/decisions/0009)."""
        self.database.close()
        with self._changing:
            self._memory.wipe()

    def pseudonym(self, label: str, data: bytes) -> str:
        """Return a keyed fingerprint (HMAC-SHA256, hex) by which the log refers to data that it must not contain."""
        with self._changing:
            return hmac.digest(self._keys.audit_hmac, associated_data(label) + data, "sha256").hex()

    def new_data_key(self, kind: str, object_id: str, version: int = 1, *, key: bytes | None = None) -> bytes:
        """Store a new data key (or `key`) in wrapped form, and return it."""
        key = key or new_key()
        with self._changing:
            epoch = self._keys.epoch
            wrapped = wrap_key(self._keys.epochs[epoch], key, _context(kind, object_id, version))
            with self.database.begin() as connection:
                connection.execute(
                    insert(WRAPPED_KEYS).values(
                        kind=kind, object_id=object_id, version=version, epoch=epoch, wrapped=wrapped
                    )
                )
        return key

    def data_key(self, kind: str, object_id: str, version: int = 1) -> bytes:
        """Return a data key. Raises `NotFoundError` if it was shredded or never existed."""
        with self._changing:
            with self.database.begin() as connection:
                row = connection.execute(select(WRAPPED_KEYS).where(_is_key(kind, object_id, version))).first()
            if row is None:
                raise NotFoundError("key.absent")
            if row.epoch not in self._keys.epochs:
                raise IntegrityError("key.epoch")
            return unwrap_key(self._keys.epochs[row.epoch], row.wrapped, _context(kind, object_id, version))

    def shred(self, *objects: tuple[str, str]) -> None:
        """Make all data keys of the objects (kind, id) unrecoverable, also in older copies of the database."""
        with self._changing:
            self._begin(self._keyring, replace(self._keys, **_next_epoch(self._keys)))
            with self.database.begin() as connection:
                for kind, object_id in objects:
                    connection.execute(
                        delete(WRAPPED_KEYS).where(WRAPPED_KEYS.c.kind == kind, WRAPPED_KEYS.c.object_id == object_id)
                    )
            self._finish()

    def forget(self, *objects: tuple[str, str]) -> None:
        """Delete data keys that were never used for stored data. Unlike `shred`, this starts no new epoch."""
        with self._changing, self.database.begin() as connection:
            for kind, object_id in objects:
                connection.execute(
                    delete(WRAPPED_KEYS).where(WRAPPED_KEYS.c.kind == kind, WRAPPED_KEYS.c.object_id == object_id)
                )

    def object_ids(self, kind: str) -> list[str]:
        """Return the ids of the objects of a kind that have a data key."""
        with self.database.begin() as connection:
            return list(
                connection.execute(select(WRAPPED_KEYS.c.object_id).where(WRAPPED_KEYS.c.kind == kind)).scalars()
            )

    def recovery_slots(self) -> list[RecoverySlot]:
        """Return the slots to which backups are encrypted. Raises `ConflictError` if there is none."""
        slots = [slot for slot in self._keyring.slots if isinstance(slot, RecoverySlot)]
        if not slots:
            raise ConflictError("backup.recovery")
        return slots

    def snapshot(self, path: Path) -> VaultSecrets:
        """Copy the database to the new file `path` under a new key, and return the secrets that open it.

        Raises `ConflictError` if there is no recovery slot or the log's key is being replaced, `StorageError`.
        """
        with self._changing:
            slots = self.recovery_slots()
            key, keys = new_key(), self._keys
            if keys.next_signing is not None:
                raise ConflictError("backup.log-key")
            self.database.copy_to(path, key)
            return VaultSecrets(
                database=key,
                audit_hmac=bytes(keys.audit_hmac),
                signing=bytes(keys.signing),
                epoch=keys.epoch,
                epoch_key=bytes(keys.epochs[keys.epoch]),
                slots=[slot.model_copy(update={"sealed_root": bytes(len(slot.sealed_root))}) for slot in slots],
            )

    @property
    def epoch(self) -> int:
        """Return the number of the current epoch."""
        return self._keys.epoch

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Return the key slots."""
        return self._keyring.slots

    def add_passphrase(self, passphrase: str, name: str, created_us: int) -> Slot:
        """Add a slot that `passphrase` opens. Raises `InputError` if it is empty, `ConflictError` without room."""
        if not passphrase:
            raise InputError("passphrase.empty")
        return self._add(passphrase_slot(passphrase, name, created_us))

    def add_credential(self, name: str, created_us: int) -> tuple[Slot, CredentialSecret]:
        """Add a slot for a systemd credential, and return its content, which is not stored here."""
        secret = CredentialSecret(new_key())
        return self._add(credential_slot(secret, name, created_us)), secret

    def add_recovery(self, name: str, created_us: int) -> tuple[Slot, RecoverySecret]:
        """Add a slot for a recovery key, and return its seed, which is not stored here."""
        secret = RecoverySecret(new_key())
        return self._add(recovery_slot(secret, name, created_us)), secret

    def remove_slot(self, slot_id: str) -> None:
        """Remove a slot, and replace every key that an old copy of keyring.json would open.

        Raises `NotFoundError`, and `ConflictError` for the last one.
        """
        with self._changing:
            self._begin(self._keyring.without_slot(slot_id), self._new_keys())
            self._finish()

    def rotate(self) -> None:
        """Replace root, epoch and database key. Files are not rewritten; their data keys are rewrapped."""
        with self._changing:
            self._begin(self._keyring, self._new_keys())
            self._finish()

    def next_signer(self) -> LogSigner:
        """Store a new signing key for the log beside the current one, until `settle_log_key`. Raises `StorageError`."""
        with self._changing:
            keys = replace(self._keys, next_signing=new_key())
            self._keyring.write(self._home, keys)
            self._replace_keys(keys)
            return LogSigner(self._keys.next_signing or b"")

    def settle_log_key(self, changed_key: bytes | None) -> None:
        """Adopt the log's next signing key if the log was handed over to it (`AuditLog.changed_key`), else drop it."""
        with self._changing:
            next_signing = self._keys.next_signing
            if next_signing is None:
                return
            signer = LogSigner(next_signing)
            if signer.public_key == changed_key:
                self._keyring = self._keyring.with_log_key(changed_key)
                self.signer = signer
                keys = replace(self._keys, signing=next_signing, next_signing=None)
            else:
                keys = replace(self._keys, next_signing=None)
            self._keyring.write(self._home, keys)
            self._replace_keys(keys)

    def _add(self, slot: Slot) -> Slot:
        with self._changing:
            keyring = self._keyring.with_slot(slot)
            keyring.write(self._home, self._keys)
            self._keyring = keyring
        return slot

    def _new_keys(self) -> Keys:
        return replace(self._keys, root=new_key(), next_database=new_key(), **_next_epoch(self._keys))

    def _begin(self, keyring: Keyring, keys: Keys) -> None:
        """Write a keyring with both the old and the new keys, which makes the change take effect."""
        keyring.write(self._home, keys)
        self._keyring = keyring
        self._replace_keys(keys)

    def _replace_keys(self, keys: Keys) -> None:
        """Use `keys` from now on, and wipe the previous ones."""
        old, self._memory = self._memory, KeyMemory()
        self._keys = keys.held_in(self._memory)
        old.wipe()

    def _finish(self, *, database_rekeyed: bool = False) -> None:
        """Finish a change of keys: rewrap the data keys, rekey the database, drop the old keys."""
        with self._changing:
            keys = self._keys
            if len(keys.epochs) == 1 and keys.next_database is None:
                return
            self._rewrap(keys)
            if keys.next_database is not None:
                if not database_rekeyed:
                    self.database.change_key(keys.next_database)
                keys = replace(keys, database=keys.next_database, next_database=None)
            keys = keys.with_epochs({keys.epoch: keys.epochs[keys.epoch]}, keys.epoch)
            self._keyring.write(self._home, keys)
            self._replace_keys(keys)

    def _rewrap(self, keys: Keys) -> None:
        with self.database.begin() as connection:
            for row in connection.execute(select(WRAPPED_KEYS).where(WRAPPED_KEYS.c.epoch != keys.epoch)).all():
                context = _context(row.kind, row.object_id, row.version)
                key = unwrap_key(keys.epochs[row.epoch], row.wrapped, context)
                connection.execute(
                    update(WRAPPED_KEYS)
                    .where(_is_key(row.kind, row.object_id, row.version))
                    .values(epoch=keys.epoch, wrapped=wrap_key(keys.epochs[keys.epoch], key, context))
                )


def _next_epoch(keys: Keys) -> dict[str, Any]:
    """Return the fields that add an epoch to `keys`."""
    number = keys.epoch + 1
    return {"epochs": keys.epochs | {number: new_key()}, "epoch": number}


def _is_key(kind: str, object_id: str, version: int) -> ColumnElement[bool]:
    columns = WRAPPED_KEYS.c
    return and_(columns.kind == kind, columns.object_id == object_id, columns.version == version)


def _context(kind: str, object_id: str, version: int) -> bytes:
    return associated_data("appliance data key", WRAPPING_VERSION, kind, object_id, version)
