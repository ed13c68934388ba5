"""A restored home is the one that was backed up, under new keys, and its log says so; what is damaged restores nothing
at all.
"""

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from disk import NEW, Disk, back_up, open_home
from extent import ALL, chosen, in_extents
from killed import Killed
from sqlalchemy import select

from appliance.datasets.tables import DATASETS
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import (
    ApplianceError,
    AuditLogError,
    AuthenticationError,
    HomeError,
    IntegrityError,
    NotFoundError,
)
from appliance.services.context import OPERATOR
from appliance.services.home.life import create_home
from appliance.services.home.restore_home import RESTORING, restore_home, verify_empty
from appliance.vault import Vault
from appliance.vault.backup_format import part_path
from appliance.vault.keyring import Keyring
from appliance.vault.secret_text import write_recovery
from appliance.vault.slots import RecoverySecret


def empty(home: Path) -> bool:
    """Tell whether nothing but a lock is left."""
    return not home.exists() or {path.name for path in home.iterdir()} <= {"lock"}


def test_everything_is_back_and_works(world: Any, disk: Disk, tmp_path: Path) -> None:
    """Data, models, adapters, answers, accounts; by the new passphrase and the recovery key, not by the old
    passphrase.
    """
    home = tmp_path / "home"
    told = disk.restore(home)
    assert told.backup == disk.backup_id
    assert told.log_key == world.context.vault.signer.public_key.hex()
    assert str(told.policies).startswith("The policies and limits are the same")
    appliance = open_home(home, world.switch)
    with pytest.raises(AuthenticationError):
        appliance.context.unseal("a passphrase for tests only")
    appliance.context.unseal(NEW)

    def do(operation: str, **parameters: Any) -> Any:
        return appliance.perform(OPERATOR, operation, parameters)

    ids = world.ids
    for part in ("training", "validation", "test"):
        shown = do("dataset.show", dataset_id=ids["dataset"], part=part)
        assert shown == world.do("dataset.show", dataset_id=ids["dataset"], part=part)
    assert do("adapter.answers", adapter_id=ids["adapter"]) == world.do("adapter.answers", adapter_id=ids["adapter"])
    assert do("model.list") == world.do("model.list")
    assert do("user.list") == world.do("user.list")
    assert do("audit.verify")["verified"]
    assert do("chat", adapter_id=ids["adapter"], prompt="Hello?")["tuned"]
    assert appliance.context.log.unfinished() == []
    job = do("train", dataset_id=ids["dataset"], model_id=ids["model"], choice={"preset": "quick"})
    appliance.run_queue()
    assert do("job.show", job_id=job["id"])["state"] == "succeeded"
    appliance.close()
    again = open_home(home)
    again.context.unseal(write_recovery(disk.recovery))
    again.close()


def test_the_keys_are_new_and_those_of_the_backup_open_nothing_there(world: Any, disk: Disk, tmp_path: Path) -> None:
    """Whoever holds the backup and its key has that state, not the restored home's."""
    disk.restore(tmp_path / "home")
    _, keys = Keyring.open(tmp_path / "home", disk.recovery)
    secrets = disk.manifest.secrets
    assert keys.epoch == secrets.epoch + 1
    assert (keys.audit_hmac, keys.signing) == (secrets.audit_hmac, secrets.signing)
    assert {secrets.database, secrets.epoch_key}.isdisjoint(keys.named().values())
    _, old = Keyring.open(world.context.home, disk.recovery)
    assert old.root not in {keys.root, *keys.named().values()}


def test_the_log_goes_on_with_an_entry_that_binds_the_old_head(world: Any, disk: Disk, tmp_path: Path) -> None:
    """Requested and succeeded; the backup's own request, which stood at its end, has its outcome at the first start."""
    disk.restore(tmp_path / "home")
    found = disk.manifest
    appliance = open_home(tmp_path / "home")
    appliance.context.unseal(NEW)
    entries = list(appliance.context.log.entries(found.log_size))
    assert [(entry["action"], entry["outcome"]) for entry in entries[:2]] == [
        ("home.restore", "requested"),
        ("home.restore", "succeeded"),
    ]
    details = entries[0]["details"]
    assert (details["size"], details["root"], details["backup"]) == (found.log_size, found.log_root, disk.backup_id)
    assert ("backup.create", "succeeded", "interrupted") in [(e["action"], e["outcome"], e["reason"]) for e in entries]
    before = list(world.context.log.entries(0, found.log_size))
    assert list(appliance.context.log.entries(0, found.log_size)) == before
    appliance.close()


