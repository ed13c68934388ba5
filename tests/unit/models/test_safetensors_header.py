"""The header parser: it accepts what the format allows, as does the library, and refuses the rest with a reason."""

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import SafetensorError
from safetensors.numpy import load, save

from appliance.foundation.errors import InputError
from appliance.models.safetensors_header import MAX_HEADER_BYTES, SafetensorsHeader, read_header


def parse(data: bytes) -> SafetensorsHeader:
    return read_header(io.BytesIO(data), "model.safetensors")


def file(header: Any, buffer: bytes = b"") -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + buffer


def tensor(begin: int = 0, end: int = 8, **changes: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": [2], "data_offsets": [begin, end], **changes}


GOOD = save({"a": np.zeros((2, 3), np.float32), "b": np.zeros((4,), np.int64)}, {"format": "pt"})


def test_what_the_library_writes_is_read() -> None:
    header = parse(GOOD)
    assert {name: tensor.shape for name, tensor in header.tensors.items()} == {"a": (2, 3), "b": (4,)}
    assert (header.parameters, header.metadata) == (10, {"format": "pt"})
    assert header.data_start + max(tensor.end for tensor in header.tensors.values()) == len(GOOD)


def test_a_header_padded_with_spaces_and_a_scalar_are_read() -> None:
    raw = json.dumps({"s": tensor(0, 4, shape=[])}).encode() + b"   "
    assert parse(file(raw, bytes(4))).tensors["s"].shape == ()


def _torch_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R.")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x80\x04\x95\x1e\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93.", "a pickle"),
        (_torch_zip(), "a ZIP archive"),
        (b"GGUF\x03\x00\x00\x00\x00\x00", "a GGUF file"),
        (b"", "claims 0 bytes"),
        (b"\x01\x02\x03", "claims"),
        (struct.pack("<Q", 2**63) + b"{}", "claims"),
        (struct.pack("<Q", MAX_HEADER_BYTES + 1) + b"{" * (MAX_HEADER_BYTES + 1), "at most 16,777,216"),
        (struct.pack("<Q", 100) + b"{}", "claims 100 bytes of 2"),
        (file(b" {}"), "not JSON"),
        (file(b"{}"), "has 0 tensors"),
        (file(b'{"a": 1'), "not valid JSON"),
        (file(b'{"a":' * 100_000), "not valid JSON"),
        (file(b'{"a": NaN}'), "not valid JSON"),
        (file(b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}"), "reasonable depth"),
        (
            file(
                b'{"a": {"dtype":"U8","shape":[],"data_offsets":[0,1]}, "a": '
                b'{"dtype":"U8","shape":[],"data_offsets":[0,1]}}',
                b"x",
            ),
            "no key twice",
        ),
        (file({"__metadata__": {"a": 1}, "t": tensor()}, bytes(8)), "metadata"),
        (file({"t": {"dtype": "F32", "shape": [2]}}, bytes(8)), "malformed"),
        (file({"t": tensor(more=1)}, bytes(8)), "malformed"),
        (file({"t" * 600: tensor()}, bytes(8)), "malformed"),
        (file({"t": tensor(dtype="O")}, bytes(8)), "element type"),
        (file({"t": tensor(dtype=["F32"])}, bytes(8)), "element type"),
        (file({"t": tensor(shape=[-2])}, bytes(8)), "malformed shape"),
        (file({"t": tensor(shape=[True, 2])}, bytes(8)), "malformed shape"),
        (file({"t": tensor(shape=[2.0])}, bytes(8)), "malformed shape"),
        (file({"t": tensor(shape=[2**60, 2**60])}, bytes(8)), "malformed shape"),
        (file({"t": tensor(shape=[1] * 9)}, bytes(8)), "malformed shape"),
        (file({"t": tensor(8, 0)}, bytes(8)), "another size than its shape requires"),
        (file({"t": tensor(shape=[3])}, bytes(8)), "another size"),
        (file({"t": tensor(), "u": tensor(4, 12)}, bytes(12)), "overlaps"),
        (file({"t": tensor(), "u": tensor(0, 8)}, bytes(8)), "overlaps"),
        (file({"t": tensor(), "u": tensor(12, 20)}, bytes(20)), "gap"),
        (file({"t": tensor(4, 12)}, bytes(12)), "gap"),
        (file({"t": tensor()}, bytes(7)), "its tensors need 8 bytes, but it has 7"),
        (file({"t": tensor()}, bytes(9)), "its tensors need 8 bytes, but it has 9"),
    ],
)
def test_a_file_that_violates_the_format_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(data)
    assert words in caught.value.sentence
    assert "model.safetensors" in caught.value.sentence


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_the_library_accepts_what_the_parser_accepts(place: int, value: int) -> None:
    """A changed byte is refused here, or is harmless to the library as well."""
    data = GOOD[:place] + bytes([value]) + GOOD[place + 1 :]
    try:
        ours = parse(data)
    except InputError:
        return
    try:
        theirs = load(data)
    except SafetensorError as error:  # pragma: no cover - the promise is that this never happens
        raise AssertionError("accepted here, refused by the library") from error
    assert {name: tensor.shape for name, tensor in ours.tensors.items()} == {
        name: array.shape for name, array in theirs.items()
    }


def test_every_cut_is_refused(tmp_path: Path) -> None:
    for length in range(len(GOOD)):
        with pytest.raises(InputError):
            parse(GOOD[:length])
