"""The door keeps its promises for every route, whatever stands behind it."""

import asyncio
from typing import Any

import pytest

from appliance.services.context import OPERATOR
from appliance.services.people.accounts import add_user
from appliance.services.record.refused_requests import RefusedRequests
from appliance.web.gateway.door import Door, allowed_hosts
from appliance.web.gateway.site import Pages, build_site

WRITES = [
    ("POST", "/sign-in"),
    ("POST", "/password"),
    ("POST", "/language"),
    ("POST", "/sign-out"),
    ("PUT", "/upload?name=a.csv"),
    ("POST", "/app/en/gradio_api/queue/join"),
    ("DELETE", "/"),
]
TRAVERSALS = [
    "/app/en/gradio_api/file=../../etc/passwd",
    "/app/en/static/..%2f..%2fetc/passwd",
    "/static/%2e%2e/%2e%2e/etc/passwd",
    "/app/en/assets/..\\..\\secret",
    "/app/en//etc/passwd",
    "/app/en/gradio_api/file=//server/share",
    "/app/en/assets/%252e%252e/x",
    "/app/en/assets/a%00.js",
    "/static/..",
]


@pytest.mark.parametrize(
    "host", [None, "evil.example:7860", "127.0.0.1:7861", "localhost", "127.0.0.1:7860.evil.example"]
)
def test_another_name_for_this_machine_is_refused(site: Any, host: str | None) -> None:
    """Against DNS rebinding: a page of another name cannot reach us through the browser."""
    assert site.ask("GET", "/healthz", host=host).status == 421


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "[::1]:7860"])
def test_the_names_of_the_loopback_are_ours(site: Any, host: str) -> None:
    assert site.ask("GET", "/healthz", host=host).status == 200


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "https://127.0.0.1:7860", "http://127.0.0.1:7861"]
)
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_nothing_changes_for_a_foreign_origin(
    site: Any, token_of: Any, method: str, path: str, origin: str | None
) -> None:
    """With a valid cookie and without our own Origin, every write is refused (CVE-2024-47084, CVE-2024-47165)."""
    answer = site.ask(method, path, token=token_of("trainer"), origin=origin)
    assert answer.status == 403
    assert b"web.forgery" in answer.body


def test_a_bearer_token_is_refused_with_and_without_a_cookie(site: Any, token_of: Any) -> None:
    for token in ("", token_of("trainer")):
        assert site.ask("GET", "/", token=token, headers={"authorization": "Bearer x"}).status == 400


def test_every_websocket_is_closed(site: Any, runner: asyncio.Runner) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/app/en/gradio_api/x", "headers": [(b"origin", b"http://127.0.0.1:7860")]}
    runner.run(site.app(scope, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_a_path_that_tries_to_leave_is_refused_before_any_route(site: Any, token_of: Any, path: str) -> None:
    answer = site.ask("GET", path, token=token_of("trainer"))
    assert answer.status == 400
    assert b"root:" not in answer.body


def test_a_person_without_session_is_shown_the_sign_in_and_a_script_is_refused(site: Any) -> None:
    shown = site.ask("GET", "/", page=True)
    assert (shown.status, shown.header("location")) == (303, "/sign-in")
    for token in ("", "forged", "a" * 5000):
        assert site.ask("GET", "/app/en/config", token=token).status == 401


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Any, appliance: Any) -> None:
    answer = site.sign_in("trainer", "a password of one's own")
    attributes = answer.header("set-cookie").lower()
    assert answer.status == 303
    assert "httponly" in attributes
    assert "samesite=strict" in attributes
    assert "domain" not in attributes


def test_a_wrong_password_is_a_sentence_and_no_session(site: Any) -> None:
    answer = site.sign_in("nobody", "whatever")
    assert answer.status == 401
    assert answer.cookie == ""
    assert b'role="alert"' in answer.body


def test_a_one_time_password_opens_nothing_but_the_page_to_change_it(site: Any, appliance: Any) -> None:
    password = add_user(appliance.context, OPERATOR, name="fresh", role="trainer").password
    answer = site.sign_in("fresh", password)
    assert answer.header("location") == "/password"
    token = answer.cookie
    assert site.ask("GET", "/", token=token, page=True).header("location") == "/password"
    assert site.ask("PUT", "/upload?name=a.csv", token=token, body=b"x").status == 403
    form = f"old={password}&new=another+good+password&again=another+good+password".encode()
    changed = site.ask("POST", "/password", token=token, body=form)
    assert changed.header("location") == "/"
    assert site.ask("GET", "/", token=changed.cookie).status == 503  # in: the pages are starting
    assert site.ask("GET", "/", token=token).status == 401  # the old session ended with the old password


@pytest.mark.parametrize("form", [b"old=a&new=b&again=c", b"old=a&new=a&again=a", b"old=a", b"\xff", b"x" * 9000])
def test_a_bad_form_is_a_sentence(site: Any, token_of: Any, form: bytes) -> None:
    assert site.ask("POST", "/password", token=token_of("reviewer"), body=form).status == 400


def test_signing_out_ends_the_session(site: Any, token_of: Any) -> None:
    token = token_of("reviewer")
    assert site.ask("POST", "/sign-out", token=token).header("location") == "/sign-in"
    assert site.ask("GET", "/", token=token).status == 401


def test_a_sealed_vault_answers_health_and_nothing_else(sealed: Any, browse: Any) -> None:
    """Nobody can sign in, and the page says what the operator must do."""
    site = browse(build_site(sealed, "127.0.0.1", 7860, Pages(lambda: None)))  # type: ignore[arg-type, return-value]
    assert site.ask("GET", "/healthz").status == 200
    assert site.ask("GET", "/readyz").status == 503
    assert b"appliance unseal" in site.ask("GET", "/sign-in", page=True).body
    for method, path in (("POST", "/sign-in"), ("GET", "/app/en/"), ("PUT", "/upload?name=a")):
        assert site.ask(method, path, token="x").status == 503


def test_a_fault_behind_the_door_is_a_reference_number_and_no_traceback(
    appliance: Any, browse: Any, capsys: Any
) -> None:
    async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("canary-secret")

    answer = browse(
        Door(broken, appliance.context, appliance.context.part(RefusedRequests), allowed_hosts("127.0.0.1", 7860))
    ).ask("GET", "/healthz")
    noted = capsys.readouterr().err
    assert answer.status == 500
    assert b"reference number" in answer.body
    assert b"canary" not in answer.body
    assert "canary" not in noted
    assert "RuntimeError" in noted
