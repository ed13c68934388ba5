"""Turn a received file into an encrypted dataset. The file is parsed in a confined worker, never here."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from appliance.audit import ObjectRef
from appliance.datasets import PARTS, Conversation, read_part
from appliance.datasets.records import Dataset, DatasetState, get_dataset, list_datasets
from appliance.datasets.report import DatasetReport
from appliance.datasets.tables import DATASETS
from appliance.foundation.atomic_files import fsync_folder, make_private_folder, storage_errors
from appliance.foundation.errors import InputError
from appliance.foundation.identifiers import new_id
from appliance.foundation.json_records import BESIDE, shown
from appliance.foundation.messages import message
from appliance.identity import default_project
from appliance.jobs.access import MAX_SEED
from appliance.jobs.conversation import WorkerOrder, run_worker
from appliance.jobs.starts.datasets import ParseStart
from appliance.services.context import Caller, ServiceContext
from appliance.services.data.dataset_origin import Origin, verified_origin
from appliance.services.data.dataset_versions import WrittenVersion, add_version
from appliance.services.data.receive_upload import discard_upload
from appliance.services.grants import (
    PARSER_MEMORY_BYTES,
    PART_KIND,
    dataset_folder,
    new_part_keys,
    part_key_id,
    screening_access,
    upload_access,
    upload_path,
)
from appliance.services.operations import DatasetId, ModelId, operation

MAX_NAME = 120
MAX_PREVIEW_ROWS = 50


@dataclass(frozen=True)
class ImportedDataset:
    """A dataset that was just imported, and what was found in its rows."""

    dataset: Dataset = field(metadata=BESIDE)
    report: DatasetReport


@dataclass(frozen=True)
class DatasetRows:
    """A dataset with the first rows of one part."""

    dataset: Dataset
    part: str
    preview: tuple[Conversation, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as it is shown."""
        preview = [{"row": row.row, "messages": row.messages} for row in self.preview]
        return {**shown(self.dataset), "part": self.part, "preview": preview}


@operation("dataset.import", action="dataset.import", on="dataset")
def import_dataset(
    context: ServiceContext,
    caller: Caller,
    *,
    upload_id: str,
    filename: str,
    name: str = "",
    encoding: str = "",
    delimiter: str = "",
    roles: dict[str, str] | None = None,
    system_prompt: str = "",
    origin: Origin | None = None,
    model_id: ModelId = "",
    seed: int = 0,
) -> ImportedDataset:
    """Parse the upload into encrypted parts and keep the dataset; the upload is discarded either way.

    What the file is, its content tells; `encoding`, `delimiter` and `roles` are for whoever knows better. Rows are
    counted in the tokens of `model_id`. The same rows with the same `seed` are split alike. Raises `InputError` with
    the rows that are wrong.
    """
    if not 0 <= seed <= MAX_SEED:
        raise InputError("dataset.seed", max_seed=MAX_SEED)
    stated = verified_origin(origin or Origin(), required=context.limits.datasets.require_origin)
    dataset_id = new_id("ds")
    title = (name or Path(filename).stem or "dataset").strip()[:MAX_NAME]
    with context.act(caller, "dataset.import", ObjectRef("dataset", dataset_id), {"upload": upload_id}) as recorded:
        upload = upload_access(context, upload_id, filename, encoding, delimiter, roles)
        screening, tokenizer = screening_access(context, model_id)
        with (
            _discarded(context, upload_id),
            staging_folder(context, dataset_id) as staging,
            new_part_keys(context, dataset_id, 1) as keys,
        ):
            start = ParseStart(
                upload=upload,
                screening=screening,
                output_folder=str(staging),
                dataset_id=dataset_id,
                dataset_version=1,
                part_keys=keys,
                seed=seed,
            )
            reads = (upload_path(context.home, upload_id), *tokenizer)
            order = WorkerOrder(start, read=reads, write=(staging,), memory_bytes=PARSER_MEMORY_BYTES)
            written = run_worker(context.launcher, order).found(WrittenVersion)
            digest = context.vault.pseudonym("dataset", written.digest.encode())
            target = dataset_folder(context, dataset_id)
            with storage_errors(message("task:keep-dataset")):
                os.rename(staging, target)
                fsync_folder(target.parent)
            now = context.clock.now_us()
            with context.database.begin() as connection:
                connection.execute(
                    insert(DATASETS).values(
                        id=dataset_id,
                        project_id=default_project(connection, context.clock),
                        name=title,
                        version=1,
                        digest=digest,
                        **written.counts,
                        system_prompt=system_prompt,
                        source_format=written.source_format,
                        created_us=now,
                        created_by=caller.user_id,
                        state=DatasetState.READY,
                        **stated,
                    )
                )
                add_version(
                    connection,
                    dataset_id=dataset_id,
                    version=1,
                    parent=0,
                    change=message("dataset-change-imported"),
                    digest=digest,
                    written=written,
                    created_us=now,
                    created_by=caller.user_id,
                    request=recorded.request,
                )
                dataset = get_dataset(connection, dataset_id)
        recorded.target = dataset.ref
        recorded.details = {"upload": upload_id, "rows": dataset.rows}
    return ImportedDataset(dataset, written.report)


@operation("dataset.list", action="dataset.list", on="dataset")
def all_datasets(context: ServiceContext, caller: Caller) -> list[Dataset]:
    """Return what is known of each dataset, oldest first; no row of data."""
    context.look(caller, "dataset.list", ObjectRef("dataset", "all"))
    return context.query(list_datasets)


@operation("dataset.show", action="dataset.read", on="dataset")
def show_dataset(
    context: ServiceContext, caller: Caller, *, dataset_id: DatasetId, part: str = "training", rows: int = 10
) -> DatasetRows:
    """Return the dataset with its first rows of one part: reading data, and logged as such."""
    if part not in PARTS:
        raise InputError("input:part", parts=", ".join(PARTS))
    dataset = context.query(get_dataset, dataset_id)
    count = max(0, min(rows, MAX_PREVIEW_ROWS))
    with context.act(caller, "dataset.read", dataset.ref, {"part": part, "rows": count}):
        dataset.verify_usable()
        key = context.vault.data_key(PART_KIND, part_key_id(dataset_id, dataset.version, part))
        first = read_part(dataset_folder(context, dataset_id), dataset_id, dataset.version, part, key)
        return DatasetRows(dataset, part, tuple(islice(first, count)))


@contextlib.contextmanager
def staging_folder(context: ServiceContext, object_id: str) -> Iterator[Path]:
    """Give an empty folder that is gone afterwards, unless it was renamed to its final place."""
    staging = context.home / "staging" / object_id
    make_private_folder(staging)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextlib.contextmanager
def _discarded(context: ServiceContext, upload_id: str) -> Iterator[None]:
    try:
        yield
    finally:
        discard_upload(context, upload_id)
