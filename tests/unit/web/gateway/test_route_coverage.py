"""Every route of both sockets: killed after the durable request, nothing happened; or it says why it logs nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from dying_log import DyingLog, replace_log
from starlette.routing import Route

from appliance.web.gateway.commands import build_commands_app
from appliance.web.gateway.site import Pages, build_site

PASSWORD = "a password of one's own"
Ask = Callable[[Any, Callable[[str], str]], Any]


def _form(**fields: str) -> bytes:
    return urlencode(fields).encode()


# What each route is asked, and the action that the log must have before it does anything.
SITE: dict[tuple[str, str], tuple[str, Ask]] = {
    ("POST", "/sign-in"): (
        "session.open",
        lambda site, _token: site.ask("POST", "/sign-in", body=_form(name="reviewer", password=PASSWORD)),
    ),
    ("POST", "/password"): (
        "password.change",
        lambda site, token: site.ask(
            "POST",
            "/password",
            token=token("trainer"),
            body=_form(old=PASSWORD, new="some other password", again="some other password"),
        ),
    ),
    ("POST", "/language"): (
        "language.change",
        lambda site, token: site.ask(
            "POST", "/language", token=token("trainer"), body=_form(language="de", page="/app")
        ),
    ),
    ("POST", "/sign-out"): ("session.close", lambda site, token: site.ask("POST", "/sign-out", token=token("trainer"))),
    ("GET", "/audit-proof/{sequence:int}"): (
        "audit.prove",
        lambda site, token: site.ask("GET", "/audit-proof/0", token=token("auditor")),
    ),
    ("PUT", "/upload"): (
        "upload.receive",
        lambda site, token: site.ask("PUT", "/upload?name=a.csv", token=token("trainer"), body=b"a,b"),
    ),
}
COMMANDS: dict[tuple[str, str], tuple[str, Ask]] = {
    ("POST", "/operations/{name}"): (
        "user.create",
        lambda socket, _token: socket.ask(
            "POST", "/operations/user.add", body=json.dumps({"name": "late", "role": "reviewer"}).encode()
        ),
    ),
    ("PUT", "/uploads"): ("upload.receive", lambda socket, _token: socket.ask("PUT", "/uploads", body=b"a,b")),
}
EXEMPT = {
    ("GET", "/healthz"): "says that the process lives",
    ("GET", "/readyz"): "says whether anything can be done; it must when nothing can be logged",
    ("GET", "/"): "sends the browser on to the pages",
    ("GET", "/favicon.ico"): "a picture of the program's",
    ("GET", "/static/{name}"): "files of the program's",
    ("GET", "/sign-in"): "an empty form",
    ("GET", "/password"): "an empty form",
}


@pytest.fixture
def mortal(appliance: Any) -> DyingLog:
    """The home with a log that can die."""
    return replace_log(appliance.context)


def routes(app: Any) -> set[tuple[str, str]]:
    """Enumerate what an application answers to."""
    found = [route for route in app.routes if isinstance(route, Route)]
    assert len(found) == len(app.routes), "something is mounted that this test does not know"
    return {(method, route.path) for route in found for method in route.methods or () if method != "HEAD"}


def ours(app: Any) -> Any:
    """Return the application with our routes, behind headers, door and the pages' split."""
    while not hasattr(app, "routes"):
        app = getattr(app, "_ours", None) or app._app
    return app


def test_every_route_is_tried_or_says_why_not(appliance: Any) -> None:
    site = routes(ours(build_site(appliance, "127.0.0.1", 7860, Pages(lambda: None))))  # type: ignore[arg-type, return-value]
    socket = routes(build_commands_app(appliance))
    assert site | socket == set(SITE) | set(COMMANDS) | set(EXEMPT)
    assert not (set(SITE) | set(COMMANDS)) & set(EXEMPT)


@pytest.mark.parametrize("route", [*SITE, *COMMANDS], ids=" ".join)
def test_a_route_killed_after_its_request_did_nothing(
    appliance: Any, mortal: DyingLog, site: Any, browse: Any, token_of: Any, route: tuple[str, str]
) -> None:
    action, ask = {**SITE, **COMMANDS}[route]
    browser = site if route in SITE else browse(build_commands_app(appliance))
    token_of("trainer")
    token_of("auditor")
    before, size = _state(appliance), mortal.size
    mortal.armed = True
    answer = ask(browser, token_of)
    assert mortal.dead, "it logged nothing"
    mortal.rise()
    assert answer.status == 500
    assert [(entry["action"], entry["outcome"]) for entry in mortal.entries(size)] == [(action, "requested")]
    assert _state(appliance) == before, "something was done although the process was gone"


def _state(appliance: Any) -> Any:
    """Return the accounts, their sessions, keys and uploads."""
    with appliance.context.database.begin() as connection:
        tables = ("users", "sessions", "wrapped_keys")
        rows = {name: sorted(map(str, connection.exec_driver_sql(f"SELECT * FROM {name}"))) for name in tables}  # noqa: S608 - our names
    home: Path = appliance.context.home
    return _without_moments(rows), sorted(path.name for path in (home / "uploads").iterdir())


def _without_moments(rows: dict[str, list[str]]) -> dict[str, int | list[str]]:
    """Sessions are touched by being used: their number is what counts."""
    return {**rows, "sessions": len(rows["sessions"])}


def test_ready_says_why_when_nothing_can_be_logged(appliance: Any, site: Any) -> None:
    """The log's folder is gone: 503 and the sentence; back again, it is ready to go on."""
    audit, aside = appliance.context.home / "audit", appliance.context.home / "aside"
    audit.rename(aside)
    try:
        answer = site.ask("GET", "/readyz")
        assert answer.status == 503
        assert b"audit log failed" in answer.body
        told = site.sign_in("reviewer", PASSWORD)
        assert told.status == 507
        assert b"audit log failed" in told.body
    finally:
        aside.rename(audit)
    assert site.ask("GET", "/readyz").body == b"starting"
    assert site.sign_in("reviewer", PASSWORD).status == 303
