"""Old entries that left for an archive: every proof, root and witness stays; what is missing without an entry that says
so is found.
"""

import contextlib
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
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
from appliance.audit.merkle import CompactRange, TreeHead, leaf_hash, verify_consistency, verify_inclusion
from appliance.audit.proofs import consistency_proof, inclusion_proof
from appliance.audit.search_index import Query, SearchIndex
from appliance.audit.signed_note import sign_checkpoint
from appliance.foundation.errors import AuditLogError, ConflictError, InputError, StorageError

ACTOR, TARGET, LOG = Actor("us_1", "trainer"), ObjectRef("dataset", "ds_1"), ObjectRef("log", "audit")
ADMIN = Actor("us_2", "admin")
SIZE = 1100  # four whole bundles, and some
OPEN = 300  # a request without an outcome, in bundle 1
PLAN = ArchivePlan((0, 2, 3))


@dataclass
class World:
    """A log, where archives go, what was taken before, and what opens and verifies it."""

    log: AuditLog
    folder: Path
    out: Path
    witness: bytes
    raws: list[bytes]
    key: bytes
    again: Callable[[Path], AuditLog]

    def archive(self, plan: ArchivePlan = PLAN) -> str:
        """Do what the service does; return the archive's digest."""
        with self.log.still():
            pass
        digest = write_archive(self.folder, self.out, plan)
        with self.log.action(ADMIN, PRUNE, LOG, dict(prune_details(plan, digest, self.log.unfinished()))) as recorded:
            self.log.remove_archived(recorded.sequence)
        return digest

    def verify(self, folder: Path | None = None) -> Any:
        return verify_log(folder or self.folder, public_key=self.key, witnesses=[parse_checkpoint(self.witness)])

    def outside(self, *archives: Path, folder: Path | None = None) -> Any:
        """Verify it as an auditor does; return the verification."""
        run = verifier.Verification(
            folder or self.folder, self.key, [verifier.Checkpoint.parse(self.witness, "witness")], archives
        )
        run.run()
        return run


def fill_with_an_open_request(log: AuditLog, count: int) -> None:
    """Write entries, and the request that stays without an outcome."""
    for number in range(log.size, count):
        if number == OPEN:
            log.append(ACTOR, "dataset.list", TARGET, Outcome.REQUESTED, request="rq_open")
        else:
            log.append(ACTOR, "dataset.read", TARGET, Outcome.SUCCEEDED, reason=f"look {number}")


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory, parts: Any) -> Path:
    """A folder with a log, made once."""
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

    def again(where: Path) -> AuditLog:
        log = AuditLog.open(where, clock)
        log.attach(signer, parts.Heads())
        return log

    log = again(folder)
    witness, _head, _tiles = log.provable()
    return World(log, folder, out, witness, list(log.raw_entries()), signer.public_key, again)


