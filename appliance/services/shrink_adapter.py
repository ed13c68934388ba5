"""Make an adapter smaller: a new one of a lower rank, made from it, with the measured loss of both on rows that were
set aside.
"""

from pathlib import Path
from typing import Any

from appliance.audit import Outcome
from appliance.foundation.errors import InputError
from appliance.foundation.identifiers import new_id
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.messages import Done
from appliance.jobs.starts.shrink import ShrinkStart
from appliance.jobs.states import Job
from appliance.planning import MAX_LENGTH
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_use import verify_version
from appliance.services.evaluate_adapter import describe_adapter
from appliance.services.explain_rank import verify_explained
from appliance.services.grants import (
    MADE,
    adapter_access,
    dataset_access,
    dataset_folder,
    job_access,
    job_folder,
    model_access,
    model_memory,
    origin_of,
)
from appliance.services.import_dataset import describe_dataset
from appliance.services.keep_adapter import MadeAdapter, keep_adapter
from appliance.services.queue_job import authorise_submit, queue_job
from appliance.services.train_adapter import log_job

SHRINK = "shrink"
MAX_NAME = 120  # characters
# Of the worker's result, what stays with the new adapter.
_KEPT_FIGURES = (
    "rank_before",
    "kept",
    "lost_directions",
    "loss_before",
    "loss_after",
    "bytes_before",
    "bytes_after",
    "rows",
    "sentence",
)


def submit_shrink(
    context: ServiceContext, caller: Caller, *, adapter_id: str, rank: int | None = None, share: float | None = None
) -> Job:
    """Put it into the queue. Say the `rank`, or which `share` of what was learned is to be kept (0 to 1), once the rank
    was explained.

    Raises `InputError`, `NotFoundError`, `ConflictError` when the dataset can no longer be read: then nothing could be
    measured.
    """
    authorise_submit(context, caller)
    adapter = describe_adapter(context, adapter_id)
    verify_explained(adapter)
    chosen = _chosen_rank(adapter, rank, share)
    if not 1 <= chosen < adapter["rank"]:
        raise InputError("rank.shrink", rank=adapter["rank"], rank_2=adapter["rank"] - 1, chosen=chosen)
    dataset = describe_dataset(context, adapter["dataset_id"])
    if dataset["validation_rows"] == 0:
        raise InputError("rank.validation")
    smaller_id = new_id("ad")
    return queue_job(
        context,
        caller,
        SHRINK,
        {"adapter_id": adapter_id, "rank": chosen, "smaller_id": smaller_id},
        project_id=adapter["project_id"],
        details={"adapter": adapter_id, "rank": chosen},
        makes_adapter=smaller_id,
        verify=lambda connection: verify_version(connection, dataset["id"], adapter["dataset_version"]),
    )


def _chosen_rank(adapter: dict[str, Any], rank: int | None, share: float | None) -> int:
    if (rank is None) == (share is None):
        raise InputError("rank.which:either-rank-share")
    if rank is not None:
        return rank
    assert share is not None
    if not 0 < share <= 1:
        raise InputError("rank.share")
    kept = adapter["results"].get("rank", {}).get("kept")
    if not kept:
        raise InputError("rank.unknown", identifier=adapter["id"])
    return next((number for number, part in enumerate(kept, 1) if part >= share), len(kept))


class ShrinkHandler:
    """Before and after the worker that makes an adapter smaller."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def prepare(self, job: Job) -> WorkerOrder:
        """Log the start, and give the worker the keys of both adapters and of the validation part."""
        context, spec = self._context, job.spec
        adapter = describe_adapter(context, spec["adapter_id"])
        dataset_id, version = origin_of(adapter)
        prompt = describe_dataset(context, dataset_id)["system_prompt"]
        log_job(context, job, "job.start", Outcome.REQUESTED)
        model = model_access(context, adapter["model_id"])
        access = adapter_access(context, adapter["id"])
        start = ShrinkStart(
            job=job_access(context, job.id),
            model=model,
            dataset=dataset_access(context, dataset_id, version, ("validation",), prompt),
            adapter=access,
            smaller=adapter_access(context, spec["smaller_id"], job_folder(context, job.id) / MADE),
            rank=spec["rank"],
            quantised=adapter["method"] == "qlora",
            max_length=adapter["config"].get("max_length", MAX_LENGTH),
        )
        read = (Path(model.folder), dataset_folder(context, dataset_id), Path(access.folder))
        return WorkerOrder(start, read=read, write=(job_folder(context, job.id),), memory_bytes=model_memory(context))

    def finish(self, job: Job, done: Done) -> dict[str, Any]:
        """Adopt the smaller adapter, with where it comes from, and log the outcome."""
        context, spec = self._context, job.spec
        written = bool(done.result.get("adapter_written"))
        if written:
            adapter = describe_adapter(context, spec["adapter_id"])
            figures = {name: done.result[name] for name in _KEPT_FIGURES}
            ending = f" (rank {spec['rank']})"
            made = MadeAdapter(
                id=spec["smaller_id"],
                name=adapter["name"][: MAX_NAME - len(ending)] + ending,
                model_id=adapter["model_id"],
                dataset_id=adapter["dataset_id"],
                dataset_version=adapter["dataset_version"],
                method=adapter["method"],
                rank=spec["rank"],
                digest=str(done.result["adapter_sha256"]),
                config={**adapter["config"], "rank": spec["rank"], "made_from": adapter["id"], "shrink": figures},
            )
            keep_adapter(context, job, made, done.result)
        log_job(context, job, "job.start", Outcome.SUCCEEDED)
        return {**done.result, "adapter": spec["smaller_id"] if written else ""}
