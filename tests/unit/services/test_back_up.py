"""A backup is one consistent state, sealed to the recovery keys, whole or none, and the next one writes only what is
new.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from disk import back_up
from sqlalchemy import select

from appliance.foundation.errors import AuthorizationError, ConflictError, InputError
from appliance.services.context import OPERATOR, Caller
from appliance.services.data.shred_dataset import shred_dataset
from appliance.services.home.back_up import begin_backup
from appliance.services.home.backup_folder import copy_files, prepare_folder
from appliance.vault.backup_format import Manifest, open_manifest
from appliance.vault.slots import RecoverySecret
from appliance.vault.tables import BACKUPS


@pytest.fixture(scope="module")
def recovery(world: Any) -> RecoverySecret:
    """Give the home a recovery key."""
    secret: RecoverySecret = world.context.vault.add_recovery("safe", 1)[1]
    return secret


def manifest(out: Path, backup_id: str, recovery: RecoverySecret) -> Manifest:
    """Return a backup's manifest."""
    return open_manifest((out / "manifests" / backup_id).read_bytes(), backup_id, bytes(recovery))


def row(world: Any, backup_id: str) -> Any:
    """Return what the list of backups says."""
    with world.context.database.begin() as connection:
        return connection.execute(select(BACKUPS).where(BACKUPS.c.id == backup_id)).one()


def test_without_a_recovery_key_there_is_no_backup_but_a_sentence(world: Any, tmp_path: Path) -> None:
    """It says how to make one; the log has the refusal, the list of backups nothing."""
    size = world.context.log.size
    if any(slot.kind == "recovery" for slot in world.context.vault.slots):
        pytest.skip("the key is there already")
    with pytest.raises(ConflictError, match="appliance key recovery"):
        world.do("backup.begin", place="disk")
    assert [(entry["outcome"], entry["reason"]) for entry in world.entries(size)] == [
        ("requested", ""),
        ("failed", "backup.recovery"),
    ]
    with world.context.database.begin() as connection:
        assert connection.execute(select(BACKUPS)).all() == []


def test_everything_that_makes_the_home_is_in_it(world: Any, recovery: RecoverySecret, tmp_path: Path) -> None:
    """Database, log, datasets, models, adapters, results of jobs, policies; names in the folder tell nothing."""
    backup_id = back_up(world.appliance, tmp_path / "disk")
    found = manifest(tmp_path / "disk", backup_id, recovery)
    paths = {file.path for file in found.files}
    ids = world.ids
    for expected in (
        "appliance.db",
        "audit/checkpoint",
        "policies/roles.cedar",
        f"datasets/{ids['dataset']}/v1/training.parquet",
        f"models/{ids['model']}/model.safetensors",
        f"adapters/{ids['adapter']}/adapter.sealed",
        f"jobs/{ids['evaluation']}/results.sealed",
    ):
        assert expected in paths
    assert not any(path.startswith(("keyring", "staging", "uploads")) for path in paths)
    for path in (tmp_path / "disk").rglob("*"):
        assert path.is_dir() or path.name == backup_id or len(path.name) == 64
    assert row(world, backup_id).state == "complete"
    assert row(world, backup_id).place == "disk"
    assert not list((world.context.home / "staging").iterdir())


def test_it_is_in_the_log_before_and_after_with_the_manifests_digest(
    world: Any, recovery: RecoverySecret, tmp_path: Path
) -> None:
    size = world.context.log.size
    backup_id = back_up(world.appliance, tmp_path / "disk")
    told = [entry for entry in world.entries(size) if entry["action"] == "backup.create"]
    assert [entry["outcome"] for entry in told] == ["requested", "succeeded"]
    assert {entry["object"]["id"] for entry in told} == {backup_id}
    assert told[1]["object"]["digest"] == row(world, backup_id).digest
    assert manifest(tmp_path / "disk", backup_id, recovery).log_size == told[0]["sequence"] + 1


def test_the_second_backup_writes_only_what_is_new(world: Any, recovery: RecoverySecret, tmp_path: Path) -> None:
    first = back_up(world.appliance, tmp_path / "disk")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "disk" / "parts").rglob("*") if path.is_file()}
    second = back_up(world.appliance, tmp_path / "disk")
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "disk" / "parts").rglob("*") if path.is_file()}
    assert before.items() <= after.items()
    assert len(after) - len(before) <= 6  # the database and the log's end
    assert {path.name for path in (tmp_path / "disk" / "manifests").iterdir()} == {first, second}