def test_a_log_that_claims_to_be_restored_from_another_does_not_verify(tmp_path: Path, world: Any) -> None:
    """Whoever holds the key writes it: the verifier names the entry."""
    appliance = open_home(tmp_path / "home")
    create_home(appliance.context, NEW)
    log = appliance.context.log
    good = {"size": log.head.size, "root": log.head.root.hex()}
    with log.action(OPERATOR.actor, "home.restore", world_home(), good):
        pass
    log.verify(public_key=appliance.context.vault.signer.public_key)
    sequence = log.size
    with log.action(OPERATOR.actor, "home.restore", world_home(), {**good, "size": sequence}):
        pass
    with pytest.raises(AuditLogError, match="names another log") as caught:
        log.verify(public_key=appliance.context.vault.signer.public_key)
    assert caught.value.entry == sequence
    appliance.close()


def world_home() -> Any:
    """Return what a home is called in the log."""
    from appliance.services.context import HOME

    return HOME


def test_a_place_where_something_is_is_refused_and_left_as_it_is(disk: Disk, tmp_path: Path) -> None:
    """A home above all: the one just restored."""
    disk.restore(tmp_path / "home")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter").write_text("dear")
    for place in (tmp_path / "home", tmp_path / "other"):
        with pytest.raises(HomeError, match="empty place"):
            disk.restore(place)
        with pytest.raises(HomeError):
            verify_empty(place)
    assert (tmp_path / "other" / "letter").exists()
    assert Vault.exists(tmp_path / "home")


def test_another_recovery_key_and_an_empty_folder_restore_nothing(disk: Disk, tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match="does not open any backup"):
        restore_home(tmp_path / "home", disk.folder, RecoverySecret(bytes(32)), NEW, SystemClock())
    for folder, name in ((tmp_path, ""), (disk.folder, "bk_00000000000000000001")):
        with pytest.raises(NotFoundError, match="no such backup"):
            restore_home(tmp_path / "home", folder, disk.recovery, NEW, SystemClock(), backup_id=name)
    with pytest.raises(ApplianceError):
        restore_home(tmp_path / "home", disk.folder, disk.recovery, NEW, SystemClock(), backup_id="../x")
    with pytest.raises(ApplianceError, match="empty"):
        restore_home(tmp_path / "home", disk.folder, disk.recovery, "", SystemClock())
    assert empty(tmp_path / "home")


def test_what_is_missing_is_named_before_anything_is_written(disk: Disk, tmp_path: Path) -> None:
    file = next(file for file in disk.manifest.files if file.path.startswith("datasets/"))
    part_path(disk.folder, file.parts[0]).unlink()
    with pytest.raises(IntegrityError, match=f"parts of {file.path} are missing") as caught:
        disk.restore(tmp_path / "home")
    assert caught.value.code == "backup.missing"
    assert empty(tmp_path / "home")


