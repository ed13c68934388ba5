"""Tensors in a sealed file: what was written comes back bit for bit, as safetensors, and nothing of it is readable on
disk.
"""

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


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    """Every type, empty ones, a number, and one that does not lie in the order of its memory; with the figures."""
    write_tensors(tmp_path / "x", TENSORS, {"step": 3, "recent": [0.1]}, KEY, CONTEXT)
    with SealedTensors(tmp_path / "x", KEY, CONTEXT) as found:
        found.verify()
        assert found.figures == {"step": 3, "recent": [0.1]}
        assert list(found) == list(TENSORS)
        assert len(found) == len(TENSORS)
        for name, tensor in TENSORS.items():
            assert found[name].dtype == tensor.dtype
            assert torch.equal(found[name], tensor), name
        with pytest.raises(KeyError):
            found["other"]


def test_it_is_safetensors_once_it_is_unsealed(tmp_path: Path) -> None:
    """The published library reads it."""
    write_tensors(tmp_path / "x", TENSORS, {}, KEY, CONTEXT)
    found = load(unseal_file(tmp_path / "x", KEY, CONTEXT))
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in TENSORS.items())


@given(
    shapes=st.lists(st.lists(st.integers(0, 5), max_size=3), max_size=4),
    figures=st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False)),
)
def test_any_shapes_and_figures_come_back(
    tmp_path_factory: pytest.TempPathFactory, shapes: list[list[int]], figures: dict[str, float]
) -> None:
    """Whatever the parameters of a model are."""
    path = tmp_path_factory.mktemp("any") / "x"
    tensors = {str(number): torch.randn(shape) for number, shape in enumerate(shapes)}
    write_tensors(path, tensors, figures, KEY, CONTEXT)
    with SealedTensors(path, KEY, CONTEXT) as found:
        assert found.figures == figures
        assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())


def test_nothing_is_readable_on_disk_and_only_its_own_context_opens_it(tmp_path: Path) -> None:
    """Neither a name nor a weight."""
    write_tensors(tmp_path / "x", TENSORS, {"canary": 1}, KEY, CONTEXT)
    data = (tmp_path / "x").read_bytes()
    assert b"canary" not in data
    assert TENSORS["a"].numpy().tobytes()[4000:4032] not in data
    for key, context in ((bytes(32), CONTEXT), (KEY, SealContext("job", "jb_other", 1, "x"))):
        with pytest.raises(IntegrityError):
            SealedTensors(tmp_path / "x", key, context)


def test_a_changed_chunk_is_found_by_verifying_and_by_reading(tmp_path: Path) -> None:
    """Also one in the middle, which no other read touches."""
    write_tensors(tmp_path / "x", TENSORS, {}, KEY, CONTEXT)
    data = bytearray((tmp_path / "x").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "x").write_bytes(bytes(data))
    with SealedTensors(tmp_path / "x", KEY, CONTEXT) as found:
        with pytest.raises(IntegrityError):
            found.verify()
        with pytest.raises(IntegrityError):
            found["a"]


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
def test_nonsense_under_the_right_key_is_an_error(tmp_path: Path, plaintext: bytes) -> None:
    """Not a traceback."""
    seal_file(tmp_path / "x", plaintext, KEY, CONTEXT)
    with pytest.raises(IntegrityError):
        SealedTensors(tmp_path / "x", KEY, CONTEXT)


def test_a_file_that_is_not_there_or_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """A disk that vanished; nothing half done is left."""
    with pytest.raises(StorageError, match="Reading x failed"):
        SealedTensors(tmp_path / "x", KEY, CONTEXT)
    with pytest.raises(StorageError, match="Keeping what was learned so far failed"):
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
with SealedTensors(path, bytes(32), context) as found:
    found.verify()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_model_is_written_without_a_second_copy_of_it(tmp_path: Path) -> None:
    """256 MiB of weights cost some MiB beside themselves to write and to check, not another 256."""
    found = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path / "x")], capture_output=True, text=True, check=True, timeout=200
    )
    assert int(found.stdout) < 32 * 1024, "KiB"
