"""Both the appliance and the offline verifier notice every attack on a log, and name the same first bad entry.

The cases are generated from kinds of attacks and positions. The log has fourteen entries; the seventh (6) hands it over
from one signing key to the next. The attacker can write all files, and holds the keys that a case names.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from offline_verifier import verifier

from appliance.audit import Actor, AuditLog, ObjectRef, Outcome, TreeHead, parse_checkpoint, verify_log
from appliance.audit.merkle import leaf_hash, root_of
from appliance.audit.signed_note import sign_checkpoint
from appliance.audit.tiles import encode_bundle, split_bundle
from appliance.foundation import canonical_json
from appliance.foundation.errors import AuditLogError

COUNT, CHANGE = 14, 6


@dataclass
class Log:
    """The attacked log: its folder at each size, its keys, and its remembered heads."""

    folder: Path
    old: Any
    new: Any
    stranger: Any
    heads: Any

    def raws(self) -> list[bytes]:
        return list(split_bundle((self.folder / f"tile/entries/000.p/{COUNT}").read_bytes(), COUNT, 0))

    def at(self, size: int) -> Path:
        """Return a copy of the folder from when it had `size` entries."""
        return self.folder.parent / f"size-{size}"


@dataclass
class Case:
    """An attack. Both verifiers must name `entry`; `caught_by` tells whether they need a head or a witness for it."""

    name: str
    attack: Callable[[Log, Path], None]
    entry: int | None
    caught_by: str = "alone"


def write(folder: Path, raws: list[bytes], *, entries: bool = True, tiles: bool = True, signer: Any = None) -> None:
    """Replace entries, hashes and checkpoint."""
    if entries:
        shutil.rmtree(folder / "tile/entries/000.p")
        (folder / "tile/entries/000.p").mkdir()
        (folder / f"tile/entries/000.p/{len(raws)}").write_bytes(encode_bundle(raws))
    hashes = [leaf_hash(raw) for raw in raws]
    if tiles:
        shutil.rmtree(folder / "tile/0/000.p")
        (folder / "tile/0/000.p").mkdir()
        (folder / f"tile/0/000.p/{len(raws)}").write_bytes(b"".join(hashes))
    if signer is not None:
        (folder / "checkpoint").write_bytes(sign_checkpoint(TreeHead(len(raws), root_of(hashes)), signer))


def edit(raw: bytes, **changes: Any) -> bytes:
    return canonical_json.encode(canonical_json.decode(raw) | changes)


def flip(path: str, position: Callable[[Log], int], bit: int) -> Callable[[Log, Path], None]:
    def attack(log: Log, folder: Path) -> None:
        data = bytearray((folder / path).read_bytes())
        data[position(log)] ^= 1 << bit
        (folder / path).write_bytes(data)

    return attack


def changed(
    change: Callable[[list[bytes]], list[bytes]], signer: str = "", **what: bool
) -> Callable[[Log, Path], None]:
    def attack(log: Log, folder: Path) -> None:
        write(folder, change(log.raws()), signer=getattr(log, signer) if signer else None, **what)

    return attack


def put_back(size: int) -> Callable[[Log, Path], None]:
    def attack(log: Log, folder: Path) -> None:
        shutil.rmtree(folder)
        shutil.copytree(log.at(size), folder)

    return attack


def cut(at: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda raws: raws[:at] + raws[at + 1 :]


def swap(at: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda raws: [*raws[:at], raws[at + 1], raws[at], *raws[at + 2 :]]


def insert(at: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda raws: [*raws[:at], edit(raws[0], sequence=at), *raws[at:]]


def repeat(at: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda raws: [*raws, raws[at]]


def replay(at: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda raws: [*raws, edit(raws[at], sequence=COUNT)]


def reword(at: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda raws: [*raws[:at], edit(raws[at], reason="never happened"), *raws[at + 1 :]]


def end(at: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda raws: raws[:at]


def body(at: int, part: float) -> Callable[[Log], int]:
    """Return the position of a byte of an entry in the bundle."""

    def position(log: Log) -> int:
        raws = log.raws()
        return sum(2 + len(raw) for raw in raws[:at]) + 2 + int(part * (len(raws[at]) - 1))

    return position


def cases() -> Iterator[Case]:
    entries, hashes = f"tile/entries/000.p/{COUNT}", f"tile/0/000.p/{COUNT}"
    for at in range(COUNT):
        for number, part in enumerate((0.0, 0.31, 0.62, 1.0)):
            yield Case(f"flip-entry-{at}-{number}", flip(entries, body(at, part), number), at)
        yield Case(f"flip-hash-{at}", flip(hashes, lambda _log, at=at: at * 32 + at, at % 8), at)
        yield Case(f"entry-not-tile-{at}", changed(reword(at), tiles=False), at)
        yield Case(f"tile-not-entry-{at}", changed(reword(at), entries=False), at)
        for tiles in (False, True):
            yield Case(f"cut-{at}-{tiles}", changed(cut(at), tiles=tiles), at)
            yield Case(f"insert-{at}-{tiles}", changed(insert(at), tiles=tiles), at + (tiles or at == 0))
            if at + 1 < COUNT:
                yield Case(f"swap-{at}-{tiles}", changed(swap(at), tiles=tiles), at)
        yield Case(f"repeat-{at}", changed(repeat(at)), COUNT)
        # The signature does not tell which entry of a fork differs. Before the change of keys, that entry's head does.
        forked = CHANGE if at < CHANGE else None
        yield Case(f"fork-{at}", changed(reword(at)), forked)
        yield Case(f"re-signed-by-a-stranger-{at}", changed(reword(at), "stranger"), forked)
        yield Case(f"re-signed-by-the-old-key-{at}", changed(reword(at), "old"), forked)
        # The holder of today's key can rewrite only entries since the change; a head or a witness reveals that.
        if at < CHANGE:
            yield Case(f"rewritten-by-the-holder-before-the-change-{at}", changed(reword(at), "new"), CHANGE)
        else:
            yield Case(f"rewritten-by-the-holder-{at}", changed(reword(at), "new"), None, "head, witness")
    for number, at in enumerate(range(0, 150, 9)):
        yield Case(f"flip-checkpoint-{at}", flip("checkpoint", lambda _log, at=at: at, number % 7), None)
    for at in range(COUNT):
        if at:
            yield Case(f"end-cut-{at}", changed(end(at), tiles=False), at)
        if at != CHANGE:
            # The holder of the key can add false entries, which is not tampering; the next witness covers them.
            yield Case(f"appended-by-the-holder-{at}", changed(replay(at), "new"), None, "nothing")
        yield Case(f"replayed-{at}", changed(replay(at)), COUNT)
    for size in range(1, COUNT):
        before = size <= CHANGE  # An older folder signed by the old key does not lead to today's key.
        yield Case(
            f"rolled-back-{size}", put_back(size), None if before else size, "alone" if before else "head, witness"
        )


CASES = list(cases())


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory, parts: Any) -> Log:
    folder = tmp_path_factory.mktemp("tampering") / "log"
    attacked = Log(folder, parts.Signer(1), parts.Signer(2), parts.Signer(3), parts.Heads())
    opened = AuditLog.open(folder, parts.Clock())
    opened.attach(attacked.old, attacked.heads)
    for number in range(COUNT):
        if number == CHANGE:
            opened.change_key(Actor("operator", "operator"), ObjectRef("vault", "home"), attacked.new)
        else:
            opened.append(
                Actor(f"us_{number}", "trainer"),
                "dataset.read",
                ObjectRef("dataset", f"ds_{number}"),
                Outcome.SUCCEEDED,
            )
        with opened.still():  # which writes the journal out, as for a backup or an export
            shutil.copytree(folder, attacked.at(number + 1))
    opened.close()
    return attacked


def product(log: Log, folder: Path, *, head: bool = False, witness: bool = False) -> tuple[int | None, str] | None:
    """Return the entry and sentence of the appliance's verifier, or None if it finds nothing."""
    witnesses = [parse_checkpoint((log.at(COUNT) / "checkpoint").read_bytes())] if witness else []
    remembered = log.heads.load() if head else None
    try:
        verify_log(folder, public_key=log.new.public_key, remembered=remembered, witnesses=witnesses)
    except AuditLogError as error:
        return error.entry, error.sentence
    return None


