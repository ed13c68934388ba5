"""Train an adapter: read, tokenise, train, seal. Keys come in the order; only a sealed adapter and figures leave."""

import resource
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.foundation.errors import InputError
from appliance.foundation.json_records import stored
from appliance.foundation.messages import Message, message, sentences
from appliance.jobs.messages import Checkpointed, Done, Notice, Progress, Ready
from appliance.jobs.starts.train import TrainingResult, TrainStart
from appliance.prompts import ChatPrompts
from appliance.training.examples import TokenizedExample
from appliance.workers.access import tokenised_part, verified_model, write_adapter
from appliance.workers.channel import WorkerChannel, loading_a_model, run, training_a_model
from appliance.workers.room import PatientFile, StoppedWaitingError, write_when_there_is_room

if TYPE_CHECKING:  # torch takes seconds to import: a worker that refuses its order does without.
    from appliance.training.checkpoints import TrainingCheckpoint
    from appliance.training.loop import TrainingProgress
    from appliance.workers.training_parts import PatientCheckpoints


_NO_ROOM = message("training-no-room")


class _Teller:
    """Tells the control plane of each step and each checkpoint."""

    def __init__(self, channel: WorkerChannel, checkpoints: "PatientCheckpoints") -> None:
        self._channel, self._checkpoints = channel, checkpoints
        self.kept_step = 0

    def progress(self, progress: "TrainingProgress") -> None:
        figures = {
            "loss": progress.loss,
            "validation_loss": progress.validation_loss,
            "learning_rate": progress.learning_rate,
            "tokens": float(progress.tokens),
            "tokens_per_s": progress.tokens_per_s,
            "seconds_left": progress.seconds_left,
            "epoch": float(progress.epoch),
        }
        self._channel.send(Progress(step=progress.step, steps=progress.steps, figures=figures))

    def keep(self, checkpoint: "TrainingCheckpoint") -> None:
        if self._checkpoints.save(checkpoint):
            self.kept_step = checkpoint.step
            self._channel.send(Checkpointed(step=checkpoint.step))


@dataclass(frozen=True)
class _Rows:
    """What is learned from, what is measured on, and how many rows were too long for either."""

    training: list[TokenizedExample]
    validation: list[TokenizedExample]
    too_long: int

    @classmethod
    def read(cls, start: TrainStart, model: Path) -> "_Rows":
        """Raises `InputError` when there is nothing to learn from."""
        prompts = ChatPrompts.load(model)
        training, left_out = tokenised_part(prompts, start.dataset, "training", start.max_length)
        validation, left_out_too = tokenised_part(prompts, start.dataset, "validation", start.max_length)
        if not training:
            raise InputError("training.length")
        return cls(training, validation, left_out + left_out_too)


def train_adapter(channel: WorkerChannel, start: TrainStart) -> Done:
    """Train and write the adapter: the best by validation loss, also when somebody stops it or it diverges."""
    from appliance.inference.compute_type import flush_denormals, named_type, probe, type_name  # noqa: PLC0415
    from appliance.training.checkpoints import CheckpointFolder  # noqa: PLC0415
    from appliance.training.features import SealedSpill  # noqa: PLC0415
    from appliance.training.loop import train  # noqa: PLC0415
    from appliance.training.methods import METHODS, adapter_files  # noqa: PLC0415
    from appliance.workers.training_parts import PatientCheckpoints, plan_of, settings_of  # noqa: PLC0415

    flush_denormals()
    model = verified_model(start.model)
    rows = _Rows.read(start, model)
    folder = CheckpointFolder(Path(start.job.folder), start.job.job_id, start.job.key)
    checkpoint = folder.newest()
    compute_type = probe() if checkpoint is None else named_type(checkpoint.figures.compute_type)
    with loading_a_model():
        loaded = METHODS[start.settings.method]().load(model, settings_of(start, compute_type))
    channel.send(Ready(facts={"compute_type": type_name(compute_type), "too_long": rows.too_long}))
    if checkpoint is not None and folder.passed_over:
        channel.send(Notice(sentence=_passed_over(folder.passed_over, checkpoint.step)))
    checkpoints = PatientCheckpoints(channel, folder)
    teller = _Teller(channel, checkpoints)
    spill = SealedSpill(
        Path(start.job.folder), start.job.job_id, start.job.key, opened=lambda path: PatientFile(path, channel)
    )
    try:
        with training_a_model():
            outcome = train(
                loaded,
                rows.training,
                rows.validation,
                plan_of(start),
                teller,
                should_stop=channel.stop_requested,
                checkpoint=checkpoint,
                best=checkpoints,
                spill=spill,
            )
    except StoppedWaitingError:
        return Done(stopped=True, result=stored(TrainingResult(sentence=_NO_ROOM)))
    finally:
        spill.remove()
    told, digests = outcome.sentence, list[str]()
    if outcome.stopped and teller.kept_step != outcome.steps_done:
        told = sentences(*filter(None, (told, message("training-steps-lost"))))
    if outcome.usable:
        files = adapter_files(loaded, start.model.manifest["id"])
        write_when_there_is_room(channel, lambda: digests.append(write_adapter(start.adapter, files)), folder.make_room)
    result = TrainingResult(
        ending=str(outcome.ending),
        sentence=told,
        seconds=round(outcome.seconds, 2),
        tokens=outcome.tokens,
        tokens_per_s=round(outcome.tokens / outcome.seconds, 1) if outcome.seconds else 0.0,
        train_loss=outcome.train_loss,
        validation_loss=outcome.validation_loss,
        steps=outcome.steps_done,
        best_step=outcome.steps_done if outcome.best_step is None else outcome.best_step,
        compute_type=type_name(compute_type),
        rows_too_long=rows.too_long,
        peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        adapter_written=bool(digests),
        adapter_sha256="".join(digests),
    )
    return Done(stopped=outcome.cut_short, result=stored(result))


def _passed_over(steps: list[int], goes_on: int) -> Message:
    return message(
        "training-checkpoint-damaged", steps=tuple(str(step) for step in steps), count=len(steps), resumed_at=goes_on
    )


if __name__ == "__main__":
    run(TrainStart, train_adapter)
