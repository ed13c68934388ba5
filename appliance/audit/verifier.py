"""Checks a log's folder against itself, against its signed checkpoint and against a head that was remembered elsewhere.

`replay` reads every entry and recomputes every hash; the log uses it when it opens, the offline verifier to judge. Of
entries that were archived (archives.py) it has the hashes alone, which must lead to the same root, and an entry must
say that they left. Where the folder contradicts itself the first bad entry is named; the entry of a restored home must
name the log that it stands on (`verify_restore`), and one that changes the signing key must be signed by the key before
(key_chain.py). What this cannot see: a history that the key's own holder wrote anew from the start, with no remembered
head and no witness to hold against it; an unsigned end that was cut off before anything was signed or remembered. A
witness is a checkpoint that somebody carried away.
"""

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.audit.archives import PRUNE, Archives, told_of
from appliance.audit.events import Outcome, parse_entry
from appliance.audit.key_chain import KEY_CHANGE, KeyChain
from appliance.audit.merkle import EMPTY_ROOT, HASH_BYTES, TreeHead, leaf_hash
from appliance.audit.signed_note import MAX_NOTE_BYTES, SignedCheckpoint, parse_checkpoint
from appliance.audit.tiles import (
    CHECKPOINT,
    ENTRIES,
    WIDTH,
    Inventory,
    Tile,
    TreeEdge,
    encode_bundle,
    read_tile_file,
    split_bundle,
    take_inventory,
    tile_path,
    width_at,
)
from appliance.foundation.atomic_files import storage_errors
from appliance.foundation.errors import AuditLogError

RESTORE = "home.restore"


@dataclass(frozen=True)
class VerifiedLog:
    """What was proved: so many entries under this root, the first `signed_size` of them under the log's signature."""

    size: int
    root: bytes
    signed_size: int
    archived: dict[str, Any] | None = None  # which entries were seen by their hashes alone (archives.py)


@dataclass(frozen=True)
class Snapshot:
    """The files of a log in use as they were at one moment, and the checkpoint that was in its folder then."""

    inventory: Inventory
    checkpoint: SignedCheckpoint | None


@dataclass
class Replay:
    """The state of a log as its entries give it, what a crash left undone or lying about, and the partial files on
    disk.
    """

    partials: set[str]
    temporaries: list[Path]
    edge: TreeEdge = field(default_factory=TreeEdge)
    tail: list[bytes] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)
    unwritten: list[Tile] = field(default_factory=list)
    keys: KeyChain = field(default_factory=KeyChain)
    archives: Archives = field(default_factory=Archives)


def read_checkpoint(folder: Path) -> SignedCheckpoint | None:
    """Return the checkpoint on disk, its signature not verified yet, or None.

    Raises `AuditLogError`, `StorageError`.
    """
    path = folder / CHECKPOINT
    with storage_errors("Reading the checkpoint"):
        if not path.exists():
            return None
        with open(path, "rb") as file:
            return parse_checkpoint(file.read(MAX_NOTE_BYTES + 1))


def verify_log(
    folder: Path,
    *,
    public_key: bytes,
    remembered: TreeHead | None = None,
    witnesses: Sequence[SignedCheckpoint] = (),
    require_signed: bool = True,
    snapshot: Snapshot | None = None,
) -> VerifiedLog:
    """Verify the log in `folder`, which nobody writes to meanwhile, or what `snapshot` says that it had (see
    `AuditLog.verify`).

    `public_key` is any key that the log ever had; its changes are followed. `witnesses` are checkpoints of this log
    that were carried away. `require_signed`: a checkpoint must cover every entry; without, entries after it (written
    while sealed) are accepted, and counted. Raises `AuditLogError`, whose `entry` is the first bad one where one can be
    named.
    """
    if not folder.is_dir():
        raise AuditLogError("audit.absent")
    if snapshot is None:
        snapshot = Snapshot(take_inventory(folder), read_checkpoint(folder))
    checkpoint = snapshot.checkpoint
    heads = [] if remembered is None else [remembered]
    sizes = [head.size for head in (*heads, *(witness.head for witness in witnesses))]
    state = replay(folder, checkpoint, sizes, public_key=public_key, inventory=snapshot.inventory)
    for head in heads:
        verify_extends(state.edge.size, state.roots.get(head.size), head)
    for witness in witnesses:
        _verify_witness(state, witness, public_key, checkpoint)
    signed_size = 0 if checkpoint is None else checkpoint.head.size
    if require_signed and (checkpoint is None or signed_size < state.edge.size):
        raise AuditLogError("audit.unsigned", entry=signed_size, signed_size=signed_size)
    return VerifiedLog(state.edge.size, state.edge.root(), signed_size, told_of(state.archives.gone))