def offline(log: Log, folder: Path, *, witness: bool = False) -> tuple[int | None, str] | None:
    """Return the entry and sentence of the offline verifier, or None if it finds nothing."""
    note = (log.at(COUNT) / "checkpoint").read_bytes()
    witnesses = [verifier.Checkpoint.parse(note, "witness")] if witness else []
    try:
        verifier.Verification(folder, log.new.public_key, witnesses).run()
    except verifier.Problem as problem:
        return problem.entry, str(problem)
    return None


def test_there_are_more_than_two_hundred_attacks() -> None:
    assert len(CASES) >= 200
    kinds = Counter(
        case.name.rstrip("-0123456789").removesuffix("-True").removesuffix("-False").rstrip("-0123456789")
        for case in CASES
    )
    assert len(kinds) >= 14


def test_an_unchanged_log_passes(log: Log) -> None:
    """With today's key and with the first one, which leads to it, and with every witness."""
    for key in (log.old.public_key, log.new.public_key):
        notes = [(log.at(size) / "checkpoint").read_bytes() for size in range(1, COUNT + 1)]
        verified = verify_log(
            log.folder,
            public_key=key,
            remembered=log.heads.load(),
            witnesses=[parse_checkpoint(note) for note in notes],
        )
        assert verified.size == COUNT
        run = verifier.Verification(log.folder, key, [verifier.Checkpoint.parse(note, "witness") for note in notes])
        run.run()
        assert (run.tree.size, run.tree.root(), len(run.keys())) == (COUNT, verified.root, 2)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_both_verifiers_notice_an_attack_and_name_the_same_entry(log: Log, tmp_path: Path, case: Case) -> None:
    folder = tmp_path / "log"
    shutil.copytree(log.folder, folder)
    case.attack(log, folder)
    if case.caught_by == "alone":
        for problem in (product(log, folder), offline(log, folder)):
            assert problem is not None, "it was not noticed"
            assert problem[0] == case.entry, problem
        return
    assert product(log, folder) is None
    assert offline(log, folder) is None
    for problem in (
        product(log, folder, head=True),
        product(log, folder, witness=True),
        offline(log, folder, witness=True),
    ):
        if case.caught_by == "nothing":
            assert problem is None
        else:
            assert problem is not None, "it was not noticed"
            assert problem[0] == case.entry, problem


WRONG: dict[str, Any] = {"size": 7, "root": "07" * 32}  # not of the log before


@pytest.mark.parametrize("wrong", ["", *WRONG])
def test_both_verifiers_check_the_head_before_a_restore(
    tmp_path: Path, clock: Any, signer: Any, heads: Any, fill: Any, wrong: str
) -> None:
    folder = tmp_path / "log"
    log = AuditLog.open(folder, clock)
    log.attach(signer, heads)
    fill(log, 3)
    details: dict[str, Any] = {"size": 3, "root": log.head.root.hex()} | ({wrong: WRONG[wrong]} if wrong else {})
    with log.action(Actor("operator", "operator"), "home.restore", ObjectRef("home", "home"), details):
        pass
    log.close()
    run = verifier.Verification(folder, signer.public_key, [])
    if not wrong:
        run.run()
        assert (run.restores, verify_log(folder, public_key=signer.public_key).size) == (1, 5)
        return
    with pytest.raises(verifier.Problem) as offline_error:
        run.run()
    with pytest.raises(AuditLogError) as product_error:
        verify_log(folder, public_key=signer.public_key)
    assert offline_error.value.entry == product_error.value.entry == 3
