"""Where a request goes: below a mount to that page in that language, everything else to our own routes."""

import anyio.to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

from appliance.foundation.errors import ApplianceError
from appliance.foundation.messages import language, message
from appliance.services.context import ServiceContext
from appliance.web.gateway.answers import error_refusal, refusal, see_other, wants_page
from appliance.web.gateway.pages_gate import PagesGate
from appliance.web.page.table import MOUNTS, PAGES, Permission


def mount_of(path: str) -> str | None:
    """Return the mount that a path is below, if any."""
    return next((mount for mount in MOUNTS if _below(path, mount)), None)


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


class Mounts:
    """The application behind the door."""

    def __init__(self, ours: ASGIApp, pages: ASGIApp, context: ServiceContext) -> None:
        self._ours = ours
        self._mounted = {
            mount: MayOpen(PagesGate(pages, mount), context, row.opens) for mount, (row, _) in MOUNTS.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        await self._app_for(scope)(scope, receive, send)

    def _app_for(self, scope: Scope) -> ASGIApp:
        path = scope["path"] if scope["type"] == "http" else ""
        row = next((row for row in PAGES if _below(path, row.path)), None)
        if row is None:
            return self._ours
        chosen, mount = row.mount(language()), mount_of(path)
        # A person gets the page in the language chosen now, whichever the address has: it may be a bookmark.
        if path.rstrip("/") == row.path or (path.rstrip("/") == mount != chosen and wants_page(scope)):
            return see_other(f"{chosen}/")
        if path == mount:
            return see_other(f"{mount}/")
        return refusal(scope, 404, message("web.closed")) if mount is None else self._mounted[mount]


class MayOpen:
    """Middleware before a page: who may not open it is told so, and the attempt is logged.

    The page holds no data, and every event of it asks the rules again; this is for people who would see an empty page.
    """

    def __init__(self, app: ASGIApp, context: ServiceContext, permission: Permission) -> None:
        self._app = app
        self._context = context
        self._permission = permission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the rules when a person opens the page."""
        if wants_page(scope):
            try:
                await anyio.to_thread.run_sync(self._permission.verify, self._context, scope["state"]["caller"])
            except ApplianceError as error:
                await error_refusal(scope, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)
