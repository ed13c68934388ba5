"""A real home with three accounts, and a browser that speaks ASGI to the site: exact bytes, no client that tidies paths
or headers.
"""

import asyncio
import os
import tempfile
import warnings
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from appliance.audit import AuditLog
from appliance.foundation.clock import SystemClock
from appliance.foundation.settings import Settings
from appliance.policy import Rules, find_policy_folder
from appliance.services.appliance import Appliance
from appliance.services.context import OPERATOR, ServiceContext
from appliance.services.home.life import create_home
from appliance.services.people.accounts import add_user, set_password
from appliance.services.sessions import caller_of, sign_in
from appliance.web.gateway.door import COOKIE
from appliance.web.gateway.site import Pages, build_site
from appliance.web.page.environment import prepare_environment
from appliance.web.page.table import PAGES

PASSPHRASE = "a passphrase for tests only"
PASSWORD = "a password of one's own"
ORIGIN = "http://127.0.0.1:7860"


class NoLauncher:
    """Starts nothing: no test here needs a worker."""

    def launch(self, *_words: Any, **_options: Any) -> Any:
        """Fail."""
        raise AssertionError("no worker is started in these tests")


def make_appliance(home: Path) -> Appliance:
    """Return an appliance over a folder, still without a vault."""
    clock = SystemClock()
    rules = Rules.load(find_policy_folder())
    return Appliance(ServiceContext(Settings(home), clock, rules, AuditLog.open(home / "audit", clock), NoLauncher()))  # type: ignore[arg-type]


@dataclass
class Answer:
    """What came back."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return one header, or the empty string."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def cookie(self) -> str:
        """Return the session token that was set."""
        return self.header("set-cookie").partition(f"{COOKIE}=")[2].partition(";")[0].strip('"')


class Browser:
    """Speaks to an ASGI application in one loop that it keeps."""

    def __init__(self, app: Any, runner: asyncio.Runner) -> None:
        self.app = app
        self.runner = runner
        self.accept_language: str | None = None

    def ask(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        origin: str | None = ORIGIN,
        host: str | None = "127.0.0.1:7860",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        page: bool = False,
        address: str = "127.0.0.1",
    ) -> Answer:
        """Send one request and return the whole answer."""
        target, _, query = path.partition("?")
        sent = {
            "host": host,
            "origin": origin,
            "cookie": f"{COOKIE}={token}" if token else None,
            "accept": "text/html" if page else None,
            "accept-language": self.accept_language,
        }
        sent.update(headers or {})
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": _unquote(target),
            "raw_path": target.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items() if value is not None],
            "client": (address, 50000),
            "server": ("127.0.0.1", 7860),
        }
        return self.runner.run(self._speak(scope, [body]))

    def sign_in(self, name: str, password: str) -> Answer:
        """Send the sign-in form."""
        from urllib.parse import urlencode

        return self.ask("POST", "/sign-in", body=urlencode({"name": name, "password": password}).encode())

    def disconnect_during(self, path: str, pieces: list[bytes], *, token: str) -> Answer:
        """Send some pieces of a body, then break the connection."""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "PUT",
            "scheme": "http",
            "path": path.partition("?")[0],
            "raw_path": path.partition("?")[0].encode(),
            "query_string": path.partition("?")[2].encode(),
            "root_path": "",
            "headers": [
                (b"host", b"127.0.0.1:7860"),
                (b"origin", ORIGIN.encode()),
                (b"cookie", f"{COOKIE}={token}".encode()),
            ],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 7860),
        }
        return self.runner.run(self._speak(scope, pieces, broken=True))

    async def _speak(self, scope: dict[str, Any], pieces: list[bytes], *, broken: bool = False) -> Answer:
        answer, waiting = Answer(), list(pieces)

        async def receive() -> dict[str, Any]:
            if waiting:
                body = waiting.pop(0)
                return {"type": "http.request", "body": body, "more_body": bool(waiting) or broken}
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = [
                    (name.decode().lower(), value.decode("latin-1")) for name, value in message["headers"]
                ]
            else:
                answer.body += message.get("body", b"")

        await self.app(scope, receive, send)
        return answer


def _unquote(path: str) -> str:
    from urllib.parse import unquote

    return unquote(path)


@pytest.fixture(scope="session")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """An open home with the accounts `trainer`, `reviewer`, `auditor` (own passwords) and `fresh` (a one-time
    password).
    """
    made = make_appliance(tmp_path_factory.mktemp("home"))
    context = made.context
    passwords = {"trainer": create_home(context, PASSPHRASE, first_user="trainer").password}
    for name in ("reviewer", "auditor"):
        passwords[name] = add_user(context, OPERATOR, name=name, role=name).password
    for name, password in passwords.items():
        found = caller_of(context, sign_in(context, name, password)[0])
        assert found is not None
        set_password(context, found[0], password, PASSWORD)
    yield made
    made.close()


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all."""
    with asyncio.Runner() as loop:
        yield loop


