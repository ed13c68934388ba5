"""The folder has the layout of C2SP tlog-tiles, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audit.merkle import leaf_hash, root_of
from appliance.audit.tiles import (
    ENTRIES,
    Tile,
    TreeEdge,
    encode_bundle,
    partial_paths,
    read_tile_file,
    root_at,
    split_bundle,
    take_inventory,
    tile_path,
)
from appliance.foundation.errors import AuditLogError, StorageError


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 999, 1, "tile/0/999.p/1"),
        (1, 1000, 255, "tile/1/x001/000.p/255"),
        (0, 1234067, 256, "tile/0/x001/x234/067"),
        (ENTRIES, 1234067, 7, "tile/entries/x001/x234/067.p/7"),
    ],
)
def test_paths_are_those_of_the_specification(level: int, index: int, width: int, path: str) -> None:
    assert tile_path(level, index, width) == path


def test_the_example_of_the_specification() -> None:
    """70,000 entries have partial tiles of width 112, 17 and 1 at levels 0 to 2; 256 entries have one at level 1."""
    assert partial_paths(70_000) == {"tile/entries/273.p/112", "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"}
    assert partial_paths(256) == {"tile/1/000.p/1"}
    assert partial_paths(0) == set()


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_is_split_into_its_entries(entries: list[bytes]) -> None:
    assert list(split_bundle(encode_bundle(entries), len(entries), 0)) == entries


@pytest.mark.parametrize(
    ("data", "entry"),
    [
        (b"", 256),
        (b"\x00", 256),
        (b"\x00\x01", 256),
        (b"\x00\x01a", 257),
        (b"\x00\x01a\x00\x01", 257),
        (b"\x00\x01a\x00\x01bc", 258),
    ],
)
def test_a_damaged_bundle_names_the_entry(data: bytes, entry: int) -> None:
    with pytest.raises(AuditLogError) as caught:
        list(split_bundle(data, 2, 256))
    assert caught.value.entry == entry


@pytest.fixture(scope="module")
def leaves() -> list[bytes]:
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(66_000)]


def test_tiles_of_three_levels(leaves: list[bytes]) -> None:
    """66,000 leaves reach level 2, and each tile has the hashes of the specification's formula."""
    edge = TreeEdge()
    full = [tile for leaf in leaves for tile in edge.add(leaf)]
    assert {tile.width for tile in full} == {256}
    assert [tile.path for tile in full if tile.level] == ["tile/1/000"]
    assert {tile.path for tile in edge.unfinished()} == {"tile/0/257.p/208", "tile/1/001.p/1", "tile/2/000.p/1"}
    for tile in [*full[::50], *edge.unfinished()]:
        span = 256**tile.level
        for number in range(0, tile.width, 51):
            start = (tile.index * 256 + number) * span
            assert tile.hashes[number * 32 : number * 32 + 32] == root_of(leaves[start : start + span])
    assert edge.root() == root_of(leaves)
    all_tiles = {(tile.level, tile.index): tile for tile in [*full, *edge.unfinished()]}
    for size in (0, 1, 255, 256, 257, 65_537):
        tiles = [all_tiles[level, size >> (8 * (level + 1))] for level in range(3) if (size >> (8 * level)) % 256]
        assert root_at(size, tiles) == root_of(leaves[:size])


def test_a_tile_knows_its_width() -> None:
    assert Tile(0, 1, bytes(96)).width == 3


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "tile/0/000.bak",
        "tile/0/0",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/x000/000",
        "tile/7/000",
        "tile/00/000",
        "tile/other/000",
        "entries/000",
        "checkpoint~",
        ".hidden",
    ],
)
def test_a_foreign_file_is_refused(filled: Callable[[int], Path], name: str) -> None:
    folder = filled(2)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"")
    with pytest.raises(AuditLogError, match="does not belong"):
        take_inventory(folder)


def test_links_are_refused(filled: Callable[[int], Path], tmp_path: Path) -> None:
    """A link could point to another folder's content."""
    folder = filled(2)
    (folder / "checkpoint").rename(tmp_path / "elsewhere")
    (folder / "checkpoint").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AuditLogError, match="does not belong"):
        take_inventory(folder)
    (folder / "checkpoint").unlink()
    (folder / "tile/entries/x001").symlink_to(tmp_path)
    with pytest.raises(AuditLogError, match="does not belong"):
        take_inventory(folder)


def test_an_unreadable_folder_or_file_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        take_inventory(tmp_path / "absent")
    with pytest.raises(StorageError):
        read_tile_file(tmp_path, 0, 0, 1)


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tile/1").mkdir(parents=True)
    (tmp_path / "tile/1/002").write_bytes(bytes(8193))
    with pytest.raises(AuditLogError, match="too long") as caught:
        read_tile_file(tmp_path, 1, 2, 256)
    assert caught.value.entry == 2 * 65_536
