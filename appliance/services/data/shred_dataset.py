"""Shred a dataset: destroy its keys, then its files; a signed certificate states that, and what it cannot reach.

    ready -> shredding -> shredded

Single versions of a dataset are shredded alike (`shred_versions`), when a person was erased from it or its keys were
renewed; the other versions stay.

From `shredding` on there is no way back: killed anywhere after it, the next start finishes what was begun
(`finish_interrupted`). What jobs made of the rows goes with them: answers hold held-out questions, and checkpoints
cannot be continued without the dataset.
"""

import contextlib
import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Update, insert, select, update

from appliance.audit import KEY_CHANGE, ObjectRef, Outcome, RecordedAction, open_note, sign_note
from appliance.datasets import PARTS
from appliance.datasets.records import DatasetState, get_dataset, list_versions
from appliance.datasets.tables import DATASET_VERSIONS, DATASETS, ERASURES
from appliance.foundation import canonical_json
from appliance.foundation.atomic_files import fsync_folder, storage_errors
from appliance.foundation.errors import AuditLogError, ConflictError, NotFoundError
from appliance.foundation.json_records import OPTIONAL
from appliance.foundation.messages import message
from appliance.models.records import list_adapters
from appliance.reports.erasure_certificate import Erasure, erasure_certificate
from appliance.services.context import APPLIANCE, Caller, ServiceContext
from appliance.services.grants import PART_KIND, dataset_folder, job_folder, part_key_id
from appliance.services.job_kinds import jobs_using, kind_of, verify_unused
from appliance.services.operations import DatasetId, operation
from appliance.vault.tables import BACKUPS

ACTION = "dataset.shred"
VERSIONS_ACTION = "dataset.shred-versions"


@dataclass(frozen=True)
class Certificate:
    """A certificate of erasure: its text, and the signed `note`. `earlier` are the other notes of the dataset."""

    certificate: dict[str, Any]
    note: str
    earlier: tuple[str, ...] | None = field(default=None, metadata=OPTIONAL)


@operation("dataset.shred", action="dataset.shred", on="dataset")
def shred_dataset(context: ServiceContext, caller: Caller, *, dataset_id: DatasetId) -> Certificate:
    """Shred the dataset. What an earlier call began and could not finish is finished.

    Raises `NotFoundError`, `ConflictError` while a job that uses it waits or runs, and when it was shredded already.
    """
    dataset = context.query(get_dataset, dataset_id)
    with context.act(caller, ACTION, dataset.ref, {"rows": dataset.rows}) as recorded:
        with context.database.begin() as connection:
            _begin(context, connection, caller, dataset_id, recorded)
        note = _finish(context, dataset_id)
        recorded.details = {"rows": dataset.rows, "certificate": hashlib.sha256(note.encode()).hexdigest()}
    return _opened(context, note)


def shred_versions(context: ServiceContext, caller: Caller, *, dataset_id: str, versions: Sequence[int]) -> Certificate:
    """Shred versions of a dataset that are no longer its current one.

    Raises `NotFoundError` for a version that is not there, `ConflictError` for the current one, on legal hold, while a
    job uses one.
    """
    dataset = context.query(get_dataset, dataset_id)
    chosen = sorted(set(versions))
    numbers = ",".join(map(str, chosen))
    with context.act(caller, VERSIONS_ACTION, dataset.ref, {"versions": numbers}) as recorded:
        with context.database.begin() as connection:
            if not chosen or not set(chosen) <= {each.version for each in list_versions(connection, dataset_id)}:
                raise NotFoundError("not-found:version")
            if get_dataset(connection, dataset_id).version in chosen:
                raise ConflictError("dataset.current-version")
            _begin(context, connection, caller, dataset_id, recorded, numbers)
        note = _finish(context, dataset_id, numbers)
        recorded.details = {"versions": numbers, "certificate": hashlib.sha256(note.encode()).hexdigest()}
    return _opened(context, note)


@operation("dataset.certificate", action="dataset.list", on="dataset")
def show_certificate(context: ServiceContext, caller: Caller, *, dataset_id: DatasetId) -> Certificate:
    """Return the latest certificate of a dataset, with the earlier ones' notes. Raises `NotFoundError`."""
    context.look(caller, "dataset.list", ObjectRef("dataset", dataset_id))
    with context.database.begin() as connection:
        query = select(ERASURES.c.note).where(ERASURES.c.dataset_id == dataset_id, ERASURES.c.note != "")
        notes = [str(note) for note in connection.execute(query.order_by(ERASURES.c.requested_us.desc())).scalars()]
    if not notes:
        raise NotFoundError("certificate.absent")
    return Certificate(_opened(context, notes[0]).certificate, notes[0], tuple(notes[1:]))


