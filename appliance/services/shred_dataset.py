"""Shred a dataset: its keys are gone for good, then its files; a signed certificate says so, and what that cannot
reach.

    ready -> shredding -> shredded

The same for single versions of a dataset (`shred_versions`), when a person was erased from it or its keys were renewed:
the others stay.

From `shredding` on there is no way back: killed anywhere after it, the next start finishes what was begun
(`finish_interrupted`). What jobs made of the rows goes with them: answers hold held-out questions, checkpoints cannot
be continued without the dataset.
"""

import hashlib
import shutil
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Update, insert, select, update

from appliance.audit import ObjectRef, RecordedAction, open_note, sign_note
from appliance.datasets import PARTS
from appliance.datasets.tables import DATASET_VERSIONS, DATASETS, ERASURES
from appliance.foundation import canonical_json
from appliance.foundation.atomic_files import fsync_folder, storage_errors
from appliance.foundation.errors import ConflictError, NotFoundError
from appliance.models.tables import ADAPTERS
from appliance.reports.erasure_certificate import Erasure, erasure_certificate
from appliance.services.context import APPLIANCE, Caller, ServiceContext
from appliance.services.dataset_use import SHREDDED, SHREDDING, jobs_using, verify_no_hold, verify_unused, verify_usable
from appliance.services.grants import PART_KIND, part_key_id
from appliance.services.import_dataset import describe_dataset
from appliance.vault.tables import BACKUPS

ACTION = "dataset.shred"
VERSIONS_ACTION = "dataset.shred-versions"


