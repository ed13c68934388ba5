"""Verifies a log's folder: its consistency, its signed checkpoint, and heads that were remembered elsewhere.

`replay` reads every entry and recomputes every hash. Of archived entries (archives.py) only the hashes are left; they
must lead to the same root, and an entry must explain that the entries were archived. Errors name the first bad entry.
The entry of a restored home must name the head of the log before it (`verify_restore`), and a change of the signing key
must be signed by the old key (key_chain.py). Two things cannot be noticed: a history rewritten from the start by the
holder of the key, without a remembered head or a witness; and the removal of unsigned entries at the end before
anything was signed or remembered. A witness is a checkpoint that was kept outside.
"""

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.audit.archives import PRUNE, ArchivedEntries, Archives
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
from appliance.foundation.messages import message

RESTORE = "home.restore"


@dataclass(frozen=True)
class VerifiedLog:
    """A verified log: its size and root; its signature covers the first `signed_size` entries."""

    size: int
    root: bytes
    signed_size: int
    archived: ArchivedEntries | None = None  # entries of which only the hashes were verified


@dataclass(frozen=True)
class Snapshot:
    """The files of a log in use and its checkpoint at one moment."""

    inventory: Inventory
    checkpoint: SignedCheckpoint | None


@dataclass
class Replay:
    """The state of a log according to its entries, and what a crash left unwritten or behind."""

    partials: set[str]
    temporaries: list[Path]
    edge: TreeEdge = field(default_factory=TreeEdge)
    tail: list[bytes] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)
    unwritten: list[Tile] = field(default_factory=list)
    keys: KeyChain = field(default_factory=KeyChain)
    archives: Archives = field(default_factory=Archives)


