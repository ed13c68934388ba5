"""Checkpoints: sealed, whole or not there, the last two kept, and only for the run that they belong to."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from appliance.foundation.errors import IntegrityError
from appliance.training.checkpoints import KEPT, CheckpointFolder, TrainingCheckpoint
from appliance.training.methods import LoadedModel

KEY = bytes(range(32))


def capture(loaded: LoadedModel, step: int = 3) -> TrainingCheckpoint:
    """Take a checkpoint after one optimiser step."""
    optimiser = torch.optim.AdamW(loaded.trainable.values(), lr=1e-3)
    for parameter in loaded.trainable.values():
        parameter.grad = torch.ones_like(parameter)
    optimiser.step()
    best = {name: parameter.detach().clone() for name, parameter in loaded.trainable.items()}
    return TrainingCheckpoint.capture(
        step=step, tokens=100, seconds=1.5, recent=(2.0, 1.0), best_loss=0.5, best=best, parameters=loaded.trainable, optimiser=optimiser
    )


def test_what_was_kept_comes_back(adapted: Callable[..., LoadedModel], tmp_path: Path) -> None:
    """Figures and tensors, through a sealed file."""
    checkpoint = capture(adapted(torch.float32))
    folder = CheckpointFolder(tmp_path, "jb_test", KEY)
    assert folder.newest() is None
    folder.save(checkpoint)
    found = folder.newest()
    assert found is not None
    assert (found.step, found.tokens, found.seconds, found.recent, found.best_loss) == (3, 100, 1.5, (2.0, 1.0), 0.5)
    assert found.tensors.keys() == checkpoint.tensors.keys()
    assert all(torch.equal(tensor, checkpoint.tensors[name]) for name, tensor in found.tensors.items())


def test_nothing_of_a_checkpoint_is_readable_on_disk(adapted: Callable[..., LoadedModel], tmp_path: Path) -> None:
    """Neither a parameter's name nor a weight."""
    checkpoint = capture(adapted(torch.float32))
    CheckpointFolder(tmp_path, "jb_test", KEY).save(checkpoint)
    (path,) = tmp_path.iterdir()
    data = path.read_bytes()
    assert b"lora" not in data
    assert next(iter(checkpoint.tensors.values())).numpy().tobytes()[:16] not in data


def test_the_last_two_are_kept(adapted: Callable[..., LoadedModel], tmp_path: Path) -> None:
    """One to go on from, one before it."""
    loaded, folder = adapted(torch.float32), CheckpointFolder(tmp_path, "jb_test", KEY)
    for step in (2, 4, 10, 11):
        folder.save(capture(loaded, step))
    assert len(list(tmp_path.iterdir())) == KEPT
    newest = folder.newest()
    assert newest is not None
    assert newest.step == 11


def test_a_changed_or_swapped_checkpoint_is_an_error(adapted: Callable[..., LoadedModel], tmp_path: Path) -> None:
    """Another job's, an older one under the newest name, a flipped byte."""
    folder = CheckpointFolder(tmp_path, "jb_test", KEY)
    for step in (1, 2):
        folder.save(capture(adapted(torch.float32), step))
    with pytest.raises(IntegrityError):
        CheckpointFolder(tmp_path, "jb_other", KEY).newest()
    older, newer = sorted(tmp_path.iterdir())
    kept = newer.read_bytes()
    newer.write_bytes(older.read_bytes())
    with pytest.raises(IntegrityError):
        folder.newest()
    newer.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    with pytest.raises(IntegrityError):
        folder.newest()


@pytest.mark.parametrize("rank", [2, 8])
def test_a_checkpoint_of_another_rank_is_refused(adapted: Callable[..., LoadedModel], rank: int) -> None:
    """Before anything is changed into nonsense."""
    other = adapted(torch.float32, rank=rank)
    with pytest.raises(IntegrityError, match="another rank"):
        capture(adapted(torch.float32)).restore(other.trainable, torch.optim.AdamW(other.trainable.values()))


def test_a_checkpoint_of_other_parameters_is_refused(adapted: Callable[..., LoadedModel]) -> None:
    """Another model or method."""
    loaded = adapted(torch.float32)
    fewer = dict(list(loaded.trainable.items())[1:])
    with pytest.raises(IntegrityError, match="another model"):
        capture(loaded).restore(fewer, torch.optim.AdamW(fewer.values()))


@pytest.mark.parametrize("header", [{}, {"checkpoint": "{"}, {"checkpoint": '{"version": 2}'}, {"checkpoint": "[]"}])
def test_an_unknown_header_is_an_error(header: dict[str, str]) -> None:
    """Fail closed on what another version wrote."""
    with pytest.raises(IntegrityError):
        TrainingCheckpoint.decode(save({"weight/x": torch.zeros(1)}, metadata=header))


@pytest.mark.parametrize("data", [b"", b"\0" * 8, b"\xff" * 64])
def test_nonsense_is_an_error(data: bytes) -> None:
    """Not a traceback."""
    with pytest.raises(IntegrityError):
        TrainingCheckpoint.decode(data)
