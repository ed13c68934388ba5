"""Turn a received file into an encrypted dataset. The file is parsed in a confined worker, never here."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from appliance.audit import ObjectRef
from appliance.datasets import PARTS, read_part
from appliance.datasets.tables import DATASETS
from appliance.foundation.atomic_files import fsync_folder, make_private_folder, storage_errors
from appliance.foundation.errors import InputError, NotFoundError
from appliance.foundation.identifiers import new_id
from appliance.identity import default_project
from appliance.jobs.conversation import WorkerOrder, run_worker
from appliance.jobs.messages import ParseStart
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_use import READY, verify_usable
from appliance.services.receive_upload import UPLOAD_KIND, discard_upload, upload_path

PART_KIND = "dataset-part"
MAX_NAME = 120
MAX_PREVIEW_ROWS = 50
PARSER_MEMORY_BYTES = 4 * 1024**3
DEFAULT_SYSTEM_PROMPT = ""


def import_dataset(
    context: ServiceContext,
    caller: Caller,
    *,
    upload_id: str,
    filename: str,
    name: str = "",
    roles: dict[str, str] | None = None,
    system_prompt: str = DEFAULT_SYSTEM_PROMPT,
) -> dict[str, Any]:
    """Parse the upload into encrypted parts and keep the dataset; the upload is discarded either way.

    `filename` decides nothing but is checked against the content. Raises `InputError` with the rows that are wrong.
    """
    dataset_id = new_id("ds")
    title = (name or Path(filename).stem or "dataset").strip()[:MAX_NAME]
    with context.act(caller, "dataset.import", ObjectRef("dataset", dataset_id), {"upload": upload_id}) as recorded:
        source = upload_path(context.home, upload_id)
        if not source.is_file():
            raise NotFoundError("There is no such upload any more. Send the file again.")
        with _discarded(context, upload_id), _staging(context, dataset_id) as staging:
            keys = {part: context.vault.new_data_key(PART_KIND, f"{dataset_id}/{part}") for part in PARTS}
            order = WorkerOrder(
                ParseStart(
                    upload_path=str(source),
                    upload_id=upload_id,
                    upload_key=context.vault.data_key(UPLOAD_KIND, upload_id),
                    filename=filename[-255:],
                    roles=roles or {},
                    system_prompt=system_prompt,
                    output_folder=str(staging),
                    dataset_id=dataset_id,
                    dataset_version=1,
                    part_keys=keys,
                ),
                read=(source,),
                write=(staging,),
                memory_bytes=PARSER_MEMORY_BYTES,
            )
            summary = run_worker(context.launcher, order, lambda _message: None).result
            digest = context.vault.pseudonym("dataset", str(summary["digest"]).encode())
            target = context.home / "datasets" / dataset_id
            with storage_errors("Keeping the dataset"):
                os.rename(staging, target)
                fsync_folder(target.parent)
            with context.database.begin() as connection:
                connection.execute(
                    insert(DATASETS).values(
                        id=dataset_id,
                        project_id=default_project(connection, context.clock),
                        name=title,
                        version=1,
                        digest=digest,
                        rows=summary["rows"],
                        training_rows=summary["training_rows"],
                        validation_rows=summary["validation_rows"],
                        test_rows=summary["test_rows"],
                        system_prompt=system_prompt,
                        source_format=summary["source_format"],
                        created_us=context.clock.now_us(),
                        created_by=caller.user_id,
                        state=READY,
                    )
                )
        recorded.target = ObjectRef("dataset", dataset_id, digest)
        recorded.details = {"upload": upload_id, "rows": int(summary["rows"])}
    return {**describe_dataset(context, dataset_id), "problems": summary["problems"]}


def list_datasets(context: ServiceContext, caller: Caller) -> list[dict[str, Any]]:
    """Return what is known of each dataset, oldest first; no row of data."""
    context.verify_allowed(caller, "dataset.list", ObjectRef("dataset", "all"))
    with context.database.begin() as connection:
        return [dict(row._mapping) for row in connection.execute(select(DATASETS).order_by(DATASETS.c.created_us))]


def describe_dataset(context: ServiceContext, dataset_id: str) -> dict[str, Any]:
    """Return what is known of one dataset; no row of data. Raises `NotFoundError`."""
    with context.database.begin() as connection:
        row = connection.execute(select(DATASETS).where(DATASETS.c.id == dataset_id)).first()
    if row is None:
        raise NotFoundError("There is no such dataset. `appliance dataset list` shows those there are.")
    return dict(row._mapping)


def show_dataset(context: ServiceContext, caller: Caller, dataset_id: str, *, part: str = "training", rows: int = 10) -> dict[str, Any]:
    """Return the dataset with its first rows of one part: reading data, and logged as such."""
    if part not in PARTS:
        raise InputError(f"There is no such part. The parts are: {', '.join(PARTS)}.")
    description = describe_dataset(context, dataset_id)
    count = max(0, min(rows, MAX_PREVIEW_ROWS))
    with context.act(caller, "dataset.read", ObjectRef("dataset", dataset_id, description["digest"]), {"part": part, "rows": count}):
        with context.database.begin() as connection:
            verify_usable(connection, dataset_id)
        key = context.vault.data_key(PART_KIND, f"{dataset_id}/{part}")
        preview: list[dict[str, Any]] = []
        for conversation in read_part(context.home / "datasets" / dataset_id, dataset_id, description["version"], part, key):
            if len(preview) >= count:
                break
            preview.append({"row": conversation.row, "messages": [dict(message) for message in conversation.messages]})
    return {**description, "part": part, "preview": preview}


@contextlib.contextmanager
def _discarded(context: ServiceContext, upload_id: str) -> Iterator[None]:
    try:
        yield
    finally:
        discard_upload(context, upload_id)


@contextlib.contextmanager
def _staging(context: ServiceContext, object_id: str) -> Iterator[Path]:
    """Give an empty folder that is gone afterwards, unless it was renamed to its final place."""
    staging = context.home / "staging" / object_id
    make_private_folder(staging)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
