"""One rank of a sweep: trained from where it was to the end of a rung, with checkpoints of its own."""

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.foundation.errors import WorkerError
from appliance.jobs.messages import OUT_OF_MEMORY, Checkpointed, Progress, RankCandidate, SweepStart
from appliance.planning.halving import Rung, total_steps
from appliance.workers.access import write_adapter
from appliance.workers.channel import WorkerChannel
from appliance.workers.room import write_when_there_is_room

if TYPE_CHECKING:  # torch takes seconds to import
    from appliance.training.checkpoints import CheckpointFolder, TrainingCheckpoint
    from appliance.training.endings import TrainingOutcome
    from appliance.training.loop import TrainingProgress


def checkpoints_of(start: SweepStart, rank: int) -> Path:
    """Return the folder of a rank's checkpoints."""
    return Path(start.training.job_folder) / f"rank-{rank}"


class RungTraining:
    """The model with adapters of one rank. `steps_before`: what the other ranks have behind them, for the progress of all."""

    def __init__(
        self,
        channel: WorkerChannel,
        start: SweepStart,
        candidate: RankCandidate,
        parts: dict[str, Any],
        model: Path,
        compute_type: Any,
        *,
        steps_before: int,
    ) -> None:
        from appliance.training.checkpoints import CheckpointFolder  # noqa: PLC0415
        from appliance.training.methods import METHODS, MethodSettings  # noqa: PLC0415

        self._channel, self._parts, self._before, self._count = channel, parts, steps_before, len(start.candidates)
        self._start = start.training.model_copy(update={"rank": candidate.rank, "lora_alpha": candidate.lora_alpha})
        folder = checkpoints_of(start, candidate.rank)
        folder.mkdir(mode=0o700, exist_ok=True)
        # The rank is part of what its checkpoints are sealed as: one rank's never opens as another's.
        self._folder = CheckpointFolder(folder, f"{self._start.job_id}/{folder.name}", self._start.job_key)
        named = {field.name: getattr(self._start, field.name) for field in fields(MethodSettings) if field.name != "compute_type"}
        self._loaded = METHODS[self._start.method]().load(model, MethodSettings(compute_type=compute_type, **named))

    def train_to(self, rung: Rung) -> dict[str, Any] | None:
        """Return what was measured at the end of the rung; None when somebody asked to stop before it. Raises `WorkerError`."""
        from appliance.training.adapter_loss import mean_loss  # noqa: PLC0415
        from appliance.training.endings import Ending  # noqa: PLC0415
        from appliance.training.memory import is_out_of_memory  # noqa: PLC0415

        watch = _Watch(self._channel, self._folder, self._start.rank, rung, self._before, self._count)
        try:
            outcome = self._train(watch)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            raise WorkerError("Memory ran out while training. The last checkpoints are kept.", code=OUT_OF_MEMORY) from error
        if outcome.stopped and not watch.reached:
            return None
        loss = outcome.validation_loss  # the best so far, also of a rank that diverged afterwards
        if loss is None and outcome.ending is not Ending.DIVERGED:  # No pass over the data has ended yet.
            loss = mean_loss(self._loaded.causal, self._parts["validation"])
        return {
            "rank": self._start.rank,
            "steps": outcome.steps_done,
            "validation_loss": loss,
            "seconds": round(outcome.seconds, 2),
            "parameters": sum(parameter.numel() for parameter in self._loaded.trainable.values()),
        }

    def _train(self, watch: "_Watch") -> "TrainingOutcome":
        from appliance.training.loop import TrainingPlan, train  # noqa: PLC0415

        start = self._start
        return train(
            self._loaded,
            self._parts["training"],
            self._parts["validation"],
            TrainingPlan(
                start.epochs,
                start.batch_size,
                start.learning_rate,
                start.seed,
                start.checkpoint_steps,
                start.pass_tokens,
                start.patience,
            ),
            watch,
            should_stop=watch.should_stop,
            checkpoint=self._folder.newest(),
            best=watch,
        )

    def write(self) -> str:
        """Seal the adapter as it now is, the best by validation loss, and return its digest. Raises `StorageError`."""
        from appliance.training.methods import adapter_files  # noqa: PLC0415

        return write_adapter(self._start.adapter, adapter_files(self._loaded, self._start.model.manifest["id"]))


class _Watch:
    """Hears of one training's progress, keeps its checkpoints, and stops it at the end of the rung or when somebody asks."""

    def __init__(self, channel: WorkerChannel, folder: "CheckpointFolder", rank: int, rung: Rung, before: int, candidates: int) -> None:
        self._channel, self._folder, self._rank, self._rung = channel, folder, rank, rung
        self._before, self._candidates = before, candidates
        self.reached = False

    def progress(self, progress: "TrainingProgress") -> None:
        """Hear of one step."""
        self.reached = progress.step >= self._rung.steps(progress.steps)
        figures = {
            "loss": progress.loss,
            "validation_loss": progress.validation_loss,
            "rank": float(self._rank),
            "share": self._rung.share,
            "tokens_per_s": progress.tokens_per_s,
        }
        total = max(total_steps(self._candidates, progress.steps), self._before + progress.step)
        self._channel.send(Progress(step=self._before + progress.step, steps=total, sentence=f"Trying rank {self._rank}.", figures=figures))

    def keep(self, checkpoint: "TrainingCheckpoint") -> None:
        """Keep a checkpoint durably; on a full disk, wait for room."""
        if write_when_there_is_room(self._channel, lambda: self._folder.save(checkpoint), self._folder.make_room):
            self._channel.send(Checkpointed(step=self._before + checkpoint.step))

    def keep_best(self, step: int, parameters: Any) -> bool:
        """Keep the best weights; without room, and asked to stop, the ones before stay the best."""
        return write_when_there_is_room(self._channel, lambda: self._folder.keep_best(step, parameters), self._folder.make_room)

    def put_best(self, step: int, parameters: Any) -> None:
        """Put the weights of `step` back."""
        self._folder.put_best(step, parameters)

    def should_stop(self) -> bool:
        """Tell whether the rung has ended, or somebody asked."""
        return self.reached or self._channel.stop_requested()