@pytest.fixture(scope="session")
def site(appliance: Appliance, runner: asyncio.Runner) -> Browser:
    """The site before Gradio's pages are there."""
    return Browser(build_site(appliance, "127.0.0.1", 7860, Pages(_never)), runner)


@pytest.fixture(scope="session")
def token_of(appliance: Appliance) -> Callable[[str], str]:
    """Give a session of an account by name; the same as long as it lasts (each sign-in costs an Argon2)."""
    tokens: dict[str, str] = {}

    def token(name: str) -> str:
        if name not in tokens or caller_of(appliance.context, tokens[name]) is None:
            tokens[name] = sign_in(appliance.context, name, PASSWORD)[0]
        return tokens[name]

    return token


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Appliance]:
    """An appliance whose vault is not open."""
    made = make_appliance(tmp_path)
    yield made
    made.context.log.close()


class _Remembered(asyncio.DefaultEventLoopPolicy):
    """Remembers which event loops were made: Gradio makes some in threads and forgets them."""

    def __init__(self) -> None:
        super().__init__()
        self.made: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop = super().new_event_loop()
        self.made.add(loop)
        return loop


_LOOPS = _Remembered()
asyncio.set_event_loop_policy(_LOOPS)


@pytest.fixture(autouse=True)
def close_forgotten_loops(runner: asyncio.Runner) -> Iterator[None]:
    """Close the event loops that nothing runs in, so that a leak of our own is still an error."""
    yield
    for loop in list(_LOOPS.made):
        if loop is not runner.get_loop() and not loop.is_running():
            loop.close()


@pytest.fixture(scope="module")
def own_environment() -> Iterator[None]:
    """Put the environment back as it was: what is set before Gradio's import must not reach other tests."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
    tempfile.tempdir = None


@pytest.fixture(scope="module")
def laid_out(world: Any, own_environment: None) -> Callable[..., Any]:
    """Give a page of a home with something in it, by name and language; each is laid out once."""
    prepare_environment(world.context.home)
    made: dict[tuple[str, str], Any] = {}

    def give(name: str, language: str) -> Any:
        if (name, language) not in made:
            from appliance.web.page.gradio_pages import build_page

            row = next(each for each in PAGES if each.name == name)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)
                made[name, language] = build_page(world.context, row, language)
        return made[name, language]

    return give


@pytest.fixture(scope="module")
def token(world: Any) -> Callable[[str], str]:
    """Give a session in that home: `anna` is a trainer, the others are called as their roles."""
    tokens: dict[str, str] = {}

    def give(name: str) -> str:
        if name not in tokens:
            password = world.ids["one_time"]
            if name != "anna":
                password = add_user(world.context, OPERATOR, name=name, role=name).password
            found = caller_of(world.context, sign_in(world.context, name, password)[0])
            assert found is not None
            set_password(world.context, found[0], password, PASSWORD)
            tokens[name] = sign_in(world.context, name, PASSWORD)[0]
        return tokens[name]

    return give


@pytest.fixture
def browse(runner: asyncio.Runner) -> Callable[[Any], Browser]:
    """Open a browser on any application."""
    return lambda app: Browser(app, runner)


def _never() -> Any:
    raise AssertionError("these pages are never built")