def test_after_a_recovery_key_was_removed_the_next_backup_has_another_set_key(
    world: Any, recovery: RecoverySecret, tmp_path: Path
) -> None:
    slot, _secret = world.context.vault.add_recovery("leaves", 2)
    first = manifest(tmp_path / "disk", back_up(world.appliance, tmp_path / "disk"), recovery)
    world.context.vault.remove_slot(slot.id)
    second = manifest(tmp_path / "disk", back_up(world.appliance, tmp_path / "disk"), recovery)
    third = manifest(tmp_path / "disk", back_up(world.appliance, tmp_path / "disk"), recovery)
    assert first.set_key != second.set_key
    assert second.set_key == third.set_key
    parts = [{part for file in each.files for part in file.parts} for each in (first, second)]
    assert parts[0].isdisjoint(parts[1])


def test_what_is_shredded_meanwhile_ends_the_backup(world: Any, recovery: RecoverySecret, tmp_path: Path) -> None:
    """It is no longer one state; begun anew, it holds what is there.

    The certificate names every backup that may hold the dataset.
    """
    dataset = world.do("dataset.import", upload_id=world.upload(), filename="other.csv")["id"]
    folder = prepare_folder(tmp_path / "disk", world.context.home)
    whole = back_up(world.appliance, folder)
    plan = world.do("backup.begin", place="disk")
    told = shred_dataset(world.context, OPERATOR, dataset_id=dataset).certificate
    assert told["backups"][-2:] == [whole, plan["id"]]
    assert whole in " ".join(told["not_reached"])
    with pytest.raises(ConflictError, match="Run the backup again"):
        copy_files(world.context.home, folder, plan)
    world.do("backup.abort", backup_id=plan["id"], reason="backup.changed")
    again = manifest(folder, back_up(world.appliance, folder), recovery)
    assert not any(dataset in file.path for file in again.files)


def test_a_backup_that_never_ended_is_said_to_have_failed_when_the_next_begins(
    world: Any, recovery: RecoverySecret
) -> None:
    """Its id does nothing any more."""
    first = world.do("backup.begin", place="disk")["id"]
    second = world.do("backup.begin", place="disk")["id"]
    told = [
        (entry["object"]["id"], entry["outcome"], entry["reason"])
        for entry in world.entries(0)
        if entry["action"] == "backup.create"
    ]
    assert told[-3:] == [(first, "requested", ""), (first, "failed", "interrupted"), (second, "requested", "")]
    with pytest.raises(ConflictError, match="no longer be continued"):
        world.do("backup.finish", backup_id=first)
    with pytest.raises(InputError, match=r"files\.0\.path"):
        world.do("backup.seal", backup_id=second, files=[{"path": "../x"}])
    world.do("backup.abort", backup_id=second, reason="test")
    with pytest.raises(AuthorizationError):
        begin_backup(world.context, Caller("us_1", "trainer"), place="disk")


def test_a_part_that_is_cut_is_written_again_and_what_was_not_finished_is_removed(
    world: Any, recovery: RecoverySecret, tmp_path: Path
) -> None:
    back_up(world.appliance, tmp_path / "disk")
    part = next(
        path for path in (tmp_path / "disk" / "parts").rglob("*") if path.is_file() and path.stat().st_size > 4200
    )
    part.write_bytes(part.read_bytes()[:-1])
    (part.parent / f".{part.name}.ab.tmp").write_bytes(b"half")
    found = manifest(tmp_path / "disk", back_up(world.appliance, tmp_path / "disk"), recovery)
    if any(part.name in file.parts for file in found.files):
        assert part.stat().st_size > 4200
    assert not list((tmp_path / "disk").rglob(".*"))


def test_the_home_itself_is_no_place_for_its_backup(world: Any, tmp_path: Path) -> None:
    for place in (world.context.home, world.context.home / "backup"):
        with pytest.raises(InputError, match="another disk"):
            prepare_folder(place, world.context.home)
    assert not (world.context.home / "backup").exists()


def test_the_canary_is_nowhere_in_the_folder(
    world: Any, recovery: RecoverySecret, tmp_path: Path, scan: Callable[..., list[str]]
) -> None:
    back_up(world.appliance, tmp_path / "disk")
    assert scan("zebra-quartz-41977", [tmp_path / "disk"]) == []
    shutil.copyfile(__file__, tmp_path / "disk" / "leak")
    assert scan("zebra-quartz-41977", [tmp_path / "disk"])
