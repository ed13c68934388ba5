"""The encrypted database: SQLite with SQLCipher, migrated when it is opened.

The layout is SQLCipher 4's default (AES-256-CBC with HMAC-SHA512 for each page) under a raw 256-bit key, not a
passphrase. Times are microseconds since 1970, UTC.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlcipher3
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from appliance.foundation.atomic_files import fsync_file, fsync_folder, storage_errors
from appliance.foundation.errors import HomeError, InputError, IntegrityError, StorageError
from appliance.foundation.messages import message
from appliance.vault.memory import KeyBytes, KeyMemory

METADATA = MetaData()
BUSY_TIMEOUT_S = 30.0
POOL_SIZE = 8
_MIGRATIONS = Path(__file__).with_name("migrations")


class Database:
    """An open database. Thread-safe: each transaction has its own connection."""

    def __init__(self, path: Path, key: KeyBytes) -> None:
        """Open or create `path` and migrate it. Raises `IntegrityError` (wrong key, damage), `HomeError` (newer)."""
        self._path = path
        self._memory = KeyMemory()
        self._gate = threading.Condition()
        self._transactions = 0
        self._exclusive = False
        self._lazy: Any = None
        self._lazy_lock = threading.Lock()
        with _database_errors():
            self._key = self._memory.hold(key)
            self._engine = _engine(path, self._key)
            with self._engine.begin() as connection:
                _migrate(connection)
        path.chmod(0o600)

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """Yield a connection in a transaction, which is committed at the end or rolled back on an exception.

        Raises `StorageError` (full disk), `IntegrityError` (damage), `InputError` (text that is not valid Unicode).
        """
        with self._shared(), _database_errors(), self._engine.begin() as connection:
            yield connection

    def execute_lazily(self, statement: str, parameters: tuple[Any, ...]) -> None:
        """Execute one statement as its own transaction without waiting for the disk.

        It survives this process at once, and a power cut after the next transaction of `begin`. A power cut before that
        undoes this statement only. Raises as `begin`.
        """
        with self._shared(), _database_errors(), self._lazy_lock:
            if self._lazy is None:
                self._lazy = _connect(self._path, self._key)
                self._lazy.execute("PRAGMA synchronous = NORMAL")
            self._lazy.execute(statement, parameters)

    def _close_lazy(self) -> None:
        with self._lazy_lock:
            if self._lazy is not None:
                self._lazy.close()
                self._lazy = None

    def change_key(self, key: KeyBytes) -> None:
        """Rewrite the whole database under `key` and replace the old file. Other threads wait meanwhile.

        Whenever the process is killed, the file is completely the old one or the new one; `opens_with` tells which.
        SQLCipher's own `PRAGMA rekey` works in place and leaves old pages in the journal. Raises `StorageError`.
        """
        rekeyed = self._path.with_name(f"{self._path.name}.rekeyed")
        with self._exclusively(), _database_errors(), storage_errors(message("task:rekey-database")):
            rekeyed.unlink(missing_ok=True)
            self._export(rekeyed, key)
            self._close_lazy()
            self._engine.dispose()  # The last connection to close writes the write-ahead log back and removes it.
            wal = self._path.with_name(f"{self._path.name}-wal")
            if wal.exists() and wal.stat().st_size:
                raise StorageError("database.busy")
            os.replace(rekeyed, self._path)
            fsync_folder(self._path.parent)
            self._memory.wipe()
            self._memory = KeyMemory()
            self._key = self._memory.hold(key)
            self._engine = _engine(self._path, self._key)

    def copy_to(self, path: Path, key: KeyBytes) -> None:
        """Write a consistent copy under `key` to the new file `path`. Other threads wait. Raises `StorageError`."""
        with self._exclusively(), _database_errors(), storage_errors(message("task:copy-database")):
            self._export(path, key)

    @contextlib.contextmanager
    def _shared(self) -> Iterator[None]:
        """Wait until nobody works exclusively, and let nobody begin to in the block."""
        with self._gate:
            self._gate.wait_for(lambda: not self._exclusive)
            self._transactions += 1
        try:
            yield
        finally:
            with self._gate:
                self._transactions -= 1
                self._gate.notify_all()

    @contextlib.contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Wait until no transaction is running, and let none begin in the block."""
        with self._gate:
            self._gate.wait_for(lambda: not self._exclusive and self._transactions == 0)
            self._exclusive = True
        try:
            yield
        finally:
            with self._gate:
                self._exclusive = False
                self._gate.notify_all()

    def _export(self, path: Path, key: KeyBytes) -> None:
        with contextlib.closing(self._engine.raw_connection()) as connection:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            connection.cursor().execute(f"ATTACH DATABASE ? AS fresh KEY \"x'{key.hex()}'\"", (str(path),))
            connection.cursor().execute("SELECT sqlcipher_export('fresh')").fetchall()
            connection.cursor().execute("DETACH DATABASE fresh")
        fsync_file(path)

    @staticmethod
    def opens_with(path: Path, key: KeyBytes) -> bool:
        """Return whether `key` opens the file."""
        try:
            _connect(path, key).close()
        except IntegrityError:
            return False
        return True

    def close(self) -> None:
        """Close every connection and wipe the key."""
        self._close_lazy()
        self._engine.dispose()
        self._memory.wipe()


def _connect(path: Path, key: KeyBytes) -> Any:
    connection = sqlcipher3.connect(str(path), timeout=BUSY_TIMEOUT_S, check_same_thread=False, isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlcipher3.DatabaseError:
        connection.close()
        raise IntegrityError("database.key") from None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _engine(path: Path, key: KeyBytes) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=lambda: _connect(path, key),
        poolclass=QueuePool,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
    )
    # sqlite3's implicit transactions do not cover reads, so begin explicitly, and take the write lock at once.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


@contextlib.contextmanager
def _database_errors() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlcipher3.DatabaseError) as error:
        text = str(getattr(error, "orig", error))
        if "full" in text or "disk I/O" in text or "readonly" in text or "unable to open" in text:
            raise StorageError("storage.database") from None
        if "malformed" in text or "not a database" in text:
            raise IntegrityError("database.damaged") from None
        raise
    except UnicodeEncodeError:
        raise InputError("text.unicode") from None


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    if current is not None and current not in known:
        raise HomeError("home.newer")
    if current != script.get_current_head():
        command.upgrade(config, "head")
