"""Old entries leave for an archive, and every answer that would have needed them says so; nothing leaves early,
unlogged or unproved.
"""

import base64
import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dying_log import Killed, replace_log

from appliance.audit import ArchivePlan, AuditLog, ObjectRef, Outcome, parse_checkpoint, verify_log
from appliance.audit.archive_folder import find_bundles, verify_bundles, write_archive
from appliance.audit.merkle import verify_inclusion
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import (
    AuditLogError,
    AuthorizationError,
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
)
from appliance.foundation.json_records import shown
from appliance.foundation.settings import Settings
from appliance.policy import Limits, Rules, find_policy_folder
from appliance.services.appliance import Appliance
from appliance.services.context import OPERATOR, Caller, ServiceContext
from appliance.services.home.backup_folder import copy_files, keep_manifest, prepare_folder
from appliance.services.home.life import create_home
from appliance.services.home.restore_home import restore_home
from appliance.services.record.archive_audit import ArchiveDesk, begin_archive, plan_archive
from appliance.services.record.read_audit import show_proof
from appliance.services.record.review_audit import list_reviews, sign_off
from appliance.services.record.search_audit import AuditDesk
from appliance.services.record.syslog_feed import POSITION_NAME, SyslogFeed

DAY_US = 24 * 3600 * 1_000_000
PASSPHRASE = "a passphrase for tests only"
AUDITOR = Caller("us_auditor", "auditor")


@dataclass
class Clock:
    """The system's clock, moved by `days`."""

    days: int = 0

    def now_us(self) -> int:
        return SystemClock().now_us() + self.days * DAY_US

    def monotonic_us(self) -> int:
        return SystemClock().monotonic_us()

    def boot_id(self) -> str:
        return SystemClock().boot_id()


class Desk:
    """A home whose first entries are 400 days old, and what the command does with it."""

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self.clock = Clock(-400)
        home = folder / "home"
        log = AuditLog.open(home / "audit", self.clock)
        rules = Rules.load(find_policy_folder())
        self.context = ServiceContext(Settings(home), self.clock, rules, log, None, limits or Limits())  # type: ignore[arg-type]
        self.appliance = Appliance(self.context)
        create_home(self.context, PASSPHRASE)
        self.out = folder / "archives"
        self.out.mkdir()

    @property
    def log(self) -> AuditLog:
        return self.context.log

    def write(self, size: int) -> None:
        """Write entries until there are so many; signing each would only take time."""
        self.log.detach()
        while self.log.size < size:
            self.log.append(OPERATOR.actor, "dataset.list", ObjectRef("dataset", "all"), Outcome.SUCCEEDED)
        self.log.attach(self.context.vault.signer, self.context.vault.heads)

    def do(self, operation: str, **parameters: Any) -> Any:
        return self.appliance.perform(OPERATOR, operation, parameters)

    def archive(self) -> dict[str, Any]:
        """Do what the command does."""
        begun = self.do("audit.archive-begin")
        digest = write_archive(self.context.home / "audit", self.out, ArchivePlan(tuple(begun["bundles"])))
        done: dict[str, Any] = self.do("audit.archive-finish", request=begun["request"], digest=digest)
        return done

    def last(self, count: int) -> list[tuple[str, str, str]]:
        return [
            (entry["action"], entry["outcome"], entry["reason"]) for entry in self.log.entries(self.log.size - count)
        ]


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    made = Desk(tmp_path)
    made.write(600)
    made.clock.days = 0
    yield made
    made.appliance.close()


def test_old_entries_leave_and_the_log_says_so_before_and_after(desk: Desk) -> None:
    planned = desk.do("audit.archive-plan")
    assert (planned["first"], planned["last"], planned["entries"], planned["bundles"]) == (0, 511, 512, [0, 1])
    done = desk.archive()
    assert done["removed"] == 2
    asked, archived, pruning, pruned = list(desk.log.entries(desk.log.size - 4))
    assert [(entry["action"], entry["outcome"]) for entry in (asked, archived, pruning, pruned)] == [
        ("log.archive", "requested"),
        ("log.archive", "succeeded"),
        ("log.prune", "requested"),
        ("log.prune", "succeeded"),
    ]
    assert archived["details"]["digest"] == pruning["details"]["digest"] == done["digest"]
    assert pruned["details"]["bundles"] == 2
    assert (pruning["details"]["first"], pruning["details"]["end"], pruning["details"]["without"]) == (0, 512, "")
    assert sorted(path.name for path in (desk.context.home / "audit/tile/entries").iterdir()) == ["002.p"]
    found = desk.do("audit.verify")
    assert found["archived"]["sentence"].startswith("Entries 0 to 511 are archived: their hashes are here")
    verify_bundles(desk.context.home / "audit", find_bundles([desk.out]))


