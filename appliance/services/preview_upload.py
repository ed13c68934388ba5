"""Tell how a received file would be understood, before it is imported: somebody confirms it, or says what was meant."""

from typing import Any

from appliance.audit import ObjectRef
from appliance.datasets.report import said
from appliance.foundation.errors import NotFoundError
from appliance.jobs.conversation import WorkerOrder, run_worker
from appliance.jobs.messages import PreviewStart, UploadAccess
from appliance.services.context import Caller, ServiceContext
from appliance.services.receive_upload import UPLOAD_KIND, upload_path

PARSER_MEMORY_BYTES = 4 * 1024**3
MAX_FILENAME = 255
DEFAULT_ROWS = 5


def preview_upload(
    context: ServiceContext,
    caller: Caller,
    *,
    upload_id: str,
    filename: str,
    encoding: str = "",
    delimiter: str = "",
    roles: dict[str, str] | None = None,
    rows: int = DEFAULT_ROWS,
) -> dict[str, Any]:
    """Return how each source would be read, with its first rows. The upload stays. Reading rows, and logged as such.

    Raises `InputError` with what is wrong with the file, `NotFoundError` when there is no such upload.
    """
    with context.act(caller, "dataset.preview", ObjectRef("upload", upload_id)):
        upload = upload_access(context, upload_id, filename, encoding, delimiter, roles)
        start = PreviewStart(upload=upload, rows=max(1, min(rows, 50)))
        order = WorkerOrder(
            start, read=(upload_path(context.home, upload_id),), write=(), memory_bytes=PARSER_MEMORY_BYTES
        )
        return said(run_worker(context.launcher, order, lambda _message: None).result)


def upload_access(
    context: ServiceContext, upload_id: str, filename: str, encoding: str, delimiter: str, roles: dict[str, str] | None
) -> UploadAccess:
    """Return the key to an upload, and what was said about it. Raises `NotFoundError`."""
    source = upload_path(context.home, upload_id)
    if not source.is_file():
        raise NotFoundError("not-found:upload-more-send")
    return UploadAccess(
        path=str(source),
        upload_id=upload_id,
        upload_key=context.vault.data_key(UPLOAD_KIND, upload_id),
        filename=filename[-MAX_FILENAME:],
        encoding=encoding,
        delimiter=delimiter,
        roles=roles or {},
    )
