"""The database is encrypted, keeps what was committed, and says in a sentence what its disk refuses."""

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
    """Open a fresh one."""
    database = Database(tmp_path / "x.db", KEY)
    yield database
    database.close()


def count(database: Database) -> int:
    """Return how many rows there are."""
    with database.begin() as connection:
        return int(connection.execute(text("SELECT count(*) FROM projects")).scalar_one())


def test_the_package_gives_its_two_names_and_no_other() -> None:
    """On demand: workers import the package without the database's libraries."""
    import appliance.vault

    assert (Vault.__name__, Database.__name__) == ("Vault", "Database")
    with pytest.raises(AttributeError):
        appliance.vault.__getattr__("Anything")
    assert _MIGRATIONS.is_dir()


def test_another_key_opens_nothing(tmp_path: Path, database: Database) -> None:
    """Nor does it harm what is there."""
    database.close()
    with pytest.raises(IntegrityError, match="does not open"):
        Database(tmp_path / "x.db", bytes(32))
    again = Database(tmp_path / "x.db", KEY)
    assert count(again) == 0
    again.close()


def test_a_full_database_is_a_sentence_and_leaves_nothing_half_done(database: Database) -> None:
    """SQLite's own limit of pages plays the disk; what was there before is there after."""
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


def test_a_read_only_database_is_a_sentence(database: Database) -> None:
    """As on a disk that was remounted so."""

    def write() -> None:
        with database.begin() as connection:
            connection.execute(text("PRAGMA query_only = ON"))
            connection.execute(INSERT, {"id": "pr_1", "name": "x"})

    with pytest.raises(StorageError, match="refuses"):
        write()


def test_a_database_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    """Its folder is not there."""
    with pytest.raises(StorageError):
        Database(tmp_path / "absent" / "x.db", KEY)


def test_a_changed_page_is_damage(tmp_path: Path, database: Database) -> None:
    """Each page carries a code of authentication."""
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

    with pytest.raises(IntegrityError, match=r"damaged|was changed"):  # where the table of tables lies decides which
        read()


def test_a_text_that_is_no_unicode_is_the_bringers_mistake(database: Database) -> None:
    """Not a fault of ours, wherever it comes in."""

    def write() -> None:
        with database.begin() as connection:
            connection.execute(INSERT, {"id": "pr_1", "name": "\ud800"})

    with pytest.raises(InputError, match="no Unicode"):
        write()
    assert count(database) == 0


def test_a_mistake_of_ours_stays_one(database: Database) -> None:
    """A row twice, a table that is not there: no sentence hides them."""

    def twice() -> None:
        with database.begin() as connection:
            connection.execute(INSERT, [{"id": "pr_1", "name": "x"}] * 2)

    with pytest.raises(RowError):
        twice()
    assert count(database) == 0


def test_writers_wait_for_each_other(database: Database) -> None:
    """Many threads, one row each; none is lost, none is refused."""

    def write(number: int) -> None:
        with database.begin() as connection:
            connection.execute(INSERT, {"id": f"pr_{number}", "name": "x"})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 12
