"""Checkpoints of a training run: sealed, complete or absent, without pickle. The last ones and the best weights stay.

    checkpoint-000000040.sealed   the state of the run after 40 steps: the weights (`weight/<parameter>`), AdamW's two
                                  moments (`first/`, `second/`), the state of the random generator (`random/cpu`), and
                                  the figures of the run
    best-000000036.sealed         the best weights so far by validation loss, of step 36 (only `weight/`); once, not in
                                  each checkpoint
    checkpoints.sealed            the marker, JSON, written last; its newest entry is the last one:
                                  {"version": 2, "kept": [{"step": 20, "best_step": null}]}

What the marker does not name was not finished, and is removed with the next checkpoint. Training is deterministic, so a
checkpoint that cannot be opened costs time but never the result: the one before it leads to the same weights. Tensors:
see `sealed_tensors`. Format version 2.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch

from appliance.foundation.atomic_files import remove_temporaries
from appliance.foundation.errors import ApplianceError, IntegrityError
from appliance.training.sealed_tensors import SealedTensors, write_tensors
from appliance.vault.stream import SealContext, seal_file, unseal_file

VERSION = 2
KEPT = 2
MARKER = "checkpoints.sealed"
_CHECKPOINT, _BEST, _SUFFIX = "checkpoint-", "best-", ".sealed"
_GENERATOR = "random/cpu"


@dataclass(frozen=True)
class RunFigures:
    """The state of a run besides its tensors.

    Losses are nats a token. `recent`: of the last steps, newest last. `began`: the mean of the first ones. `waited`:
    validations since the best. `compute_type`: the type that the model computes in; a resumed run keeps it, whatever a
    new probe would choose.
    """

    compute_type: str = ""
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    recent: tuple[float, ...] = ()
    began: float | None = None
    best_loss: float | None = None
    best_step: int | None = None
    waited: int = 0


@dataclass(frozen=True)
class TrainingCheckpoint:
    """The state of a run. `tensors` are the run's own or a file's, not copies: use them before the run goes on."""

    figures: RunFigures
    tensors: Mapping[str, torch.Tensor] = field(repr=False)

    @classmethod
    def capture(
        cls, figures: RunFigures, parameters: Mapping[str, torch.nn.Parameter], optimiser: torch.optim.AdamW
    ) -> "TrainingCheckpoint":
        """Return the current state of a run, without copying it."""
        tensors: dict[str, torch.Tensor] = {_GENERATOR: torch.get_rng_state()}
        for name, parameter in parameters.items():
            state = optimiser.state[parameter]
            tensors[f"weight/{name}"] = parameter.detach()
            tensors[f"first/{name}"] = state["exp_avg"]
            tensors[f"second/{name}"] = state["exp_avg_sq"]
        return cls(figures, tensors)

    @property
    def step(self) -> int:
        """The number of optimiser steps that were taken."""
        return self.figures.step

    def restore(self, parameters: Mapping[str, torch.nn.Parameter], optimiser: torch.optim.AdamW) -> None:
        """Restore the state and close the file. Raises `IntegrityError` when it belongs to other parameters.

        The run deletes the file later; kept open, it would take up disk space until the run ends.
        """
        put_weights(self.tensors, parameters)
        for name, parameter in parameters.items():
            optimiser.state[parameter] = {
                "step": torch.tensor(float(self.step), device=parameter.device),  # fused AdamW has it there
                "exp_avg": self.tensors[f"first/{name}"].to(parameter.device),
                "exp_avg_sq": self.tensors[f"second/{name}"].to(parameter.device),
            }
        torch.set_rng_state(self.tensors[_GENERATOR])
        if isinstance(self.tensors, SealedTensors):
            self.tensors.close()


@torch.no_grad()
def put_weights(tensors: Mapping[str, torch.Tensor], parameters: Mapping[str, torch.nn.Parameter]) -> None:
    """Copy a file's weights into a model. Raises `IntegrityError` when they belong to other parameters."""
    names = {name.removeprefix("weight/") for name in tensors if name.startswith("weight/")}
    if names != set(parameters):
        raise IntegrityError("checkpoint.names")
    for name, parameter in parameters.items():
        weight = tensors[f"weight/{name}"]
        if weight.shape != parameter.shape:
            raise IntegrityError("checkpoint.shape")
        parameter.copy_(weight)


class BestWeights(Protocol):
    """Keeps the best weights of a run until there are better ones."""

    def keep_best(self, step: int, parameters: Mapping[str, torch.nn.Parameter]) -> bool:
        """Keep the weights of `step` and return True; on False, the previous ones stay the best."""

    def put_best(self, step: int, parameters: Mapping[str, torch.nn.Parameter]) -> None:
        """Put the weights that were kept at `step` back into the model."""