def read_checkpoint(folder: Path) -> SignedCheckpoint | None:
    """Return the unverified checkpoint on disk, or None. Raises `AuditLogError`, `StorageError`."""
    path = folder / CHECKPOINT
    with storage_errors(message("task:read-checkpoint")):
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
    """Verify the log in `folder`, which must not change meanwhile, or a `snapshot` of it (see `AuditLog.verify`).

    `public_key` is any key that the log ever had; its changes are followed. `witnesses` are checkpoints of this log
    that were kept outside. `require_signed`: a checkpoint must cover every entry; otherwise later entries (written
    while sealed) are accepted. Raises `AuditLogError`, with the first bad entry if there is one.
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
        raise AuditLogError("audit.unsigned", entry=signed_size, sequence=signed_size)
    return VerifiedLog(state.edge.size, state.edge.root(), signed_size, state.archives.archived)


def verify_extends(size: int, root: bytes | None, remembered: TreeHead) -> None:
    """Raise `AuditLogError` unless a log of `size`, with this root at the remembered size, extends `remembered`."""
    if size < remembered.size or root is None:
        raise AuditLogError("audit.rollback", entry=size, size=size, remembered_size=remembered.size)
    if not hmac.compare_digest(root, remembered.root):
        raise AuditLogError("audit.rewritten:remembered", size=remembered.size)


def _verify_witness(
    state: Replay, witness: SignedCheckpoint, public_key: bytes, checkpoint: SignedCheckpoint | None
) -> None:
    """Raise `AuditLogError` unless the log extends the witness's head, signed with the log's key at that time."""
    size, root = witness.head.size, state.roots.get(witness.head.size)
    if checkpoint is not None and witness.origin != checkpoint.origin:
        raise AuditLogError("audit.witness:other-log")
    if size > state.edge.size or root is None:
        raise AuditLogError("audit.witness:end-missing", entry=state.edge.size, size=state.edge.size, witness_size=size)
    if not hmac.compare_digest(root, witness.head.root):
        raise AuditLogError("audit.witness:rewritten", size=size)
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
    """Read the whole log, check entries, tiles and the checkpoint's claims, and pass each entry to `visit`.

    The checkpoint's signature is verified if one of the log's keys is given. The result includes the roots at `sizes`.
    `inventory` are the files to check, all by default. Raises `AuditLogError` with the first bad entry, `StorageError`.
    """
    signed = TreeHead(0, EMPTY_ROOT) if checkpoint is None else checkpoint.head
    inventory = take_inventory(folder) if inventory is None else inventory
    check = _Check(folder, inventory, signed.size)
    state = Replay(partials=inventory.partials(), temporaries=inventory.temporaries)
    root_sizes = {signed.size, *sizes}
    if 0 in root_sizes:
        state.roots[0] = EMPTY_ROOT
    index = 0
    while (width := inventory.widest((ENTRIES, index))) or inventory.widest((0, index)) == WIDTH:
        if not width:
            _follow_hashes(state, check, index, root_sizes)
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
            _add(state, check, leaf, root_sizes)
            state.tail.append(raw)
            if visit is not None:
                visit(entry)
        check.copies(index, data, state.tail)
        index += 1
        if width < WIDTH:
            break
        state.tail = []
    state.archives.verify_explained()
    if checkpoint is not None and public_key is not None:  # before its claims are trusted
        checkpoint.verify(state.keys.key_at(signed.size, public_key))
    if signed.size > state.edge.size:
        raise AuditLogError(
            "audit.truncated:signed-entries", entry=state.edge.size, size=state.edge.size, signed_size=signed.size
        )
    for tile in state.edge.unfinished():
        state.unwritten += check.tile(tile)
    check.verify_complete(state.edge.size)
    if not hmac.compare_digest(state.roots[signed.size], signed.root):
        raise AuditLogError("audit.rewritten:signed", size=signed.size)
    return state


def _follow_hashes(state: Replay, check: "_Check", index: int, root_sizes: set[int]) -> None:
    """Extend the tree with the hashes of a missing bundle, which later entries have to explain."""
    hashes = check.leaf_hashes(index)
    for at in range(0, WIDTH * HASH_BYTES, HASH_BYTES):
        _add(state, check, hashes[at : at + HASH_BYTES], root_sizes)
    state.archives.gone.add(index)


def _add(state: Replay, check: "_Check", leaf: bytes, root_sizes: set[int]) -> None:
    for tile in state.edge.add(leaf):
        state.unwritten += check.tile(tile)
    if state.edge.size in root_sizes:
        state.roots[state.edge.size] = state.edge.root()


def verify_restore(entry: dict[str, Any], before: TreeHead) -> None:
    """Raise `AuditLogError` unless the entry of a restored home names the head of the log before it.

    After a restore the log continues with such an entry: `details` has `size` and `root` (hex) of the log from the
    backup. So the entry cannot be moved or put after another history.
    """
    if entry["outcome"] != Outcome.REQUESTED:
        return
    if (entry["details"].get("size"), entry["details"].get("root")) != (before.size, before.root.hex()):
        raise AuditLogError("audit.restore", entry=entry["sequence"], sequence=entry["sequence"])


# actions whose entries refer to the log before them
_FOLLOWED: dict[str, Callable[[Replay, dict[str, Any], TreeHead], None]] = {
    RESTORE: lambda _state, entry, before: verify_restore(entry, before),
    KEY_CHANGE: lambda state, entry, before: state.keys.follow(entry, before),
    PRUNE: lambda state, entry, _before: state.archives.follow(entry),
}


def _verify_leaf(leaf: bytes, known: bytes, sequence: int) -> None:
    """Raise `AuditLogError` if the tiles have another hash for this entry."""
    start = sequence % WIDTH * HASH_BYTES
    expected = known[start : start + HASH_BYTES]
    if expected and not hmac.compare_digest(expected, leaf):
        raise AuditLogError("audit.entry:hash-mismatch", entry=sequence, sequence=sequence)


class _Check:
    """Compares the files of a folder with its entries, and remembers which files were compared."""

    def __init__(self, folder: Path, inventory: Inventory, signed_size: int) -> None:
        self._folder = folder
        self._inventory = inventory
        self._signed_size = signed_size
        self._seen: set[tuple[int, int]] = set()

    def leaf_hashes(self, index: int) -> bytes:
        """Return the hashes of the widest level 0 tile for bundle `index`, or b"" if a crash prevented its writing."""
        width = self._inventory.widest((0, index))
        return read_tile_file(self._folder, 0, index, width) if width else b""

    def tile(self, tile: Tile) -> list[Tile]:
        """Compare every copy of a tile on disk. Returns a list with the tile if it still has to be written."""
        key = (tile.level, tile.index)
        self._seen.add(key)
        span = WIDTH**tile.level
        for width in self._inventory.widths.get(key, []):
            data = read_tile_file(self._folder, tile.level, tile.index, width)
            expected = tile.hashes[: width * HASH_BYTES]
            if data != expected or width > tile.width:
                number = next((at for at in range(tile.width) if not _same_hash(data, expected, at)), tile.width)
                entry = (tile.index * WIDTH + number) * span
                raise AuditLogError("audit.tile:mismatch", entry=entry, sequence=entry, path=tile_path(*key, width))
        widest = self._inventory.widest(key)
        if widest < width_at(self._signed_size, *key):
            entry = (tile.index * WIDTH + widest) * span
            raise AuditLogError("audit.tile:signed-missing", entry=entry, sequence=entry, path=tile.path)
        return [] if widest == tile.width else [tile]

    def copies(self, index: int, data: bytes, entries: list[bytes]) -> None:
        """Compare narrower copies of a bundle, which a crash may have left, with the widest one."""
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
                path = tile_path(ENTRIES, index, width)
                raise AuditLogError("audit.bundle:copies-differ", entry=entry, sequence=entry, path=path)

    def verify_complete(self, size: int) -> None:
        """Raise `AuditLogError` if there are files of entries beyond `size`."""
        remaining = sorted(self._inventory.widths.keys() - self._seen)
        if remaining:
            path = tile_path(*remaining[0], self._inventory.widest(remaining[0]))
            raise AuditLogError("audit.truncated:later-file", entry=size, sequence=size, path=path)


def _same_hash(data: bytes, expected: bytes, number: int) -> bool:
    part = slice(number * HASH_BYTES, (number + 1) * HASH_BYTES)
    return data[part] == expected[part] and len(expected[part]) == HASH_BYTES
