"""The encrypted database: SQLite through SQLCipher, with migrations that run when it is opened.

Layout is SQLCipher 4's default (AES-256-CBC with HMAC-SHA512 a page) under a raw 256-bit key; there is no passphrase to guess in it.
Times are microseconds since 1970, UTC.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlcipher3
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from appliance.foundation.errors import HomeError, InputError, IntegrityError, StorageError

METADATA = MetaData()
BUSY_TIMEOUT_S = 30.0
POOL_SIZE = 8
_MIGRATIONS = Path(__file__).with_name("migrations")


class Database:
    """An open database. Thread-safe; each transaction has a connection of its own."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Open or create `path` and bring it to this version. Raises `IntegrityError` (wrong key, damage), `HomeError` (newer)."""

        def connect() -> Any:
            connection = sqlcipher3.connect(str(path), timeout=BUSY_TIMEOUT_S, check_same_thread=False, isolation_level=None)
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            try:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlcipher3.DatabaseError:
                connection.close()
                raise IntegrityError(
                    "The database does not open: it was changed, or belongs to another home.", code="database.key"
                ) from None
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON", "temp_store = MEMORY"):
                connection.execute(f"PRAGMA {pragma}")
            return connection

        with _database_errors():
            self._engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=POOL_SIZE, max_overflow=POOL_SIZE)
            # sqlite3's own implicit transactions do not cover reads; begin them explicitly, and take the write lock at once.
            event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
            with self._engine.begin() as connection:
                _migrate(connection)
        path.chmod(0o600)

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """Give a connection in a transaction: committed at the end, rolled back on an exception.

        Raises `StorageError` (full disk), `IntegrityError` (damage), `InputError` (a text that is no Unicode).
        """
        with _database_errors(), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


@contextlib.contextmanager
def _database_errors() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlcipher3.DatabaseError) as error:
        text = str(getattr(error, "orig", error))
        if "full" in text or "disk I/O" in text or "readonly" in text or "unable to open" in text:
            raise StorageError(
                "The database could not be written: the disk is full or refuses. Nothing was done; free some space and try again.",
                code="storage.database",
            ) from None
        if "malformed" in text or "not a database" in text:
            raise IntegrityError("The database is damaged. Restore it from a backup.", code="database.damaged") from None
        raise
    except UnicodeEncodeError:
        raise InputError("A text holds characters that are no Unicode (lone surrogates). Type it again.", code="text.unicode") from None


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    if current is not None and current not in known:
        raise HomeError(
            "This home was written by a newer version of the appliance. Install that version or a later one.", code="home.newer"
        )
    if current != script.get_current_head():
        command.upgrade(config, "head")