class BestInMemory:
    """A copy in memory, for small adapters and runs that are never resumed."""

    def __init__(self) -> None:
        self._weights: dict[str, torch.Tensor] = {}

    def keep_best(self, step: int, parameters: Mapping[str, torch.nn.Parameter]) -> bool:
        """Copy the weights."""
        del step
        self._weights = {f"weight/{name}": parameter.detach().clone() for name, parameter in parameters.items()}
        return True

    def put_best(self, step: int, parameters: Mapping[str, torch.nn.Parameter]) -> None:
        """Copy them back."""
        del step
        put_weights(self._weights, parameters)


class CheckpointFolder:
    """The sealed checkpoints and the best weights of one job."""

    def __init__(self, folder: Path, job_id: str, job_key: bytes) -> None:
        self._folder = folder
        self._job_id = job_id
        self._key = job_key
        self.passed_over: list[int] = []  # steps of the checkpoints that `newest` could not open

    def save(self, checkpoint: TrainingCheckpoint) -> None:
        """Keep a checkpoint durably, then delete all but the last ones and the best weights that these name.

        Raises `StorageError`.
        """
        name = _file(_CHECKPOINT, checkpoint.step)
        figures = {"version": VERSION, **vars(checkpoint.figures)}
        write_tensors(self._folder / name, checkpoint.tensors, figures, self._key, self._context(name))
        entry = {"step": checkpoint.step, "best_step": checkpoint.figures.best_step}
        kept = [*(older for older in self._marked() if older["step"] < checkpoint.step), entry][-KEPT:]
        marker = json.dumps({"version": VERSION, "kept": kept}).encode()
        seal_file(self._folder / MARKER, marker, self._key, self._context(MARKER))
        named = {_file(_CHECKPOINT, kept_entry["step"]) for kept_entry in kept}
        named |= {_file(_BEST, kept_entry["best_step"]) for kept_entry in kept}
        for prefix in (_CHECKPOINT, _BEST):
            for path in self._folder.glob(f"{prefix}*{_SUFFIX}"):
                if path.name not in named:
                    path.unlink(missing_ok=True)

    def make_room(self) -> bool:
        """Delete all checkpoints but the newest, so that the disk has room for the next; tell whether there was one."""
        paths = [self._folder / _file(_CHECKPOINT, entry["step"]) for entry in self._marked()[:-1]]
        older = [path for path in paths if path.exists()]
        for path in older:
            path.unlink()
        return bool(older)

    def keep_best(self, step: int, parameters: Mapping[str, torch.nn.Parameter]) -> bool:
        """Write the weights of `step` beside older ones, which the next checkpoint deletes. Raises `StorageError`."""
        name = _file(_BEST, step)
        tensors = {f"weight/{parameter}": value for parameter, value in parameters.items()}
        write_tensors(self._folder / name, tensors, {"version": VERSION, "step": step}, self._key, self._context(name))
        return True

    def put_best(self, step: int, parameters: Mapping[str, torch.nn.Parameter]) -> None:
        """Put the weights of `step` back into the model. Raises `IntegrityError`, `StorageError`."""
        with self._open(_file(_BEST, step)) as tensors:
            put_weights(tensors, parameters)

    def newest(self) -> TrainingCheckpoint | None:
        """Return the newest checkpoint that can be opened, None when none was ever kept.

        Files that a killed run left unfinished are removed: they are large. Raises `IntegrityError` when there are
        checkpoints and none can be opened.
        """
        remove_temporaries(self._folder)
        marked = self._marked()
        self.passed_over = []
        for entry in reversed(marked):
            try:
                return self._verified(entry)
            except ApplianceError:
                self.passed_over.append(entry["step"])
        if marked:
            raise IntegrityError("checkpoint.none")
        return None

    def _verified(self, entry: dict[str, Any]) -> TrainingCheckpoint:
        if entry["best_step"] is not None:
            with self._open(_file(_BEST, entry["best_step"])) as best:
                best.verify()
        tensors = self._open(_file(_CHECKPOINT, entry["step"]))
        tensors.verify()
        return TrainingCheckpoint(_from_json(tensors.figures), tensors)

    def _open(self, name: str) -> SealedTensors:
        return SealedTensors(self._folder / name, self._key, self._context(name))

    def _marked(self) -> list[dict[str, Any]]:
        path = self._folder / MARKER
        if not path.exists():
            return []
        marker = json.loads(unseal_file(path, self._key, self._context(MARKER)))
        if marker["version"] != VERSION:
            raise IntegrityError("checkpoint.version:marker")
        kept: list[dict[str, Any]] = marker["kept"]
        return kept

    def _context(self, name: str) -> SealContext:
        return SealContext("job", self._job_id, 1, name)


def _file(prefix: str, step: int | None) -> str:
    return f"{prefix}{step or 0:09d}{_SUFFIX}"


def _from_json(figures: dict[str, Any]) -> RunFigures:
    if figures.get("version") != VERSION:
        raise IntegrityError("checkpoint.version")
    try:
        values = {name: value for name, value in figures.items() if name != "version"}
        return RunFigures(**{**values, "recent": tuple(figures["recent"])})
    except (TypeError, KeyError) as error:
        raise IntegrityError("checkpoint.header") from error
