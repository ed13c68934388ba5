"""The operator's door: operations over the home's Unix socket. Its permissions (0600) are the authentication."""

import json
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.messages import negotiated_language, use_language
from appliance.services.appliance import Appliance
from appliance.services.context import OPERATOR
from appliance.web.answers import error_json, fault_sentence
from appliance.web.uploads import receive_upload

MAX_PARAMETERS_BYTES = 16 * 1024 * 1024  # a backup's list of files is the longest
MAX_OPERATIONS_AT_ONCE = 16


def build_commands_app(appliance: Appliance) -> FastAPI:
    """Return the application that the `appliance` command talks to while a server runs."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    limiter = anyio.CapacityLimiter(MAX_OPERATIONS_AT_ONCE)

    async def operation(request: Request) -> Response:
        with use_language(negotiated_language(request.headers.get("accept-language", ""))):
            return await _answer(request)

    async def _answer(request: Request) -> Response:
        try:
            parameters = await _parameters(request)
            result = await anyio.to_thread.run_sync(
                appliance.perform, OPERATOR, request.path_params["name"], parameters, limiter=limiter
            )
            return JSONResponse({"result": result})
        except ApplianceError as error:
            return error_json(error)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            return JSONResponse({"error": {"code": "fault", "sentence": fault_sentence(error)}}, 500)

    async def upload(request: Request) -> Response:
        try:
            received = await receive_upload(appliance.context, OPERATOR, request)
            return JSONResponse({"result": {"id": received.id}})
        except ApplianceError as error:
            return error_json(error)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            return JSONResponse({"error": {"code": "fault", "sentence": fault_sentence(error)}}, 500)

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok")

    app.add_route("/operations/{name}", operation, methods=["POST"])
    app.add_route("/uploads", upload, methods=["PUT"])
    app.add_route("/healthz", health, methods=["GET"])
    return app


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
