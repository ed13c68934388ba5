"""Checkpoints are sealed, complete or absent, the last two and the best, and only for the run they belong to."""

import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from appliance.foundation.errors import IntegrityError, StorageError
from appliance.training.checkpoints import (
    KEPT,
    MARKER,
    BestInMemory,
    CheckpointFolder,
    RunFigures,
    TrainingCheckpoint,
    put_weights,
)
from appliance.training.methods import LoadedModel
from appliance.training.sealed_tensors import write_tensors
from appliance.vault.stream import SealContext, seal_file

KEY = bytes(range(32))
FIGURES = RunFigures(
    step=3, tokens=100, seconds=1.5, recent=(2.0, 1.0), began=2.5, best_loss=0.5, best_step=None, waited=1
)


def capture(loaded: LoadedModel, step: int = 3, best_step: int | None = None) -> TrainingCheckpoint:
    """Take a checkpoint after one optimiser step."""
    optimiser = torch.optim.AdamW(loaded.trainable.values(), lr=1e-3)
    for parameter in loaded.trainable.values():
        parameter.grad = torch.full_like(parameter, float(step))
    optimiser.step()
    return TrainingCheckpoint.capture(replace(FIGURES, step=step, best_step=best_step), loaded.trainable, optimiser)


def newest(folder: CheckpointFolder) -> TrainingCheckpoint:
    """Return the newest checkpoint, which must exist."""
    checkpoint = folder.newest()
    assert checkpoint is not None
    return checkpoint


@pytest.fixture
def folder(tmp_path: Path) -> CheckpointFolder:
    """Return an empty folder."""
    return CheckpointFolder(tmp_path, "jb_test", KEY)


def test_a_resumed_run_closes_the_file_of_its_checkpoint(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder, tmp_path: Path
) -> None:
    """It is deleted two checkpoints later, and only a closed file frees its disk space."""
    loaded = adapted(torch.float32)
    folder.save(capture(loaded))
    checkpoint = newest(folder)

    def opened() -> list[str]:
        links = (path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink())
        return [link.name for link in links if link.parent == tmp_path]

    assert opened() == ["checkpoint-000000003.sealed"]
    checkpoint.restore(loaded.trainable, torch.optim.AdamW(loaded.trainable.values()))
    assert opened() == []


def test_a_saved_checkpoint_comes_back(adapted: Callable[..., LoadedModel], folder: CheckpointFolder) -> None:
    """With its figures and tensors."""
    checkpoint = capture(adapted(torch.float32))
    assert folder.newest() is None
    folder.save(checkpoint)
    saved = newest(folder)
    assert saved.figures == FIGURES
    assert set(saved.tensors) == set(checkpoint.tensors)
    assert all(torch.equal(saved.tensors[name], tensor) for name, tensor in checkpoint.tensors.items())


def test_a_checkpoint_restores_weights_moments_and_random_numbers(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder
) -> None:
    """All that the next step depends on."""
    loaded = adapted(torch.float32)
    folder.save(capture(loaded))
    expected = torch.rand(3)
    other = adapted(torch.float32, seed=9)
    optimiser = torch.optim.AdamW(other.trainable.values(), lr=1e-3)
    newest(folder).restore(other.trainable, optimiser)
    assert torch.equal(torch.rand(3), expected)
    for name, parameter in other.trainable.items():
        assert torch.equal(parameter, loaded.trainable[name])
        assert optimiser.state[parameter]["step"] == 3
        assert torch.equal(optimiser.state[parameter]["exp_avg"], torch.full_like(parameter, 0.1 * 3.0))


def test_a_checkpoint_on_disk_is_unreadable(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder, tmp_path: Path
) -> None:
    """In every file, down to names of parameters and weights."""
    loaded = adapted(torch.float32)
    folder.keep_best(3, loaded.trainable)
    folder.save(capture(loaded, best_step=3))
    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"lora" not in data
    assert b"step" not in data
    assert next(iter(loaded.trainable.values())).detach().numpy().tobytes()[:16] not in data


def test_the_last_two_checkpoints_and_the_best_weights_are_kept(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder, tmp_path: Path
) -> None:
    """What the marker does not name is removed."""
    loaded = adapted(torch.float32)
    for step, best_step in ((2, None), (4, 4), (10, 4), (11, 4)):
        if step == best_step:
            folder.keep_best(step, loaded.trainable)
        folder.save(capture(loaded, step, best_step))
    (tmp_path / "checkpoint-000000099.sealed").write_bytes(b"left behind by a kill before the marker")
    assert newest(folder).step == 11
    folder.save(capture(loaded, 12, 4))
    assert {path.name for path in tmp_path.iterdir()} == {
        "best-000000004.sealed",
        "checkpoint-000000011.sealed",
        "checkpoint-000000012.sealed",
        MARKER,
    }
    assert KEPT == 2


