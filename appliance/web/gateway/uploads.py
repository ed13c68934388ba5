"""A file that is sent: its bytes are sealed piece by piece as they come in, never whole in memory, never readable."""

import anyio.to_thread
from starlette.requests import Request

from appliance.foundation.errors import ApplianceError
from appliance.services.context import Caller, ServiceContext
from appliance.services.data.receive_upload import Upload

PIECE_BYTES = 1024 * 1024


async def receive_upload(context: ServiceContext, caller: Caller, request: Request) -> Upload:
    """Seal the request's body; a broken connection leaves nothing. Raises `ApplianceError`, `ClientDisconnect`."""
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