@pytest.mark.parametrize("how", ["flipped", "cut", "another part"])
@pytest.mark.parametrize("kind", ["appliance.db", "models/", "adapters/", "audit/checkpoint", "policies/"])
def test_what_is_damaged_is_named_and_the_place_stays_empty(disk: Disk, tmp_path: Path, kind: str, how: str) -> None:
    file = next(file for file in disk.manifest.files if file.path.startswith(kind))
    part = part_path(disk.folder, file.parts[0])
    data = bytearray(part.read_bytes())
    if how == "flipped":
        data[len(data) // 2] ^= 1
    elif how == "cut":
        data = data[: len(data) // 2]
    else:
        other = next(each for each in disk.manifest.files if each.path.startswith("datasets/"))
        data = bytearray(part_path(disk.folder, other.parts[0]).read_bytes())
    part.write_bytes(bytes(data))
    with pytest.raises(IntegrityError, match=f"damaged in {file.path}"):
        disk.restore(tmp_path / "home")
    assert empty(tmp_path / "home")


def test_a_damaged_manifest_is_named_and_no_older_backup_is_taken_in_its_place(
    world: Any, disk: Disk, tmp_path: Path
) -> None:
    later = back_up(world.appliance, disk.folder)
    path = disk.folder / "manifests" / later
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match=later):
        disk.restore(tmp_path / "home")
    assert empty(tmp_path / "home")
    assert disk.restore(tmp_path / "home", backup_id=disk.backup_id).backup == disk.backup_id


def test_the_newest_backup_is_restored_unless_another_is_named(world: Any, disk: Disk, tmp_path: Path) -> None:
    later = back_up(world.appliance, disk.folder)
    assert disk.restore(tmp_path / "new").backup == later
    assert disk.restore(tmp_path / "old", backup_id=disk.backup_id).backup == disk.backup_id


def test_an_interrupted_restore_is_no_place_for_a_new_home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / RESTORING).touch()
    appliance = open_home(tmp_path / "home")
    with pytest.raises(HomeError, match="interrupted"):
        create_home(appliance.context, NEW)
    appliance.close()


RESTORES = (
    "restore_home.py",
    "backup_folder.py",
    "vault.py",
    "keyring.py",
    "atomic_files.py",
    "database.py",
    "recover.py",
)


@pytest.mark.slow
@in_extents
def test_a_restore_may_be_killed_at_any_time_and_run_again(disk: Disk, tmp_path: Path, extent: str) -> None:
    """Either there is no home, and the next restore makes one, or it is whole; the log says once that it was
    restored.
    """
    chance = random.Random(4)
    lines = chosen(sorted(chance.randrange(1, 2500) for _ in range(20)), extent, 4)
    outcomes = set()
    for number, line in enumerate(lines):
        home = tmp_path / f"home-{number}"
        Killed(lambda: None, lambda _none, home=home: disk.restore(home), RESTORES).before_line(line)
        outcomes.add(Vault.exists(home))
        if not Vault.exists(home):
            disk.restore(home)
        verify_restored(home, disk)
        shutil.rmtree(home)
    assert outcomes == {False, True}


@pytest.mark.slow
@in_extents
def test_the_end_of_a_restore_may_be_killed_after_every_write(disk: Disk, tmp_path: Path, extent: str) -> None:
    """Around the moment in which it becomes a home: from the first line of `adopt` on."""
    home, adopted = tmp_path / "home", 0
    killing = Killed(lambda: None, lambda _none: disk.restore(home), ("vault.py", "keyring.py"))
    lines = killing.lines_after_writes()
    shutil.rmtree(home)
    for line in chosen(lines, extent, 3):
        assert killing.before_line(line)
        adopted += Vault.exists(home)
        if not Vault.exists(home):
            disk.restore(home)
        verify_restored(home, disk)
        shutil.rmtree(home)
    assert adopted > (extent == ALL)
    assert len(lines) > 5


def verify_restored(home: Path, disk: Disk) -> None:
    """Open it, as the next start does."""
    appliance = open_home(home)
    context = appliance.context
    context.unseal(write_recovery(disk.recovery))
    assert appliance.perform(OPERATOR, "audit.verify", {})["verified"]
    told = [entry["outcome"] for entry in context.log.entries() if entry["action"] == "home.restore"]
    assert told == ["requested", "succeeded"]
    with context.database.begin() as connection:
        datasets = connection.execute(select(DATASETS.c.id)).scalars().all()
    for dataset_id in datasets:
        assert appliance.perform(OPERATOR, "dataset.show", {"dataset_id": dataset_id})["preview"]
    appliance.close()
    _, keys = Keyring.open(home, disk.recovery)
    assert keys.next_database is None
    assert set(keys.epochs) == {keys.epoch}