def test_better_weights_replace_the_best_only_when_a_checkpoint_names_them(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder
) -> None:
    """A run killed in between goes on from the previous checkpoint, with the best weights of that time."""
    first, second = adapted(torch.float32, seed=1), adapted(torch.float32, seed=2)
    folder.keep_best(1, first.trainable)
    folder.save(capture(first, 1, 1))
    kept = {name: parameter.detach().clone() for name, parameter in first.trainable.items()}
    folder.keep_best(1, first.trainable)
    folder.keep_best(2, second.trainable)
    assert newest(folder).figures.best_step == 1
    folder.put_best(1, second.trainable)
    assert all(torch.equal(second.trainable[name], weight) for name, weight in kept.items())


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("harm", ["flipped", "gone", "an older one in its place", "best gone"])
def test_a_damaged_checkpoint_costs_time_but_not_the_result(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder, tmp_path: Path, harm: str
) -> None:
    """The previous one is used, and `passed_over` names the damaged one."""
    loaded = adapted(torch.float32)
    folder.save(capture(loaded, 1))
    folder.keep_best(2, loaded.trainable)
    folder.save(capture(loaded, 2, 2))
    older, newer = tmp_path / "checkpoint-000000001.sealed", tmp_path / "checkpoint-000000002.sealed"
    if harm == "flipped":
        flip(newer)
    elif harm == "gone":
        newer.unlink()
    elif harm == "best gone":
        (tmp_path / "best-000000002.sealed").unlink()
    else:
        newer.write_bytes(older.read_bytes())
    assert newest(folder).step == 1
    assert folder.passed_over == [2]
    flip(older)
    with pytest.raises(IntegrityError, match="None of this job's checkpoints can be opened"):
        folder.newest()


def test_another_jobs_checkpoints_are_an_error(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder, tmp_path: Path
) -> None:
    """The run does not silently start from the beginning."""
    folder.save(capture(adapted(torch.float32)))
    with pytest.raises(IntegrityError):
        CheckpointFolder(tmp_path, "jb_other", KEY).newest()


def test_room_is_made_by_deleting_the_older_checkpoint_never_the_last_good_one(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder
) -> None:
    """Once; then there is nothing left to delete."""
    loaded = adapted(torch.float32)
    assert not folder.make_room()
    folder.save(capture(loaded, 1))
    assert not folder.make_room()
    folder.save(capture(loaded, 2))
    assert folder.make_room()
    assert not folder.make_room()
    assert newest(folder).step == 2


def test_unfinished_files_of_a_killed_run_are_removed_when_it_goes_on(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder, tmp_path: Path
) -> None:
    """A process is killed before the rename, while it writes a checkpoint or the best weights."""
    loaded = adapted(torch.float32)
    folder.save(capture(loaded))
    kept = set(tmp_path.iterdir())
    for write in (lambda: folder.save(capture(loaded, step=6)), lambda: folder.keep_best(6, loaded.trainable)):
        child = os.fork()
        if not child:
            os.replace = lambda *_names: os._exit(0)  # type: ignore[assignment]
            write()
            os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
    assert len(set(tmp_path.iterdir()) - kept) == 2
    assert newest(folder).step == 3
    assert set(tmp_path.iterdir()) == kept


def test_a_failed_write_leaves_the_previous_checkpoint(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder, tmp_path: Path
) -> None:
    """A folder in the file's place makes the rename fail, and no temporary file stays."""
    loaded = adapted(torch.float32)
    folder.save(capture(loaded, 1))
    (tmp_path / "checkpoint-000000002.sealed").mkdir()
    with pytest.raises(StorageError) as caught:
        folder.save(capture(loaded, 2))
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.EISDIR
    assert newest(folder).step == 1
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("rank", [2, 8])
def test_a_checkpoint_of_another_rank_is_refused(adapted: Callable[..., LoadedModel], rank: int) -> None:
    """Before any weight is changed."""
    other = adapted(torch.float32, rank=rank)
    with pytest.raises(IntegrityError, match="another rank"):
        capture(adapted(torch.float32)).restore(other.trainable, torch.optim.AdamW(other.trainable.values()))


def test_a_checkpoint_of_other_parameters_is_refused(adapted: Callable[..., LoadedModel]) -> None:
    """Those of another model or method, and weights in memory too."""
    loaded = adapted(torch.float32)
    fewer = dict(list(loaded.trainable.items())[1:])
    with pytest.raises(IntegrityError, match="another model"):
        capture(loaded).restore(fewer, torch.optim.AdamW(fewer.values()))
    with pytest.raises(IntegrityError, match="another model"):
        put_weights({}, fewer)
    with pytest.raises(IntegrityError, match="another model"):
        BestInMemory().put_best(1, fewer)


@pytest.mark.parametrize(
    "figures",
    [{}, {"version": 1}, {"version": 2}, {"version": 2, "recent": [], "surprise": 1}, {"version": 2, "recent": 7}],
)
def test_unknown_figures_are_an_error(folder: CheckpointFolder, tmp_path: Path, figures: dict[str, object]) -> None:
    """Such as those of another version."""
    name = "checkpoint-000000001.sealed"
    write_tensors(tmp_path / name, {"weight/x": torch.zeros(1)}, figures, KEY, SealContext("job", "jb_test", 1, name))
    marker = json.dumps({"version": 2, "kept": [{"step": 1, "best_step": None}]}).encode()
    seal_file(tmp_path / MARKER, marker, KEY, SealContext("job", "jb_test", 1, MARKER))
    with pytest.raises(IntegrityError):
        folder.newest()


def test_a_marker_of_another_version_is_an_error(folder: CheckpointFolder, tmp_path: Path) -> None:
    """The run does not silently start from the beginning."""
    seal_file(tmp_path / MARKER, b'{"version": 3, "kept": []}', KEY, SealContext("job", "jb_test", 1, MARKER))
    with pytest.raises(IntegrityError, match="version"):
        folder.newest()