def test_old_and_new_entries_are_proved_as_before(world: World, signer: Any) -> None:
    early, _head, _tiles = world.log.provable()
    world.archive()
    note, head, tiles = world.log.provable()
    leaves = list(world.log.leaves(0, SIZE))
    assert list(world.log.leaves(3, 5)) == leaves[3:5]
    for number in (0, 255, 256, OPEN, 700, 1023, 1024, SIZE - 1):
        leaf, raw = leaves[number]
        assert leaf == leaf_hash(world.raws[number])
        assert raw == (world.raws[number] if number // 256 not in PLAN.bundles else None)
        verify_inclusion(leaf, number, head, inclusion_proof(tiles, number, head.size))
    before = parse_checkpoint(early).head
    verify_consistency(before, parse_checkpoint(note).head, consistency_proof(tiles, before.size, head.size))
    tree = CompactRange()
    for raw in world.raws[:600]:
        tree.push(leaf_hash(raw))
    within = TreeHead(600, tree.root())  # a witness from the middle of what has left
    verify_consistency(within, head, consistency_proof(tiles, 600, head.size))
    carried = parse_checkpoint(sign_checkpoint(within, signer))
    world.log.verify(public_key=world.key, witnesses=[carried])
    with pytest.raises(AuditLogError, match="are not those of the checkpoint"):
        world.log.verify(
            public_key=world.key, witnesses=[parse_checkpoint(sign_checkpoint(TreeHead(600, bytes(32)), signer))]
        )


@pytest.mark.parametrize("journal", [True, False], ids=["resumed", "replayed"])
def test_the_archived_log_opens_and_verifies_with_and_without_its_journal(world: World, journal: bool) -> None:
    """Without the journal, as after a restore: the one open request is still the one that is open, though outcomes of
    others have left.
    """
    world.archive()
    unfinished = [entry["sequence"] for entry in world.log.unfinished()]
    world.log.close()
    if not journal:
        (world.folder / ".journal").unlink()
        (world.folder / ".archived").unlink()
    log = world.again(world.folder)
    assert unfinished == [OPEN] == [entry["sequence"] for entry in log.unfinished()]
    assert log.archives.gone == set(PLAN.bundles)
    assert (world.folder / ".archived").is_file()
    log.append(ACTOR, "dataset.read", TARGET, Outcome.SUCCEEDED)
    verified = log.verify(public_key=world.key, witnesses=[parse_checkpoint(world.witness)])
    assert verified.archived["runs"] == [[0, 255], [512, 1023]]
    assert (verified.archived["entries"], verified.size) == (768, log.size)
    assert [entry["sequence"] for entry in log.entries_here()] == [*range(256, 512), *range(1024, log.size)]


def test_a_request_in_a_bundle_that_stays_is_not_taken_for_open_when_its_outcome_left(world: World) -> None:
    """A restored home would else say of old actions that a crash interrupted them."""
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
    assert [entry["sequence"] for entry in world.again(world.folder).unfinished()] == [OPEN]


def test_a_lost_pointer_is_found_again_and_a_forged_one_explains_nothing(world: World) -> None:
    world.archive()
    world.log.close()
    pointer = world.folder / ".archived"
    kept = pointer.read_bytes()
    pointer.unlink()
    world.again(world.folder).close()
    assert pointer.read_bytes() == kept
    for forged in (b"no JSON", b'{"prunes":[999999],"version":1}', b'{"prunes":[1024],"version":1}'):
        pointer.write_bytes(forged)
        world.again(world.folder).close()
        assert pointer.read_bytes() == kept


def test_a_bundle_that_no_entry_explains_is_missing_for_both(world: World) -> None:
    world.archive()
    world.log.close()
    (world.folder / "tile/entries/001").unlink()
    for find in (lambda: world.again(world.folder), world.verify):
        with pytest.raises(AuditLogError, match="no entry says that it was archived") as caught:
            find()
        assert caught.value.entry == 256
    with pytest.raises(verifier.Problem, match="no entry says that it was archived") as named:
        world.outside(world.out)
    assert named.value.entry == 256


@pytest.mark.parametrize(
    "details", [{"first": 0, "end": 4096}, {"first": 0, "end": 100}, {"first": 0, "end": 1024, "without": "0-9x"}, {}]
)
def test_an_entry_that_cannot_say_so_explains_nothing(world: World, details: dict[str, Any]) -> None:
    entry = {"action": PRUNE, "outcome": "requested", "sequence": 1200, "details": {"without": "", **details}}
    with pytest.raises(AuditLogError):
        Archives().follow(entry)
    with contextlib.suppress(verifier.Problem):
        assert verifier.pruned(entry) <= {0, 1, 2, 3}  # all of them before the entry


def test_the_offline_verifier_sees_archived_entries_by_their_hashes_or_in_full(world: World) -> None:
    world.archive()
    world.log.close()
    run = world.outside()
    assert run.missing - run.files.archived == set(PLAN.bundles)
    assert verifier.entries_in(run.missing) == "0 to 255, 512 to 1023"
    full = world.outside(world.out)
    assert full.missing == full.files.archived == set(PLAN.bundles)
    assert full.tree.root() == run.tree.root()


@pytest.mark.parametrize("place", ["entry", "length", "cut"])
def test_an_archive_that_was_changed_is_named_with_its_entry(world: World, place: str) -> None:
    world.archive()
    world.log.close()
    bundle = world.out / "entries-0-1023" / "tile/entries/002"
    data = bytearray(bundle.read_bytes())
    if place == "cut":
        del data[-1]
    else:
        data[1 if place == "length" else 40] ^= 1
    bundle.write_bytes(data)
    entry = 767 if place == "cut" else 512
    with pytest.raises(AuditLogError) as caught:
        verify_bundles(world.folder, find_bundles([world.out]))
    assert caught.value.entry == entry
    with pytest.raises(verifier.Problem) as named:
        world.outside(world.out)
    assert named.value.entry == entry


def test_a_hash_of_an_archived_entry_that_was_changed_is_found(world: World) -> None:
    """The entry is not here to compare it with: what lies above it does not agree."""
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
        world.outside()
    with pytest.raises(verifier.Problem) as named:
        world.outside(world.out)
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


def test_the_digest_is_of_a_list_that_sha256sum_reads(world: World) -> None:
    digest = world.archive()
    sums = (world.out / "entries-0-1023" / SUMS).read_bytes()
    assert hashlib.sha256(sums).hexdigest() == digest
    for line in sums.decode().splitlines():
        value, name = line.split("  ")
        assert hashlib.sha256((world.out / "entries-0-1023" / name).read_bytes()).hexdigest() == value
    assert len(sums.splitlines()) == 3


def test_what_is_archived_is_not_read_nor_found_and_the_rest_is(world: World) -> None:
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


def test_an_archive_that_is_there_serves_again_and_another_in_its_place_is_refused(world: World) -> None:
    with world.log.still():
        pass
    assert write_archive(world.folder, world.out, PLAN) == write_archive(world.folder, world.out, PLAN)
    with pytest.raises(ConflictError):
        write_archive(world.folder, world.out, ArchivePlan((0, 1, 2, 3)))
    (world.out / ".entries-0-511.part" / "tile").mkdir(parents=True)
    write_archive(world.folder, world.out, ArchivePlan((0, 1)))
    assert sorted(path.name for path in world.out.iterdir()) == ["entries-0-1023", "entries-0-511"]


def test_a_full_disk_while_archiving_leaves_everything_here_and_nothing_there(world: World) -> None:
    with world.log.still():
        pass
    with no_file_longer_than(4096), pytest.raises(StorageError):
        write_archive(world.folder, world.out, PLAN)
    assert list(world.out.iterdir()) == []
    assert world.verify().archived is None


def test_a_second_archive_takes_what_the_first_left(world: World) -> None:
    world.archive(ArchivePlan((0, 2)))
    digest = world.archive(ArchivePlan((3,)))
    assert (world.out / "entries-768-1023").is_dir()
    assert world.log.archives.gone == {0, 2, 3}
    world.log.close()
    run = world.outside(world.out)
    assert run.explained == run.files.archived == {0, 2, 3}
    assert len(digest) == 64


@pytest.mark.slow
def test_killed_after_every_write_the_entries_are_here_or_whole_in_the_archive(
    long_log: Path, tmp_path: Path, clock: Any, signer: Any, parts: Any
) -> None:
    """And the log opens and verifies each time, and archives to its end the next time."""
    folder, out = tmp_path / "audit", tmp_path / "out"

    def open_it() -> World:
        log = AuditLog.open(folder, clock)
        log.attach(signer, parts.Heads())
        return World(log, folder, out, b"", [], signer.public_key, AuditLog)  # type: ignore[arg-type]

    killed = Killed(open_it, World.archive, ("archives.py", "archive_folder.py", "atomic_files.py", "log.py"))

    def begin() -> None:
        for place in (folder, out):
            shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(long_log, folder)
        out.mkdir()

    begin()
    removed = set()
    for number in killed.lines_after_writes():
        begin()
        assert killed.before_line(number)
        here = {index for index in range(4) if (folder / f"tile/entries/{index:03d}").is_file()}
        gone = set(range(4)) - here
        removed.add(len(gone))
        if gone:
            there = find_bundles([out])
            assert gone <= set(PLAN.bundles) <= there.keys()
            verify_bundles(folder, there)
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
        assert world.log.verify(public_key=signer.public_key).archived["entries"] == 768
        world.log.close()
    assert removed == {0, 1, 2, 3}


def test_an_archive_has_what_one_entry_can_name() -> None:
    """Every other bundle stays: the plan is cut until its entry can be written, and the next archive takes the rest."""
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
def test_runs_are_written_and_read(numbers: list[int], text: str) -> None:
    assert runs_text(numbers) == text
    assert parse_runs(text, 10) == set(numbers)


@pytest.mark.parametrize("text", ["10", "1-", "a", "1,,2", "0-999999999999"])
def test_other_runs_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_runs(text, 10)
