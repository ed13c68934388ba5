"""Try several ranks as one job: the hopeless stop early, the adapter of the best is kept (successive halving, see
`planning.halving`).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from appliance.audit import Outcome
from appliance.foundation.errors import ApplianceError, InputError
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.messages import Done
from appliance.jobs.starts.train import RankCandidate, SweepStart
from appliance.jobs.states import Job
from appliance.planning import ADAPTER_METHODS, AUTOMATIC
from appliance.services.context import Caller, ServiceContext
from appliance.services.import_dataset import describe_dataset
from appliance.services.keep_adapter import MadeAdapter, keep_adapter, remove_checkpoints
from appliance.services.plan_training import TrainingChoice, plan_training
from appliance.services.queue_job import authorise_submit
from appliance.services.train_adapter import (
    log_job,
    queue_training,
    step_training_down,
    training_order,
    training_spec,
    training_start,
)

SWEEP = "sweep"
MIN_RANKS, MAX_RANKS = 2, 8
DEFAULT_RANKS = (4, 8, 16, 32)
OF_A_RANK = (
    "rank",
    "lora_alpha",
    "trained_parameters",
    "flop",
    "flop_base_share",
)  # of a training's spec: what its rank decides


def submit_sweep(
    context: ServiceContext,
    caller: Caller,
    *,
    dataset_id: str,
    model_id: str,
    choice: TrainingChoice,
    ranks: Sequence[int] = DEFAULT_RANKS,
) -> Job:
    """Put it into the queue.

    All ranks train by the same `choice` (its own rank does not count). Raises `InputError`, `NotFoundError`.
    """
    authorise_submit(context, caller)
    chosen = sorted(set(ranks))
    if not MIN_RANKS <= len(chosen) <= MAX_RANKS:
        said = f"{len(chosen)} {'is' if len(chosen) == 1 else 'are'} chosen"
        raise InputError("sweep.ranks:different-ranks-compare", min_ranks=MIN_RANKS, max_ranks=MAX_RANKS, said=said)
    if choice.method == AUTOMATIC:  # as the largest of them fits the machine, so that all are compared in one way
        largest = plan_training(
            context, dataset_id=dataset_id, model_id=model_id, choice=replace(choice, rank=chosen[-1])
        )
        choice = replace(choice, method=largest.settings["method"])
    if choice.method not in ADAPTER_METHODS:
        raise InputError("rank.method:lora-qlora-ranks", method=choice.method)
    specs = [
        training_spec(context, dataset_id=dataset_id, model_id=model_id, choice=replace(choice, rank=rank))
        for rank in chosen
    ]
    dataset = describe_dataset(context, dataset_id)
    if dataset["validation_rows"] == 0:
        raise InputError("sweep.validation")
    candidates = [{name: spec[name] for name in OF_A_RANK} for spec in specs]
    # All are computed as the largest is, which needs the most memory.
    return queue_training(
        context, caller, SWEEP, {**specs[-1], "candidates": candidates}, ranks=",".join(map(str, chosen))
    )


class SweepHandler:
    """Before and after the worker of a sweep."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def prepare(self, job: Job) -> WorkerOrder:
        """Log the start, and give the worker what a training gets, once, and the candidates."""
        context = self._context
        log_job(context, job, "job.start", Outcome.REQUESTED)
        training = training_start(context, job)
        ranks = [RankCandidate(rank=each["rank"], lora_alpha=each["lora_alpha"]) for each in job.spec["candidates"]]
        start = SweepStart(training=training, candidates=ranks)
        return training_order(context, job, start, training)

    def finish(self, job: Job, done: Done) -> dict[str, Any]:
        """Adopt the winner's adapter, with the table of all, and log the outcome."""
        context, spec = self._context, job.spec
        written = bool(done.result.get("adapter_written"))
        if written:
            rank = int(done.result["rank"])
            won = next(each for each in spec["candidates"] if each["rank"] == rank)
            config = {name: value for name, value in spec.items() if name != "candidates"} | won
            config["sweep"] = {"trials": done.result["trials"], "sentence": done.result["sentence"]}
            keep_adapter(context, job, MadeAdapter.of_training(config, str(done.result["adapter_sha256"])), done.result)
        log_job(context, job, "job.start", Outcome.SUCCEEDED)
        return {**done.result, "adapter": spec["adapter_id"] if written else ""}

    def step_down(self, job: Job, error: ApplianceError) -> Job:
        """Train with smaller passes, as a training would.

        Raises `WorkerError` when there is nothing left to give up.
        """
        return step_training_down(self._context, job, error)

    def clean_up(self, job: Job) -> None:
        """Remove the checkpoints of the ranks, and their record."""
        remove_checkpoints(self._context, job.id)
