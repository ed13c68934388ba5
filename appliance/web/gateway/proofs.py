"""What an auditor reaches beside Gradio's events: the page itself, for who may read the log, and proofs to take away.

GET /audit-proof/{sequence} is the proof of an entry as a file: a route of ours, not Gradio's, and nothing of it is
kept.
"""

import functools

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from appliance.foundation.errors import ApplianceError
from appliance.services.context import ServiceContext
from appliance.services.record.read_audit import LOG
from appliance.services.record.show_proof import show_proof
from appliance.web.answers import refusal, status_of, wants_page


class AuditorsOnly:
    """Middleware before the auditor's page: who may not read the log is told so, and that he tried is logged.

    The page holds no data, and every event of it asks the rules again; this is for people who would see an empty page.
    """

    def __init__(self, app: ASGIApp, context: ServiceContext) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the rules when a person opens the page."""
        if wants_page(scope):
            try:
                await anyio.to_thread.run_sync(
                    self._context.verify_allowed, scope["state"]["caller"], "audit.read", LOG
                )
            except ApplianceError as error:
                await refusal(scope, status_of(error), error.code, error.sentence)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class ProofRoute:
    """The handler."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def send(self, request: Request) -> Response:
        """Answer with a text file, or with a sentence."""
        sequence: int = request.path_params["sequence"]
        try:
            work = functools.partial(show_proof, self._context, request.state.caller, sequence=sequence)
            proof = (await anyio.to_thread.run_sync(work))["file"]
        except ApplianceError as error:
            return refusal(request.scope, status_of(error), error.code, error.sentence)
        headers = {"content-disposition": f'attachment; filename="entry-{sequence}.tlog-proof"'}
        return Response(proof, media_type="text/plain; charset=utf-8", headers=headers)
