"""Turn a received file into an encrypted dataset. The file is parsed in a confined worker, never here."""

import contextlib
import datetime as dt
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from appliance.audit import ObjectRef
from appliance.datasets import PARTS, read_part
from appliance.datasets.report import said
from appliance.datasets.tables import DATASETS
from appliance.foundation.atomic_files import fsync_folder, make_private_folder, storage_errors
from appliance.foundation.errors import InputError, NotFoundError
from appliance.foundation.identifiers import new_id
from appliance.identity import default_project
from appliance.jobs.conversation import WorkerOrder, run_worker
from appliance.jobs.messages import MAX_SEED, ParseStart
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_use import READY, verify_usable
from appliance.services.dataset_versions import add_version
from appliance.services.preview_upload import PARSER_MEMORY_BYTES, upload_access
from appliance.services.receive_upload import discard_upload, upload_path
from appliance.services.screening import screening_access

PART_KIND = "dataset-part"
MAX_NAME = 120
MAX_PREVIEW_ROWS = 50
DEFAULT_SYSTEM_PROMPT = ""
ORIGIN_FIELDS = ("purpose", "owner", "licence", "legal_basis", "keep_until")
REQUIRED_ORIGIN = ("purpose", "owner", "legal_basis")
MAX_ORIGIN_CHARACTERS = 500
# GDPR, article 6(1), a to f; and what is no personal data.
LEGAL_BASES = (
    "consent",
    "contract",
    "legal obligation",
    "vital interests",
    "public task",
    "legitimate interests",
    "not personal data",
)


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
    system_prompt: str = DEFAULT_SYSTEM_PROMPT,
    origin: dict[str, str] | None = None,
    model_id: str = "",
    seed: int = 0,
) -> dict[str, Any]:
    """Parse the upload into encrypted parts and keep the dataset; the upload is discarded either way.

    What the file is, its content tells; `encoding`, `delimiter` and `roles` are for whoever knows better. `origin` has
    the names of `ORIGIN_FIELDS`. Rows are counted in the tokens of `model_id`. The same rows with the same `seed` are
    parted alike. Raises `InputError` with the rows that are wrong.
    """
    if not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise InputError("dataset.seed", max_seed=MAX_SEED)
    told = verified_origin(origin or {}, required=context.limits.datasets.require_origin)
    dataset_id = new_id("ds")
    title = (name or Path(filename).stem or "dataset").strip()[:MAX_NAME]
    with context.act(caller, "dataset.import", ObjectRef("dataset", dataset_id), {"upload": upload_id}) as recorded:
        upload = upload_access(context, upload_id, filename, encoding, delimiter, roles)
        screening, read = screening_access(context, model_id)
        with (
            _discarded(context, upload_id),
            _staging(context, dataset_id) as staging,
            new_part_keys(context, dataset_id, 1) as keys,
        ):
            order = WorkerOrder(
                ParseStart(
                    upload=upload,
                    screening=screening,
                    output_folder=str(staging),
                    dataset_id=dataset_id,
                    dataset_version=1,
                    part_keys=keys,
                    seed=seed,
                ),
                read=(upload_path(context.home, upload_id), *read),
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
                        **told,
                    )
                )
                add_version(
                    connection,
                    dataset_id=dataset_id,
                    version=1,
                    parent=0,
                    change="imported",
                    digest=digest,
                    summary=summary,
                    report=summary["report"],
                    created_us=context.clock.now_us(),
                    created_by=caller.user_id,
                    request=recorded.request,
                )
        recorded.target = ObjectRef("dataset", dataset_id, digest)
        recorded.details = {"upload": upload_id, "rows": int(summary["rows"])}
    return {**describe_dataset(context, dataset_id), "report": said(summary["report"])}


def part_key_id(dataset_id: str, version: int, part: str) -> str:
    """Return the name of the data key of a version's part."""
    return f"{dataset_id}/{version}/{part}"


@contextlib.contextmanager
def new_part_keys(context: ServiceContext, dataset_id: str, version: int) -> Iterator[dict[str, bytes]]:
    """Give the keys of a new version's parts.

    When the block fails they are gone again: they opened nothing that is kept.
    """
    objects = [(PART_KIND, part_key_id(dataset_id, version, part)) for part in PARTS]
    try:
        yield {part: context.vault.new_data_key(*each) for part, each in zip(PARTS, objects, strict=True)}
    except BaseException:
        context.vault.forget(*objects)
        raise


def verified_origin(origin: dict[str, str], *, required: bool) -> dict[str, str]:
    """Return all fields of an origin.

    Raises `InputError` for one that cannot be, or that the policy requires and is not there.
    """
    unknown = set(origin) - set(ORIGIN_FIELDS)
    if unknown or not all(isinstance(value, str) and len(value) <= MAX_ORIGIN_CHARACTERS for value in origin.values()):
        raise InputError(
            "dataset.origin", origin_fields=", ".join(ORIGIN_FIELDS), max_origin_characters=MAX_ORIGIN_CHARACTERS
        )
    told = {name: origin.get(name, "").strip() for name in ORIGIN_FIELDS}
    if told["legal_basis"] and told["legal_basis"] not in LEGAL_BASES:
        raise InputError("dataset.origin:legal-basis", legal_bases=", ".join(LEGAL_BASES))
    if told["keep_until"]:
        try:
            told["keep_until"] = dt.date.fromisoformat(told["keep_until"]).isoformat()
        except ValueError:
            raise InputError("dataset.origin:day-until-dataset") from None
    missing = [name for name in REQUIRED_ORIGIN if not told[name]]
    if required and missing:
        raise InputError("dataset.origin:policy-appliance-asks", value=", ".join(missing).replace("_", " "))
    return told


def list_datasets(context: ServiceContext, caller: Caller) -> list[dict[str, Any]]:
    """Return what is known of each dataset, oldest first; no row of data."""
    context.look(caller, "dataset.list", ObjectRef("dataset", "all"))
    with context.database.begin() as connection:
        return [dict(row._mapping) for row in connection.execute(select(DATASETS).order_by(DATASETS.c.created_us))]


def describe_dataset(context: ServiceContext, dataset_id: str) -> dict[str, Any]:
    """Return what is known of one dataset; no row of data. Raises `NotFoundError`."""
    with context.database.begin() as connection:
        row = connection.execute(select(DATASETS).where(DATASETS.c.id == dataset_id)).first()
    if row is None:
        raise NotFoundError("not-found:dataset")
    return dict(row._mapping)


def show_dataset(
    context: ServiceContext, caller: Caller, dataset_id: str, *, part: str = "training", rows: int = 10
) -> dict[str, Any]:
    """Return the dataset with its first rows of one part: reading data, and logged as such."""
    if part not in PARTS:
        raise InputError("input:part-parts", parts=", ".join(PARTS))
    description = describe_dataset(context, dataset_id)
    count = max(0, min(rows, MAX_PREVIEW_ROWS))
    with context.act(
        caller, "dataset.read", ObjectRef("dataset", dataset_id, description["digest"]), {"part": part, "rows": count}
    ):
        with context.database.begin() as connection:
            verify_usable(connection, dataset_id)
        key = context.vault.data_key(PART_KIND, part_key_id(dataset_id, description["version"], part))
        preview: list[dict[str, Any]] = []
        for conversation in read_part(
            context.home / "datasets" / dataset_id, dataset_id, description["version"], part, key
        ):
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
