"""Train several ranks as one job, stop the hopeless early (`planning.halving`), and seal the adapter of the best.

What each rank reached at each rung stands in one sealed record beside the job's checkpoints, and each rank has checkpoints of its own: a
job that was killed or stopped goes on inside the rung where it was, and no training is done twice. (Killed between the last checkpoint of
a rung and its line in the record, a rank is measured one step later than the others; the winner's own training is the same to the bit.)
"""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.foundation.errors import InputError, IntegrityError, WorkerError
from appliance.jobs.messages import Checkpointed, Done, Progress, RankCandidate, Ready, SweepStart
from appliance.planning.halving import Rung, halving_rungs, promoted, total_steps
from appliance.prompts import ChatPrompts
from appliance.vault.stream import SealContext, seal_file, unseal_file
from appliance.workers.access import verified_model, write_adapter
from appliance.workers.channel import WorkerChannel, run

RECORD_NAME = "sweep.sealed"
RECORD_VERSION = 1
DIVERGED = "training.diverged"


@dataclass
class Record:
    """What was measured so far: `trials` in the order of their ends, and the digest of the winner's adapter when it is sealed."""

    trials: list[dict[str, Any]] = field(default_factory=list)
    adapter_sha256: str = ""

    def losses(self, rung: int) -> dict[int, float | None]:
        """Return the validation loss of each rank at a rung; None for one that diverged."""
        return {trial["rank"]: trial["validation_loss"] for trial in self.trials if trial["rung"] == rung}

    def done_steps(self) -> int:
        """Return how many steps all trials took together."""
        last = {trial["rank"]: trial["steps"] for trial in self.trials}
        return sum(last.values())


class RecordFile:
    """The record, sealed; written whole or not at all. JSON with a version."""

    def __init__(self, folder: Path, job_id: str, job_key: bytes) -> None:
        self._path, self._key = folder / RECORD_NAME, job_key
        self._context = SealContext("job", job_id, 1, RECORD_NAME)

    def read(self) -> Record:
        """Return the record; an empty one when there is none yet. Raises `IntegrityError`."""
        if not self._path.exists():
            return Record()
        found = json.loads(unseal_file(self._path, self._key, self._context))
        if found.pop("version", None) != RECORD_VERSION:
            raise IntegrityError("The sweep's record has a version that this appliance does not know.", code="sweep.version")
        return Record(**found)

    def write(self, record: Record) -> None:
        """Keep the record durably."""
        data = {"version": RECORD_VERSION, "trials": record.trials, "adapter_sha256": record.adapter_sha256}
        seal_file(self._path, json.dumps(data).encode(), self._key, self._context)


def sweep_ranks(channel: WorkerChannel, start: SweepStart) -> Done:
    """Run the rungs. After a `Stop` the record and the checkpoints are kept, and the job can be resumed."""
    from appliance.inference.compute_type import flush_denormals, probe, type_name  # noqa: PLC0415 - torch takes seconds to import

    flush_denormals()
    model = verified_model(start.training.model)
    parts = _parts(start, model)
    compute_type = probe()
    channel.send(Ready(facts={"compute_type": type_name(compute_type), "candidates": len(start.candidates)}))
    file = RecordFile(Path(start.training.job_folder), start.training.job_id, start.training.job_key)
    record = file.read()
    rungs = halving_rungs(len(start.candidates))
    alive = sorted(start.candidates, key=lambda candidate: candidate.rank)
    for number, rung in enumerate(rungs):
        for candidate in alive:
            if candidate.rank in record.losses(number):
                continue
            if channel.stop_requested():
                return Done(stopped=True, result={"trials": record.trials})
            trainer = _Trainer(channel, start, candidate, record, parts, model, compute_type)
            trial = trainer.train_to(rung)
            if trial is None:
                return Done(stopped=True, result={"trials": record.trials})
            if rung is rungs[-1] and trial["validation_loss"] is not None:
                record.adapter_sha256 = trainer.write()
            record.trials.append({"rung": number, **trial})
            file.write(record)
        keep = rungs[number + 1].candidates if rung is not rungs[-1] else 1
        kept = promoted(record.losses(number), keep)
        if not kept:
            raise WorkerError(
                "The loss of every rank is no longer a number: the learning rate is too high for this data. Choose a lower one.",
                code=DIVERGED,
            )
        for candidate in alive:
            if candidate.rank not in kept:
                shutil.rmtree(_checkpoints(start, candidate.rank), ignore_errors=True)
        alive = [candidate for candidate in alive if candidate.rank in kept]
    return Done(result=_result(record, alive[0].rank, len(start.candidates)))


def _parts(start: SweepStart, model: Path) -> dict[str, Any]:
    from appliance.workers.tokenised import tokenised_part  # noqa: PLC0415

    training = start.training
    prompts = ChatPrompts.load(model)
    parts = {part: tokenised_part(prompts, training.dataset, part, training.max_length)[0] for part in ("training", "validation")}
    if not all(parts.values()):
        raise InputError("A sweep needs rows to train on and rows set aside that fit the model's length.", code="sweep.length")
    return parts


