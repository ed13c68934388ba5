"""The verifier notices every change in the folder of a log and names the first bad entry."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.audit import AuditLog, TreeHead, verify_log
from appliance.audit.merkle import EMPTY_ROOT, leaf_hash, root_of
from appliance.audit.signed_note import sign_checkpoint
from appliance.audit.tiles import encode_bundle, split_bundle
from appliance.foundation import canonical_json
from appliance.foundation.errors import AuditLogError

BUNDLE, TILE = "tile/entries/000.p", "tile/0/000.p"
Make = Callable[[int], Path]


def entries_of(folder: Path, count: int) -> list[bytes]:
    return list(split_bundle((folder / BUNDLE / str(count)).read_bytes(), count, 0))


def rewrite(folder: Path, entries: list[bytes], count: int) -> None:
    """Replace the bundle of `count` entries with other entries, in a file with the right name."""
    (folder / BUNDLE / str(count)).unlink()
    (folder / BUNDLE / str(len(entries))).write_bytes(encode_bundle(entries))


def rehash(folder: Path, entries: list[bytes], count: int) -> None:
    """Replace the hash tile to match other entries."""
    (folder / TILE / str(count)).unlink()
    (folder / TILE / str(len(entries))).write_bytes(b"".join(leaf_hash(entry) for entry in entries))


def edited(entry: bytes) -> bytes:
    """Return another well-formed entry of the same length."""
    return entry.replace(b"us_1", b"us_2")


def test_an_unchanged_log_verifies(filled: Make, signer: Any, heads: Any) -> None:
    folder = filled(5)
    verified = verify_log(folder, public_key=signer.public_key, remembered=heads.load())
    assert (verified.size, verified.signed_size) == (5, 5)
    assert verified.root == root_of([leaf_hash(entry) for entry in entries_of(folder, 5)])


def test_an_empty_log_verifies_once_it_is_signed(tmp_path: Path, clock: Any, signer: Any, heads: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    with pytest.raises(AuditLogError, match="are not signed"):
        verify_log(tmp_path, public_key=signer.public_key)
    assert verify_log(tmp_path, public_key=signer.public_key, require_signed=False).root == EMPTY_ROOT
    log.attach(signer, heads)
    assert verify_log(tmp_path, public_key=signer.public_key, remembered=heads.load()).size == 0


def test_a_missing_folder_is_not_a_log(tmp_path: Path, signer: Any) -> None:
    with pytest.raises(AuditLogError, match="no audit log"):
        verify_log(tmp_path / "absent", public_key=signer.public_key, require_signed=False)


@pytest.mark.slow
@pytest.mark.parametrize("mask", [0x01, 0x80])
def test_every_byte_of_every_file_is_verified(filled: Make, signer: Any, mask: int) -> None:
    """Each byte of a small log is changed in turn; for bundles and tiles the entry is named."""
    folder = filled(2)
    entries = entries_of(folder, 2)
    for path in [path for path in folder.rglob("*") if path.is_file() and path.name != ".journal"]:
        good = path.read_bytes()
        for position in range(len(good)):
            path.write_bytes(good[:position] + bytes([good[position] ^ mask]) + good[position + 1 :])
            with pytest.raises(AuditLogError) as caught:
                verify_log(folder, public_key=signer.public_key)
            if path.name == "checkpoint":
                assert caught.value.entry is None
            elif "entries" in path.parts:
                assert caught.value.entry == (position >= len(entries[0]) + 2)
            else:
                assert caught.value.entry == position // 32
        path.write_bytes(good)
    verify_log(folder, public_key=signer.public_key)


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for the log of the next test, which all its examples share."""
    return tmp_path_factory.mktemp("long")


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_bit_of_a_longer_log_is_verified(long_log: Path, filled: Make, signer: Any, data: st.DataObject) -> None:
    """Random bits of full bundles, full tiles and a tile of level 1 are changed."""
    folder = long_log / "log"
    if not folder.exists():
        shutil.copytree(filled(270), folder)
    path = data.draw(
        st.sampled_from(sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".journal"))
    )
    good = path.read_bytes()
    changed = bytearray(good)
    changed[data.draw(st.integers(0, len(good) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(changed)
    try:
        with pytest.raises(AuditLogError):
            verify_log(folder, public_key=signer.public_key)
    finally:
        path.write_bytes(good)


@pytest.mark.parametrize("cut", range(5))
@pytest.mark.parametrize("hashes_too", [False, True])
def test_a_removed_entry_is_named(filled: Make, signer: Any, cut: int, hashes_too: bool) -> None:
    folder = filled(5)
    entries = entries_of(folder, 5)
    del entries[cut]
    rewrite(folder, entries, 5)
    if hashes_too:
        rehash(folder, entries, 5)
    with pytest.raises(AuditLogError) as caught:
        verify_log(folder, public_key=signer.public_key)
    assert caught.value.entry == cut


@pytest.mark.parametrize(("one", "other"), [(0, 1), (1, 3), (3, 4)])
@pytest.mark.parametrize("hashes_too", [False, True])
def test_swapped_entries_are_named(filled: Make, signer: Any, one: int, other: int, hashes_too: bool) -> None:
    folder = filled(5)
    entries = entries_of(folder, 5)
    entries[one], entries[other] = entries[other], entries[one]
    rewrite(folder, entries, 5)
    if hashes_too:
        rehash(folder, entries, 5)
    with pytest.raises(AuditLogError, match="removed or moved") as caught:
        verify_log(folder, public_key=signer.public_key)
    assert caught.value.entry == one


def test_a_wrong_sequence_is_named(filled: Make, signer: Any) -> None:
    folder = filled(3)
    entries = entries_of(folder, 3)
    entries[1] = canonical_json.encode(canonical_json.decode(entries[1]) | {"sequence": 2})
    rewrite(folder, entries, 3)
    with pytest.raises(AuditLogError, match="removed or moved") as caught:
        verify_log(folder, public_key=signer.public_key)
    assert caught.value.entry == 1


def test_an_edited_entry_with_unedited_tiles_is_named(filled: Make, signer: Any) -> None:
    folder = filled(5)
    entries = entries_of(folder, 5)
    entries[2] = edited(entries[2])
    rewrite(folder, entries, 5)
    with pytest.raises(AuditLogError, match="does not match its hash") as caught:
        verify_log(folder, public_key=signer.public_key)
    assert caught.value.entry == 2


def test_an_edited_tile_with_unedited_entries_is_named(filled: Make, signer: Any) -> None:
    folder = filled(5)
    entries = entries_of(folder, 5)
    entries[2] = edited(entries[2])
    rehash(folder, entries, 5)
    with pytest.raises(AuditLogError, match="does not match its hash") as caught:
        verify_log(folder, public_key=signer.public_key)
    assert caught.value.entry == 2


def test_entries_and_tiles_edited_together_do_not_match_the_signature(filled: Make, signer: Any, clock: Any) -> None:
    folder = filled(5)
    entries = entries_of(folder, 5)
    entries[2] = edited(entries[2])
    rewrite(folder, entries, 5)
    rehash(folder, entries, 5)
    with pytest.raises(AuditLogError, match="not the ones that were signed"):
        verify_log(folder, public_key=signer.public_key)
    with pytest.raises(AuditLogError, match="not the ones that were signed"):
        AuditLog.open(folder, clock)


def test_a_rewritten_and_signed_log_does_not_match_a_remembered_head(filled: Make, signer: Any, heads: Any) -> None:
    """Without a remembered head the holder of the key can rewrite everything; with one, nothing before it."""
    folder = filled(5)
    entries = [edited(entry) for entry in entries_of(folder, 5)]
    rewrite(folder, entries, 5)
    rehash(folder, entries, 5)
    head = TreeHead(5, root_of([leaf_hash(entry) for entry in entries]))
    (folder / "checkpoint").write_bytes(sign_checkpoint(head, signer))
    assert verify_log(folder, public_key=signer.public_key).size == 5
    for remembered in (heads.saved[0], heads.saved[-1]):
        with pytest.raises(AuditLogError, match="not the ones that were remembered"):
            verify_log(folder, public_key=signer.public_key, remembered=remembered)


@pytest.mark.parametrize("hashes_too", [False, True])
def test_a_truncated_log_is_named(filled: Make, signer: Any, clock: Any, hashes_too: bool) -> None:
    folder = filled(5)
    entries = entries_of(folder, 5)[:3]
    rewrite(folder, entries, 5)
    if hashes_too:
        rehash(folder, entries, 5)
    for verify in (lambda: verify_log(folder, public_key=signer.public_key), lambda: AuditLog.open(folder, clock)):
        with pytest.raises(AuditLogError) as caught:
            verify()
        assert caught.value.entry == 3


def test_a_missing_file_is_noticed(filled: Make, signer: Any, clock: Any) -> None:
    folder = filled(260)
    first_entries = {
        "tile/entries/000": 0,
        "tile/entries/001.p/4": 256,
        "tile/0/000": 0,
        "tile/0/001.p/4": 256,
        "tile/1/000.p/1": 0,
    }
    for name, entry in first_entries.items():
        good = (folder / name).read_bytes()
        (folder / name).unlink()
        for verify in (lambda: verify_log(folder, public_key=signer.public_key), lambda: AuditLog.open(folder, clock)):
            with pytest.raises(AuditLogError) as caught:
                verify()
            assert caught.value.entry == entry
        (folder / name).write_bytes(good)
    verify_log(folder, public_key=signer.public_key)


def test_a_log_without_its_entries_is_truncated(filled: Make, signer: Any) -> None:
    folder = filled(3)
    shutil.rmtree(folder / "tile")
    with pytest.raises(AuditLogError, match="3 entries were signed, but there are only 0") as caught:
        verify_log(folder, public_key=signer.public_key)
    assert caught.value.entry == 0


@pytest.mark.slow
def test_tiles_of_missing_entries_are_noticed_even_in_an_unsigned_log(
    tmp_path: Path, clock: Any, signer: Any, fill: Callable[[AuditLog, int], None]
) -> None:
    log = AuditLog.open(tmp_path, clock)
    fill(log, 258)
    log.close()
    (tmp_path / "tile/entries/001.p/2").unlink()
    for verify in (
        lambda: verify_log(tmp_path, public_key=signer.public_key, require_signed=False),
        lambda: AuditLog.open(tmp_path, clock),
    ):
        with pytest.raises(AuditLogError, match=r"Entry 256 .* is missing") as caught:
            verify()
        assert caught.value.entry == 256


def test_a_log_without_its_checkpoint_is_unsigned(filled: Make, signer: Any) -> None:
    folder = filled(3)
    (folder / "checkpoint").unlink()
    with pytest.raises(AuditLogError, match="are not signed") as caught:
        verify_log(folder, public_key=signer.public_key)
    assert caught.value.entry == 0


def test_another_key_does_not_verify(filled: Make, other_signer: Any) -> None:
    with pytest.raises(AuditLogError, match="not signed with this key"):
        verify_log(filled(2), public_key=other_signer.public_key)


@pytest.mark.parametrize("extra", [b"\x00", b"\x00\x01x", bytes(32)])
@pytest.mark.parametrize("name", [f"{BUNDLE}/3", f"{TILE}/3"])
def test_bytes_appended_to_a_file_are_noticed(filled: Make, signer: Any, name: str, extra: bytes) -> None:
    folder = filled(3)
    with open(folder / name, "ab") as file:
        file.write(extra)
    with pytest.raises(AuditLogError) as caught:
        verify_log(folder, public_key=signer.public_key)
    assert caught.value.entry == 3


@pytest.mark.parametrize("position", [0, 1, 2, 400, -1])
def test_a_narrower_bundle_left_by_a_crash_must_have_the_same_entries(filled: Make, signer: Any, position: int) -> None:
    """A difference to the wider bundle is named."""
    folder = filled(3)
    good = encode_bundle(entries_of(folder, 3)[:2])
    (folder / BUNDLE / "2").write_bytes(good)
    verify_log(folder, public_key=signer.public_key)
    changed = bytearray(good)
    changed[position] ^= 1
    (folder / BUNDLE / "2").write_bytes(changed)
    with pytest.raises(AuditLogError, match="Two copies") as caught:
        verify_log(folder, public_key=signer.public_key)
    assert caught.value.entry == (position % len(good) >= len(encode_bundle(entries_of(folder, 3)[:1])))
    (folder / BUNDLE / "2").write_bytes(good + b"\x00")
    with pytest.raises(AuditLogError, match="Two copies"):
        verify_log(folder, public_key=signer.public_key)


def test_a_narrower_tile_left_by_a_crash_must_have_the_same_hashes(filled: Make, signer: Any) -> None:
    folder = filled(3)
    good = (folder / TILE / "3").read_bytes()[:64]
    (folder / TILE / "2").write_bytes(good)
    verify_log(folder, public_key=signer.public_key)
    (folder / TILE / "2").write_bytes(good[:32] + bytes(32))
    with pytest.raises(AuditLogError, match="does not match the entries") as caught:
        verify_log(folder, public_key=signer.public_key)
    assert caught.value.entry == 1


def test_a_temporary_file_of_a_killed_writer_does_not_matter(filled: Make, signer: Any, clock: Any) -> None:
    """It is not part of the log: the verifier ignores it, and the next opening removes it."""
    folder = filled(3)
    temporary = folder / ".checkpoint.0a1b2c3d.tmp"
    temporary.write_bytes(b"half")
    verify_log(folder, public_key=signer.public_key)
    AuditLog.open(folder, clock)
    assert not temporary.exists()


def test_the_first_of_several_bad_entries_is_named(filled: Make, signer: Any) -> None:
    folder = filled(5)
    entries = entries_of(folder, 5)
    entries[1] = edited(entries[1])
    entries[3] = b"not an entry"
    rewrite(folder, entries, 5)
    with pytest.raises(AuditLogError) as caught:
        verify_log(folder, public_key=signer.public_key)
    assert caught.value.entry == 1
