"""Several slots for one root key: each opens it, the last one stays, and removed slots open nothing, not even with old
copies of the keyring.
"""

import base64
import random
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from extent import ALL, chosen, in_extents
from killed import Killed
from sqlalchemy import text

from appliance.foundation import canonical_json
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import (
    ApplianceError,
    AuthenticationError,
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
)
from appliance.vault import Database, Vault, hybrid
from appliance.vault.keyring import FILE_NAME, MAX_SLOTS, Keyring
from appliance.vault.keys import new_key
from appliance.vault.slots import CredentialSecret, RecoverySecret, SlotSecret

PASSPHRASE = "correct horse battery staple"
OTHER = "another passphrase for tests"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the path of a home."""
    return tmp_path / "home"


def opens(home: Path, secret: SlotSecret) -> bool:
    """Return whether a secret opens the home. Problems of the home itself are raised."""
    try:
        Vault.open(home, secret).close()
    except AuthenticationError:
        return False
    return True


@pytest.mark.slow
def test_each_slot_opens_the_same_home(home: Path) -> None:
    """Two passphrases, a systemd credential, a recovery key."""
    vault = Vault.create(home, PASSPHRASE, SystemClock())
    key = vault.new_data_key("dataset", "ds_1")
    vault.add_passphrase(OTHER, "deputy", 1)
    _, credential = vault.add_credential("this server", 2)
    _, recovery = vault.add_recovery("the safe", 3)
    assert [(slot.kind, slot.name, slot.created_us) for slot in vault.slots[1:]] == [
        ("passphrase", "deputy", 1),
        ("credential", "this server", 2),
        ("recovery", "the safe", 3),
    ]
    vault.close()
    for secret in (PASSPHRASE, OTHER, credential, recovery):
        again = Vault.open(home, secret)
        assert again.data_key("dataset", "ds_1") == key
        again.close()


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        ("wrong", "passphrase is wrong"),
        (CredentialSecret(bytes(32)), "credential does not open this home"),
        (RecoverySecret(bytes(32)), "recovery key does not open this home"),
    ],
    ids=["passphrase", "credential", "recovery"],
)
def test_the_refusal_names_the_kind_of_secret(home: Path, secret: SlotSecret, sentence: str) -> None:
    vault = Vault.create(home, PASSPHRASE, SystemClock())
    vault.add_credential("c", 1)
    vault.add_recovery("r", 1)
    vault.close()
    with pytest.raises(AuthenticationError, match=sentence):
        Vault.open(home, secret)


def test_the_secrets_of_one_kind_do_not_open_slots_of_another(home: Path) -> None:
    """A passphrase that spells a credential, a credential used as a recovery key and vice versa."""
    vault = Vault.create(home, PASSPHRASE, SystemClock())
    _, credential = vault.add_credential("c", 1)
    _, recovery = vault.add_recovery("r", 1)
    vault.close()
    for secret in (credential.hex(), RecoverySecret(credential), CredentialSecret(recovery)):
        assert not opens(home, secret)


def test_recovery_keys_and_credentials_are_not_stored_in_the_home(home: Path) -> None:
    vault = Vault.create(home, PASSPHRASE, SystemClock())
    secrets = [vault.add_recovery("r", 1)[1], vault.add_credential("c", 1)[1]]
    vault.close()
    for path in home.rglob("*"):
        if path.is_file():
            assert not any(bytes(secret) in path.read_bytes() for secret in secrets)


def test_the_last_slot_and_unknown_slots_cannot_be_removed(home: Path) -> None:
    vault = Vault.create(home, PASSPHRASE, SystemClock())
    with pytest.raises(ConflictError, match="last slot"):
        vault.remove_slot(vault.slots[0].id)
    with pytest.raises(NotFoundError, match="no such slot"):
        vault.remove_slot("none")
    vault.close()
    assert opens(home, PASSPHRASE)


def test_an_empty_passphrase_and_too_many_slots_are_refused(home: Path) -> None:
    vault = Vault.create(home, PASSPHRASE, SystemClock())
    with pytest.raises(InputError, match="empty"):
        vault.add_passphrase("", "x", 1)
    while len(vault.slots) < MAX_SLOTS:
        vault.add_recovery("r", 1)
    with pytest.raises(ConflictError, match="already"):
        vault.add_recovery("r", 1)
    vault.close()
    assert opens(home, PASSPHRASE)


@pytest.mark.slow
def test_a_removed_slot_opens_nothing_even_with_an_old_copy_of_the_keyring(home: Path, tmp_path: Path) -> None:
    """Its holder kept keyring.json and has today's disk, but can open neither the database nor a data key."""
    vault = Vault.create(home, PASSPHRASE, SystemClock())
    slot = vault.add_passphrase(OTHER, "leaves the company", 1)
    key = vault.new_data_key("dataset", "ds_1")
    shutil.copy(home / FILE_NAME, tmp_path / "kept.json")
    vault.remove_slot(slot.id)
    assert vault.data_key("dataset", "ds_1") == key
    with vault.database.begin() as connection:
        wrapped = connection.execute(text("SELECT wrapped FROM wrapped_keys")).scalar_one()
    vault.close()
    assert not opens(home, OTHER)
    assert opens(home, PASSPHRASE)
    thief = tmp_path / "thief"
    shutil.copytree(home, thief)
    shutil.copy(tmp_path / "kept.json", thief / FILE_NAME)
    with pytest.raises(IntegrityError, match="does not open"):
        Vault.open(thief, OTHER)
    _, old = Keyring.open(thief, OTHER)
    _, new = Keyring.open(home, PASSPHRASE)
    assert old.root != new.root
    assert old.database != new.database
    assert set(old.epochs.values()).isdisjoint(new.epochs.values())
    for name, key in old.named().items():
        assert not Database.opens_with(home / "appliance.db", key), name
        assert wrapped not in key


