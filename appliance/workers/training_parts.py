"""What the workers that train share: settings as the order names them, checkpoints that wait for room on the disk."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import torch

from appliance.jobs.starts.train import TrainStart
from appliance.training.checkpoints import CheckpointFolder, TrainingCheckpoint
from appliance.training.loop import TrainingPlan
from appliance.training.methods import MethodSettings
from appliance.workers.channel import WorkerChannel
from appliance.workers.room import write_when_there_is_room


def settings_of(start: TrainStart, compute_type: torch.dtype) -> MethodSettings:
    """Return the method's settings: the order has them under the same names."""
    return MethodSettings(compute_type=compute_type, **_named(start, MethodSettings))


def plan_of(start: TrainStart) -> TrainingPlan:
    """Return the loop's plan: the order has it under the same names."""
    return TrainingPlan(**_named(start, TrainingPlan))


def _named(start: TrainStart, kind: type[Any]) -> dict[str, Any]:
    """Return what the order says of the fields of a dataclass."""
    said = {**vars(start.settings), **dict(start)}
    return {field.name: said[field.name] for field in fields(kind) if field.name in said}


class PatientCheckpoints:
    """A run's checkpoints and best weights; on a full disk it gives up the older checkpoint, and waits."""

    def __init__(self, channel: WorkerChannel, folder: CheckpointFolder) -> None:
        self._channel, self._folder = channel, folder

    def save(self, checkpoint: TrainingCheckpoint) -> bool:
        """Keep a checkpoint durably; False when somebody asked to stop while it waited."""
        return write_when_there_is_room(self._channel, lambda: self._folder.save(checkpoint), self._folder.make_room)

    def keep_best(self, step: int, parameters: Mapping[str, torch.nn.Parameter]) -> bool:
        """Keep the best weights; without room, and asked to stop, the ones before stay the best."""
        return write_when_there_is_room(
            self._channel, lambda: self._folder.keep_best(step, parameters), self._folder.make_room
        )

    def put_best(self, step: int, parameters: Mapping[str, torch.nn.Parameter]) -> None:
        """Put the weights of `step` back."""
        self._folder.put_best(step, parameters)
