"""One rank of a sweep: trained from where it was to the end of a rung, with checkpoints of its own."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.foundation.messages import message
from appliance.jobs.messages import Checkpointed, Progress
from appliance.jobs.starts.train import RankCandidate, SweepStart
from appliance.planning.halving import Rung, total_steps
from appliance.planning.training_record import RankTrial
from appliance.training.examples import TokenizedExample
from appliance.workers.access import write_adapter
from appliance.workers.channel import WorkerChannel, loading_a_model, training_a_model
from appliance.workers.room import write_when_there_is_room

if TYPE_CHECKING:  # torch takes seconds to import
    from appliance.training.checkpoints import TrainingCheckpoint
    from appliance.training.loop import TrainingProgress
    from appliance.workers.training_parts import PatientCheckpoints


def checkpoints_of(start: SweepStart, rank: int) -> Path:
    """Return the folder of a rank's checkpoints."""
    return Path(start.training.job.folder) / f"rank-{rank}"


class RungTraining:
    """The model with adapters of one rank. `steps_before`: those of the other ranks, for the progress of all."""

    def __init__(
        self,
        channel: WorkerChannel,
        start: SweepStart,
        candidate: RankCandidate,
        parts: dict[str, list[TokenizedExample]],
        model: Path,
        compute_type: Any,
        *,
        steps_before: int,
    ) -> None:
        from appliance.training.checkpoints import CheckpointFolder  # noqa: PLC0415
        from appliance.training.methods import METHODS  # noqa: PLC0415
        from appliance.workers.training_parts import settings_of  # noqa: PLC0415

        self._channel, self._parts, self._before, self._count = channel, parts, steps_before, len(start.candidates)
        self._start = start.training.model_copy(
            update={"settings": replace(start.training.settings, rank=candidate.rank, lora_alpha=candidate.lora_alpha)}
        )
        folder = checkpoints_of(start, candidate.rank)
        folder.mkdir(mode=0o700, exist_ok=True)
        # The rank is part of what its checkpoints are sealed as: one rank's never opens as another's.
        self._folder = CheckpointFolder(folder, f"{self._start.job.job_id}/{folder.name}", self._start.job.key)
        with loading_a_model():
            self._loaded = METHODS[self._start.settings.method]().load(model, settings_of(self._start, compute_type))

    def train_to(self, rung: Rung) -> RankTrial | None:
        """Return what was measured at the rung's end; None when somebody stopped it before. Raises `WorkerError`."""
        from appliance.training.adapter_loss import mean_loss  # noqa: PLC0415
        from appliance.training.endings import Ending  # noqa: PLC0415
        from appliance.training.loop import train  # noqa: PLC0415
        from appliance.workers.training_parts import PatientCheckpoints, plan_of  # noqa: PLC0415

        checkpoints = PatientCheckpoints(self._channel, self._folder)
        watch = _Watch(self._channel, checkpoints, self._start.settings.rank, rung, self._before, self._count)
        with training_a_model():
            outcome = train(
                self._loaded,
                self._parts["training"],
                self._parts["validation"],
                plan_of(self._start),
                watch,
                should_stop=watch.should_stop,
                checkpoint=self._folder.newest(),
                best=checkpoints,
            )
            if outcome.stopped and not watch.reached:
                return None
            loss = outcome.validation_loss  # the best so far, also of a rank that diverged afterwards
            if loss is None and outcome.ending is not Ending.DIVERGED:  # No pass over the data has ended yet.
                loss = mean_loss(self._loaded.causal, self._parts["validation"])
        return RankTrial(
            rank=self._start.settings.rank,
            steps=outcome.steps_done,
            validation_loss=loss,
            seconds=round(outcome.seconds, 2),
            parameters=sum(parameter.numel() for parameter in self._loaded.trainable.values()),
        )

    def write(self) -> str:
        """Seal the adapter, now the best by validation loss, and return its digest; "" when somebody asked to stop."""
        from appliance.training.methods import adapter_files  # noqa: PLC0415

        files = adapter_files(self._loaded, self._start.model.manifest["id"])
        digests: list[str] = []
        write_when_there_is_room(
            self._channel, lambda: digests.append(write_adapter(self._start.adapter, files)), self._folder.make_room
        )
        return "".join(digests)


class _Watch:
    """Hears of a training's progress, keeps checkpoints, stops it at the end of the rung or when somebody asks."""

    def __init__(
        self,
        channel: WorkerChannel,
        checkpoints: "PatientCheckpoints",
        rank: int,
        rung: Rung,
        before: int,
        candidates: int,
    ) -> None:
        self._channel, self._checkpoints, self._rank, self._rung = channel, checkpoints, rank, rung
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
        self._channel.send(
            Progress(
                step=self._before + progress.step,
                steps=total,
                sentence=message("sweep-trying", rank=self._rank),
                figures=figures,
            )
        )

    def keep(self, checkpoint: "TrainingCheckpoint") -> None:
        """Keep a checkpoint durably; on a full disk, wait for room."""
        if self._checkpoints.save(checkpoint):
            self._channel.send(Checkpointed(step=self._before + checkpoint.step))

    def should_stop(self) -> bool:
        """Tell whether the rung has ended, or somebody asked."""
        return self.reached or self._channel.stop_requested()
