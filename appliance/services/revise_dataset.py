"""The next version of a dataset: a fix applied in a confined worker. What was there stays as it was, as the version
before.

Rows keep their numbers and their part: what training never saw stays unseen. New keys without a change (`renew_keys`)
are a version too; there the old versions are shredded, since a key is only renewed when the old one is to open nothing
any more.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from appliance.audit import ObjectRef
from appliance.datasets import PARTS
from appliance.datasets.tables import DATASET_VERSIONS
from appliance.foundation.atomic_files import fsync_folder, make_private_folder, storage_errors
from appliance.foundation.errors import ConflictError, InputError
from appliance.foundation.identifiers import new_id
from appliance.jobs.conversation import WorkerOrder, run_worker
from appliance.jobs.messages import DatasetAccess, ReviseStart
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_use import READY, verify_no_hold, verify_version
from appliance.services.dataset_versions import add_version, describe_report
from appliance.services.import_dataset import PART_KIND, describe_dataset, new_part_keys, part_key_id
from appliance.services.preview_upload import PARSER_MEMORY_BYTES
from appliance.services.screening import screening_access
from appliance.services.shred_dataset import shred_versions

ACTIONS = ("drop", "mask", "trim", "merge")
MAX_NAMED_ROWS = 10_000
_SAID = {"drop": "dropped", "mask": "masked", "trim": "trimmed", "merge": "merged"}


def revise_dataset(
    context: ServiceContext,
    caller: Caller,
    *,
    dataset_id: str,
    code: str = "",
    action: str = "",
    rows: Sequence[int] = (),
    model_id: str = "",
) -> dict[str, Any]:
    """Apply `action` to all rows with the finding `code`, or drop the rows named in `rows`; return the dataset and what
    was changed.

    Raises `InputError` for a fix that there is not, or that would change nothing, `ConflictError` when somebody else
    was faster.
    """
    if (not code and (action != "drop" or not rows)) or action not in ACTIONS or len(rows) > MAX_NAMED_ROWS:
        raise InputError("dataset.fix:mend-how-name", actions=", ".join(ACTIONS), max_named_rows=MAX_NAMED_ROWS)
    dataset = describe_dataset(context, dataset_id)
    with context.act(caller, "dataset.revise", _target(dataset), {"check": code, "action": action}) as recorded:
        made = write_next_version(
            context, caller, dataset, recorded.request, code=code, action=action, rows=rows, model_id=model_id
        )
        recorded.details = {"check": code, "action": action, "version": made["version"], "changed": made["changed"]}
    return {**describe_dataset(context, dataset_id), "changed": made["changed"]}


def renew_keys(context: ServiceContext, caller: Caller, *, dataset_id: str) -> dict[str, Any]:
    """Write the dataset anew under new data keys, and shred the versions under the old ones."""
    dataset = describe_dataset(context, dataset_id)
    with context.act(caller, "dataset.renew-keys", _target(dataset)) as recorded:
        verify_no_hold(dataset)
        with context.database.begin() as connection:
            query = select(DATASET_VERSIONS.c.version).where(
                DATASET_VERSIONS.c.dataset_id == dataset_id, DATASET_VERSIONS.c.state == READY
            )
            old = list(connection.execute(query).scalars())
        made = write_next_version(context, caller, dataset, recorded.request)
        shredded = shred_versions(context, caller, dataset_id=dataset_id, versions=old)
        recorded.details = {"version": made["version"]}
    return {**describe_dataset(context, dataset_id), "certificate": shredded["certificate"], "note": shredded["note"]}


def write_next_version(
    context: ServiceContext,
    caller: Caller,
    dataset: dict[str, Any],
    request: str,
    *,
    code: str = "",
    action: str = "",
    rows: Sequence[int] = (),
    person: Sequence[str] = (),
    model_id: str = "",
) -> dict[str, Any]:
    """Write version n + 1 out of the current one and make it current.

    Within somebody's logged act. Returns version and count changed.
    """
    dataset_id, version = dataset["id"], dataset["version"] + 1
    with context.database.begin() as connection:
        verify_version(connection, dataset_id, dataset["version"])
    folder = context.home / "datasets" / dataset_id
    target = folder / f"v{version}"
    if target.exists():
        # Killed between the rename and the database, or another revision at this moment: only the database tells.
        with context.database.begin() as connection:
            query = select(DATASET_VERSIONS.c.version).where(DATASET_VERSIONS.c.dataset_id == dataset_id)
            if version in set(connection.execute(query).scalars()):
                raise ConflictError("dataset.version")
    screening, read = screening_access(context, model_id)
    with new_part_keys(context, dataset_id, version) as keys, _staging(context) as staging:
        order = WorkerOrder(
            ReviseStart(
                dataset=DatasetAccess(
                    folder=str(folder),
                    dataset_id=dataset_id,
                    dataset_version=dataset["version"],
                    system_prompt=dataset["system_prompt"],
                    part_keys={
                        part: context.vault.data_key(PART_KIND, part_key_id(dataset_id, dataset["version"], part))
                        for part in PARTS
                    },
                ),
                screening=screening,
                code=code,
                action=action,
                rows=list(rows),
                person=list(person),
                output_folder=str(staging),
                part_keys=keys,
            ),
            read=(folder, *read),
            write=(staging,),
            memory_bytes=PARSER_MEMORY_BYTES,
        )
        result = run_worker(context.launcher, order, lambda _message: None).result
        changed = int(result["changed"])
        if (code or rows or person) and not changed:
            raise InputError("dataset.fix:change-row-look")
        with storage_errors("Keeping the dataset"):
            if target.exists():
                shutil.rmtree(target)
            os.rename(staging / f"v{version}", target)
            fsync_folder(folder)
        read_as = _read_as(context, caller, dataset)
        with context.database.begin() as connection:
            verify_version(connection, dataset_id, dataset["version"])
            add_version(
                connection,
                dataset_id=dataset_id,
                version=version,
                parent=dataset["version"],
                change=_change(code, action, rows, person, changed),
                digest=context.vault.pseudonym("dataset", str(result["digest"]).encode()),
                summary=result,
                report={**read_as, **result["report"]},
                created_us=context.clock.now_us(),
                created_by=caller.user_id,
                request=request,
            )
    return {"version": version, "changed": changed}


@contextlib.contextmanager
def _staging(context: ServiceContext) -> Iterator[Path]:
    staging = context.home / "staging" / new_id("ds")
    make_private_folder(staging)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _read_as(context: ServiceContext, caller: Caller, dataset: dict[str, Any]) -> dict[str, Any]:
    """Return how the file was once read, which stays true of every version."""
    context.look(caller, "dataset.list", ObjectRef("dataset", dataset["id"]))
    before = describe_report(context, dataset["id"], dataset["version"])
    return {name: before[name] for name in ("sources", "unread", "left_out", "split") if name in before}


def _change(code: str, action: str, rows: Sequence[int], person: Sequence[str], changed: int) -> str:
    count = f"{changed:,} row{'s' if changed != 1 else ''}"
    if person:
        return f"a person was erased: {count} dropped"
    if rows:
        return f"{count} dropped by hand"
    return f"{code}: {count} {_SAID[action]}" if code else "the same rows under new keys"


def _target(dataset: dict[str, Any]) -> ObjectRef:
    return ObjectRef("dataset", dataset["id"], dataset["digest"])
