"""Rereading a bundle and the hashes between it and the edge in memory finds every change in them."""

from pathlib import Path
from typing import Any

import pytest

from appliance.audit import AuditLog
from appliance.audit.merkle import leaf_hash, root_of
from appliance.audit.proofs import HashTiles
from appliance.audit.reread import verify_bundle, verify_hashes
from appliance.audit.tiles import ENTRIES, WIDTH, Tile, encode_bundle, tile_path
from appliance.foundation.errors import AuditLogError

INDEX = 3


def verify(tiles: HashTiles) -> None:
    """Reread the bundle as `AuditLog.verify_bundle` does."""
    verify_bundle(tiles, INDEX, verify_hashes(tiles, INDEX))


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Return the files for bundle 3 of a log of 65,536 entries: its own, and the tiles of levels 0 and 1."""
    leaves = [leaf_hash(b"%d" % number) for number in range(WIDTH * WIDTH)]
    parts = [leaves[at : at + WIDTH] for at in range(0, len(leaves), WIDTH)]
    return {
        tile_path(ENTRIES, INDEX): encode_bundle(
            b"%d" % number for number in range(INDEX * WIDTH, (INDEX + 1) * WIDTH)
        ),
        tile_path(0, INDEX): b"".join(parts[INDEX]),
        tile_path(1, 0): b"".join(root_of(part) for part in parts),
    }


@pytest.fixture
def tiles(tmp_path: Path, files: dict[str, bytes]) -> HashTiles:
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    hashes = files[tile_path(1, 0)]
    top = root_of([hashes[at : at + 32] for at in range(0, len(hashes), 32)])
    return HashTiles(tmp_path, {(2, 0): Tile(2, 0, top)})


def test_unchanged_files_pass(tiles: HashTiles) -> None:
    verify(tiles)


@pytest.mark.parametrize(
    ("path", "position", "entry", "code"),
    [
        (tile_path(ENTRIES, INDEX), 2, 768, "audit.entry"),
        (tile_path(ENTRIES, INDEX), -1, 1023, "audit.entry"),
        (tile_path(ENTRIES, INDEX), 1, 768, "audit.entry"),
        (tile_path(0, INDEX), 0, 768, "audit.tile"),
        (tile_path(0, INDEX), -1, 768, "audit.tile"),
        (tile_path(1, 0), 3 * 32, 768, "audit.tile"),
        (tile_path(1, 0), 200 * 32, 0, "audit.tile"),
    ],
)
def test_a_changed_bit_is_found(tiles: HashTiles, path: str, position: int, entry: int, code: str) -> None:
    data = bytearray((tiles.folder / path).read_bytes())
    data[position] ^= 1
    (tiles.folder / path).write_bytes(data)
    with pytest.raises(AuditLogError) as caught:
        verify(tiles)
    assert (caught.value.entry, caught.value.code) == (entry, code)


@pytest.mark.parametrize("path", [tile_path(ENTRIES, INDEX), tile_path(0, INDEX), tile_path(1, 0)])
def test_a_missing_or_truncated_file_is_found(tiles: HashTiles, path: str) -> None:
    data = (tiles.folder / path).read_bytes()
    (tiles.folder / path).write_bytes(data[:-40])
    with pytest.raises(AuditLogError) as caught:
        verify(tiles)
    assert caught.value.entry is not None
    (tiles.folder / path).unlink()
    with pytest.raises(AuditLogError, match="missing"):
        verify(HashTiles(tiles.folder, tiles.edge))


def test_a_log_in_use_rereads_its_written_bundles(
    tmp_path: Path, clock: Any, signer: Any, heads: Any, fill: Any
) -> None:
    log = AuditLog.open(tmp_path, clock)
    fill(log, 2 * WIDTH + 3)
    assert log.full_bundles == 0
    log.attach(signer, heads)
    assert log.full_bundles == 2
    for index in range(2):
        log.verify_bundle(index)
    fill(log, 1)
    (tmp_path / "tile/entries/000").write_bytes(
        (tmp_path / "tile/entries/000").read_bytes().replace(b'"us_1"', b'"us_2"', 1)
    )
    with pytest.raises(AuditLogError) as caught:
        log.verify_bundle(0)
    assert caught.value.entry == 0
    log.verify_bundle(1)
