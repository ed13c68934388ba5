"""Checkpoints of a training run: safetensors with a JSON header, no pickle; on disk only as sealed files, the last two kept.

A checkpoint holds, by parameter name: the weights (`weight/`), AdamW's two moments (`first/`, `second/`) and the best weights so far
(`best/`). The loop uses no random numbers after initialisation, so there is no generator's state to keep. Format version 1.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load, save

from appliance.foundation.errors import IntegrityError
from appliance.vault.stream import SealContext, seal_file, unseal_file

VERSION = 1
KEPT = 2
_PREFIX = "checkpoint-"
_SUFFIX = ".sealed"


@dataclass(frozen=True)
class TrainingCheckpoint:
    """Where a run was after `step` optimiser steps."""

    step: int
    tokens: int
    seconds: float
    recent: tuple[float, ...]
    best_loss: float | None
    tensors: dict[str, torch.Tensor]

    @classmethod
    def capture(
        cls,
        *,
        step: int,
        tokens: int,
        seconds: float,
        recent: tuple[float, ...],
        best_loss: float | None,
        best: dict[str, torch.Tensor],
        parameters: dict[str, torch.nn.Parameter],
        optimiser: torch.optim.AdamW,
    ) -> "TrainingCheckpoint":
        """Copy the state of a run."""
        tensors = {f"best/{name}": tensor for name, tensor in best.items()}
        for name, parameter in parameters.items():
            state = optimiser.state[parameter]
            tensors[f"weight/{name}"] = parameter.detach().clone().cpu()
            tensors[f"first/{name}"] = state["exp_avg"].clone().cpu()
            tensors[f"second/{name}"] = state["exp_avg_sq"].clone().cpu()
        return cls(step, tokens, seconds, recent, best_loss, tensors)

    @property
    def best(self) -> dict[str, torch.Tensor]:
        """Return the best weights so far, by parameter name."""
        return {name.removeprefix("best/"): tensor for name, tensor in self.tensors.items() if name.startswith("best/")}

    def restore(self, parameters: dict[str, torch.nn.Parameter], optimiser: torch.optim.AdamW) -> None:
        """Put the state back. Raises `IntegrityError` when it belongs to other parameters."""
        names = {name.removeprefix("weight/") for name in self.tensors if name.startswith("weight/")}
        if names != set(parameters):
            raise IntegrityError("The checkpoint belongs to another model or method. Start the training anew.", code="checkpoint.names")
        with torch.no_grad():
            for name, parameter in parameters.items():
                weight = self.tensors[f"weight/{name}"]
                if weight.shape != parameter.shape:
                    raise IntegrityError("The checkpoint has another rank. Start the training anew.", code="checkpoint.shape")
                parameter.copy_(weight)
                optimiser.state[parameter] = {
                    "step": torch.tensor(float(self.step)),
                    "exp_avg": self.tensors[f"first/{name}"].to(parameter.device).clone(),
                    "exp_avg_sq": self.tensors[f"second/{name}"].to(parameter.device).clone(),
                }

    def encode(self) -> bytes:
        """Return the checkpoint as safetensors."""
        header = {
            "version": VERSION,
            "step": self.step,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "recent": list(self.recent),
            "best_loss": self.best_loss,
        }
        data: bytes = save(
            {name: tensor.contiguous() for name, tensor in self.tensors.items()}, metadata={"checkpoint": json.dumps(header)}
        )
        return data

    @classmethod
    def decode(cls, data: bytes) -> "TrainingCheckpoint":
        """Return the checkpoint in `data`. Raises `IntegrityError` for another version or a damaged header."""
        try:
            size = int.from_bytes(data[:8], "little")
            header = dict(json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["checkpoint"]))
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError("A training checkpoint cannot be read.", code="checkpoint.header") from error
        if header.pop("version", None) != VERSION:
            raise IntegrityError("A training checkpoint has a version that this appliance does not know.", code="checkpoint.version")
        header["recent"] = tuple(header["recent"])
        return cls(tensors=load(data), **header)


class CheckpointFolder:
    """The sealed checkpoints of one job."""

    def __init__(self, folder: Path, job_id: str, job_key: bytes) -> None:
        self._folder = folder
        self._job_id = job_id
        self._key = job_key

    def save(self, checkpoint: TrainingCheckpoint) -> None:
        """Keep a checkpoint whole or not at all, then drop all but the last two. Raises `StorageError`."""
        name = f"{_PREFIX}{checkpoint.step:09d}{_SUFFIX}"
        seal_file(self._folder / name, checkpoint.encode(), self._key, self._context(name))
        for path in self._paths()[:-KEPT]:
            path.unlink(missing_ok=True)

    def newest(self) -> TrainingCheckpoint | None:
        """Return the newest checkpoint, None when there is none. Raises `IntegrityError` when it does not open."""
        paths = self._paths()
        if not paths:
            return None
        return TrainingCheckpoint.decode(unseal_file(paths[-1], self._key, self._context(paths[-1].name)))

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob(f"{_PREFIX}*{_SUFFIX}"))

    def _context(self, name: str) -> SealContext:
        return SealContext("job", self._job_id, 1, name)