def verify_extends(size: int, root: bytes | None, remembered: TreeHead) -> None:
    """Raise `AuditLogError` unless a log of `size`, whose root at the remembered size is `root`, extends the remembered
    head.
    """
    if size < remembered.size or root is None:
        raise AuditLogError("audit.rollback", entry=size, size=size, remembered_size=remembered.size)
    if not hmac.compare_digest(root, remembered.root):
        raise AuditLogError("audit.rewritten:history-audit-log", remembered_size=remembered.size)


def _verify_witness(
    state: Replay, witness: SignedCheckpoint, public_key: bytes, checkpoint: SignedCheckpoint | None
) -> None:
    """Raise `AuditLogError` unless the log extends the one that the witness was a checkpoint of, signed with its key of
    then.
    """
    size, root = witness.head.size, state.roots.get(witness.head.size)
    if checkpoint is not None and witness.origin != checkpoint.origin:
        raise AuditLogError("audit.witness")
    if size > state.edge.size or root is None:
        raise AuditLogError("audit.witness:audit-log-lost", entry=state.edge.size, size=size, edge_size=state.edge.size)
    if not hmac.compare_digest(root, witness.head.root):
        raise AuditLogError("audit.witness:history-audit-log", size=size)
    witness.verify(state.keys.key_at(size, public_key))


def replay(
    folder: Path,
    checkpoint: SignedCheckpoint | None,
    sizes: Iterable[int] = (),
    visit: Callable[[dict[str, Any]], None] | None = None,
    *,
    public_key: bytes | None = None,
    inventory: Inventory | None = None,
) -> Replay:
    """Read the whole log, check entries, tiles and what the checkpoint claims; hand each entry to `visit`.

    The checkpoint's signature is verified when one of the log's keys is given. The roots at `sizes` are returned too.
    `inventory`: the files that are looked at, all by default.
    Raises `AuditLogError` with the first bad entry, `StorageError`.
    """
    signed = TreeHead(0, EMPTY_ROOT) if checkpoint is None else checkpoint.head
    inventory = take_inventory(folder) if inventory is None else inventory
    check = _Check(folder, inventory, signed.size)
    state = Replay(partials=inventory.partials(), temporaries=inventory.temporaries)
    wanted = {signed.size, *sizes}
    if 0 in wanted:
        state.roots[0] = EMPTY_ROOT
    index = 0
    while (width := inventory.widest((ENTRIES, index))) or inventory.widest((0, index)) == WIDTH:
        if not width:
            _follow_hashes(state, check, index, wanted)
            index += 1
            continue
        known = check.leaf_hashes(index)
        data = read_tile_file(folder, ENTRIES, index, width)
        state.tail = []
        for sequence, raw in enumerate(split_bundle(data, width, index * WIDTH), start=index * WIDTH):
            entry = parse_entry(raw, sequence)
            if entry["action"] in _FOLLOWED:
                _FOLLOWED[entry["action"]](state, entry, TreeHead(state.edge.size, state.edge.root()))
            leaf = leaf_hash(raw)
            _verify_leaf(leaf, known, sequence)
            _add(state, check, leaf, wanted)
            state.tail.append(raw)
            if visit is not None:
                visit(entry)
        check.copies(index, data, state.tail)
        index += 1
        if width < WIDTH:
            break
        state.tail = []
    state.archives.verify_explained()
    if checkpoint is not None and public_key is not None:  # Before what it claims is believed.
        checkpoint.verify(state.keys.key_at(signed.size, public_key))
    if signed.size > state.edge.size:
        raise AuditLogError(
            "audit.truncated:audit-log-cut", entry=state.edge.size, signed_size=signed.size, edge_size=state.edge.size
        )
    for tile in state.edge.unfinished():
        state.unwritten += check.tile(tile)
    check.nothing_left(state.edge.size)
    if not hmac.compare_digest(state.roots[signed.size], signed.root):
        raise AuditLogError("audit.rewritten:history-audit-log-rewritten", signed_size=signed.size)
    return state


def _follow_hashes(state: Replay, check: "_Check", index: int, wanted: set[int]) -> None:
    """Let the tree grow by the hashes of a bundle that is not there. Whether that may be, the entries after it say."""
    hashes = check.leaf_hashes(index)
    for at in range(0, WIDTH * HASH_BYTES, HASH_BYTES):
        _add(state, check, hashes[at : at + HASH_BYTES], wanted)
    state.archives.gone.add(index)


def _add(state: Replay, check: "_Check", leaf: bytes, wanted: set[int]) -> None:
    for tile in state.edge.add(leaf):
        state.unwritten += check.tile(tile)
    if state.edge.size in wanted:
        state.roots[state.edge.size] = state.edge.root()


