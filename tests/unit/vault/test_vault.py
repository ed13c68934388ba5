"""The vault opens only with its passphrase, and shredded objects stay unreadable."""

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

import appliance
from appliance.audit import TreeHead
from appliance.foundation import canonical_json
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import AuthenticationError, HomeError, InputError, IntegrityError, NotFoundError
from appliance.vault import Vault
from appliance.vault.database import METADATA, Database
from appliance.vault.keyring import Keyring, Keys
from appliance.vault.keys import unwrap_key, wrap_key
from appliance.vault.passwords import hash_password, verify_password

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def vault(home):
    vault = Vault.create(home, PASSPHRASE, SystemClock())
    yield vault
    vault.close()


def test_the_right_passphrase_opens_the_same_keys(home, vault) -> None:
    key = vault.new_data_key("dataset", "ds_1")
    vault.close()
    again = Vault.open(home, PASSPHRASE)
    assert again.data_key("dataset", "ds_1") == key
    assert again.signer.public_key == Vault.public_key(home)
    assert again.pseudonym("a", b"x") != again.pseudonym("b", b"x")
    again.close()


@pytest.mark.parametrize("wrong", ["", "Correct horse battery staple", PASSPHRASE + " ", "\ud800"])
def test_a_wrong_passphrase_is_refused(home, vault, wrong) -> None:
    with pytest.raises(AuthenticationError, match="passphrase is wrong"):
        Vault.open(home, wrong)


def test_an_empty_passphrase_creates_no_home(home) -> None:
    with pytest.raises(InputError):
        Vault.create(home, "", SystemClock())
    assert not Vault.exists(home)


def test_a_home_is_created_only_once(home, vault) -> None:
    with pytest.raises(HomeError, match="already"):
        Vault.create(home, PASSPHRASE, SystemClock())


def test_an_interrupted_create_can_be_repeated(home) -> None:
    home.mkdir()
    (home / "appliance.db").write_bytes(b"half a database")
    Vault.create(home, PASSPHRASE, SystemClock()).close()
    vault = Vault.open(home, PASSPHRASE)
    assert vault.slots
    vault.close()


def test_no_secret_is_readable_in_the_keyring_or_in_repr(home, vault) -> None:
    keys = Keys.generate()
    representation = repr(keys)
    for secret in [keys.root, keys.database, *keys.epochs.values()]:
        assert repr(secret) not in representation
        assert secret.hex() not in representation
    text_ = (home / "keyring.json").read_text(encoding="utf-8")
    assert PASSPHRASE not in text_
    assert (home / "keyring.json").stat().st_mode & 0o777 == 0o600


def _edit(home, change) -> None:
    path = home / "keyring.json"
    value = json.loads(path.read_bytes())
    change(value)
    path.write_bytes(canonical_json.encode(value))


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.update(unknown=1),
        lambda value: value["slots"].clear(),
        lambda value: value["slots"][0].update(memory_kib=8),
        lambda value: value["slots"][0].update(memory_kib=2**40),
        lambda value: value["slots"][0].update(iterations=10**6),
        lambda value: value["slots"][0].update(kind="open"),
        lambda value: value["keys"].pop("signing"),
        lambda value: value["keys"].update(extra=value["keys"]["signing"]),
        lambda value: value["keys"].update(database=value["keys"]["signing"]),
        lambda value: value.update(epoch=7),
        lambda value: value.update(audit_public_key=value["slots"][0]["salt"] + "A" * 20),
        lambda value: value.update(audit_public_key="A" * 43 + "="),
    ],
)
def test_a_changed_keyring_is_refused(home, vault, change) -> None:
    vault.close()
    _edit(home, change)
    with pytest.raises(IntegrityError):
        Vault.open(home, PASSPHRASE)


