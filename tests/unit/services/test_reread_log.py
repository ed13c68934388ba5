"""Old entries are read again while the appliance serves: what was changed on the disk is noticed, logged and said;
nobody has to ask.
"""

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from appliance.audit import Actor, AuditLog, ObjectRef, Outcome
from appliance.audit.tiles import WIDTH
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import StorageError
from appliance.foundation.settings import Settings
from appliance.policy import Rules, find_policy_folder
from appliance.services.context import OPERATOR, ServiceContext
from appliance.services.home.life import status
from appliance.services.record.reread_log import STEP_BUNDLES, LogRereading

BUNDLES = STEP_BUNDLES + 2


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log that was written out, of ten full bundles."""
    folder = tmp_path_factory.mktemp("long") / "audit"
    log = AuditLog.open(folder, SystemClock())

    def write() -> None:
        for _number in range(BUNDLES * WIDTH // 16):
            log.append(Actor("us_1", "trainer"), "dataset.read", ObjectRef("dataset", "ds_1"), Outcome.SUCCEEDED)

    threads = [threading.Thread(target=write) for _number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    return folder


@pytest.fixture
def context(tmp_path: Path, long_log: Path) -> ServiceContext:
    shutil.copytree(long_log, tmp_path / "home" / "audit")
    clock = SystemClock()
    log = AuditLog.open(tmp_path / "home" / "audit", clock)
    return ServiceContext(Settings(tmp_path / "home"), clock, Rules.load(find_policy_folder()), log, None)  # type: ignore[arg-type]


def bundle(context: ServiceContext, index: int) -> Path:
    return context.home / f"audit/tile/entries/00{index}"


def change(path: Path) -> bytes:
    """Change one entry of a bundle to another well-formed one; return what was there."""
    before = path.read_bytes()
    path.write_bytes(before.replace(b'"us_1"', b'"us_2"', 1))
    return before


def said(context: ServiceContext) -> list[tuple[str, str, dict[str, Any]]]:
    entries = context.log.entries(BUNDLES * WIDTH)
    return [
        (entry["outcome"], entry["reason"], entry["details"]) for entry in entries if entry["action"] == "log.reread"
    ]


def test_a_round_that_finds_nothing_is_logged_once_and_read_in_steps(context: ServiceContext) -> None:
    rereading = LogRereading(context)
    assert rereading.step() is True
    assert said(context) == []
    assert rereading.step() is False
    assert said(context) == [("succeeded", "", {"entries": BUNDLES * WIDTH, "damaged": 0})]
    assert status(context, OPERATOR).log_damage is None


def test_what_was_changed_under_a_running_log_is_noticed_logged_and_said(context: ServiceContext) -> None:
    """At once, and again at the end of the round with what else there is; until a round finds it mended."""
    rereading = LogRereading(context)
    kept = {index: change(bundle(context, index)) for index in (2, 9)}
    assert rereading.step() is True
    found = ("failed", "audit.entry", {"entry": 2 * WIDTH})
    assert said(context) == [found]
    assert f"Entry {2 * WIDTH} of the audit log was changed" in str(status(context, OPERATOR).log_damage)
    assert rereading.step() is False
    ended = ("failed", "audit.entry", {"entries": BUNDLES * WIDTH, "damaged": 2})
    assert said(context) == [found, ended]
    for index, data in kept.items():
        bundle(context, index).write_bytes(data)
    assert [rereading.step(), rereading.step()] == [True, False]
    assert said(context)[2:] == [("succeeded", "", {"entries": BUNDLES * WIDTH, "damaged": 0})]
    assert status(context, OPERATOR).log_damage is None


def test_a_file_that_cannot_be_read_is_damage(context: ServiceContext) -> None:
    bundle(context, 1).unlink()
    LogRereading(context).step()
    assert said(context) == [("failed", "audit.truncated", {"entry": WIDTH})]


def test_damage_that_could_not_be_logged_is_logged_when_it_can(tmp_path: Path, context: ServiceContext) -> None:
    change(bundle(context, 0))
    disk = {"free": 0}
    context.log.close()
    context.log = AuditLog.open(context.home / "audit", context.clock, lambda _folder: disk["free"])
    rereading = LogRereading(context)
    with pytest.raises(StorageError):
        rereading.step()
    disk["free"] = 10**12
    assert rereading.step() is True
    assert ("failed", "audit.entry", {"entry": 0}) in said(context)


def test_a_log_without_a_full_bundle_says_nothing(tmp_path: Path) -> None:
    clock = SystemClock()
    log = AuditLog.open(tmp_path / "home" / "audit", clock)
    context = ServiceContext(Settings(tmp_path / "home"), clock, Rules.load(find_policy_folder()), log, None)  # type: ignore[arg-type]
    assert LogRereading(context).step() is False
    assert log.size == 0


def test_the_thread_notices_by_itself(context: ServiceContext) -> None:
    change(bundle(context, 0))
    rereading = LogRereading(context)
    rereading.start()
    while not said(context):
        threading.Event().wait(0.01)
    rereading.stop()
    assert said(context)[0] == ("failed", "audit.entry", {"entry": 0})
