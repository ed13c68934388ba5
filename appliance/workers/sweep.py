"""Train several ranks as one job, stop the hopeless early (`planning.halving`), and seal the adapter of the best.

What each rank reached at each rung stands in one sealed record beside the job's checkpoints, and each rank has
checkpoints of its own: a job that was killed or stopped goes on inside the rung where it was, and no training is done
twice. (Killed between the last checkpoint of a rung and its line in the record, a rank is measured one step later than
the others; the winner's own training is the same to the bit.)
"""

import gc
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.foundation.errors import InputError, IntegrityError, WorkerError
from appliance.foundation.json_records import read, stored
from appliance.jobs.messages import Done, Ready
from appliance.jobs.starts.train import RankCandidate, SweepResult, SweepStart
from appliance.planning.halving import halving_rungs, promoted
from appliance.planning.training_record import RankTrial
from appliance.prompts import ChatPrompts
from appliance.training.examples import TokenizedExample
from appliance.vault.stream import SealContext, seal_file, unseal_file
from appliance.workers.access import tokenised_part, verified_model
from appliance.workers.channel import WorkerChannel, run
from appliance.workers.room import write_when_there_is_room
from appliance.workers.rung_training import RungTraining, checkpoints_of

RECORD_NAME = "sweep.sealed"
RECORD_VERSION = 2


@dataclass(frozen=True)
class Record:
    """What was measured so far: `trials` in the order of their ends, and the digest of the winner's adapter when it is
    sealed.

    `compute_type`: what all ranks compute in. A sweep that goes on computes in the same, whatever a new probe would
    say.
    """

    compute_type: str = ""
    trials: tuple[RankTrial, ...] = ()
    adapter_sha256: str = ""

    def losses(self, rung: int) -> dict[int, float | None]:
        """Return the validation loss of each rank at a rung; None for one that diverged."""
        return {trial.rank: trial.validation_loss for trial in self.trials if trial.rung == rung}

    def steps_of(self, rank: int) -> int:
        """Return how many steps a rank has behind it at the end of its last rung."""
        return max((trial.steps for trial in self.trials if trial.rank == rank), default=0)

    def done_steps(self) -> int:
        """Return how many steps all trials took together."""
        return sum(self.steps_of(rank) for rank in {trial.rank for trial in self.trials})


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
            raise IntegrityError("sweep.version")
        return read(Record, found)

    def write(self, record: Record) -> None:
        """Keep the record durably."""
        seal_file(
            self._path, json.dumps({"version": RECORD_VERSION, **stored(record)}).encode(), self._key, self._context
        )


class Sweep:
    """One run of the job: from where the record says that it is, rung after rung, one model at a time.

    model: the verified folder. parts: the rows of `training` and `validation`, in tokens.
    """

    def __init__(
        self, channel: WorkerChannel, start: SweepStart, model: Path, parts: dict[str, list[TokenizedExample]]
    ) -> None:
        from appliance.inference.compute_type import named_type  # noqa: PLC0415 - torch takes seconds to import

        self._channel, self._start, self._model, self._parts = channel, start, model, parts
        self._file = RecordFile(Path(start.training.job.folder), start.training.job.job_id, start.training.job.key)
        self._record = begun_record(self._file, channel)
        self._compute_type = named_type(self._record.compute_type)
        self._rungs = halving_rungs(len(start.candidates))

    def run(self) -> Done:
        """Run the rungs that are left. Raises `WorkerError` when no rank learns."""
        count = len(self._start.candidates)
        self._channel.send(Ready(facts={"compute_type": self._record.compute_type, "candidates": count}))
        alive = sorted(self._start.candidates, key=lambda candidate: candidate.rank)
        for number, rung in enumerate(self._rungs):
            for candidate in alive:
                if candidate.rank not in self._record.losses(number) and not self._try(candidate, number):
                    return Done(stopped=True, result=stored(SweepResult(trials=self._record.trials)))
            kept = promoted(
                self._record.losses(number), self._rungs[number + 1].candidates if rung is not self._rungs[-1] else 1
            )
            if not kept:
                raise WorkerError("sweep.diverged")
            for candidate in alive:
                if candidate.rank not in kept:
                    shutil.rmtree(checkpoints_of(self._start, candidate.rank), ignore_errors=True)
            alive = [candidate for candidate in alive if candidate.rank in kept]
        return Done(result=stored(_result(self._record, alive[0].rank)))

    def _try(self, candidate: RankCandidate, number: int) -> bool:
        """Train a rank to the end of a rung and keep what was measured; on the last one its adapter too. False:
        somebody asked to stop.

        Its model is gone when this returns: the memory was planned for one. (Packed weights and their modules name each
        other.)
        """
        if self._channel.stop_requested():
            return False
        gc.collect()
        record, rung = self._record, self._rungs[number]
        before = record.done_steps() - record.steps_of(candidate.rank)
        trainer = RungTraining(
            self._channel, self._start, candidate, self._parts, self._model, self._compute_type, steps_before=before
        )
        trial = trainer.train_to(rung)
        if trial is None:
            return False
        digest = ""
        if rung is self._rungs[-1] and trial.validation_loss is not None:
            digest = trainer.write()
            if not digest:
                return False
        done = replace(record, trials=(*record.trials, replace(trial, rung=number)), adapter_sha256=digest)
        if not write_when_there_is_room(self._channel, lambda: self._file.write(done)):
            return False
        self._record = done
        return True


def sweep_ranks(channel: WorkerChannel, start: SweepStart) -> Done:
    """Run the rungs. After a `Stop` the record and the checkpoints are kept, and the job can be resumed."""
    from appliance.inference.compute_type import flush_denormals  # noqa: PLC0415

    flush_denormals()
    model = verified_model(start.training.model)
    return Sweep(channel, start, model, _parts(start, model)).run()


def begun_record(file: RecordFile, channel: WorkerChannel) -> Record:
    """Return the record as it is kept. The first time, what the ranks compute in is found, and kept before any of them
    takes a step.

    (Asked to stop while the disk has no room for that, nothing was done: the sweep ends before its first rung.) Raises
    `IntegrityError`.
    """
    from appliance.inference.compute_type import probe, type_name  # noqa: PLC0415

    record = file.read()
    if record.compute_type:
        return record
    begun = replace(record, compute_type=type_name(probe()))
    write_when_there_is_room(channel, lambda: file.write(begun))
    return begun


def _parts(start: SweepStart, model: Path) -> dict[str, list[TokenizedExample]]:
    training = start.training
    prompts = ChatPrompts.load(model)
    parts = {
        part: tokenised_part(prompts, training.dataset, part, training.max_length)[0]
        for part in ("training", "validation")
    }
    if not all(parts.values()):
        raise InputError("sweep.length")
    return parts


def _result(record: Record, winner: int) -> SweepResult:
    best = next(trial for trial in reversed(record.trials) if trial.rank == winner)
    return SweepResult(
        adapter_written=True,
        adapter_sha256=record.adapter_sha256,
        rank=winner,
        validation_loss=best.validation_loss,
        steps=record.done_steps(),
        seconds=round(sum({trial.rank: trial.seconds for trial in record.trials}.values()), 2),
        trials=record.trials,
    )


if __name__ == "__main__":
    run(SweepStart, sweep_ranks)