def test_a_slot_with_changed_key_derivation_does_not_open(home, vault) -> None:
    _edit(home, lambda value: value["slots"][0].update(iterations=4))
    with pytest.raises(AuthenticationError):
        Vault.open(home, PASSPHRASE)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{" * 100000])
def test_a_damaged_keyring_is_refused(home, vault, data) -> None:
    (home / "keyring.json").write_bytes(data)
    with pytest.raises(IntegrityError, match=r"keyring\.json"):
        Vault.open(home, PASSPHRASE)


def test_a_home_from_a_newer_version_is_not_changed(home, vault) -> None:
    vault.close()
    before = (home / "appliance.db").read_bytes()
    _edit(home, lambda value: value.update(version=3, future=True))
    with pytest.raises(HomeError, match="newer version"):
        Vault.open(home, PASSPHRASE)
    assert (home / "appliance.db").read_bytes() == before


def test_a_database_from_a_newer_version_is_not_opened(home, vault) -> None:
    with vault.database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    vault.close()
    with pytest.raises(HomeError, match="newer version"):
        Vault.open(home, PASSPHRASE)


def test_a_missing_home_or_database_is_reported(home, vault) -> None:
    vault.close()
    for path in home.glob("appliance.db*"):
        path.unlink()
    with pytest.raises(HomeError, match="no database"):
        Vault.open(home, PASSPHRASE)
    with pytest.raises(HomeError, match="no home here"):
        Vault.open(home / "elsewhere", PASSPHRASE)


@pytest.mark.slow
def test_a_database_of_another_home_does_not_open(home, vault, tmp_path) -> None:
    vault.close()
    other = Vault.create(tmp_path / "other", PASSPHRASE, SystemClock())
    other.close()
    shutil.copy(tmp_path / "other" / "appliance.db", home / "appliance.db")
    with pytest.raises(IntegrityError, match="does not open"):
        Vault.open(home, PASSPHRASE)


def test_the_database_files_contain_nothing_readable(home, vault) -> None:
    with vault.database.begin() as connection:
        connection.execute(text("INSERT INTO projects VALUES ('pr_1', 'CANARY-7f3a', 0)"))
    for path in home.glob("appliance.db*"):
        assert b"CANARY" not in path.read_bytes()
        assert b"SQLite format" not in path.read_bytes()


def test_a_wrapped_key_moved_to_another_object_does_not_open(vault) -> None:
    vault.new_data_key("dataset", "ds_1")
    vault.new_data_key("dataset", "ds_2")
    with vault.database.begin() as connection:
        statement = (
            "UPDATE wrapped_keys SET wrapped = (SELECT wrapped FROM wrapped_keys WHERE object_id = 'ds_1') WHERE "
            "object_id = 'ds_2'"
        )
        connection.execute(text(statement))
    with pytest.raises(IntegrityError, match="belongs to something else"):
        vault.data_key("dataset", "ds_2")


@pytest.mark.slow
def test_a_shredded_object_is_gone_and_others_still_open(home, vault) -> None:
    vault.new_data_key("dataset", "ds_1")
    kept = vault.new_data_key("dataset", "ds_2")
    with vault.database.begin() as connection:
        old = connection.execute(text("SELECT wrapped FROM wrapped_keys WHERE object_id = 'ds_1'")).scalar_one()
    vault.shred(("dataset", "ds_1"))
    with pytest.raises(NotFoundError, match="shredded"):
        vault.data_key("dataset", "ds_1")
    vault.close()
    again = Vault.open(home, PASSPHRASE)
    assert again.data_key("dataset", "ds_2") == kept
    # Even with today's keys and yesterday's database, the wrapped key does not open: its epoch's key is gone.
    _, keys = Keyring.open(home, PASSPHRASE)
    for key in keys.named().values():
        with pytest.raises(IntegrityError):
            unwrap_key(key, old, b"")
    assert keys.epoch == 2
    assert set(keys.epochs) == {2}
    again.close()


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["keyring written", "object dropped"])
def test_interrupted_shredding_is_finished_at_the_next_open(home, stage) -> None:
    """The process is really killed between the writes."""
    code = f"""
import os, signal, sys
from pathlib import Path
from appliance.foundation.clock import SystemClock
from appliance.vault import Vault
home = Path(sys.argv[1])
vault = Vault.create(home, {PASSPHRASE!r}, SystemClock())
vault.new_data_key("dataset", "ds_1"); vault.new_data_key("dataset", "ds_2")
if {stage!r} == "keyring written":
    begin = vault.database.begin
    vault.database.begin = lambda: os.kill(os.getpid(), signal.SIGKILL)
else:
    vault._finish = lambda: os.kill(os.getpid(), signal.SIGKILL)
vault.shred(("dataset", "ds_1"))
"""
    assert subprocess.run([sys.executable, "-c", code, str(home)], check=False).returncode == -9
    vault = Vault.open(home, PASSPHRASE)
    assert len(vault.data_key("dataset", "ds_2")) == 32
    _, keys = Keyring.open(home, PASSPHRASE)
    assert set(keys.epochs) == {2}
    if stage == "object dropped":
        with pytest.raises(NotFoundError):
            vault.data_key("dataset", "ds_1")
    vault.close()


def test_a_data_key_of_a_deleted_epoch_is_an_error(vault) -> None:
    vault.new_data_key("dataset", "ds_1")
    with vault.database.begin() as connection:
        connection.execute(text("UPDATE wrapped_keys SET epoch = 99"))
    with pytest.raises(IntegrityError, match="epoch"):
        vault.data_key("dataset", "ds_1")


def test_a_wrapped_key_with_the_wrong_length_is_refused() -> None:
    with pytest.raises(IntegrityError, match="length"):
        unwrap_key(bytes(32), wrap_key(bytes(32), bytes(32), b"")[:-1], b"")


def test_the_logs_head_is_remembered(vault) -> None:
    assert vault.heads.load() is None
    vault.heads.save(TreeHead(3, bytes(32)))
    vault.heads.save(TreeHead(4, b"\x01" * 32))
    assert vault.heads.load() == TreeHead(4, b"\x01" * 32)


def test_migrations_create_exactly_the_declared_tables(tmp_path) -> None:
    for path in sorted(Path(appliance.__path__[0]).glob("*/tables.py")):
        importlib.import_module(f"appliance.{path.parent.name}.tables")
    database = Database(tmp_path / "x.db", bytes(32))
    with database.begin() as connection:
        created = {
            table: {
                (column["name"], column["nullable"], bool(column["primary_key"]))
                for column in inspect(connection).get_columns(table)
            }
            for table in inspect(connection).get_table_names()
            if table != "alembic_version"
        }
    declared = {
        table.name: {(column.name, bool(column.nullable), column.primary_key) for column in table.columns}
        for table in METADATA.tables.values()
    }
    database.close()
    assert created == declared


def test_a_failed_transaction_is_rolled_back(vault) -> None:
    def failing() -> None:
        with vault.database.begin() as connection:
            connection.execute(text("INSERT INTO projects VALUES ('pr_1', 'x', 0)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    with vault.database.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM projects")).scalar_one() == 0


@pytest.mark.slow
def test_passwords_are_salted_and_checked() -> None:
    first, second = hash_password("correct horse"), hash_password("correct horse")
    assert first != second
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    verify_password("correct horse", first)
    with pytest.raises(AuthenticationError):
        verify_password("wrong horse", first)
