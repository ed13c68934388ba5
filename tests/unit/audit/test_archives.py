"""After archiving, all proofs, roots and witnesses stay valid, and entries missing without explanation are noticed."""

import contextlib
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from extent import ALL, chosen, in_extents
from killed import Killed
from offline_verifier import verifier
from small_disk import no_file_longer_than

from appliance.audit import (
    Actor,
    ArchivePlan,
    AuditLog,
    ObjectRef,
    Outcome,
    parse_checkpoint,
    prune_details,
    verify_log,
)
from appliance.audit.archive_folder import SUMS, archive_digest, find_bundles, verify_bundles, write_archive
from appliance.audit.archives import PRUNE, Archives, parse_runs, runs_text
from appliance.audit.merkle import CompactRange, TreeHead, leaf_hash, verify_inclusion
from appliance.audit.proofs import inclusion_proof
from appliance.audit.search_index import Query, SearchIndex
from appliance.audit.signed_note import sign_checkpoint
from appliance.foundation.errors import AuditLogError, ConflictError, InputError, StorageError

ACTOR, TARGET, LOG = Actor("us_1", "trainer"), ObjectRef("dataset", "ds_1"), ObjectRef("log", "audit")
ADMIN = Actor("us_2", "admin")
SIZE = 1100  # four full bundles, and a partial one
OPEN = 300  # a request without an outcome, in bundle 1
PLAN = ArchivePlan((0, 2, 3))


@dataclass
class World:
    """A log, the folder for archives, its entries and a checkpoint before archiving, and how to reopen it."""

    log: AuditLog
    folder: Path
    out: Path
    witness: bytes
    raws: list[bytes]
    key: bytes
    reopen: Callable[[Path], AuditLog]

    def archive(self, plan: ArchivePlan = PLAN) -> str:
        """Archive as the service does, and return the archive's digest."""
        with self.log.still():
            pass
        digest = write_archive(self.folder, self.out, plan)
        with self.log.action(ADMIN, PRUNE, LOG, dict(prune_details(plan, digest, self.log.unfinished()))) as recorded:
            self.log.remove_archived(recorded.sequence)
        return digest

    def verify(self, folder: Path | None = None) -> Any:
        return verify_log(folder or self.folder, public_key=self.key, witnesses=[parse_checkpoint(self.witness)])

    def verify_offline(self, *archives: Path, folder: Path | None = None) -> Any:
        """Verify the log as an auditor does, and return the verification."""
        run = verifier.Verification(
            folder or self.folder, self.key, [verifier.Checkpoint.parse(self.witness, "witness")], archives
        )
        run.run()
        return run


def fill_with_an_open_request(log: AuditLog, count: int) -> None:
    """Write entries, and a request without an outcome."""
    for number in range(log.size, count):
        if number == OPEN:
            log.append(ACTOR, "dataset.list", TARGET, Outcome.REQUESTED, request="rq_open")
        else:
            log.append(ACTOR, "dataset.read", TARGET, Outcome.SUCCEEDED, reason=f"look {number}")


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory, parts: Any) -> Path:
    """Return the folder of a log for all tests."""
    folder: Path = tmp_path_factory.mktemp("long") / "audit"
    log = AuditLog.open(folder, parts.Clock())
    fill_with_an_open_request(log, SIZE)
    log.attach(parts.Signer(), parts.Heads())
    log.close()
    return folder


@pytest.fixture
def world(long_log: Path, tmp_path: Path, clock: Any, signer: Any, parts: Any) -> World:
    folder, out = tmp_path / "audit", tmp_path / "archives"
    shutil.copytree(long_log, folder)
    out.mkdir()

    def reopen(where: Path) -> AuditLog:
        log = AuditLog.open(where, clock)
        log.attach(signer, parts.Heads())
        return log

    log = reopen(folder)
    witness, _head, _tiles = log.provable()
    return World(log, folder, out, witness, list(log.raw_entries()), signer.public_key, reopen)