def test_an_inserted_public_key_is_noticed_before_anything_is_encrypted_to_it(home: Path) -> None:
    """Otherwise whoever can write to the disk would obtain the next root key."""
    vault = Vault.create(home, PASSPHRASE, SystemClock())
    vault.add_recovery("r", 1)
    vault.close()
    value: dict[str, Any] = canonical_json.decode((home / FILE_NAME).read_bytes())
    value["slots"][1]["public_key"] = base64.b64encode(hybrid.public_key(new_key())).decode()
    (home / FILE_NAME).write_bytes(canonical_json.encode(value))
    with pytest.raises(IntegrityError, match="changed outside the appliance"):
        Vault.open(home, PASSPHRASE)


@pytest.mark.slow
def test_rotation_replaces_root_epoch_and_database_key_but_no_slot(home: Path) -> None:
    vault = Vault.create(home, PASSPHRASE, SystemClock())
    _, recovery = vault.add_recovery("r", 1)
    keys = {name: vault.new_data_key("dataset", name) for name in ("a", "b")}
    vault.close()
    _, before = Keyring.open(home, PASSPHRASE)
    vault = Vault.open(home, recovery)
    vault.rotate()
    assert {name: vault.data_key("dataset", name) for name in keys} == keys
    vault.new_data_key("dataset", "c")
    vault.close()
    _, after = Keyring.open(home, PASSPHRASE)
    assert after.epoch == before.epoch + 1
    for name in ("root", "database"):
        assert getattr(before, name) != getattr(after, name)
    assert (after.audit_hmac, after.signing) == (before.audit_hmac, before.signing)
    assert opens(home, recovery)
    assert not list(home.glob("*.rekeyed*"))


def test_other_threads_can_use_the_database_while_its_key_changes(home: Path) -> None:
    """They wait for the change, and their writes are kept."""
    vault = Vault.create(home, PASSPHRASE, SystemClock())
    done, failed = threading.Event(), []

    def write(number: int) -> None:
        count = 0
        while not done.is_set():
            try:
                vault.new_data_key("dataset", f"{number}-{count}")
                count += 1
            except ApplianceError as error:
                failed.append(error)
                return

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        vault.rotate()
    done.set()
    for thread in threads:
        thread.join()
    assert failed == []
    with vault.database.begin() as connection:
        names = connection.execute(text("SELECT object_id FROM wrapped_keys")).scalars().all()
    assert len(names) > 4
    for name in names:
        assert len(vault.data_key("dataset", name)) == 32
    vault.close()


