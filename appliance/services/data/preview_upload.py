"""Tell how a received file would be understood, before it is imported: somebody confirms it, or says what was meant."""

from appliance.audit import ObjectRef
from appliance.datasets.report import FilePreview
from appliance.foundation.identifiers import verify_id
from appliance.jobs.conversation import WorkerOrder, run_worker
from appliance.jobs.starts.datasets import PreviewStart
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import PARSER_MEMORY_BYTES, upload_access, upload_path
from appliance.services.operations import operation

DEFAULT_ROWS = 5


@operation("dataset.preview", action="dataset.preview", on="upload")
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
) -> FilePreview:
    """Return how each source would be read, with its first rows. The upload stays. Reading rows, and logged as such.

    Raises `InputError` with what is wrong with the file, `NotFoundError` when there is no such upload.
    """
    verify_id(upload_id)
    with context.act(caller, "dataset.preview", ObjectRef("upload", upload_id)):
        upload = upload_access(context, upload_id, filename, encoding, delimiter, roles)
        start = PreviewStart(upload=upload, rows=max(1, min(rows, 50)))
        order = WorkerOrder(
            start, read=(upload_path(context.home, upload_id),), write=(), memory_bytes=PARSER_MEMORY_BYTES
        )
        return run_worker(context.launcher, order).found(FilePreview)
