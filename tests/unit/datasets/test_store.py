"""The store: rows come back as they went in, only under their own key and name; nothing on the disk is readable."""

import dataclasses
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from appliance.datasets import PARTS, Conversation, read_part, write_dataset
from appliance.datasets.store import part_path
from appliance.foundation import canonical_json
from appliance.foundation.errors import ConflictError, InputError, IntegrityError, NotFoundError
from appliance.foundation.messages import verbatim

DATASET = "ds_00000000000000000001"
OTHER = "ds_00000000000000000002"
KEYS = {part: bytes([number]) * 32 for number, part in enumerate(PARTS, start=1)}


def conversations(count: int = 12) -> list[Conversation]:
    splits = {10: "validation", 11: "test"}
    return [
        Conversation(
            row,
            [
                {"role": "user", "content": f"CANARY question {row}"},
                {"role": "assistant", "content": f"CANARY answer {row} é"},
            ],
            key_fact=f"fact {row}",
            kind="answerable",
            group=f"g{row}",
            split=splits.get(row, "training"),
        )
        for row in range(count)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_dataset(tmp_path / DATASET, DATASET, 1, conversations(), KEYS)
    return tmp_path / DATASET


def read(
    folder: Path, part: str = "training", *, dataset: str = DATASET, version: int = 1, key: bytes = KEYS["training"]
) -> list[Conversation]:
    return list(read_part(folder, dataset, version, part, key))


def test_rows_come_back_in_their_parts(folder: Path) -> None:
    rows = {part: read(folder, part, key=KEYS[part]) for part in PARTS}
    assert rows["training"] == conversations()[:10]
    assert [row.row for part in ("validation", "test") for row in rows[part]] == [10, 11]


def test_the_summary_counts_and_its_digest_holds(folder: Path) -> None:
    summary = write_dataset(folder, DATASET, 2, conversations(), KEYS)
    assert (summary.rows, summary.training_rows, summary.validation_rows, summary.test_rows) == (12, 10, 1, 1)
    files = {f"{part}.parquet": part_path(folder, 2, part).read_bytes() for part in PARTS}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert summary.digest == hashlib.sha256(canonical_json.encode(digests)).hexdigest()


def test_several_row_groups_come_back_in_order(tmp_path: Path) -> None:
    rows = [dataclasses.replace(row, split="training") for row in conversations(2500)]
    write_dataset(tmp_path, DATASET, 1, rows, KEYS)
    assert [row.row for row in read(tmp_path)] == list(range(2500))
    assert read(tmp_path, "test", key=KEYS["test"]) == []


def test_nothing_on_the_disk_is_readable(folder: Path) -> None:
    for path in folder.rglob("*.parquet"):
        data = path.read_bytes()
        assert data.startswith(b"PARE")
        for text in (b"CANARY", "CANARY".encode("utf-16-le"), b"key_fact", b"messages", b"appliance"):
            assert text not in data


@pytest.mark.slow
def test_a_changed_byte_never_changes_a_row(tmp_path: Path) -> None:
    """The reader notices each byte but a few that affect no row."""
    write_dataset(tmp_path, DATASET, 1, conversations(), KEYS)
    path = part_path(tmp_path, 1, "test")
    original, rows, unnoticed = path.read_bytes(), read(tmp_path, "test", key=KEYS["test"]), []
    for place in range(len(original)):
        path.write_bytes(original[:place] + bytes([original[place] ^ 0x40]) + original[place + 1 :])
        try:
            assert read(tmp_path, "test", key=KEYS["test"]) == rows
            unnoticed.append(place)
        except IntegrityError:
            pass
    assert len(unnoticed) < 10


def test_a_cut_file_is_an_error(folder: Path) -> None:
    path = part_path(folder, 1, "training")
    original = path.read_bytes()
    for length in range(0, len(original), 97):
        path.write_bytes(original[:length])
        with pytest.raises(IntegrityError):
            read(folder)


def test_a_swap_of_parts_versions_or_datasets_is_an_error_even_under_the_right_key(tmp_path: Path) -> None:
    # All have the same keys here, which the vault never does: only the bound name distinguishes the files.
    for dataset in (DATASET, OTHER):
        for version in (1, 2):
            write_dataset(tmp_path / dataset, dataset, version, conversations(), KEYS)
    target = part_path(tmp_path / DATASET, 1, "training")
    for source in (part_path(tmp_path / DATASET, 2, "training"), part_path(tmp_path / OTHER, 1, "training")):
        shutil.copy(source, target)
        with pytest.raises(IntegrityError, match="cannot be decrypted"):
            read(tmp_path / DATASET)
    shutil.copy(part_path(tmp_path / DATASET, 1, "test"), target)
    with pytest.raises(IntegrityError):
        read(tmp_path / DATASET, key=KEYS["test"])


def test_another_key_and_a_plaintext_file_are_errors(folder: Path) -> None:
    with pytest.raises(IntegrityError):
        read(folder, key=bytes(32))
    pq.write_table(pa.table({"row": [1]}), part_path(folder, 1, "training"))
    with pytest.raises(IntegrityError):
        read(folder)


def test_an_unknown_format_version_is_an_error(folder: Path) -> None:
    from pyarrow.parquet.encryption import create_encryption_properties

    from appliance.datasets.store import _aad_prefix

    properties = create_encryption_properties(
        KEYS["test"], aad_prefix=_aad_prefix(DATASET, 1, "test"), store_aad_prefix=False
    )
    pq.write_table(
        pa.table({"row": [1]}, metadata={b"appliance.format": b"2"}),
        part_path(folder, 1, "test"),
        encryption_properties=properties,
    )
    with pytest.raises(IntegrityError, match="unknown format"):
        read(folder, "test", key=KEYS["test"])


def test_an_error_among_the_last_rows_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> Iterator[Conversation]:
        yield from conversations()
        raise InputError(verbatim("row 13 is wrong."))

    with pytest.raises(InputError, match="row 13"):
        write_dataset(tmp_path / DATASET, DATASET, 1, rows(), KEYS)
    assert list(tmp_path.rglob("*")) == []


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        write_dataset(tmp_path / "d", "../escape", 1, conversations(), KEYS)
    assert list(tmp_path.rglob("*")) == []


def test_a_version_is_never_overwritten_and_a_missing_part_is_named(folder: Path) -> None:
    with pytest.raises(ConflictError):
        write_dataset(folder, DATASET, 1, conversations(), KEYS)
    with pytest.raises(NotFoundError, match="training"):
        read(folder, version=3)
    for part, version in (("everything", 1), ("../v1/training", 1), ("training", 0)):
        with pytest.raises(InputError):
            part_path(folder, version, part)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"training": bytes(32)},
        {part: bytes(32) for part in PARTS},
        {**KEYS, "test": bytes(16)},
        {**KEYS, "more": bytes([9]) * 32},
    ],
)
def test_keys_that_are_short_shared_or_missing_are_refused(tmp_path: Path, keys: dict[str, bytes]) -> None:
    with pytest.raises(InputError, match="3 different keys"):
        write_dataset(tmp_path, DATASET, 1, conversations(), keys)
