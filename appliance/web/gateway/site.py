"""The application behind the TCP socket: the door in front, our few routes, and Gradio's pages once they are there."""

import asyncio
import contextlib
import functools
from collections.abc import Callable
from pathlib import Path

import anyio.to_thread
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.messages import language, message, t
from appliance.services.appliance import Appliance
from appliance.services.record.read_audit import show_proof
from appliance.services.record.refused_requests import RefusedRequests
from appliance.web.gateway.accounts_pages import AccountPages
from appliance.web.gateway.answers import error_json, error_refusal, page, refusal, see_other
from appliance.web.gateway.commands import receive_upload
from appliance.web.gateway.door import Door, allowed_hosts
from appliance.web.gateway.headers import SecurityHeaders
from appliance.web.gateway.mounts import Mounts
from appliance.web.page.table import PAGES, first_page
from appliance.web.rendering.html import text

STATIC = Path(__file__).parents[1] / "static"
STATIC_FILES = {
    "pages.css": "text/css",
    "session.js": "text/javascript",
    "favicon.svg": "image/svg+xml",
    **{script: "text/javascript" for row in PAGES for script in row.scripts},
}
MAX_NAME_CHARACTERS = 255
RELOAD = '<meta http-equiv="refresh" content="2">'


class Pages:
    """Gradio's application, built in a thread after the start (its import takes seconds).

    Until then, every mount answers that the pages are being prepared.
    """

    def __init__(self, build: Callable[[], FastAPI]) -> None:
        self._build = build
        self._app: FastAPI | None = None
        self.failed = False

    @property
    def ready(self) -> bool:
        """Tell whether the pages can be shown."""
        return self._app is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on to Gradio."""
        app: ASGIApp = self._app if self._app is not None else _starting_page(self.failed)
        await app(scope, receive, send)

    async def run(self, until: asyncio.Event) -> None:
        """Build the pages and keep their background tasks alive until the event is set."""
        try:
            app = await asyncio.to_thread(self._build)
            async with contextlib.AsyncExitStack() as stack:
                await stack.enter_async_context(app.router.lifespan_context(app))
                self._app = app
                await until.wait()
                self._app = None
        except Exception:
            self.failed = True
            raise


def build_site(appliance: Appliance, host: str, port: int, pages: Pages) -> ASGIApp:
    """Return everything that a browser can reach."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    context = appliance.context
    accounts = AccountPages(context)

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def readiness(_request: Request) -> Response:
        try:
            await anyio.to_thread.run_sync(context.log.verify_writable)
        except ApplianceError as error:  # Nothing can be done now: it could not be logged.
            return PlainTextResponse(error.sentence, 503)
        if context.sealed:
            return PlainTextResponse("sealed", 503)
        return PlainTextResponse("ready" if pages.ready else "starting", 200 if pages.ready else 503)

    async def home(request: Request) -> Response:
        if not pages.ready:
            return _starting_page(pages.failed)
        row = await anyio.to_thread.run_sync(first_page, context, request.state.caller)
        return see_other(f"{row.mount(language())}/")

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC_FILES:
            return refusal(request.scope, 404, message("web.absent"))
        return FileResponse(STATIC / name, media_type=STATIC_FILES[name])

    async def favicon(_request: Request) -> Response:
        return FileResponse(STATIC / "favicon.svg", media_type=STATIC_FILES["favicon.svg"])

    async def upload(request: Request) -> Response:
        try:
            if not 0 < len(request.query_params.get("name", "")) <= MAX_NAME_CHARACTERS:
                raise InputError("input:file-name", max_name_characters=MAX_NAME_CHARACTERS)
            return JSONResponse({"id": (await receive_upload(context, request.state.caller, request)).id})
        except ApplianceError as error:
            return error_json(error)
        except ClientDisconnect:
            return Response(status_code=400)  # Nobody reads it.

    async def proof(request: Request) -> Response:
        sequence: int = request.path_params["sequence"]
        work = functools.partial(show_proof, context, request.state.caller, sequence=sequence)
        try:
            text_file = (await anyio.to_thread.run_sync(work)).file
        except ApplianceError as error:
            return error_refusal(request.scope, error)
        headers = {"content-disposition": f'attachment; filename="entry-{sequence}.tlog-proof"'}
        return PlainTextResponse(text_file, headers=headers)

    async def absent(request: Request, error: Exception) -> Response:
        return refusal(request.scope, getattr(error, "status_code", 404), message("web.absent"))

    app.add_exception_handler(HTTPException, absent)
    app.add_route("/healthz", health, methods=["GET"])
    app.add_route("/readyz", readiness, methods=["GET"])
    app.add_route("/", home, methods=["GET"])
    app.add_route("/favicon.ico", favicon, methods=["GET"])
    app.add_route("/static/{name}", static, methods=["GET"])
    app.add_route("/sign-in", accounts.show_sign_in, methods=["GET"])
    app.add_route("/sign-in", accounts.sign_in, methods=["POST"])
    app.add_route("/password", accounts.show_password, methods=["GET"])
    app.add_route("/password", accounts.set_password, methods=["POST"])
    app.add_route("/language", accounts.set_language, methods=["POST"])
    app.add_route("/sign-out", accounts.sign_out, methods=["POST"])
    app.add_route("/upload", upload, methods=["PUT"])
    app.add_route("/audit-proof/{sequence:int}", proof, methods=["GET"])
    refused = context.part(RefusedRequests)
    mounts = Mounts(app, pages, context)
    return SecurityHeaders(Door(mounts, context, refused, allowed_hosts(host, port)))


def _starting_page(failed: bool) -> Response:
    if failed:
        return page(t("gateway-failed-title"), f"<p>{text(t('gateway-failed'))}</p>", status=500)
    return page(t("gateway-starting-title"), f"<p>{text(t('gateway-starting'))}</p>", status=503, head=RELOAD)
