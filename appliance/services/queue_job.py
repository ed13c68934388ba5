"""Put a job into the queue: log who asks, refuse what cannot be, make its folder and its keys."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from appliance.audit import ObjectRef
from appliance.foundation.atomic_files import make_private_folder
from appliance.foundation.identifiers import new_id
from appliance.jobs.states import Job, add_job
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import job_folder

Verify = Callable[[Connection], None]


def _nothing_to_verify(_connection: Connection) -> None:
    """Where a job reads nothing that could be gone."""


def authorise_submit(context: ServiceContext, caller: Caller) -> None:
    """Authorise the queueing of a job before anything that it is about is looked up. Raises `AuthorizationError`; the
    denial is logged.

    Somebody who may not train must not learn from what a plan says, or from which sentence refuses it.
    """
    context.verify_allowed(caller, "job.submit", ObjectRef("job", new_id("jb")))


def queue_job(
    context: ServiceContext,
    caller: Caller,
    kind: str,
    spec: dict[str, Any],
    *,
    project_id: str,
    details: Mapping[str, str | int | bool],
    makes_adapter: str = "",
    verify: Verify = _nothing_to_verify,
) -> Job:
    """Queue a job of `kind` that does what `spec` says. `makes_adapter`: the id of an adapter that it will write, under
    a key of its own.

    `verify` raises for data that may not be used (any more): before the keys are made, and again in the transaction
    that queues the job.
    """
    job_id = new_id("jb")
    with context.act(caller, "job.submit", ObjectRef("job", job_id), {"kind": kind, **details}):
        with context.database.begin() as connection:
            verify(connection)
        make_private_folder(job_folder(context, job_id))
        context.vault.new_data_key("job", job_id)
        if makes_adapter:
            context.vault.new_data_key("adapter", makes_adapter)
        with context.database.begin() as connection:
            verify(connection)
            return add_job(
                connection,
                context.clock,
                job_id=job_id,
                project_id=project_id,
                kind=kind,
                spec=spec,
                created_by=caller.user_id,
            )
