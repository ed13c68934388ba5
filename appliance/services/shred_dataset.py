"""Shred a dataset: its keys are gone for good, then its files; a signed certificate says so, and what that cannot reach.

    ready -> shredding -> shredded

From `shredding` on there is no way back: killed anywhere after it, the next start finishes what was begun (`finish_interrupted`).
What jobs made of the rows goes with them: answers hold held-out questions, checkpoints cannot be continued without the dataset.
"""

import hashlib
import shutil
from typing import Any

from sqlalchemy import Connection, insert, select, update

from appliance.audit import ObjectRef, RecordedAction, open_note, sign_note
from appliance.datasets import PARTS
from appliance.datasets.tables import DATASETS, ERASURES
from appliance.foundation import canonical_json
from appliance.foundation.atomic_files import fsync_folder, storage_errors
from appliance.foundation.errors import ConflictError, NotFoundError
from appliance.jobs.states import ACTIVE
from appliance.models.tables import ADAPTERS
from appliance.reports.erasure_certificate import Erasure, erasure_certificate
from appliance.services.context import APPLIANCE, Caller, ServiceContext
from appliance.services.dataset_use import SHREDDED, SHREDDING, jobs_using, verify_usable
from appliance.services.import_dataset import PART_KIND, describe_dataset
from appliance.vault.tables import BACKUPS

ACTION = "dataset.shred"


def shred_dataset(context: ServiceContext, caller: Caller, *, dataset_id: str) -> dict[str, Any]:
    """Shred the dataset and return its certificate (`show_certificate`). What an earlier call began and could not finish is finished.

    Raises `NotFoundError`, `ConflictError` while a job that uses it waits or runs, and when it was shredded already.
    """
    dataset = describe_dataset(context, dataset_id)
    target = ObjectRef("dataset", dataset_id, dataset["digest"])
    with context.act(caller, ACTION, target, {"rows": dataset["rows"]}) as recorded:
        with context.database.begin() as connection:
            _begin(context, connection, caller, dataset_id, recorded)
        note = _finish(context, dataset_id)
        recorded.details = {"rows": dataset["rows"], "certificate": hashlib.sha256(note.encode()).hexdigest()}
    return _shown(context, note)


def show_certificate(context: ServiceContext, caller: Caller, *, dataset_id: str) -> dict[str, Any]:
    """Return the certificate, `note` as it was signed and `certificate` as it reads. Raises `NotFoundError`."""
    context.verify_allowed(caller, "dataset.list", ObjectRef("dataset", dataset_id))
    with context.database.begin() as connection:
        note = connection.execute(select(ERASURES.c.note).where(ERASURES.c.dataset_id == dataset_id)).scalar()
    if not note:
        raise NotFoundError("There is no certificate: this dataset was not shredded.", code="certificate.absent")
    return _shown(context, str(note))


def finish_interrupted(context: ServiceContext, size: int) -> None:
    """Finish what a crash, or a disk that refused, left half done. `size`: how long the log was when this process began.

    Whoever was killed in the middle has his request in the log without an outcome, which the recovery adds; what failed and was logged as
    failed is taken up in the appliance's own name.
    """
    waiting = {entry["object"]["id"] for entry in context.log.unfinished() if entry["action"] == ACTION}
    with context.database.begin() as connection:
        query = select(DATASETS.c.id, DATASETS.c.digest).join(ERASURES, ERASURES.c.dataset_id == DATASETS.c.id)
        half_done = connection.execute(query.where(DATASETS.c.state == SHREDDING, ERASURES.c.sequence < size)).all()
    for row in half_done:
        if row.id in waiting:
            _finish(context, row.id)
        else:
            with context.log.action(APPLIANCE, ACTION, ObjectRef("dataset", row.id, row.digest)):
                _finish(context, row.id)


def _begin(context: ServiceContext, connection: Connection, caller: Caller, dataset_id: str, recorded: RecordedAction) -> None:
    """Take the dataset out of use, in one transaction with the look at who uses it."""
    state = connection.execute(select(DATASETS.c.state).where(DATASETS.c.id == dataset_id)).scalar_one()
    if state == SHREDDING:
        return
    verify_usable(connection, dataset_id)
    busy = [job.id for job in jobs_using(connection, dataset_id) if job.state in ACTIVE]
    if busy:
        raise ConflictError(
            f"The job {busy[0]} uses this dataset. Wait until it has ended, or stop it: `appliance job stop {busy[0]}`.",
            code="dataset.in-use",
        )
    connection.execute(update(DATASETS).where(DATASETS.c.id == dataset_id).values(state=SHREDDING))
    connection.execute(
        insert(ERASURES).values(
            dataset_id=dataset_id,
            request=recorded.request,
            asked_by=caller.user_id,
            role=caller.role,
            sequence=recorded.sequence,
            requested_us=context.clock.now_us(),
            note="",
        )
    )


def _finish(context: ServiceContext, dataset_id: str) -> str:
    """Drop the keys, then the files, then say so; each step may be done again. Returns the signed certificate."""
    with context.database.begin() as connection:
        jobs = tuple(job.id for job in jobs_using(connection, dataset_id))
    context.vault.shred(*((PART_KIND, f"{dataset_id}/{part}") for part in PARTS), *(("job", job_id) for job_id in jobs))
    with storage_errors("Removing the dataset's files"):
        for folder in (context.home / "datasets" / dataset_id, *(context.home / "jobs" / job_id for job_id in jobs)):
            if folder.exists():
                shutil.rmtree(folder)
                fsync_folder(folder.parent)
    with context.database.begin() as connection:
        erasure = connection.execute(select(ERASURES).where(ERASURES.c.dataset_id == dataset_id)).one()
        if erasure.note:
            return str(erasure.note)
        dataset = dict(connection.execute(select(DATASETS).where(DATASETS.c.id == dataset_id)).one()._mapping)
        facts = Erasure(
            dataset=dataset,
            asked_by=erasure.asked_by,
            role=erasure.role,
            requested_us=erasure.requested_us,
            erased_us=context.clock.now_us(),
            origin=context.vault.signer.name,
            sequence=erasure.sequence,
            request=erasure.request,
            adapters=_adapters(connection, dataset_id),
            jobs=jobs,
            backups=tuple(
                connection.execute(
                    select(BACKUPS.c.id).where(BACKUPS.c.created_us >= dataset["created_us"]).order_by(BACKUPS.c.created_us)
                ).scalars()
            ),
        )
        note = sign_note(canonical_json.encode(erasure_certificate(facts)), context.vault.signer).decode()
        connection.execute(update(ERASURES).where(ERASURES.c.dataset_id == dataset_id).values(note=note))
        connection.execute(update(DATASETS).where(DATASETS.c.id == dataset_id).values(state=SHREDDED))
    return note


def _adapters(connection: Connection, dataset_id: str) -> tuple[tuple[str, str], ...]:
    """Return the adapters that learned from the dataset, and those whose training was never finished."""
    query = select(ADAPTERS.c.id, ADAPTERS.c.state).where(ADAPTERS.c.dataset_id == dataset_id).order_by(ADAPTERS.c.created_us)
    made = {row.id: row.state for row in connection.execute(query)}
    begun = {job.spec["adapter_id"]: f"training {job.state}" for job in jobs_using(connection, dataset_id) if "dataset_id" in job.spec}
    return tuple({**begun, **made}.items())


def _shown(context: ServiceContext, note: str) -> dict[str, Any]:
    line = open_note(note.encode(), context.vault.signer.name, context.vault.signer.public_key)
    return {"certificate": canonical_json.decode(line), "note": note}
