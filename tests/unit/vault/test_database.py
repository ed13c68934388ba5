"""The database is encrypted, keeps committed data, and reports a disk that is full or refuses."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlcipher3.dbapi2 import IntegrityError as RowError

from appliance.foundation.errors import InputError, IntegrityError, StorageError
from appliance.vault import Database, Vault
from appliance.vault.database import _MIGRATIONS

KEY = bytes(range(32))
INSERT = text("INSERT INTO projects VALUES (:id, :name, 0)")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Create a database."""
    database = Database(tmp_path / "x.db", KEY)
    yield database
    database.close()


def count(database: Database) -> int:
    """Return the number of projects."""
    with database.begin() as connection:
        return int(connection.execute(text("SELECT count(*) FROM projects")).scalar_one())


def test_the_package_exports_two_names_on_demand() -> None:
    """Workers import the package without the database's libraries."""
    import appliance.vault

    assert (Vault.__name__, Database.__name__) == ("Vault", "Database")
    with pytest.raises(AttributeError):
        appliance.vault.__getattr__("Anything")
    assert _MIGRATIONS.is_dir()


def test_another_key_does_not_open_the_database(tmp_path: Path, database: Database) -> None:
    """The attempt does no harm."""
    database.close()
    with pytest.raises(IntegrityError, match="does not open"):
        Database(tmp_path / "x.db", bytes(32))
    again = Database(tmp_path / "x.db", KEY)
    assert count(again) == 0
    again.close()


def test_a_full_disk_rolls_the_transaction_back(database: Database) -> None:
    """SQLite's limit on pages simulates the disk; earlier data is kept."""
    with database.begin() as connection:
        connection.execute(INSERT, {"id": "pr_1", "name": "kept"})

    def fill() -> None:
        with database.begin() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()
            connection.execute(text(f"PRAGMA max_page_count = {pages}"))
            connection.execute(INSERT, {"id": "pr_2", "name": "small"})
            connection.execute(INSERT, {"id": "pr_3", "name": "x" * 10**6})

    with pytest.raises(StorageError, match="disk is full") as caught:
        fill()
    assert caught.value.code == "storage.database"
    assert count(database) == 1


def test_a_read_only_database_is_a_storage_error(database: Database) -> None:
    """A disk may be remounted read-only."""

    def write() -> None:
        with database.begin() as connection:
            connection.execute(text("PRAGMA query_only = ON"))
            connection.execute(INSERT, {"id": "pr_1", "name": "x"})

    with pytest.raises(StorageError, match="refuses"):
        write()


def test_a_database_that_cannot_be_created_is_a_storage_error(tmp_path: Path) -> None:
    """Its folder does not exist."""
    with pytest.raises(StorageError):
        Database(tmp_path / "absent" / "x.db", KEY)


def test_a_changed_page_is_damage(tmp_path: Path, database: Database) -> None:
    """Each page is authenticated."""
    with database.begin() as connection:
        connection.execute(INSERT, {"id": "pr_1", "name": "x" * 20_000})
    database.close()
    path = tmp_path / "x.db"
    data = bytearray(path.read_bytes())
    for place in range(4096, len(data), 512):
        data[place] ^= 1
    path.write_bytes(bytes(data))

    def read() -> None:
        again = Database(path, KEY)
        try:
            with again.begin() as connection:
                connection.execute(text("SELECT * FROM projects")).all()
        finally:
            again.close()

    with pytest.raises(IntegrityError, match=r"damaged|was changed"):  # depending on where the schema table is
        read()


def test_invalid_unicode_is_an_input_error(database: Database) -> None:
    """The caller made the mistake, whichever text it is."""

    def write() -> None:
        with database.begin() as connection:
            connection.execute(INSERT, {"id": "pr_1", "name": "\ud800"})

    with pytest.raises(InputError, match="not valid Unicode"):
        write()
    assert count(database) == 0


def test_programming_errors_are_not_converted(database: Database) -> None:
    """A duplicate row, for instance."""

    def twice() -> None:
        with database.begin() as connection:
            connection.execute(INSERT, [{"id": "pr_1", "name": "x"}] * 2)

    with pytest.raises(RowError):
        twice()
    assert count(database) == 0


def test_writers_wait_for_each_other(database: Database) -> None:
    """Many threads write one row each; none is lost, none is refused."""

    def write(number: int) -> None:
        with database.begin() as connection:
            connection.execute(INSERT, {"id": f"pr_{number}", "name": "x"})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 12
