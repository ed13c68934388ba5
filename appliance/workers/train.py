"""Train an adapter: read, tokenise, train, seal. Keys come in the start message; what leaves is a sealed adapter and figures."""

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.foundation.errors import InputError, WorkerError
from appliance.jobs.messages import OUT_OF_MEMORY, Checkpointed, Done, Notice, Progress, Ready, TrainStart
from appliance.prompts import ChatPrompts
from appliance.workers.access import verified_model, write_adapter
from appliance.workers.channel import WorkerChannel, run
from appliance.workers.room import PatientFile, StoppedWaitingError, write_when_there_is_room
from appliance.workers.tokenised import tokenised_part

if TYPE_CHECKING:  # torch takes seconds to import: a worker that refuses its order does without.
    from appliance.training.checkpoints import CheckpointFolder, TrainingCheckpoint
    from appliance.training.endings import TrainingOutcome
    from appliance.training.loop import TrainingProgress


_NO_ROOM = (
    "Stopped while it waited for room on the disk, before its first step. Free some space, then resume it: it goes on from the last "
    "checkpoint, if there was one."
)


class _Teller:
    """Tells the control plane of each step, and keeps checkpoints; on a full disk it waits for room."""

    def __init__(self, channel: WorkerChannel, folder: "CheckpointFolder") -> None:
        self._channel, self._folder = channel, folder
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
        if write_when_there_is_room(self._channel, lambda: self._folder.save(checkpoint), self._folder.make_room):
            self.kept_step = checkpoint.step
            self._channel.send(Checkpointed(step=checkpoint.step))

    def keep_best(self, step: int, parameters: Any) -> bool:
        """Keep the best weights; without room, and asked to stop, the ones before stay the best."""
        return write_when_there_is_room(self._channel, lambda: self._folder.keep_best(step, parameters), self._folder.make_room)

    def put_best(self, step: int, parameters: Any) -> None:
        self._folder.put_best(step, parameters)


def train_adapter(channel: WorkerChannel, start: TrainStart) -> Done:
    """Train and write the adapter: the best by validation loss, also when somebody stops it or it diverges."""
    from appliance.inference.compute_type import flush_denormals, named_type, probe, type_name  # noqa: PLC0415
    from appliance.training.checkpoints import CheckpointFolder  # noqa: PLC0415
    from appliance.training.features import SealedSpill  # noqa: PLC0415
    from appliance.training.loop import TrainingPlan, train  # noqa: PLC0415
    from appliance.training.methods import METHODS, MethodSettings, adapter_files  # noqa: PLC0415

    flush_denormals()
    model = verified_model(start.model)
    prompts = ChatPrompts.load(model)
    examples, left_out = tokenised_part(prompts, start.dataset, "training", start.max_length)
    validation, left_out_too = tokenised_part(prompts, start.dataset, "validation", start.max_length)
    if not examples:
        raise InputError("No row fits the model's length. Shorten the answers.", code="training.length")
    too_long = left_out + left_out_too
    folder = CheckpointFolder(Path(start.job_folder), start.job_id, start.job_key)
    checkpoint = folder.newest()
    compute_type = probe() if checkpoint is None else named_type(checkpoint.figures.compute_type)
    settings = MethodSettings(
        compute_type=compute_type,
        seed=start.seed,
        rank=start.rank,
        lora_alpha=start.lora_alpha,
        use_rslora=start.use_rslora,
        use_dora=start.use_dora,
        last_layers=start.last_layers,
        train_head=start.train_head,
        activation_checkpointing=start.activation_checkpointing,
    )
    with _saying("The model does not fit into the memory that there is. Choose QLoRA, or a smaller model.", "worker.memory"):
        loaded = METHODS[start.method]().load(model, settings)
    channel.send(Ready(facts={"compute_type": type_name(compute_type), "too_long": too_long}))
    if checkpoint is not None and folder.passed_over:
        channel.send(Notice(sentence=_passed_over(folder.passed_over, checkpoint.step)))
    teller = _Teller(channel, folder)
    plan = TrainingPlan(
        start.epochs,
        start.batch_size,
        start.learning_rate,
        start.seed,
        start.checkpoint_steps,
        start.pass_tokens,
        start.patience,
    )
    spill = SealedSpill(Path(start.job_folder), start.job_id, start.job_key, opened=lambda path: PatientFile(path, channel))
    try:
        with _saying("Memory ran out while training. The last checkpoint is kept.", OUT_OF_MEMORY):
            outcome = train(
                loaded,
                examples,
                validation,
                plan,
                teller,
                should_stop=channel.stop_requested,
                checkpoint=checkpoint,
                best=teller,
                spill=spill,
            )
    except StoppedWaitingError:
        return Done(stopped=True, result={"adapter_written": False, "sentence": _NO_ROOM})
    finally:
        spill.remove()
    result = {**_figures(outcome), "compute_type": type_name(compute_type), "rows_too_long": too_long, "adapter_written": False}
    if outcome.stopped and teller.kept_step != outcome.steps_done:
        result["sentence"] += " The disk was full, so the steps since the last checkpoint will be done again."
    if outcome.usable:
        files = adapter_files(loaded, start.model.manifest["id"])

        def write() -> None:
            result["adapter_sha256"] = write_adapter(start.adapter, files)

        result["adapter_written"] = write_when_there_is_room(channel, write, folder.make_room)
    result["peak_rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Done(stopped=outcome.cut_short, result=result)


@contextlib.contextmanager
def _saying(sentence: str, code: str) -> Iterator[None]:
    """Say `sentence` when memory runs out in the block. Raises `WorkerError`."""
    from appliance.training.memory import is_out_of_memory  # noqa: PLC0415

    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise WorkerError(sentence, code=code) from error


def _figures(outcome: "TrainingOutcome") -> dict[str, Any]:
    return {
        "ending": str(outcome.ending),
        "sentence": outcome.sentence,
        "seconds": round(outcome.seconds, 2),
        "tokens": outcome.tokens,
        "tokens_per_s": round(outcome.tokens / outcome.seconds, 1) if outcome.seconds else 0.0,
        "train_loss": outcome.train_loss,
        "validation_loss": outcome.validation_loss,
        "steps": outcome.steps_done,
        "best_step": outcome.steps_done if outcome.best_step is None else outcome.best_step,
    }


def _passed_over(steps: list[int], goes_on: int) -> str:
    which = " and ".join(str(step) for step in steps)
    return (
        f"The checkpoint of step {which} does not open: it was changed or damaged on the disk. Training goes on from step {goes_on}; "
        "the result is the same, it only takes longer. Look after the disk."
    )


if __name__ == "__main__":
    run(TrainStart, train_adapter)
