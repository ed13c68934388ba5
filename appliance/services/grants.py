"""What a worker may open: folders, the data keys of exactly what its order names, and how much memory it may take."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from appliance.datasets import PARTS
from appliance.foundation.errors import NotFoundError
from appliance.foundation.identifiers import verify_id
from appliance.jobs.access import (
    AdapterAccess,
    DatasetAccess,
    JobAccess,
    ModelAccess,
    ScreeningAccess,
    StartMessage,
    UploadAccess,
)
from appliance.jobs.conversation import WorkerOrder
from appliance.models.records import BaseModel, get_model, list_models
from appliance.planning import MAX_LENGTH
from appliance.services.context import ServiceContext
from appliance.services.machine import this_machine

PART_KIND = "dataset-part"  # of data keys: one for each part of a version
UPLOAD_KIND = "upload"
MADE = "adapter"  # the folder of a job in which its worker writes an adapter
PARSER_MEMORY_BYTES = 4 * 1024**3
LEAST_MEMORY_BYTES = 4 * 1024**3  # so that a wrong guess of the machine's memory ends no work
GPU_HOST_BYTES = 64 * 1024**3  # CUDA maps far more memory of the host than it uses
MAX_FILENAME = 255


def model_memory(context: ServiceContext) -> int:
    """Return how many bytes a worker may take that loads a model: to train it, to measure it, to talk to it."""
    machine = this_machine(context)
    return GPU_HOST_BYTES if machine.gpu else max(LEAST_MEMORY_BYTES, machine.memory_bytes)


def job_folder(context: ServiceContext, job_id: str) -> Path:
    """Return the one folder that the job's worker may write."""
    return context.home / "jobs" / job_id


def dataset_folder(context: ServiceContext, dataset_id: str) -> Path:
    """Return where a dataset's versions are."""
    return context.home / "datasets" / dataset_id


def adapter_folder(context: ServiceContext, adapter_id: str) -> Path:
    """Return where an adapter is."""
    return context.home / "adapters" / adapter_id


def job_access(context: ServiceContext, job_id: str) -> JobAccess:
    """Return a job's folder and its key."""
    return JobAccess(job_id=job_id, folder=str(job_folder(context, job_id)), key=context.vault.data_key("job", job_id))


def model_access(context: ServiceContext, model: BaseModel) -> ModelAccess:
    """Return what a worker needs to load a base model and to verify it."""
    return ModelAccess(folder=str(context.home / "models" / model.id), manifest=model.manifest.to_json())


def dataset_access(
    context: ServiceContext, dataset_id: str, version: int, parts: Sequence[str] = PARTS, system_prompt: str = ""
) -> DatasetAccess:
    """Return what a worker needs to read `parts` of a version, and no other part."""
    return DatasetAccess(
        folder=str(dataset_folder(context, dataset_id)),
        dataset_id=dataset_id,
        dataset_version=version,
        system_prompt=system_prompt,
        part_keys={part: context.vault.data_key(PART_KIND, part_key_id(dataset_id, version, part)) for part in parts},
    )


def adapter_access(context: ServiceContext, adapter_id: str, folder: Path | None = None) -> AdapterAccess:
    """Return what a worker needs to read an adapter, or to write it into `folder`."""
    return AdapterAccess(
        folder=str(folder or adapter_folder(context, adapter_id)),
        adapter_id=adapter_id,
        data_key=context.vault.data_key("adapter", adapter_id),
    )


def job_order(
    context: ServiceContext, start: StartMessage, job: JobAccess, *read: ModelAccess | DatasetAccess | AdapterAccess
) -> WorkerOrder:
    """Return the order to start a job's worker, which may read what was granted and write the job's folder alone."""
    folders = tuple(Path(each.folder) for each in read)
    return WorkerOrder(start, read=folders, write=(Path(job.folder),), memory_bytes=model_memory(context))


def upload_path(home: Path, upload_id: str) -> Path:
    """Return where a sealed upload is. `upload_id` must be a verified id."""
    return home / "uploads" / upload_id


def upload_access(
    context: ServiceContext, upload_id: str, filename: str, encoding: str, delimiter: str, roles: dict[str, str] | None
) -> UploadAccess:
    """Return the key of an upload, and how its file is to be read. Raises `NotFoundError`."""
    verify_id(upload_id)
    source = upload_path(context.home, upload_id)
    if not source.is_file():
        raise NotFoundError("not-found:upload")
    return UploadAccess(
        path=str(source),
        upload_id=upload_id,
        upload_key=context.vault.data_key(UPLOAD_KIND, upload_id),
        filename=filename[-MAX_FILENAME:],
        encoding=encoding,
        delimiter=delimiter,
        roles=roles or {},
    )


def screening_access(context: ServiceContext, model_id: str = "") -> tuple[ScreeningAccess, tuple[Path, ...]]:
    """Return how rows are checked, and the files that a worker reads for it.

    Rows are counted in the tokens of `model_id`, by default the newest model's. Raises `NotFoundError`.
    """
    with context.database.begin() as connection:
        model = get_model(connection, model_id) if model_id else next(iter(reversed(list_models(connection))), None)
    personal_data = context.limits.personal_data.model_dump()
    tokenizer = context.home / "models" / model.id / "tokenizer.json" if model else Path()
    if model is None or not tokenizer.is_file():
        return ScreeningAccess(personal_data=personal_data), ()
    access = ScreeningAccess(
        personal_data=personal_data, tokenizer_path=str(tokenizer), model_name=model.name, max_tokens=MAX_LENGTH
    )
    return access, (tokenizer,)


def part_key_id(dataset_id: str, version: int, part: str) -> str:
    """Return the name of the data key of a version's part."""
    return f"{dataset_id}/{version}/{part}"


@contextlib.contextmanager
def new_part_keys(context: ServiceContext, dataset_id: str, version: int) -> Iterator[dict[str, bytes]]:
    """Give the keys of a new version's parts. When the block fails they are forgotten: they open nothing."""
    objects = [(PART_KIND, part_key_id(dataset_id, version, part)) for part in PARTS]
    try:
        yield {part: context.vault.new_data_key(*each) for part, each in zip(PARTS, objects, strict=True)}
    except BaseException:
        context.vault.forget(*objects)
        raise
