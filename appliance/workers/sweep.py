"""Train several ranks as one job, stop the hopeless early (`planning.halving`), and seal the adapter of the best.

What each rank reached at each rung stands in one sealed record beside the job's checkpoints, and each rank has checkpoints of its own: a
job that was killed or stopped goes on inside the rung where it was, and no training is done twice. (Killed between the last checkpoint of
a rung and its line in the record, a rank is measured one step later than the others; the winner's own training is the same to the bit.)
"""

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from appliance.foundation.errors import InputError, IntegrityError, WorkerError
from appliance.jobs.messages import Done, Ready, SweepStart
from appliance.planning.halving import halving_rungs, promoted
from appliance.prompts import ChatPrompts
from appliance.vault.stream import SealContext, seal_file, unseal_file
from appliance.workers.access import verified_model
from appliance.workers.channel import WorkerChannel, run
from appliance.workers.room import write_when_there_is_room
from appliance.workers.rung_training import RungTraining, checkpoints_of

RECORD_NAME = "sweep.sealed"
RECORD_VERSION = 2


@dataclass
class Record:
    """What was measured so far: `trials` in the order of their ends, and the digest of the winner's adapter when it is sealed.

    `compute_type`: what all ranks compute in. A sweep that goes on computes in the same, whatever a new probe would say.
    """

    compute_type: str = ""
    trials: list[dict[str, Any]] = field(default_factory=list)
    adapter_sha256: str = ""

    def losses(self, rung: int) -> dict[int, float | None]:
        """Return the validation loss of each rank at a rung; None for one that diverged."""
        return {trial["rank"]: trial["validation_loss"] for trial in self.trials if trial["rung"] == rung}

    def steps_of(self, rank: int) -> int:
        """Return how many steps a rank has behind it at the end of its last rung."""
        return max((int(trial["steps"]) for trial in self.trials if trial["rank"] == rank), default=0)

    def done_steps(self) -> int:
        """Return how many steps all trials took together."""
        return sum(self.steps_of(rank) for rank in {trial["rank"] for trial in self.trials})


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
        seal_file(self._path, json.dumps({"version": RECORD_VERSION, **asdict(record)}).encode(), self._key, self._context)


def sweep_ranks(channel: WorkerChannel, start: SweepStart) -> Done:
    """Run the rungs. After a `Stop` the record and the checkpoints are kept, and the job can be resumed."""
    from appliance.inference.compute_type import flush_denormals, named_type  # noqa: PLC0415 - torch takes seconds to import

    flush_denormals()
    model = verified_model(start.training.model)
    parts = _parts(start, model)
    file = RecordFile(Path(start.training.job_folder), start.training.job_id, start.training.job_key)
    record = begun_record(file, channel)
    compute_type = named_type(record.compute_type)
    channel.send(Ready(facts={"compute_type": record.compute_type, "candidates": len(start.candidates)}))
    rungs = halving_rungs(len(start.candidates))
    alive = sorted(start.candidates, key=lambda candidate: candidate.rank)
    for number, rung in enumerate(rungs):
        for candidate in alive:
            if candidate.rank in record.losses(number):
                continue
            if channel.stop_requested():
                return Done(stopped=True, result={"trials": record.trials})
            before = record.done_steps() - record.steps_of(candidate.rank)
            trainer = RungTraining(channel, start, candidate, parts, model, compute_type, steps_before=before)
            trial = trainer.train_to(rung)
            if trial is None:
                return Done(stopped=True, result={"trials": record.trials})
            if rung is rungs[-1] and trial["validation_loss"] is not None:
                record.adapter_sha256 = trainer.write()
            record.trials.append({"rung": number, **trial})
            if not write_when_there_is_room(channel, lambda: file.write(record)):
                return Done(stopped=True, result={"trials": record.trials[:-1]})
        keep = rungs[number + 1].candidates if rung is not rungs[-1] else 1
        kept = promoted(record.losses(number), keep)
        if not kept:
            raise WorkerError(
                "The loss of every rank is no longer a number: the learning rate is too high for this data. Choose a lower one.",
                code="sweep.diverged",
            )
        for candidate in alive:
            if candidate.rank not in kept:
                shutil.rmtree(checkpoints_of(start, candidate.rank), ignore_errors=True)
        alive = [candidate for candidate in alive if candidate.rank in kept]
    return Done(result=_result(record, alive[0].rank, len(start.candidates)))


def begun_record(file: RecordFile, channel: WorkerChannel) -> Record:
    """Return the record as it is kept. The first time, what the ranks compute in is found, and kept before any of them takes a step.

    (Asked to stop while the disk has no room for that, nothing was done: the sweep ends before its first rung.) Raises `IntegrityError`.
    """
    from appliance.inference.compute_type import probe, type_name  # noqa: PLC0415

    record = file.read()
    if not record.compute_type:
        record.compute_type = type_name(probe())
        write_when_there_is_room(channel, lambda: file.write(record))
    return record


def _parts(start: SweepStart, model: Path) -> dict[str, Any]:
    from appliance.workers.tokenised import tokenised_part  # noqa: PLC0415

    training = start.training
    prompts = ChatPrompts.load(model)
    parts = {part: tokenised_part(prompts, training.dataset, part, training.max_length)[0] for part in ("training", "validation")}
    if not all(parts.values()):
        raise InputError("A sweep needs rows to train on and rows set aside that fit the model's length.", code="sweep.length")
    return parts


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
