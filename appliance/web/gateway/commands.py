"""The operator's door: operations over the home's Unix socket. Its permissions (0600) are the authentication.

A file that is sent is sealed piece by piece as its bytes come in, never whole in memory, never readable.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.messages import negotiated_language, use_language
from appliance.services.appliance import Appliance
from appliance.services.context import OPERATOR, Caller, ServiceContext
from appliance.services.data.receive_upload import Upload
from appliance.web.gateway.answers import error_json, fault_message, json_error

PIECE_BYTES = 1024 * 1024
MAX_PARAMETERS_BYTES = 16 * 1024 * 1024  # a backup's list of files is the longest
MAX_OPERATIONS_AT_ONCE = 16


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


def build_commands_app(appliance: Appliance) -> FastAPI:
    """Return the application that the `appliance` command talks to while a server runs."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    limiter = anyio.CapacityLimiter(MAX_OPERATIONS_AT_ONCE)

    async def operation(request: Request) -> Any:
        parameters, name = await _parameters(request), request.path_params["name"]
        return await anyio.to_thread.run_sync(appliance.perform, OPERATOR, name, parameters, limiter=limiter)

    async def upload(request: Request) -> Any:
        return {"id": (await receive_upload(appliance.context, OPERATOR, request)).id}

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok")

    app.add_route("/operations/{name}", _answering(operation), methods=["POST"])
    app.add_route("/uploads", _answering(upload), methods=["PUT"])
    app.add_route("/healthz", health, methods=["GET"])
    return app


def _answering(perform: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    """Return a handler that answers with the result, or the error, as JSON.

    Sentences are in the language that the command asks for, otherwise in English.
    """

    async def handler(request: Request) -> Response:
        with use_language(negotiated_language(request.headers.get("accept-language", ""))):
            try:
                return JSONResponse({"result": await perform(request)})
            except ApplianceError as error:
                return error_json(error)
            except ClientDisconnect:
                return Response(status_code=400)
            except Exception as error:
                return json_error(500, "fault", str(fault_message(error)))

    return handler


async def _parameters(request: Request) -> dict[str, Any]:
    """Return the JSON object of the body. Raises `InputError`."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_PARAMETERS_BYTES:
            raise InputError("operation.parameters:too-long")
    try:
        value = json.loads(bytes(body) or b"{}")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError("operation.parameters:not-an-object")
    return value
