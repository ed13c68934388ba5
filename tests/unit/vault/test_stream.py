"""Sealed files open only with the right key and context, and only if they are complete and unchanged."""

import hashlib
import importlib.util
import io
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.foundation.errors import IntegrityError, StorageError
from appliance.vault.stream import (
    HEADER_BYTES,
    MIN_CHUNK_BYTES,
    SealContext,
    SealedReader,
    SealedWriter,
    seal_file,
    unseal_file,
)

VECTORS = Path(__file__).parents[2] / "vectors"
KEY = bytes(32)
CONTEXT = SealContext("adapter", "ad_1", 1, "weights")


def load(path: Path):
    """Import a module from a path."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def second_reader():
    """Return the independent reader."""
    return load(Path(__file__).with_name("second_reader.py"))


DOCUMENT = json.loads((VECTORS / "sealed_file.json").read_text(encoding="utf-8"))
FILES = {case["name"]: case["data"] for case in load(VECTORS / "make_sealed_file.py").vectors()}


@pytest.mark.parametrize("vector", DOCUMENT["vectors"], ids=lambda vector: vector["name"])
def test_vectors_open_or_are_refused_as_the_specification_says(vector) -> None:
    data = FILES[vector["name"]]
    assert hashlib.sha256(data).hexdigest() == vector["sha256"]
    assert vector["hex"] in {None, data.hex()}

    def read() -> bytes:
        return SealedReader(io.BytesIO(data), bytes.fromhex(DOCUMENT["key"]), SealContext(**DOCUMENT["context"])).read()

    if vector["expect"] == "opens":
        assert read() == b"a" * vector["length"]
    else:
        with pytest.raises(IntegrityError):
            read()


@pytest.mark.parametrize("vector", DOCUMENT["vectors"], ids=lambda vector: vector["name"])
def test_a_reader_written_from_the_specification_alone_agrees(vector) -> None:
    """It has at most sixty lines and uses no code of the appliance."""
    second = (Path(__file__).with_name("second_reader.py")).read_text(encoding="utf-8")
    assert len(second.splitlines()) <= 60
    assert "appliance." not in second.replace("appliance/vault/stream.py", "")
    context = SealContext(**DOCUMENT["context"])
    names = (context.kind, context.object_id, context.version, context.name)
    if vector["expect"] == "opens":
        assert (
            second_reader().read(FILES[vector["name"]], bytes.fromhex(DOCUMENT["key"]), *names)
            == b"a" * vector["length"]
        )
    else:
        with pytest.raises((ValueError, InvalidTag)):
            second_reader().read(FILES[vector["name"]], bytes.fromhex(DOCUMENT["key"]), *names)


def _seal(data: bytes) -> bytes:
    file = io.BytesIO()
    with SealedWriter(file, KEY, CONTEXT, chunk_bytes=MIN_CHUNK_BYTES) as writer:
        writer.write(data)
    return file.getvalue()


@settings(max_examples=60, deadline=None)
@given(length=st.integers(0, 3 * MIN_CHUNK_BYTES), cuts=st.lists(st.integers(0, 3 * MIN_CHUNK_BYTES), max_size=5))
def test_the_plaintext_does_not_depend_on_the_sizes_of_writes(length: int, cuts: list[int]) -> None:
    data = os.urandom(length)
    file = io.BytesIO()
    with SealedWriter(file, KEY, CONTEXT, chunk_bytes=MIN_CHUNK_BYTES) as writer:
        starts = sorted({0, length, *(cut for cut in cuts if cut < length)})
        for start, end in pairwise(starts):
            writer.write(data[start:end])
    reader = SealedReader(file, KEY, CONTEXT)
    assert reader.size == length
    assert reader.read() == data
    for start in starts:
        assert reader.read_at(start, 1000) == data[start : start + 1000]
        assert reader.read_at(start, length) == data[start:]
    assert reader.read_at(-1, 5) == b""


@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, 2**31), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_refused(position: int, bit: int) -> None:
    sealed = bytearray(_seal(b"x" * (MIN_CHUNK_BYTES + 100)))
    sealed[position % len(sealed)] ^= 1 << bit
    with pytest.raises(IntegrityError):
        SealedReader(io.BytesIO(bytes(sealed)), KEY, CONTEXT).read()


@settings(max_examples=60, deadline=None)
@given(length=st.integers(0, 2 * MIN_CHUNK_BYTES + HEADER_BYTES))
def test_a_truncated_file_is_refused(length: int) -> None:
    sealed = _seal(b"x" * (2 * MIN_CHUNK_BYTES))
    with pytest.raises(IntegrityError):
        SealedReader(io.BytesIO(sealed[:length]), KEY, CONTEXT).read()


def test_a_file_that_grows_while_being_read_is_refused() -> None:
    file = io.BytesIO(_seal(b"x" * 100))
    reader = SealedReader(file, KEY, CONTEXT)
    file.seek(0, io.SEEK_END)
    file.write(b"y" * 100)
    reader._last = b""
    with pytest.raises(IntegrityError):
        reader._open(0)


def test_files_with_the_same_content_have_different_bytes() -> None:
    assert _seal(b"same")[HEADER_BYTES:] != _seal(b"same")[HEADER_BYTES:]


def test_a_file_is_replaced_without_leaving_a_temporary_file(tmp_path) -> None:
    path = tmp_path / "file"
    seal_file(path, b"old", KEY, CONTEXT)
    seal_file(path, b"new", KEY, CONTEXT)
    assert unseal_file(path, KEY, CONTEXT) == b"new"
    assert os.listdir(tmp_path) == ["file"]


def test_a_refused_write_leaves_the_old_file(tmp_path) -> None:
    path = tmp_path / "file"
    seal_file(path, b"old", KEY, CONTEXT)
    with pytest.raises(TypeError):
        seal_file(path, "not bytes", KEY, CONTEXT)
    assert unseal_file(path, KEY, CONTEXT) == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_failed_write_is_a_storage_error(tmp_path) -> None:
    with pytest.raises(StorageError, match="Writing file failed"):
        seal_file(tmp_path / "missing" / "file", b"x", KEY, CONTEXT)


class ShortFile(io.BytesIO):
    """Accepts at most a thousand bytes at a time, as a disk that is almost full may do."""

    def write(self, data) -> int:
        """Write the beginning, and return its length."""
        return super().write(bytes(data)[:1000])


def test_short_writes_are_continued() -> None:
    """Otherwise the last chunk could be truncated unnoticed until it is read."""
    file = ShortFile()
    with SealedWriter(file, KEY, CONTEXT, chunk_bytes=MIN_CHUNK_BYTES) as writer:
        writer.write(bytes(3 * MIN_CHUNK_BYTES + 5))
    assert SealedReader(file, KEY, CONTEXT).read() == bytes(3 * MIN_CHUNK_BYTES + 5)


def test_workers_read_sealed_files_without_the_database() -> None:
    code = (
        "import sys, appliance.vault.stream; print(any(name in sys.modules for name in ('sqlalchemy', 'sqlcipher3', "
        "'alembic')))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )
