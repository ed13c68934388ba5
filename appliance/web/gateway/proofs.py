"""GET /audit-proof/{sequence}: the proof of an entry as a file.

It is a route of ours, not Gradio's, and nothing of it is kept.
"""

import functools

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from appliance.foundation.errors import ApplianceError
from appliance.services.context import ServiceContext
from appliance.services.record.show_proof import show_proof
from appliance.web.gateway.answers import error_refusal


class ProofRoute:
    """The handler."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def send(self, request: Request) -> Response:
        """Answer with a text file, or with a sentence."""
        sequence: int = request.path_params["sequence"]
        try:
            work = functools.partial(show_proof, self._context, request.state.caller, sequence=sequence)
            proof = (await anyio.to_thread.run_sync(work)).file
        except ApplianceError as error:
            return error_refusal(request.scope, error)
        headers = {"content-disposition": f'attachment; filename="entry-{sequence}.tlog-proof"'}
        return Response(proof, media_type="text/plain; charset=utf-8", headers=headers)