def verify_restore(entry: dict[str, Any], before: TreeHead) -> None:
    """Raise `AuditLogError` unless an entry that says that the home was restored names the log that it stands on.

    A log goes on after a restored backup with such an entry: `details` has `size` and `root` (hex) of what came from
    the backup, which is all that stands before it. So it cannot be moved, nor stand on another history.
    """
    if entry["outcome"] != Outcome.REQUESTED:
        return
    if (entry["details"].get("size"), entry["details"].get("root")) != (before.size, before.root.hex()):
        raise AuditLogError("audit.restore", entry=entry["sequence"], sequence=entry["sequence"])


# Entries that speak of the log that they stand on.
_FOLLOWED: dict[str, Callable[[Replay, dict[str, Any], TreeHead], None]] = {
    RESTORE: lambda _state, entry, before: verify_restore(entry, before),
    KEY_CHANGE: lambda state, entry, before: state.keys.follow(entry, before),
    PRUNE: lambda state, entry, _before: state.archives.follow(entry),
}


def _verify_leaf(leaf: bytes, known: bytes, sequence: int) -> None:
    """Raise `AuditLogError` when the tiles have another hash for this entry."""
    start = sequence % WIDTH * HASH_BYTES
    kept = known[start : start + HASH_BYTES]
    if kept and not hmac.compare_digest(kept, leaf):
        raise AuditLogError("audit.entry:entry-audit-log-hash", entry=sequence, sequence=sequence)


class _Check:
    """Compares the files of one folder with what the entries say they must be, and crosses off those it has seen."""

    def __init__(self, folder: Path, inventory: Inventory, signed_size: int) -> None:
        self._folder = folder
        self._inventory = inventory
        self._signed_size = signed_size
        self._seen: set[tuple[int, int]] = set()

    def leaf_hashes(self, index: int) -> bytes:
        """Return what the widest level 0 tile beside bundle `index` holds, b"" when a crash came before it."""
        width = self._inventory.widest((0, index))
        return read_tile_file(self._folder, 0, index, width) if width else b""

    def tile(self, tile: Tile) -> list[Tile]:
        """Compare every copy of a tile on disk; return it in a list when it has to be written still."""
        key = (tile.level, tile.index)
        self._seen.add(key)
        span = WIDTH**tile.level
        for width in self._inventory.widths.get(key, []):
            data = read_tile_file(self._folder, tile.level, tile.index, width)
            expected = tile.hashes[: width * HASH_BYTES]
            if data != expected or width > tile.width:
                number = next((at for at in range(tile.width) if not _same_hash(data, expected, at)), tile.width)
                entry = (tile.index * WIDTH + number) * span
                raise AuditLogError(
                    "audit.tile:file-agree-entries", entry=entry, value=repr(tile_path(*key, width)), sequence=entry
                )
        widest = self._inventory.widest(key)
        if widest < width_at(self._signed_size, *key):
            entry = (tile.index * WIDTH + widest) * span
            raise AuditLogError(
                "audit.tile:hashes-audit-log-entry-missing", entry=entry, sequence=entry, path=repr(tile.path)
            )
        return [] if widest == tile.width else [tile]

    def copies(self, index: int, data: bytes, entries: list[bytes]) -> None:
        """Compare the narrower copies of a bundle, which a crash may have left, with the widest one."""
        self._seen.add((ENTRIES, index))
        for width in self._inventory.widths[(ENTRIES, index)][:-1]:
            copy = read_tile_file(self._folder, ENTRIES, index, width)
            expected = encode_bundle(entries[:width])
            if copy != expected:
                same = next(
                    (at for at in range(min(len(copy), len(expected))) if copy[at] != data[at]),
                    min(len(copy), len(expected)),
                )
                before = sum(len(encode_bundle(entries[: number + 1])) <= same for number in range(width))
                entry = index * WIDTH + before
                raise AuditLogError(
                    "audit.bundle:copies-entry-audit",
                    entry=entry,
                    sequence=entry,
                    entries=repr(tile_path(ENTRIES, index, width)),
                )

    def nothing_left(self, size: int) -> None:
        """Raise `AuditLogError` when files speak of entries that are not there."""
        left = sorted(self._inventory.widths.keys() - self._seen)
        if left:
            path = tile_path(*left[0], self._inventory.widest(left[0]))
            raise AuditLogError(
                "audit.truncated:entry-audit-log-missing-speaks-comes-after", entry=size, size=size, path=repr(path)
            )


def _same_hash(data: bytes, expected: bytes, number: int) -> bool:
    part = slice(number * HASH_BYTES, (number + 1) * HASH_BYTES)
    return data[part] == expected[part] and len(expected[part]) == HASH_BYTES
