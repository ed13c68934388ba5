"""The log leaves a running server: entry by entry to the machine's syslog, whole as a folder, while people work and are
refused.
"""

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from driven_home import Home, Server, await_that

from appliance.audit.events import encode_entry, parse_entry

ROOT = Path(__file__).parents[2]
VERIFIER = ROOT / "ops" / "verify_audit.py"
LIMITS = ROOT / "policies" / "limits.toml"
LINE = re.compile(rb"<(\d+)>appliance-audit: (\{.*\})", re.DOTALL)
PRIORITIES = {"requested": 110, "succeeded": 110, "denied": 109, "failed": 109}
QUEUE = Path("/proc/sys/net/unix/max_dgram_qlen")


class Listener:
    """A syslog daemon's socket, which takes messages when it is told to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.messages: list[bytes] = []
        self._socket: socket.socket | None = None

    def bind(self) -> None:
        """Be there."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.setblocking(False)

    def read(self) -> int:
        """Take what is there; return how many messages there have been."""
        while self._socket is not None:
            try:
                self.messages.append(self._socket.recv(1 << 20))
            except BlockingIOError:
                break
        return len(self.messages)

    def vanish(self) -> None:
        """Be gone, as a daemon that is started anew."""
        assert self._socket is not None
        self.read()
        self._socket.close()
        self._socket = None
        self.path.unlink()


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    """A socket under a short path: such a path may have 107 bytes."""
    folder = tmp_path / "s"
    folder.mkdir()
    made = Listener(folder / "log")
    yield made
    if made.path.exists():
        made.vanish()


@pytest.fixture
def watched(new_home: Any, listener: Listener, tmp_path: Path) -> tuple[Home, str]:
    """An empty home under a policy that names that socket, and its first account's one-time password.

    The program reads the policies beside it, so its commands run where another file lies over that one (a mount
    namespace of theirs).
    """
    text = LIMITS.read_text(encoding="utf-8")
    assert 'syslog_socket = ""' in text
    limits = tmp_path / "limits.toml"
    limits.write_text(text.replace('syslog_socket = ""', f'syslog_socket = "{listener.path}"'), encoding="utf-8")
    script = 'mount --bind "$0" "$1" && shift && exec "$@"'
    apart = [
        "unshare",
        "--mount",
        *(() if os.geteuid() == 0 else ("--map-root-user",)),
        "sh",
        "-c",
        script,
        str(limits),
        str(LIMITS),
    ]
    if shutil.which("unshare") is None or subprocess.run([*apart, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let tests mount a file in a namespace of their own")
    home = new_home(empty=True)
    home.command = [*apart, *home.command]
    return home, home("init", "--user", "anna")["password"]


class Person:
    """A browser without a page: the forms, over HTTP."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookie = ""

    def ask(self, method: str, path: str, *, foreign: bool = False, **form: str) -> int:
        """Send a request; keep the session that comes back; return the status."""
        connection = http.client.HTTPConnection(self.address, timeout=60)
        origin = "http://evil.example" if foreign else f"http://{self.address}"
        headers = {"Origin": origin, "Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request(method, path, body=urlencode(form) if form else None, headers=headers)
            answer = connection.getresponse()
            answer.read()
            set_cookie = answer.getheader("set-cookie")
            self.cookie = set_cookie.partition(";")[0] if set_cookie else self.cookie
            return answer.status
        finally:
            connection.close()


def validate(messages: list[bytes], log: list[dict[str, Any]]) -> None:
    """Each is a line as local sockets take it, with an entry of the log in its one form; in order, without a gap."""
    for sequence, message in enumerate(messages):
        found = LINE.fullmatch(message)
        assert found is not None, message[:80]
        entry = parse_entry(found[2], sequence)
        assert encode_entry(entry) == found[2]
        assert int(found[1]) == PRIORITIES[entry["outcome"]]
        assert entry == log[sequence]


def verify(folder: Path, key: str) -> str:
    """Verify an export as an auditor does: isolated, in an empty environment."""
    words = [sys.executable, "-I", str(VERIFIER), str(folder), "--key", key]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, env={})
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    return ran.stdout


@contextmanager
def somebody_who_works(server: Server, anna: Person) -> Iterator[list[int]]:
    """Act and be refused, again and again, while the block runs; give the statuses."""
    ending, statuses = threading.Event(), list[int]()

    def work() -> None:
        while not ending.is_set():
            statuses.append(anna.ask("PUT", "/upload?name=a.csv", **{"question": "answer"}))
            statuses.append(Person(server.address).ask("POST", "/sign-out", foreign=True))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield statuses
    finally:
        ending.set()
        thread.join()


def test_the_log_leaves_a_running_server_whole(
    watched: tuple[Home, str], serve: Any, listener: Listener, tmp_path: Path
) -> None:
    home, one_time = watched
    server = serve(home)  # The socket is not there yet: nothing waits for it.
    anna = Person(server.address)
    assert anna.ask("POST", "/sign-in", name="anna", password="wrong password") == 401
    assert anna.ask("POST", "/sign-in", name="anna", password=one_time) == 303
    own = "a password of one's own"
    assert anna.ask("POST", "/password", old=one_time, new=own, again=own) == 303
    listener.bind()
    await_that(lambda: listener.read() >= len(home.log()), "what was there before the socket")

    with somebody_who_works(server, anna) as statuses:
        exports = [
            (home("audit", "export", "--format", "folder", str(tmp_path / f"out-{number}"))) for number in range(3)
        ]
        await_that(lambda: len(statuses) >= 20, "work")
    assert set(statuses) == {200, 403}
    sizes = [export["entries"] for export in exports]
    assert sizes == sorted(set(sizes)), "nothing happened between the exports"
    for number, export in enumerate(exports):
        assert verify(tmp_path / f"out-{number}", export["key"]).startswith(f"WHOLE: {export['entries']} entries")

    # The daemon goes away and comes back.
    listener.vanish()
    assert anna.ask("PUT", "/upload?name=a.csv", question="while it was away") == 200
    listener.bind()
    # Nobody reads: the queue fills, and people work on.
    queue = int(QUEUE.read_text())
    for _ in range(queue):
        assert anna.ask("PUT", "/upload?name=a.csv", question="more than the queue holds") == 200
    assert len(home.log()) - len(listener.messages) > queue
    await_that(lambda: listener.read() >= len(home.log()), "everything, once somebody reads")
    validate(listener.messages, home.log())

    # What was refused since the last count is said as the server ends, and handed over by the next one.
    assert server.end() == 0
    listener.read()
    before = len(listener.messages)
    refused = Counter[str]()
    for entry in home.log():
        if entry["action"].startswith("door."):
            refused[entry["action"]] += entry["details"]["count"]
    assert refused == {"door.refuse-origin": statuses.count(403)}
    assert before < len(home.log())
    serve(home)
    await_that(lambda: listener.read() >= len(home.log()), "what the server before had not handed over")
    validate(listener.messages, home.log())
