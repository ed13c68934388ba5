"""The application behind the TCP socket: the door in front, our few routes, and Gradio's pages once they are there."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import anyio.to_thread
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from appliance.foundation.errors import ApplianceError
from appliance.services.appliance import Appliance
from appliance.services.record.refused_requests import RefusedRequests
from appliance.web.accounts_pages import AccountPages
from appliance.web.answers import page, refusal, see_other
from appliance.web.audit_routes import AuditorsOnly, ProofRoute
from appliance.web.door import Door, allowed_hosts
from appliance.web.headers import SecurityHeaders
from appliance.web.pages_gate import AUDIT_MOUNT, MOUNT, PagesGate
from appliance.web.uploads import UploadRoute

STATIC = Path(__file__).parent / "static"
STATIC_FILES = {
    "pages.css": "text/css",
    "wizard.js": "text/javascript",
    "session.js": "text/javascript",
    "audit.js": "text/javascript",
    "favicon.svg": "image/svg+xml",
}
RELOAD = '<meta http-equiv="refresh" content="2">'


class Pages:
    """Gradio's application, built in a thread after the start (its import takes seconds).

    Until then: nothing under `MOUNT`.
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
        app: ASGIApp = self._app if self._app is not None else _starting(self.failed)
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
    accounts, uploads, proofs = (
        AccountPages(appliance.context),
        UploadRoute(appliance.context),
        ProofRoute(appliance.context),
    )

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def readiness(_request: Request) -> Response:
        try:
            await anyio.to_thread.run_sync(appliance.context.log.verify_writable)
        except ApplianceError as error:  # Nothing can be done now: it could not be logged.
            return PlainTextResponse(error.sentence, 503)
        if appliance.context.sealed:
            return PlainTextResponse("sealed", 503)
        return PlainTextResponse("ready" if pages.ready else "starting", 200 if pages.ready else 503)

    async def home(request: Request) -> Response:
        begin = AUDIT_MOUNT if request.state.caller.role == "auditor" else MOUNT
        return see_other(f"{begin}/") if pages.ready else await _starting_answer(request.scope, pages.failed)

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC_FILES:
            return refusal(request.scope, 404, "web.absent", "There is no such page.")
        return FileResponse(STATIC / name, media_type=STATIC_FILES[name])

    async def favicon(_request: Request) -> Response:
        return FileResponse(STATIC / "favicon.svg", media_type=STATIC_FILES["favicon.svg"])

    app.add_route("/healthz", health, methods=["GET"])
    app.add_route("/readyz", readiness, methods=["GET"])
    app.add_route("/", home, methods=["GET"])
    app.add_route("/favicon.ico", favicon, methods=["GET"])
    app.add_route("/static/{name}", static, methods=["GET"])
    app.add_route("/sign-in", accounts.show_sign_in, methods=["GET"])
    app.add_route("/sign-in", accounts.sign_in, methods=["POST"])
    app.add_route("/password", accounts.show_password, methods=["GET"])
    app.add_route("/password", accounts.set_password, methods=["POST"])
    app.add_route("/sign-out", accounts.sign_out, methods=["POST"])
    app.add_route("/upload", uploads.receive, methods=["PUT"])
    app.add_route("/audit-proof/{sequence:int}", proofs.send, methods=["GET"])
    mounted: dict[str, ASGIApp] = {
        MOUNT: PagesGate(pages, MOUNT),
        AUDIT_MOUNT: AuditorsOnly(PagesGate(pages, AUDIT_MOUNT), appliance.context),
    }
    refused = appliance.context.part(RefusedRequests)
    return SecurityHeaders(Door(_Split(app, mounted), appliance.context, refused, allowed_hosts(host, port)))


class _Split:
    """Sends what lies under a mount to its pages and the rest to our routes."""

    def __init__(self, ours: ASGIApp, mounted: dict[str, ASGIApp]) -> None:
        self._ours = ours
        self._mounted = mounted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        mount = next((each for each in self._mounted if path == each or path.startswith(f"{each}/")), None)
        if mount is None:
            await self._ours(scope, receive, send)
        elif path == mount:
            await see_other(f"{mount}/")(scope, receive, send)
        else:
            await self._mounted[mount](scope, receive, send)


def _starting(failed: bool) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (await _starting_answer(scope, failed))(scope, receive, send)

    return app


async def _starting_answer(_scope: Scope, failed: bool) -> Response:
    if failed:
        return page(
            "The pages could not be started",
            "<p>The operator finds the reason where the server was started.</p>",
            status=500,
        )
    return page("Starting", "<p>The pages are being prepared. This takes a few seconds.</p>", status=503, head=RELOAD)