def test_only_who_looks_after_the_machine_archives(desk: Desk) -> None:
    for role in ("auditor", "trainer", "reviewer"):
        with pytest.raises(AuthorizationError):
            begin_archive(desk.context, Caller("us_1", role))
        assert desk.last(1)[0][:2] == ("log.archive", "denied")
    assert plan_archive(desk.context, AUDITOR).bundles == (0, 1)
    assert begin_archive(desk.context, Caller("us_1", "admin")).bundles == (0, 1)


def test_nothing_leaves_before_the_policys_time_is_over(desk: Desk) -> None:
    day = dt.datetime.fromtimestamp(desk.clock.now_us() / 1e6 - 364 * 24 * 3600, dt.UTC).date().isoformat()
    with pytest.raises(InputError, match="keeps entries in the home for 365 days"):
        desk.do("audit.archive-begin", before=day)
    desk.clock.days = -40
    with pytest.raises(NotFoundError, match="no entries from before"):
        desk.do("audit.archive-begin")
    assert desk.last(1) == [("log.archive", "failed", "archive.nothing")]
    assert desk.do("audit.archive-plan")["bundles"] == []


def test_an_entry_that_is_too_young_keeps_what_comes_after_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.write(300)
    desk.clock.days = -10
    desk.write(310)
    desk.clock.days = -400
    desk.write(800)
    desk.clock.days = 0
    assert desk.do("audit.archive-plan")["bundles"] == [0]
    desk.appliance.close()