class _Trainer:
    """Trains one rank from where it was to the end of a rung."""

    def __init__(
        self,
        channel: WorkerChannel,
        start: SweepStart,
        candidate: RankCandidate,
        record: Record,
        parts: dict[str, Any],
        model: Path,
        compute_type: Any,
    ) -> None:
        from appliance.training.checkpoints import CheckpointFolder  # noqa: PLC0415
        from appliance.training.methods import METHODS  # noqa: PLC0415

        self._channel, self._start, self._rank, self._parts = channel, start.training, candidate.rank, parts
        self._count = len(start.candidates)
        self._before = record.done_steps() - max((each["steps"] for each in record.trials if each["rank"] == candidate.rank), default=0)
        folder = _checkpoints(start, candidate.rank)
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = CheckpointFolder(folder, f"{self._start.job_id}/{folder.name}", self._start.job_key)
        self._loaded = METHODS[self._start.method]().load(
            model, rank=candidate.rank, lora_alpha=candidate.lora_alpha, compute_type=compute_type, seed=self._start.seed
        )

    def train_to(self, rung: Rung) -> dict[str, Any] | None:
        """Return what was measured at the end of the rung; None when somebody asked to stop before it."""
        from appliance.training.adapter_loss import mean_loss  # noqa: PLC0415
        from appliance.training.loop import TrainingPlan, train  # noqa: PLC0415

        start = self._start
        watch = _Watch(self._channel, self._folder, self._rank, rung, self._before, self._count)
        plan = TrainingPlan(start.epochs, start.batch_size, start.learning_rate, start.seed, start.checkpoint_steps)
        try:
            outcome = train(
                self._loaded,
                self._parts["training"],
                self._parts["validation"],
                plan,
                watch,
                should_stop=watch.should_stop,
                checkpoint=self._folder.newest(),
            )
        except WorkerError as error:
            if error.code != DIVERGED:
                raise
            return {"rank": self._rank, "steps": watch.step, "validation_loss": None, "seconds": 0.0, "parameters": self._parameters}
        if outcome.stopped and not watch.reached:
            return None
        loss = outcome.validation_loss
        if loss is None:  # No pass over the data has ended yet.
            loss = mean_loss(self._loaded.causal, self._parts["validation"])
        return {
            "rank": self._rank,
            "steps": outcome.steps_done,
            "validation_loss": loss,
            "seconds": round(outcome.seconds, 2),
            "parameters": self._parameters,
        }

    def write(self) -> str:
        """Seal the adapter as it now is, the best by validation loss, and return its digest."""
        from appliance.training.methods import adapter_files  # noqa: PLC0415

        return write_adapter(self._start.adapter, adapter_files(self._loaded, self._start.model.manifest["id"]))

    @property
    def _parameters(self) -> int:
        return sum(parameter.numel() for parameter in self._loaded.trainable.values())


class _Watch:
    """Hears of one training's progress, keeps its checkpoints, and stops it at the end of the rung or when somebody asks."""

    def __init__(self, channel: WorkerChannel, folder: Any, rank: int, rung: Rung, before: int, candidates: int) -> None:
        self._channel, self._folder, self._rank, self._rung, self._before, self._candidates = (
            channel,
            folder,
            rank,
            rung,
            before,
            candidates,
        )
        self.reached = False
        self.step = 0

    def progress(self, progress: Any) -> None:
        """Hear of one step (`TrainingProgress`)."""
        self.step = progress.step
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

    def keep(self, checkpoint: Any) -> None:
        """Keep a checkpoint (`TrainingCheckpoint`) durably."""
        self._folder.save(checkpoint)
        self._channel.send(Checkpointed(step=self._before + checkpoint.step))

    def should_stop(self) -> bool:
        """Tell whether the rung has ended, or somebody asked."""
        return self.reached or self._channel.stop_requested()


def _checkpoints(start: SweepStart, rank: int) -> Path:
    return Path(start.training.job_folder) / f"rank-{rank}"


def _result(record: Record, winner: int, candidates: int) -> dict[str, Any]:
    best = next(trial for trial in reversed(record.trials) if trial["rank"] == winner)
    done = record.done_steps()
    share = done / (candidates * best["steps"]) if best["steps"] else 1.0
    early = sorted({trial["rank"] for trial in record.trials} - {winner})
    names = " and ".join(part for part in (", ".join(map(str, early[:-1])), str(early[-1])) if part)
    sentence = (
        f"Rank {winner} did best: loss {best['validation_loss']:.4f} on rows not practised. "
        f"{'Ranks' if len(early) > 1 else 'Rank'} {names} stopped early, so all together took {100 * share:.0f} % of the steps that "
        "training each to the end would have taken."
    )
    return {
        "adapter_written": True,
        "adapter_sha256": record.adapter_sha256,
        "rank": winner,
        "validation_loss": best["validation_loss"],
        "steps": done,
        "seconds": round(sum({trial["rank"]: trial["seconds"] for trial in record.trials}.values()), 2),
        "trials": record.trials,
        "sentence": sentence,
    }


if __name__ == "__main__":
    run(SweepStart, sweep_ranks)