def test_old_and_new_entries_can_be_proved_as_before(world: World, signer: Any) -> None:
    world.archive()
    _note, head, tiles = world.log.provable()
    leaves = list(world.log.leaves(0, SIZE))
    assert list(world.log.leaves(3, 5)) == leaves[3:5]
    for number in (0, 255, 256, OPEN, 700, 1023, 1024, SIZE - 1):
        leaf, raw = leaves[number]
        assert leaf == leaf_hash(world.raws[number])
        assert raw == (world.raws[number] if number // 256 not in PLAN.bundles else None)
        verify_inclusion(leaf, number, head, inclusion_proof(tiles, number, head.size))
    tree = CompactRange()
    for raw in world.raws[:600]:
        tree.push(leaf_hash(raw))
    witness = sign_checkpoint(TreeHead(600, tree.root()), signer)  # from the middle of the archived entries
    world.log.verify(public_key=world.key, witnesses=[parse_checkpoint(note) for note in (witness, world.witness)])
    with pytest.raises(AuditLogError, match="are not those of the checkpoint"):
        world.log.verify(
            public_key=world.key, witnesses=[parse_checkpoint(sign_checkpoint(TreeHead(600, bytes(32)), signer))]
        )


@pytest.mark.parametrize("journal", [True, False], ids=["resumed", "replayed"])
def test_the_archived_log_opens_and_verifies_with_and_without_its_journal(world: World, journal: bool) -> None:
    """Without the journal, as after a restore, the open request is known although other outcomes are archived."""
    world.archive()
    unfinished = [entry["sequence"] for entry in world.log.unfinished()]
    world.log.close()
    if not journal:
        (world.folder / ".journal").unlink()
        (world.folder / ".archived").unlink()
    log = world.reopen(world.folder)
    assert unfinished == [OPEN] == [entry["sequence"] for entry in log.unfinished()]
    assert log.archives.gone == set(PLAN.bundles)
    assert (world.folder / ".archived").is_file()
    log.append(ACTOR, "dataset.read", TARGET, Outcome.SUCCEEDED)
    verified = log.verify(public_key=world.key, witnesses=[parse_checkpoint(world.witness)])
    assert verified.archived.runs == ((0, 255), (512, 1023))
    assert (verified.archived.entries, verified.size) == (768, log.size)
    assert [entry["sequence"] for entry in log.entries_here()] == [*range(256, 512), *range(1024, log.size)]


def test_a_request_is_not_open_if_its_outcome_is_archived(world: World) -> None:
    """Otherwise a restored home would report old actions as interrupted by a crash."""
    log = world.log
    log.append(ACTOR, "dataset.list", TARGET, Outcome.REQUESTED, request="rq_closed")  # in bundle 4
    for _number in range(300):
        log.append(ACTOR, "dataset.read", TARGET, Outcome.SUCCEEDED)
    log.append(ACTOR, "dataset.list", TARGET, Outcome.SUCCEEDED, request="rq_closed")  # in bundle 5
    for _number in range(300):
        log.append(ACTOR, "dataset.read", TARGET, Outcome.SUCCEEDED)
    world.archive(ArchivePlan((0, 2, 3, 5)))
    log.close()
    (world.folder / ".journal").unlink()
    assert [entry["sequence"] for entry in world.reopen(world.folder).unfinished()] == [OPEN]


def test_a_lost_pointer_is_restored_and_a_forged_one_explains_nothing(world: World) -> None:
    world.archive()
    world.log.close()
    pointer = world.folder / ".archived"
    kept = pointer.read_bytes()
    pointer.unlink()
    world.reopen(world.folder).close()
    assert pointer.read_bytes() == kept
    for forged in (b"no JSON", b'{"prunes":[999999],"version":1}', b'{"prunes":[1024],"version":1}'):
        pointer.write_bytes(forged)
        world.reopen(world.folder).close()
        assert pointer.read_bytes() == kept


def test_both_verifiers_notice_a_missing_bundle_that_no_entry_explains(world: World) -> None:
    world.archive()
    world.log.close()
    (world.folder / "tile/entries/001").unlink()
    for verify in (lambda: world.reopen(world.folder), world.verify):
        with pytest.raises(AuditLogError, match="no entry says that it was archived") as caught:
            verify()
        assert caught.value.entry == 256
    with pytest.raises(verifier.Problem, match="no entry says that it was archived") as named:
        world.verify_offline(world.out)
    assert named.value.entry == 256


@pytest.mark.parametrize(
    "details", [{"first": 0, "end": 4096}, {"first": 0, "end": 100}, {"first": 0, "end": 1024, "without": "0-9x"}, {}]
)
def test_an_impossible_entry_explains_nothing(world: World, details: dict[str, Any]) -> None:
    entry = {"action": PRUNE, "outcome": "requested", "sequence": 1200, "details": {"without": "", **details}}
    with pytest.raises(AuditLogError):
        Archives().follow(entry)
    with contextlib.suppress(verifier.Problem):
        assert verifier.pruned(entry) <= {0, 1, 2, 3}  # all before the entry


def test_the_offline_verifier_checks_archived_entries_by_their_hashes_or_in_full(world: World) -> None:
    world.archive()
    world.log.close()
    run = world.verify_offline()
    assert run.missing - run.files.archived == set(PLAN.bundles)
    assert verifier.entries_in(run.missing) == "0 to 255, 512 to 1023"
    full = world.verify_offline(world.out)
    assert full.missing == full.files.archived == set(PLAN.bundles)
    assert full.tree.root() == run.tree.root()


@pytest.mark.parametrize("change", ["entry", "length", "cut"])
def test_a_changed_archive_is_reported_with_the_bad_entry(world: World, change: str) -> None:
    world.archive()
    world.log.close()
    bundle = world.out / "entries-0-1023" / "tile/entries/002"
    data = bytearray(bundle.read_bytes())
    if change == "cut":
        del data[-1]
    else:
        data[1 if change == "length" else 40] ^= 1
    bundle.write_bytes(data)
    entry = 767 if change == "cut" else 512
    with pytest.raises(AuditLogError) as caught:
        verify_bundles(world.folder, find_bundles([world.out]))
    assert caught.value.entry == entry
    with pytest.raises(verifier.Problem) as named:
        world.verify_offline(world.out)
    assert named.value.entry == entry


def test_a_changed_hash_of_an_archived_entry_is_found(world: World) -> None:
    """The entry is not available, but the hashes above it do not match."""
    world.archive()
    world.log.close()
    tile = world.folder / "tile/0/002"
    data = bytearray(tile.read_bytes())
    data[5 * 32] ^= 1
    tile.write_bytes(data)
    with pytest.raises(AuditLogError) as caught:
        world.verify()
    assert caught.value.code in {"audit.tile", "audit.rewritten"}
    with pytest.raises(verifier.Problem):
        world.verify_offline()
    with pytest.raises(verifier.Problem) as named:
        world.verify_offline(world.out)
    assert named.value.entry == 517


def test_an_archive_of_another_log_is_refused(world: World, tmp_path: Path, clock: Any, fill: Any) -> None:
    other = AuditLog.open(tmp_path / "other", clock)
    fill(other, 300)
    other.close()
    (tmp_path / "elsewhere").mkdir()
    write_archive(tmp_path / "other", tmp_path / "elsewhere", ArchivePlan((0,)))
    with pytest.raises(AuditLogError) as caught:
        verify_bundles(world.folder, find_bundles([tmp_path / "elsewhere"]))
    assert caught.value.entry == 0
    with pytest.raises(InputError):
        find_bundles([tmp_path / "other"])


def test_the_digest_is_that_of_a_list_for_sha256sum(world: World) -> None:
    digest = world.archive()
    sums = (world.out / "entries-0-1023" / SUMS).read_bytes()
    assert hashlib.sha256(sums).hexdigest() == digest
    for line in sums.decode().splitlines():
        value, name = line.split("  ")
        assert hashlib.sha256((world.out / "entries-0-1023" / name).read_bytes()).hexdigest() == value
    assert len(sums.splitlines()) == 3


def test_archived_entries_are_neither_read_nor_found(world: World) -> None:
    world.archive()
    with pytest.raises(AuditLogError, match="are archived") as caught:
        list(world.log.entries(600, 601))
    assert caught.value.code == "audit.archived"
    index = SearchIndex(world.log)
    assert index.catch_up()
    assert index.root == world.log.head.root
    assert index.find(Query()).tolist() == [*range(256, 512), *range(1024, world.log.size)]
    (entry,) = index.read([OPEN])
    assert entry["request"] == "rq_open"


def test_an_existing_archive_is_used_and_another_with_its_name_is_refused(world: World) -> None:
    with world.log.still():
        pass
    assert write_archive(world.folder, world.out, PLAN) == write_archive(world.folder, world.out, PLAN)
    with pytest.raises(ConflictError):
        write_archive(world.folder, world.out, ArchivePlan((0, 1, 2, 3)))
    (world.out / ".entries-0-511.part" / "tile").mkdir(parents=True)
    write_archive(world.folder, world.out, ArchivePlan((0, 1)))
    assert sorted(path.name for path in world.out.iterdir()) == ["entries-0-1023", "entries-0-511"]


def test_a_full_disk_during_archiving_leaves_the_log_unchanged(world: World) -> None:
    with world.log.still():
        pass
    with no_file_longer_than(4096), pytest.raises(StorageError):
        write_archive(world.folder, world.out, PLAN)
    assert list(world.out.iterdir()) == []
    assert world.verify().archived is None


def test_a_second_archive_takes_the_remaining_bundles(world: World) -> None:
    world.archive(ArchivePlan((0, 2)))
    digest = world.archive(ArchivePlan((3,)))
    assert (world.out / "entries-768-1023").is_dir()
    assert world.log.archives.gone == {0, 2, 3}
    world.log.close()
    run = world.verify_offline(world.out)
    assert run.explained == run.files.archived == {0, 2, 3}
    assert len(digest) == 64


@pytest.mark.slow
@in_extents
def test_after_a_kill_at_any_write_no_entry_is_lost(
    long_log: Path, tmp_path: Path, clock: Any, signer: Any, parts: Any, extent: str
) -> None:
    """Each entry is in the log or in a complete archive, the log verifies, and archiving can be finished."""
    folder, out = tmp_path / "audit", tmp_path / "out"

    def open_it() -> World:
        log = AuditLog.open(folder, clock)
        log.attach(signer, parts.Heads())
        return World(log, folder, out, b"", [], signer.public_key, AuditLog)  # type: ignore[arg-type]

    files = ("archives.py", "archive_folder.py", "atomic_files.py", "log.py", "log_state.py", "appending.py")
    killed = Killed(open_it, World.archive, files)

    def reset() -> None:
        for path in (folder, out):
            shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(long_log, folder)
        out.mkdir()

    reset()
    removed = set()
    for number in chosen(killed.lines_after_writes(), extent, 5):
        reset()
        assert killed.before_line(number)
        here = {index for index in range(4) if (folder / f"tile/entries/{index:03d}").is_file()}
        gone = set(range(4)) - here
        removed.add(len(gone))
        if gone:
            archived = find_bundles([out])
            assert gone <= set(PLAN.bundles) <= archived.keys()
            verify_bundles(folder, archived)
            assert (
                archive_digest(out / "entries-0-1023", PLAN.bundles)
                == hashlib.sha256((out / "entries-0-1023" / SUMS).read_bytes()).hexdigest()
            )
        world = open_it()
        verified = world.log.verify(public_key=signer.public_key)
        assert (verified.archived is None) == (not gone)
        rest = tuple(sorted(set(PLAN.bundles) - gone))
        if rest:
            world.archive(ArchivePlan(rest))
        assert world.log.verify(public_key=signer.public_key).archived.entries == 768
        world.log.close()
    assert removed == {0, 1, 2, 3} if extent == ALL else {0, 3} <= removed


def test_an_archive_has_as_many_bundles_as_an_entry_can_name() -> None:
    """With a gap after every bundle the plan is shortened until its entry fits; the next archive takes the rest."""
    plan = ArchivePlan.fitting(range(0, 2000, 2), ())
    assert plan is not None
    assert plan.bundles[0] == 0
    assert 0 < len(str(plan.details["without"])) <= 512
    assert ArchivePlan.parse(plan.details) == plan
    whole = ArchivePlan.fitting(range(5000), ())
    assert whole is not None
    assert len(whole.bundles) == 5000
    assert ArchivePlan.fitting([3], range(0, 1000, 2)) is None
    assert ArchivePlan.fitting([], ()) is None


@pytest.mark.parametrize(
    ("numbers", "text"), [([], ""), ([3], "3"), ([9, 7, 8, 3], "3,7-9"), ([0, 1, 3, 4], "0-1,3-4")]
)
def test_runs_are_written_and_parsed(numbers: list[int], text: str) -> None:
    assert runs_text(numbers) == text
    assert parse_runs(text, 10) == set(numbers)


@pytest.mark.parametrize("text", ["10", "1-", "a", "1,,2", "0-999999999999"])
def test_invalid_runs_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_runs(text, 10)