def finish_interrupted(context: ServiceContext, size: int) -> None:
    """Finish what a crash, or a disk that refused, left half done. `size`: how long the log was at the start.

    A request that was killed in the middle has no outcome in the log yet, which the recovery adds; what failed and was
    logged as failed is taken up in the appliance's own name.
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
    begun = select(ERASURES.c.note).where(ERASURES.c.dataset_id == dataset_id, ERASURES.c.versions == versions)
    if connection.execute(begun).scalar() == "":
        return
    dataset = get_dataset(connection, dataset_id)
    dataset.verify_usable()
    dataset.verify_no_hold()
    verify_unused(connection, dataset_id, _numbers(versions))
    if versions:
        connection.execute(_of_versions(dataset_id, versions).values(state=DatasetState.SHREDDING))
    else:
        connection.execute(update(DATASETS).where(DATASETS.c.id == dataset_id).values(state=DatasetState.SHREDDING))
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
    """Drop the keys, then the files, then record it; each step may be done again. Returns the signed certificate."""
    with context.database.begin() as connection:
        jobs = tuple(job.id for job in jobs_using(connection, dataset_id, _numbers(versions)))
        numbers = sorted(_numbers(versions) or (each.version for each in list_versions(connection, dataset_id)))
    parts = ((PART_KIND, part_key_id(dataset_id, number, part)) for number in numbers for part in PARTS)
    context.vault.shred(*parts, *(("job", job_id) for job_id in jobs))
    whole = dataset_folder(context, dataset_id)
    folders = [whole / f"v{number}" for number in numbers] if versions else [whole]
    with storage_errors(message("task:remove-dataset")):
        for folder in (*folders, *(job_folder(context, job_id) for job_id in jobs)):
            if folder.exists():
                shutil.rmtree(folder)
                fsync_folder(folder.parent)
    with context.database.begin() as connection:
        of_this = (ERASURES.c.dataset_id == dataset_id, ERASURES.c.versions == versions)
        erasure = connection.execute(select(ERASURES).where(*of_this)).one()
        if erasure.note:
            return str(erasure.note)
        dataset = get_dataset(connection, dataset_id)
        backups = select(BACKUPS.c.id).where(BACKUPS.c.created_us >= dataset.created_us).order_by(BACKUPS.c.created_us)
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
            backups=tuple(connection.execute(backups).scalars()),
        )
        note = sign_note(canonical_json.encode(erasure_certificate(facts)), context.vault.signer).decode()
        connection.execute(update(ERASURES).where(*of_this).values(note=note))
        of_versions = _of_versions(dataset_id, ",".join(map(str, numbers)))
        connection.execute(of_versions.values(state=DatasetState.SHREDDED))
        if not versions:
            connection.execute(update(DATASETS).where(DATASETS.c.id == dataset_id).values(state=DatasetState.SHREDDED))
    return note


def _adapters(connection: Connection, dataset_id: str, versions: frozenset[int] | None) -> tuple[tuple[str, str], ...]:
    """Return the adapters that learned from the dataset with their states, and those that were never finished."""
    made = {
        adapter.id: str(adapter.state)
        for adapter in list_adapters(connection, dataset_id=dataset_id)
        if versions is None or adapter.dataset_version in versions
    }
    begun: dict[str, str] = {}
    for job in jobs_using(connection, dataset_id, versions):
        kind = kind_of(job)
        begun |= dict.fromkeys(kind.makes(kind.task(job).spec), f"{kind.stage} {job.state}")
    return tuple({**begun, **made}.items())


def _numbers(versions: str) -> frozenset[int] | None:
    """Return the versions as numbers; None for the whole dataset."""
    return frozenset(map(int, versions.split(","))) if versions else None


def _of_versions(dataset_id: str, versions: str) -> Update:
    numbers = _numbers(versions) or frozenset()
    return update(DATASET_VERSIONS).where(
        DATASET_VERSIONS.c.dataset_id == dataset_id, DATASET_VERSIONS.c.version.in_(numbers)
    )


def _opened(context: ServiceContext, note: str) -> Certificate:
    """Return a certificate. The log's key may have been replaced since it was signed."""
    name, signed = context.vault.signer.name, note.encode()
    try:
        line = open_note(signed, name, context.vault.signer.public_key)
    except AuditLogError:
        for key in _earlier_keys(context):
            with contextlib.suppress(AuditLogError):
                return Certificate(canonical_json.decode(open_note(signed, name, key)), note)
        raise
    return Certificate(canonical_json.decode(line), note)


def _earlier_keys(context: ServiceContext) -> list[bytes]:
    """Return the keys that the log was signed with before this one: the entries that replaced them stay in the home."""
    done = (entry for entry in context.log.entries_here() if entry["outcome"] == Outcome.SUCCEEDED)
    return [bytes.fromhex(entry["details"]["old"]) for entry in done if entry["action"] == KEY_CHANGE]