def shred_dataset(context: ServiceContext, caller: Caller, *, dataset_id: str) -> dict[str, Any]:
    """Shred the dataset and return its certificate (`show_certificate`). What an earlier call began and could not
    finish is finished.

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


def shred_versions(
    context: ServiceContext, caller: Caller, *, dataset_id: str, versions: Sequence[int]
) -> dict[str, Any]:
    """Shred versions of a dataset that are no longer its current one, and return the certificate.

    Raises `NotFoundError` for a version that is not there, `ConflictError` for the current one, on legal hold, while a
    job uses one.
    """
    dataset = describe_dataset(context, dataset_id)
    chosen = sorted(set(versions))
    named = ",".join(map(str, chosen))
    with context.act(
        caller, VERSIONS_ACTION, ObjectRef("dataset", dataset_id, dataset["digest"]), {"versions": named}
    ) as recorded:
        with context.database.begin() as connection:
            query = select(DATASET_VERSIONS.c.version, DATASET_VERSIONS.c.state).where(
                DATASET_VERSIONS.c.dataset_id == dataset_id
            )
            states = {row.version: row.state for row in connection.execute(query)}
            if not chosen or not set(chosen) <= set(states):
                raise NotFoundError("not-found:version-dataset-2")
            current = connection.execute(select(DATASETS.c.version).where(DATASETS.c.id == dataset_id)).scalar_one()
            if current in chosen:
                raise ConflictError("dataset.current-version")
            _begin(context, connection, caller, dataset_id, recorded, named)
        note = _finish(context, dataset_id, named)
        recorded.details = {"versions": named, "certificate": hashlib.sha256(note.encode()).hexdigest()}
    return _shown(context, note)


def show_certificate(context: ServiceContext, caller: Caller, *, dataset_id: str) -> dict[str, Any]:
    """Return the latest certificate, `note` as it was signed and `certificate` as it reads; `earlier` are the others'
    notes.

    Raises `NotFoundError`.
    """
    context.look(caller, "dataset.list", ObjectRef("dataset", dataset_id))
    with context.database.begin() as connection:
        query = select(ERASURES.c.note).where(ERASURES.c.dataset_id == dataset_id, ERASURES.c.note != "")
        notes = [str(note) for note in connection.execute(query.order_by(ERASURES.c.requested_us.desc())).scalars()]
    if not notes:
        raise NotFoundError("certificate.absent")
    return {**_shown(context, notes[0]), "earlier": notes[1:]}


def finish_interrupted(context: ServiceContext, size: int) -> None:
    """Finish what a crash, or a disk that refused, left half done. `size`: how long the log was when this process
    began.

    Whoever was killed in the middle has his request in the log without an outcome, which the recovery adds; what failed
    and was logged as failed is taken up in the appliance's own name.
    """
    actions = (ACTION, VERSIONS_ACTION)
    waiting = {
        (entry["action"], entry["object"]["id"]) for entry in context.log.unfinished() if entry["action"] in actions
    }
    with context.database.begin() as connection:
        query = select(DATASETS.c.id, DATASETS.c.digest, ERASURES.c.versions).join(
            ERASURES, ERASURES.c.dataset_id == DATASETS.c.id
        )
        half_done = connection.execute(query.where(ERASURES.c.note == "", ERASURES.c.sequence < size)).all()
    for row in half_done:
        action = VERSIONS_ACTION if row.versions else ACTION
        if (action, row.id) in waiting:
            _finish(context, row.id, row.versions)
        else:
            with context.log.action(APPLIANCE, action, ObjectRef("dataset", row.id, row.digest)):
                _finish(context, row.id, row.versions)


def _begin(
    context: ServiceContext,
    connection: Connection,
    caller: Caller,
    dataset_id: str,
    recorded: RecordedAction,
    versions: str = "",
) -> None:
    """Take the dataset, or the versions, out of use, in one transaction with the look at who uses it."""
    row = connection.execute(select(DATASETS).where(DATASETS.c.id == dataset_id)).one()
    begun = select(ERASURES.c.note).where(ERASURES.c.dataset_id == dataset_id, ERASURES.c.versions == versions)
    if connection.execute(begun).scalar() == "":
        return
    verify_usable(connection, dataset_id)
    verify_no_hold(dict(row._mapping))
    verify_unused(connection, dataset_id, _numbers(versions))
    if versions:
        connection.execute(_of_versions(dataset_id, versions).values(state=SHREDDING))
    else:
        connection.execute(update(DATASETS).where(DATASETS.c.id == dataset_id).values(state=SHREDDING))
    connection.execute(
        insert(ERASURES).values(
            dataset_id=dataset_id,
            versions=versions,
            request=recorded.request,
            asked_by=caller.user_id,
            role=caller.role,
            sequence=recorded.sequence,
            requested_us=context.clock.now_us(),
            note="",
        )
    )


def _finish(context: ServiceContext, dataset_id: str, versions: str = "") -> str:
    """Drop the keys, then the files, then say so; each step may be done again. Returns the signed certificate."""
    with context.database.begin() as connection:
        jobs = tuple(job.id for job in jobs_using(connection, dataset_id, _numbers(versions)))
        query = select(DATASET_VERSIONS.c.version).where(DATASET_VERSIONS.c.dataset_id == dataset_id)
        numbers = sorted(_numbers(versions) or connection.execute(query).scalars())
    parts = ((PART_KIND, part_key_id(dataset_id, number, part)) for number in numbers for part in PARTS)
    context.vault.shred(*parts, *(("job", job_id) for job_id in jobs))
    whole = context.home / "datasets" / dataset_id
    folders = [whole / f"v{number}" for number in numbers] if versions else [whole]
    with storage_errors("Removing the dataset's files"):
        for folder in (*folders, *(context.home / "jobs" / job_id for job_id in jobs)):
            if folder.exists():
                shutil.rmtree(folder)
                fsync_folder(folder.parent)
    with context.database.begin() as connection:
        of_this = (ERASURES.c.dataset_id == dataset_id, ERASURES.c.versions == versions)
        erasure = connection.execute(select(ERASURES).where(*of_this)).one()
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
            adapters=_adapters(connection, dataset_id, _numbers(versions)),
            versions=tuple(numbers) if versions else (),
            jobs=jobs,
            backups=tuple(
                connection.execute(
                    select(BACKUPS.c.id)
                    .where(BACKUPS.c.created_us >= dataset["created_us"])
                    .order_by(BACKUPS.c.created_us)
                ).scalars()
            ),
        )
        note = sign_note(canonical_json.encode(erasure_certificate(facts)), context.vault.signer).decode()
        connection.execute(update(ERASURES).where(*of_this).values(note=note))
        connection.execute(_of_versions(dataset_id, ",".join(map(str, numbers))).values(state=SHREDDED))
        if not versions:
            connection.execute(update(DATASETS).where(DATASETS.c.id == dataset_id).values(state=SHREDDED))
    return note


def _adapters(connection: Connection, dataset_id: str, versions: frozenset[int] | None) -> tuple[tuple[str, str], ...]:
    """Return the adapters that learned from the dataset, and those whose training was never finished."""
    query = (
        select(ADAPTERS.c.id, ADAPTERS.c.state)
        .where(ADAPTERS.c.dataset_id == dataset_id)
        .order_by(ADAPTERS.c.created_us)
    )
    if versions is not None:
        query = query.where(ADAPTERS.c.dataset_version.in_(versions))
    made = {row.id: row.state for row in connection.execute(query)}
    jobs = jobs_using(connection, dataset_id, versions)
    begun = {job.spec["adapter_id"]: f"training {job.state}" for job in jobs if "dataset_id" in job.spec}
    return tuple({**begun, **made}.items())


def _numbers(versions: str) -> frozenset[int] | None:
    """Return the versions as numbers; None for the whole dataset."""
    return frozenset(map(int, versions.split(","))) if versions else None


def _of_versions(dataset_id: str, versions: str) -> Update:
    numbers = _numbers(versions) or frozenset()
    return update(DATASET_VERSIONS).where(
        DATASET_VERSIONS.c.dataset_id == dataset_id, DATASET_VERSIONS.c.version.in_(numbers)
    )


def _shown(context: ServiceContext, note: str) -> dict[str, Any]:
    line = open_note(note.encode(), context.vault.signer.name, context.vault.signer.public_key)
    return {"certificate": canonical_json.decode(line), "note": note}
