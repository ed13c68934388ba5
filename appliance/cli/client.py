"""How a command reaches the home: through the server's Unix socket when one runs, else by owning the home itself."""

import contextlib
import os
import shutil
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import httpx  # the one place: over the home's Unix socket, never over a network

from appliance.foundation.atomic_files import make_private_folder, storage_errors
from appliance.foundation.errors import ApplianceError, HomeError
from appliance.foundation.identifiers import new_id
from appliance.foundation.json_records import shown
from appliance.foundation.messages import language, message, verbatim
from appliance.foundation.settings import Settings
from appliance.jobs.messages import FromWorker, Progress
from appliance.services.appliance import Appliance
from appliance.services.context import OPERATOR
from appliance.services.data.receive_upload import receive_file

SOCKET_NAME = "appliance.sock"
UPLOAD_PIECE_BYTES = 1024 * 1024
WATCH_POLL_S = 0.5
OnProgress = Callable[[dict[str, Any]], None]


class Client(Protocol):
    """What a command may ask for."""

    def perform(self, operation: str, /, **parameters: Any) -> Any:
        """Do one operation and return its JSON."""

    def upload(self, source: BinaryIO) -> str:
        """Send a file; return the upload's id."""

    def watch(self, job_id: str, on_progress: OnProgress) -> dict[str, Any]:
        """Follow a job to its end and return it."""


class OwningClient:
    """Owns the home: does everything in this process, which runs the queue while it watches."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance

    def perform(self, operation: str, /, **parameters: Any) -> Any:
        """Do one operation and return its JSON."""
        return self._appliance.perform(OPERATOR, operation, parameters)

    def upload(self, source: BinaryIO) -> str:
        """Seal a file into the home; return the upload's id."""
        return receive_file(self._appliance.context, OPERATOR, source).id

    def watch(self, job_id: str, on_progress: OnProgress) -> dict[str, Any]:
        """Run the queue until this job has ended."""

        def heard(job: Any, message: FromWorker) -> None:
            if job.id == job_id and isinstance(message, Progress):
                on_progress({**message.model_dump(), "sentence": str(message.sentence or "")})

        self._appliance.run_queue(heard)
        ended: dict[str, Any] = shown(self._appliance.wait_for_job(OPERATOR, job_id))
        return ended


class SocketClient:
    """Asks the running server over its Unix socket (0600: only the home's owner reaches it)."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def perform(self, operation: str, /, **parameters: Any) -> Any:
        """Do one operation and return its JSON."""
        return self._answer(self._http.post(f"/operations/{operation}", json=parameters))

    def upload(self, source: BinaryIO) -> str:
        """Stream a file to the server; return the upload's id."""

        def pieces() -> Iterator[bytes]:
            while piece := source.read(UPLOAD_PIECE_BYTES):
                yield piece

        return str(self._answer(self._http.put("/uploads", content=pieces()))["id"])

    def watch(self, job_id: str, on_progress: OnProgress) -> dict[str, Any]:
        """Poll until the job has ended."""
        last = -1
        while True:
            job: dict[str, Any] = self.perform("job.show", job_id=job_id, after_step=last)
            for point in job["progress"]:
                last = point["step"]
                on_progress(point["body"])
            if job["state"] in {"succeeded", "failed", "stopped"}:
                return job
            time.sleep(WATCH_POLL_S)

    @staticmethod
    def _answer(response: httpx.Response) -> Any:
        try:
            body = response.json()
            if response.is_success:
                return body["result"]
            told = verbatim(str(body["error"]["sentence"]))
            refusal = ApplianceError(told, code=str(body["error"]["code"]))
        except (ValueError, KeyError, TypeError):
            raise HomeError("server.answer", status_code=response.status_code) from None
        raise refusal


def server_socket(settings: Settings) -> Path:
    """Return where the server's Unix socket is."""
    return settings.home / SOCKET_NAME


def server_process(settings: Settings) -> int:
    """Return the id of the process that listens, or 0: a server that was killed leaves its socket behind."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(server_socket(settings)))
        except OSError:
            return 0
        peer = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        process: int = struct.unpack("3i", peer)[0]
    return process


@contextmanager
def socket_client(settings: Settings) -> Iterator[SocketClient | None]:
    """Give a client of the running server, or None when none answers."""
    if not server_process(settings):
        yield None
        return
    transport, spoken = httpx.HTTPTransport(uds=str(server_socket(settings))), {"Accept-Language": language()}
    with httpx.Client(transport=transport, base_url="http://appliance", timeout=None, headers=spoken) as http:  # noqa: S113 - training takes as long as it takes
        try:
            http.get("/healthz")
        except httpx.TransportError:
            yield None
            return
        try:
            yield SocketClient(http)
        except httpx.TransportError as error:
            raise HomeError("server.gone") from error


@contextmanager
def within_reach(client: Client, home: Path, source: Path) -> Iterator[Path]:
    """Give a path under which whoever does the work can read the folder `source`: a server reads nothing outside of its
    home.

    Folders in it are named but left empty: no model has any, and the import says so. Raises `StorageError`.
    """
    if isinstance(client, OwningClient) or not source.is_dir():
        yield source
        return
    place = home / "staging" / new_id("md")
    make_private_folder(place)
    try:
        with storage_errors(message("task:copy-folder")):
            for entry in list(os.scandir(source)):
                _bring(entry, place / entry.name)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _bring(entry: os.DirEntry[str], target: Path) -> None:
    if entry.is_dir():
        target.mkdir()
        return
    with contextlib.suppress(OSError):  # Another file system, or one without links.
        os.link(entry.path, target, follow_symlinks=False)
        return
    shutil.copyfile(entry.path, target, follow_symlinks=False)
