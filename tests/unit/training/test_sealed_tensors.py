"""Tensors in a sealed file come back bit for bit, as safetensors, and are unreadable on disk."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load

from appliance.foundation.errors import IntegrityError, StorageError
from appliance.training.sealed_tensors import SealedTensors, write_tensors
from appliance.vault.stream import SealContext, seal_file, unseal_file

KEY = bytes(range(32))
CONTEXT = SealContext("job", "jb_test", 1, "x")
TENSORS = {
    "a": torch.arange(700_000, dtype=torch.float32).reshape(700, 1000),
    "half": torch.linspace(-1, 1, 300).to(torch.bfloat16),
    "nothing": torch.zeros((0, 3)),
    "number": torch.tensor(7, dtype=torch.int64),
    "turned": torch.arange(6, dtype=torch.float64).reshape(2, 3).T,
    "bytes": torch.arange(5, dtype=torch.uint8),
}


def test_written_tensors_come_back(tmp_path: Path) -> None:
    """Of every type, empty, a scalar and transposed, with the figures."""
    write_tensors(tmp_path / "x", TENSORS, {"step": 3, "recent": [0.1]}, KEY, CONTEXT)
    with SealedTensors(tmp_path / "x", KEY, CONTEXT) as read:
        read.verify()
        assert read.figures == {"step": 3, "recent": [0.1]}
        assert list(read) == list(TENSORS)
        assert len(read) == len(TENSORS)
        for name, tensor in TENSORS.items():
            assert read[name].dtype == tensor.dtype
            assert torch.equal(read[name], tensor), name
        with pytest.raises(KeyError):
            read["other"]


def test_an_unsealed_file_is_safetensors(tmp_path: Path) -> None:
    """The published library reads it."""
    write_tensors(tmp_path / "x", TENSORS, {}, KEY, CONTEXT)
    loaded = load(unseal_file(tmp_path / "x", KEY, CONTEXT))
    assert loaded.keys() == TENSORS.keys()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in TENSORS.items())


@given(
    shapes=st.lists(st.lists(st.integers(0, 5), max_size=3), max_size=4),
    figures=st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False)),
)
def test_any_shapes_and_figures_come_back(
    tmp_path_factory: pytest.TempPathFactory, shapes: list[list[int]], figures: dict[str, float]
) -> None:
    """As models may have them."""
    path = tmp_path_factory.mktemp("any") / "x"
    tensors = {str(number): torch.randn(shape) for number, shape in enumerate(shapes)}
    write_tensors(path, tensors, figures, KEY, CONTEXT)
    with SealedTensors(path, KEY, CONTEXT) as read:
        assert read.figures == figures
        assert all(torch.equal(read[name], tensor) for name, tensor in tensors.items())


def test_nothing_is_readable_on_disk_and_only_its_own_context_opens_it(tmp_path: Path) -> None:
    """Neither names nor weights."""
    write_tensors(tmp_path / "x", TENSORS, {"canary": 1}, KEY, CONTEXT)
    data = (tmp_path / "x").read_bytes()
    assert b"canary" not in data
    assert TENSORS["a"].numpy().tobytes()[4000:4032] not in data
    for key, context in ((bytes(32), CONTEXT), (KEY, SealContext("job", "jb_other", 1, "x"))):
        with pytest.raises(IntegrityError):
            SealedTensors(tmp_path / "x", key, context)


def test_a_changed_chunk_is_detected_by_verifying_and_by_reading(tmp_path: Path) -> None:
    """Also one in the middle, which opening does not read."""
    write_tensors(tmp_path / "x", TENSORS, {}, KEY, CONTEXT)
    data = bytearray((tmp_path / "x").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "x").write_bytes(bytes(data))
    with SealedTensors(tmp_path / "x", KEY, CONTEXT) as read:
        with pytest.raises(IntegrityError):
            read.verify()
        with pytest.raises(IntegrityError):
            read["a"]


def header(value: Any) -> bytes:
    """Return a file's plaintext with this header."""
    text = json.dumps(value).encode()
    return len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize(
    "plaintext",
    [
        b"",
        b"\0" * 8,
        b"\xff" * 64,
        b"\x02" + bytes(7) + b"{",
        header([]),
        header({}),
        header({"__metadata__": {"figures": "{"}}),
        header({"__metadata__": {"figures": "7"}}),
        header({"__metadata__": {"figures": "{}"}, "x": {"dtype": "F8", "shape": [], "data_offsets": [0, 1]}}),
        header({"__metadata__": {"figures": "{}"}, "x": {"dtype": "F32", "shape": []}}),
    ],
)
def test_nonsense_under_the_right_key_is_an_integrity_error(tmp_path: Path, plaintext: bytes) -> None:
    seal_file(tmp_path / "x", plaintext, KEY, CONTEXT)
    with pytest.raises(IntegrityError):
        SealedTensors(tmp_path / "x", KEY, CONTEXT)


def test_a_file_that_is_missing_or_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    """And leaves nothing half done."""
    with pytest.raises(StorageError, match="Reading x"):
        SealedTensors(tmp_path / "x", KEY, CONTEXT)
    with pytest.raises(StorageError, match="Saving the checkpoint failed"):
        write_tensors(tmp_path / "gone" / "x", TENSORS, {}, KEY, CONTEXT)
    with pytest.raises(KeyError):  # a type that no parameter has
        write_tensors(tmp_path / "x", {"complex": torch.zeros(1, dtype=torch.complex64)}, {}, KEY, CONTEXT)
    assert list(tmp_path.iterdir()) == []


MEMORY = """
import resource, sys, torch
from pathlib import Path
from appliance.training.sealed_tensors import SealedTensors, write_tensors
from appliance.vault.stream import SealContext
path, context = Path(sys.argv[1]), SealContext("job", "jb", 1, "x")
tensors = {str(number): torch.full((32, 1024, 1024), float(number)) for number in range(2)}
write_tensors(path, {"small": torch.zeros(1)}, {}, bytes(32), context)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
write_tensors(path, tensors, {}, bytes(32), context)
with SealedTensors(path, bytes(32), context) as read:
    read.verify()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_a_model_is_written_without_a_second_copy_of_it(tmp_path: Path) -> None:
    """Writing and verifying 256 MiB of weights takes a few more MiB, not another 256."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path / "x")], capture_output=True, text=True, check=True, timeout=200
    )
    assert int(done.stdout) < 32 * 1024, "KiB"
