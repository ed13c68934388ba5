"""PUT /upload?name=...: the file's bytes, sealed piece by piece as they come in.

Never whole in memory, never readable on the disk.
"""

import anyio.to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from appliance.foundation.errors import ApplianceError, InputError
from appliance.services.context import Caller, ServiceContext
from appliance.services.data.receive_upload import Upload
from appliance.web.gateway.answers import error_json

PIECE_BYTES = 1024 * 1024
MAX_NAME_CHARACTERS = 255


async def receive_upload(context: ServiceContext, caller: Caller, request: Request) -> Upload:
    """Seal the request's body; a connection that breaks leaves nothing behind.

    Raises `ApplianceError`, `ClientDisconnect`.
    """
    upload = await anyio.to_thread.run_sync(Upload, context, caller)
    waiting = bytearray()
    try:
        async for piece in request.stream():
            waiting += piece
            if len(waiting) >= PIECE_BYTES:
                await anyio.to_thread.run_sync(upload.write, bytes(waiting))
                waiting.clear()
        if waiting:
            await anyio.to_thread.run_sync(upload.write, bytes(waiting))
        await anyio.to_thread.run_sync(upload.finish)
    except ApplianceError:
        raise  # `write` and `finish` have put everything away themselves.
    except BaseException:
        upload.abort()
        raise
    return upload


class UploadRoute:
    """The handler for the pages' uploads."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def receive(self, request: Request) -> Response:
        """Answer with the upload's id, or with a sentence."""
        try:
            if not 0 < len(request.query_params.get("name", "")) <= MAX_NAME_CHARACTERS:
                raise InputError("input:file-name", max_name_characters=MAX_NAME_CHARACTERS)
            upload = await receive_upload(self._context, request.state.caller, request)
        except ApplianceError as error:
            return error_json(error)
        except ClientDisconnect:
            return Response(status_code=400)  # Nobody reads it.
        return JSONResponse({"id": upload.id})
