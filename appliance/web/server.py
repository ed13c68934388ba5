"""Two servers in one loop: pages on the TCP socket, the operator's commands on the Unix socket, until a signal."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from appliance.foundation.errors import ApplianceError
from appliance.foundation.messages import t
from appliance.services.appliance import Appliance
from appliance.services.home.life import Serving
from appliance.services.record.refused_requests import RefusedRequests
from appliance.web.gateway.answers import fault_message
from appliance.web.gateway.commands import build_commands_app
from appliance.web.gateway.door import shown_host
from appliance.web.gateway.site import Pages, build_site
from appliance.web.page.environment import prepare_environment

GRACE_S = 2  # for answers that are on their way; the pages' event streams would never end by themselves
MAX_CONNECTIONS = 512
KEEPING_POLL_S = 10.0


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to `serve_pages`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing."""
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Never called."""


def serve_pages(appliance: Appliance, tcp: socket.socket, unix: socket.socket, announce: Callable[[str], None]) -> None:
    """Serve both sockets until SIGTERM or SIGINT, in a process that is confined already and opens no socket."""
    prepare_environment(appliance.context.home)
    asyncio.run(_serve(appliance, tcp, unix, announce))


async def _serve(
    appliance: Appliance, tcp: socket.socket, unix: socket.socket, announce: Callable[[str], None]
) -> None:
    host, port = tcp.getsockname()[:2]
    address = f"http://{shown_host(host)}:{port}/"
    appliance.context.part(Serving).address = address
    pages = Pages(lambda: _build_pages(appliance))
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    servers = [_server(build_site(appliance, host, port, pages), tcp), _server(build_commands_app(appliance), unix)]
    building = asyncio.create_task(pages.run(ending))
    building.add_done_callback(_report)
    serving = [asyncio.create_task(server.serve([listener])) for server, listener in servers]
    announce(t("gateway-announced", address=address))
    ended = asyncio.create_task(ending.wait())
    keeping = asyncio.create_task(_keep_house(appliance))
    await asyncio.wait([*serving, ended], return_when=asyncio.FIRST_COMPLETED)
    ending.set()
    keeping.cancel()
    for server, _ in servers:
        server.should_exit = True
    await asyncio.gather(*serving, return_exceptions=True)
    await asyncio.wait([building], timeout=GRACE_S)


async def _keep_house(appliance: Appliance) -> None:
    """Look now and then whether refusals are to be said, and whether the keys should be forgotten."""
    while True:
        await asyncio.sleep(KEEPING_POLL_S)
        await asyncio.to_thread(appliance.context.part(RefusedRequests).end_windows)
        # When the log, the disk or the database refuses, it is tried again at the next look.
        with contextlib.suppress(ApplianceError):
            await asyncio.to_thread(appliance.reseal_when_idle)


def _server(app: ASGIApp, listener: socket.socket) -> tuple[_Server, socket.socket]:
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,  # An address can hold a file's name; what matters is in the audit log.
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_S,
    )
    return _Server(config), listener


def _build_pages(appliance: Appliance) -> FastAPI:
    """Import Gradio and build the pages. Only here, in a thread, after the server answers."""
    from appliance.web.page.gradio_pages import build_pages  # noqa: PLC0415 - its import takes seconds and starts threads

    return build_pages(appliance)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        fault_message(error)