def test_reviews_changes_of_the_key_and_open_requests_stay(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    sign_off(desk.context, AUDITOR, first=0, last=1, note="Looked at both.")
    desk.write(256)
    desk.do("key.rotate-log")
    desk.write(512)
    desk.log.append(OPERATOR.actor, "dataset.list", ObjectRef("dataset", "all"), Outcome.REQUESTED, request="rq_open")
    desk.write(1200)
    desk.clock.days = 0
    assert desk.archive()["bundles"] == [3]
    assert shown(list_reviews(desk.context, desk.context.part(AuditDesk).index()))["count"] == 1
    assert desk.do("audit.verify")["archived"]["runs"] == [[768, 1023]]
    desk.appliance.close()


def test_a_digest_of_something_else_removes_nothing(desk: Desk) -> None:
    begun = desk.do("audit.archive-begin")
    with pytest.raises(IntegrityError):
        desk.do("audit.archive-finish", request=begun["request"], digest="00" * 32)
    assert desk.last(1) == [("log.archive", "failed", "archive.digest")]
    assert desk.do("audit.verify")["archived"] is None
    with pytest.raises(ConflictError):
        desk.do("audit.archive-finish", request=begun["request"], digest="00" * 32)


def test_what_does_not_come_to_its_end_has_failed(desk: Desk) -> None:
    first = desk.do("audit.archive-begin")
    second = desk.do("audit.archive-begin")
    assert desk.last(2) == [("log.archive", "failed", "superseded"), ("log.archive", "requested", "")]
    with pytest.raises(ConflictError):
        desk.do("audit.archive-abort", request=first["request"], reason="storage.full")
    desk.do("audit.archive-abort", request=second["request"], reason="storage.full")
    assert desk.last(1) == [("log.archive", "failed", "storage.full")]
    desk.do("audit.archive-begin")
    desk.context.part(ArchiveDesk).close()
    assert desk.last(1) == [("log.archive", "failed", "interrupted")]


def test_killed_when_the_archive_is_recorded_nothing_is_removed(desk: Desk) -> None:
    """And the next run takes the archive that is there already."""
    begun = desk.do("audit.archive-begin")
    digest = write_archive(desk.context.home / "audit", desk.out, ArchivePlan(tuple(begun["bundles"])))
    replace_log(desk.context)
    dying: Any = desk.context.log
    dying.armed = True
    with pytest.raises(Killed):
        desk.do("audit.archive-finish", request=begun["request"], digest=digest)
    dying.rise()
    assert len(list((desk.context.home / "audit/tile/entries").glob("00[01]"))) == 2
    assert desk.archive()["digest"] == digest


def test_the_syslog_gets_what_it_waits_for_first(tmp_path: Path) -> None:
    limits = Limits.model_validate({"audit": {"syslog_socket": "/dev/log"}})
    desk = Desk(tmp_path, limits)
    desk.write(600)
    desk.clock.days = 0
    assert desk.do("audit.archive-plan")["bundles"] == []
    (desk.context.home / POSITION_NAME).write_text("300")
    desk.archive()
    (desk.context.home / POSITION_NAME).unlink()
    sent: list[bytes] = []
    assert SyslogFeed(desk.context, sent.append).hand_over() == 200
    assert json.loads(sent[0].split(b": ", 1)[1])["sequence"] == 256
    desk.appliance.close()


def test_every_answer_says_what_it_could_not_look_at(world: Any, tmp_path: Path) -> None:
    """Card, life, search, export and confirm: none fails, none leaves out silently."""
    context, home = world.context, world.context.home
    before = world.do("adapter.card", adapter_id=world.ids["adapter"])
    assert (before["archived"], "archived" in before["card"]) == (None, False)
    assert world.do("audit.search", action="dataset.import")["total"] > 0
    context.log.detach()
    while context.log.size < 600:
        context.log.append(OPERATOR.actor, "dataset.list", ObjectRef("dataset", "all"), Outcome.SUCCEEDED)
    context.log.attach(context.vault.signer, context.vault.heads)
    witness = world.do("audit.checkpoint")["checkpoint"]
    context.clock = Clock(500)
    begun = world.do("audit.archive-begin")
    digest = write_archive(home / "audit", tmp_path, ArchivePlan(tuple(begun["bundles"])))
    world.do("audit.archive-finish", request=begun["request"], digest=digest)
    context.clock = SystemClock()
    said = "Entries 0 to 511 are archived"
    card = world.do("adapter.card", adapter_id=world.ids["adapter"])
    assert said in card["card"]
    assert card["archived"]["runs"] == [[0, 511]]
    found = world.do("audit.search", action="dataset.import")
    assert (found["total"], found["archived"]["entries"]) == (0, 512)
    exported = world.do("audit.export")
    assert exported["rows"][0]["sequence"] == 512
    assert exported["next"] == exported["stop"]
    assert exported["archived"]["sentence"].startswith(said)
    assert world.do("audit.folder")["archived"]["entries"] == 512
    asked = world.do("audit.confirm", name="anna")
    assert asked["archived"]["entries"] == 512
    with pytest.raises(NotFoundError, match=said):
        world.do("audit.life", object_id=world.ids["model"])
    context.look(OPERATOR, "dataset.list", ObjectRef("dataset", world.ids["dataset"]))
    assert world.do("audit.life", object_id=world.ids["dataset"])["archived"]["entries"] == 512
    assert world.do("audit.verify", witnesses=[witness])["witnesses"] == 1
    proved = world.do("audit.prove", sequence=3)
    assert (proved["entry"], proved["archived"]) == ("", True)
    head, note = proved["proof"].split("\n\n", 1)
    path = [base64.b64decode(each) for each in head.split("\n")[2:]]
    verify_inclusion(bytes.fromhex(proved["leaf_hash"]), 3, parse_checkpoint(note.encode()).head, path)
    with pytest.raises(AuditLogError, match="archived"):
        show_proof(context, AUDITOR, sequence=3)


def test_an_archived_home_is_backed_up_and_restored(desk: Desk, tmp_path: Path) -> None:
    """The restored log has the same root, knows what was archived, and the archive still belongs to it."""
    desk.archive()
    recovery = desk.context.vault.add_recovery("safe", 1)[1]
    folder = prepare_folder(tmp_path / "disk", desk.context.home)
    plan = desk.do("backup.begin", place="disk")
    copied = copy_files(desk.context.home, folder, plan)
    keep_manifest(
        folder, plan["id"], base64.b64decode(desk.do("backup.seal", backup_id=plan["id"], files=copied)["manifest"])
    )
    desk.do("backup.finish", backup_id=plan["id"])
    home = tmp_path / "restored"
    restore_home(home, folder, recovery, PASSPHRASE, SystemClock())
    log = AuditLog.open(home / "audit", SystemClock())
    assert log.archives.archived == desk.log.archives.archived
    assert {entry["action"] for entry in log.unfinished()} == {"backup.create"}
    log.close()
    verified = verify_log(home / "audit", public_key=desk.context.vault.signer.public_key)
    assert verified.archived is not None
    verify_bundles(home / "audit", find_bundles([desk.out]))
