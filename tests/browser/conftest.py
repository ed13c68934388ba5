"""A real server in its sandbox, a real (tiny) model, and Chromium with all of its own protections."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from driven_home import COMMAND, Home, write_tiny_model

try:
    from playwright import sync_api
except ImportError:
    sync_api = None  # type: ignore[assignment]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
START_S, STEP_MS = 120, 60_000
OWN_PASSWORD = "a password of one's own"


@dataclass
class Site:
    """A running server, its home, and the first account."""

    address: str
    home: Home
    log: Path
    user: str
    password: str


@dataclass
class Visit:
    """A window with everything that went wrong in it, and every address that it asked for."""

    context: Any
    faults: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def open(self, address: str) -> Any:
        """Open a page at an address."""
        page = self.context.new_page()
        page.goto(address)
        return page

    def verify_quiet(self, site: Site) -> None:
        """Fail when anything went wrong in the window, or when it asked anybody but us."""
        assert self.faults == []
        assert {url for url in self.asked if not url.startswith((f"{site.address}/", "data:", "blob:"))} == set()
        assert self.asked


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a fresh home with a tiny model."""
    if sync_api is None or CHROMIUM is None:
        pytest.skip(
            f"SKIPPED: {'playwright' if sync_api is None else 'Chromium'} is not installed here, so the pages were not "
            "tried"
        )
    folder = tmp_path_factory.mktemp("site")
    home = Home(folder)
    account = home("init")
    write_tiny_model(folder / "tiny")
    home("model", "import", str(folder / "tiny"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "server.log"
    # The variables of a company's own certificates and proxy are usual, and none of the server's business.
    usual = {"SSL_CERT_FILE": str(folder / "absent.pem"), "HTTPS_PROXY": "socks5://127.0.0.1:9"}
    with log.open("wb") as output:
        server = subprocess.Popen(
            [str(COMMAND), "serve", "--port", str(port)], env=home.environment | usual, stdout=output, stderr=output
        )
        try:
            deadline = time.monotonic() + START_S
            while b"The pages are at" not in log.read_bytes():
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < deadline, "the server did not start"
                time.sleep(0.2)
            yield Site(f"http://127.0.0.1:{port}", home, log, account["user"], account["password"])
        finally:
            server.terminate()
            server.wait(60)


@pytest.fixture(scope="session")
def fill_sign_in() -> Callable[..., None]:
    """Return a function that fills in the form of an English page and sends it."""

    def fill(page: Any, name: str, password: str) -> None:
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()

    return fill


@pytest.fixture(scope="session")
def first_sign_in(site: Site, fill_sign_in: Any) -> Callable[..., Any]:
    """Return a function that signs in with a one-time password, chooses an own one, and returns the page."""

    def sign_in(context: Any, name: str, password: str) -> Any:
        page = context.new_page()
        page.goto(site.address)
        fill_sign_in(page, name, password)
        page.get_by_text("Choose your own now").wait_for()
        page.get_by_label("Current password").fill(password)
        page.get_by_label("New password (at least").fill(OWN_PASSWORD)
        page.get_by_label("New password again").fill(OWN_PASSWORD)
        page.get_by_role("button", name="Save the new password").click()
        return page

    return sign_in


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Any]:
    """Start Chromium. Only root needs it without its own sandbox.

    While Playwright is open, an event loop runs in this thread, and tests with loops of their own fail: so not for the
    whole session.
    """
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Visit]]:
    """Open windows that listen to everything in them, and close them at the end."""
    with contextlib.ExitStack() as stack:

        def make(state: Any = None, *, phone: bool = False, locale: str = "en-GB") -> Visit:
            context = browser.new_context(viewport=PHONE if phone else LAPTOP, storage_state=state, locale=locale)
            stack.callback(context.close)
            context.set_default_timeout(STEP_MS)
            seen = Visit(context)
            # A violation of the pages' policy is an error in the console too.
            context.on(
                "console",
                lambda said: (
                    seen.faults.append(f"{said.type}: {said.text}") if said.type in {"error", "warning"} else None
                ),
            )
            context.on("weberror", lambda failed: seen.faults.append(str(failed.error)))
            context.on("request", lambda request: seen.asked.add(request.url))
            return seen

        yield make