def removal(home: Path, secret: SlotSecret) -> Killed:
    """Return the removal of the third slot, as an action to kill."""
    files = ("vault.py", "keyring.py", "database.py", "atomic_files.py")
    return Killed(lambda: Vault.open(home, secret), lambda vault: vault.remove_slot(vault.slots[2].id), files)


@pytest.fixture
def whole(tmp_path: Path) -> tuple[Path, RecoverySecret, RecoverySecret, dict[str, bytes]]:
    """Return a home with two recovery keys (which open fast) and some data keys."""
    folder = tmp_path / "whole"
    vault = Vault.create(folder, PASSPHRASE, SystemClock())
    stays, leaves = vault.add_recovery("stays", 1)[1], vault.add_recovery("leaves", 2)[1]
    keys = {name: vault.new_data_key("dataset", name) for name in ("a", "b", "c")}
    vault.close()
    return folder, stays, leaves, keys


def verify_after_kill(home: Path, stays: RecoverySecret, leaves: RecoverySecret, keys: dict[str, bytes]) -> bool:
    """Open the home as the next start does, check that nothing is lost, and return whether the slot was removed."""
    vault = Vault.open(home, stays)
    assert {name: vault.data_key("dataset", name) for name in keys} == keys
    vault.new_data_key("dataset", "later")
    vault.close()
    _, current = Keyring.open(home, stays)
    assert current.next_database is None
    assert set(current.epochs) == {current.epoch}
    assert Database.opens_with(home / "appliance.db", current.database)
    removed = not opens(home, leaves)
    assert removed is (current.epoch == 2)
    return removed


@pytest.mark.slow
@in_extents
def test_removing_a_slot_may_be_killed_after_every_write(whole: Any, tmp_path: Path, extent: str) -> None:
    """Before the first write nothing has changed; after it, the next open finishes the removal."""
    folder, stays, leaves, keys = whole
    outcomes = []
    lines = removal(Path(shutil.copytree(folder, tmp_path / "complete-run")), stays).lines_after_writes()
    for line in chosen(lines, extent, 4):
        copy = Path(shutil.copytree(folder, tmp_path / f"copy-{line}"))
        assert removal(copy, stays).before_line(line)
        outcomes.append(verify_after_kill(copy, stays, leaves, keys))
        shutil.rmtree(copy)
    assert len(lines) > 5
    assert outcomes == sorted(outcomes)
    assert {False, True} == set(outcomes)


@pytest.mark.slow
@in_extents
def test_a_rotation_may_be_killed_after_every_write(whole: Any, tmp_path: Path, extent: str) -> None:
    """Root, epoch and database key are all old or all new, both slots open, and every data key is present."""
    folder, stays, leaves, keys = whole
    files = ("vault.py", "keyring.py", "database.py", "atomic_files.py")

    def rotation(home: Path) -> Killed:
        return Killed(lambda: Vault.open(home, stays), Vault.rotate, files)

    _, before = Keyring.open(folder, stays)
    epochs = []
    lines = rotation(Path(shutil.copytree(folder, tmp_path / "complete-run"))).lines_after_writes()
    for line in chosen(lines, extent, 4):
        copy = Path(shutil.copytree(folder, tmp_path / f"copy-{line}"))
        assert rotation(copy).before_line(line)
        vault = Vault.open(copy, leaves)
        assert {name: vault.data_key("dataset", name) for name in keys} == keys
        vault.close()
        _, after = Keyring.open(copy, stays)
        assert after.next_database is None
        assert Database.opens_with(copy / "appliance.db", after.database)
        changed = {
            bytes(after.root) != bytes(before.root),
            bytes(after.database) != bytes(before.database),
            after.epoch != before.epoch,
        }
        assert len(changed) == 1
        epochs.append(after.epoch)
        shutil.rmtree(copy)
    assert epochs == sorted(epochs)
    assert set(epochs) == {1, 2}


@pytest.mark.slow
@in_extents
def test_removing_a_slot_may_be_killed_at_any_time(whole: Any, tmp_path: Path, extent: str) -> None:
    """Also inside libraries."""
    folder, stays, leaves, keys = whole
    chance = random.Random(1)
    for number in range(20 if extent == ALL else 3):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(folder, copy)
        removal(copy, stays).after(chance.uniform(0, 0.05))
        verify_after_kill(copy, stays, leaves, keys)
