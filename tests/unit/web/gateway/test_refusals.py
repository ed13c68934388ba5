"""What the door refuses is in the log: each kind at once, floods as counts that add up, and never so much that it fills
the disk.
"""

import ast
import asyncio
import copy
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import appliance.web.gateway
from appliance.foundation.clock import SystemClock
from appliance.foundation.messages import ENGLISH, LANGUAGES, t, use_language
from appliance.services.context import OPERATOR
from appliance.services.people.accounts import add_user
from appliance.services.record.refused_requests import (
    KINDS,
    MAX_WINDOWS,
    OTHERS,
    QUIET_BYTES,
    WINDOW_US,
    Refused,
    RefusedRequests,
)
from appliance.services.sessions import caller_of
from appliance.web.gateway.accounts_pages import MAX_FORM_BYTES, MAX_SIGN_INS
from appliance.web.gateway.pages_gate import MAX_EVENT_BYTES
from appliance.web.gateway.site import Pages, build_site

JOIN = "/app/en/gradio_api/queue/join"
# What makes a refusal of each kind: the request, and whether an account is behind it.
REQUESTS: dict[str, tuple[Callable[[Any, str], Any], str]] = {
    "web.host": (lambda site, _token: site.ask("GET", "/", host="evil.example"), ""),
    "web.authorization": (lambda site, _token: site.ask("GET", "/", headers={"authorization": "Bearer x"}), ""),
    "web.path": (lambda site, _token: site.ask("GET", "/static/.."), ""),
    "web.origin": (lambda site, _token: site.ask("POST", "/sign-in", origin="http://evil.example"), ""),
    "web.forgery": (
        lambda site, token: site.ask("POST", "/sign-out", token=token, origin="http://evil.example"),
        "trainer",
    ),
    "web.session": (lambda site, _token: site.ask("GET", "/", page=True), ""),
    "web.session-over": (lambda site, _token: site.ask("GET", "/", token="forged"), ""),
    "web.password": (lambda site, token: site.ask("GET", "/", token=token, page=True), "fresh"),
    "web.event": (lambda site, token: site.ask("POST", JOIN, token=token, body=b"not json"), "trainer"),
    "web.file": (lambda site, token: site.ask("POST", JOIN, token=token, body=b'{"path": "/etc/passwd"}'), "trainer"),
    "web.closed": (lambda site, token: site.ask("GET", "/app/en/config", token=token), "trainer"),
    "web.size": (lambda site, token: site.ask("POST", JOIN, token=token, body=b"x" * (MAX_EVENT_BYTES + 1)), "trainer"),
}
ASKS_HOME: Callable[[Any, str], Any] = lambda site, token: site.ask("GET", "/", token=token)  # noqa: E731
# Refusals that are no request's at the door: what they answer is in the log already, or nothing that may not be was
# asked for.
NOT_LOGGED = {
    "fault": "a fault of the appliance's own, noted under its reference number",
    "sealed": "vault.seal and vault.unseal say from when to when nothing could be done",
    "web.absent": "a route, or a static file, that there is not",
}


class PassingClock(SystemClock):
    """A clock that tests move on."""

    ahead_us = 0

    def monotonic_us(self) -> int:
        """Return the machine's, and so much more."""
        return super().monotonic_us() + self.ahead_us

    def pass_window(self) -> None:
        """Let a window end."""
        self.ahead_us += WINDOW_US


def by_the_clock(context: Any, clock: PassingClock) -> Any:
    """Return the context with another clock."""
    other = copy.copy(context)
    other.clock = clock
    return other


@pytest.fixture
def clock() -> PassingClock:
    """A clock of the test's own."""
    return PassingClock()


@pytest.fixture
def refused(appliance: Any, clock: PassingClock) -> Iterator[RefusedRequests]:
    """The appliance's refusals by that clock."""
    parts = appliance.context._parts
    before = appliance.context.part(RefusedRequests)
    parts[RefusedRequests] = RefusedRequests(by_the_clock(appliance.context, clock))
    yield parts[RefusedRequests]
    parts[RefusedRequests] = before


@pytest.fixture
def door(appliance: Any, refused: RefusedRequests, browse: Any) -> Any:
    """The real site, which tells its refusals there."""
    return browse(build_site(appliance, "127.0.0.1", 7860, Pages(lambda: None)))  # type: ignore[arg-type, return-value]


@pytest.fixture
def written(appliance: Any) -> Callable[[], list[dict[str, Any]]]:
    """Return what the door wrote since the test began."""
    start = appliance.context.log.size
    return lambda: [entry for entry in appliance.context.log.entries(start) if entry["action"].startswith("door.")]


@pytest.fixture
def fresh_token(appliance: Any, site: Any) -> str:
    """The session of somebody who has a one-time password."""
    name = f"fresh{appliance.context.log.size}"
    return str(site.sign_in(name, add_user(appliance.context, OPERATOR, name=name, role="trainer").password).cookie)


def counts(entries: list[dict[str, Any]]) -> Counter[str]:
    """Add up what the entries say was refused, by code."""
    total: Counter[str] = Counter()
    for entry in entries:
        total[entry["reason"]] += entry["details"]["count"]
    return total


@pytest.mark.parametrize("code", REQUESTS)
def test_the_first_refusal_of_a_kind_is_in_the_log_before_it_is_answered(
    appliance: Any, door: Any, token_of: Any, fresh_token: str, written: Any, code: str
) -> None:
    request, account = REQUESTS[code]
    token = fresh_token if account == "fresh" else token_of(account) if account else ""
    who = caller_of(appliance.context, token)[0].actor if token else None  # type: ignore[index]
    answer = request(door, token)
    assert answer.status in {303, 400, 401, 403, 404, 413, 421}
    (entry,) = written()
    assert (entry["action"], entry["outcome"], entry["reason"]) == (KINDS[code], "denied", code)
    assert entry["details"] == {"count": 1, "seconds": 0, "source": "" if who else "127.0.0.1"}
    assert entry["actor"] == ({"id": who.id, "role": who.role, "session": who.session} if who else _nobody())


def _nobody() -> dict[str, str]:
    return {"id": "nobody", "role": "none", "session": ""}


def test_a_websocket_and_a_form_without_end_are_refused_and_logged(
    door: Any, runner: asyncio.Runner, written: Any
) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(_message: Any) -> None:
        pass

    scope = {"type": "websocket", "path": "/", "headers": [], "client": ("127.0.0.2", 1)}
    runner.run(door.app(scope, receive, send))
    door.ask("POST", "/sign-in", body=b"x" * (MAX_FORM_BYTES + 1))
    assert [(entry["action"], entry["details"]["source"]) for entry in written()] == [
        ("door.refuse-websocket", "127.0.0.2"),
        ("door.refuse-size", "127.0.0.1"),
    ]


def test_sign_ins_are_bounded_so_that_nobody_fills_the_log_with_them(appliance: Any, door: Any, written: Any) -> None:
    """Each would be two entries, whoever asks; an unreadable form is none, and counts all the same."""
    size = appliance.context.log.size
    asked = [door.ask("POST", "/sign-in", body=b"no form").status for _ in range(3 * MAX_SIGN_INS)]
    assert asked == [400] * MAX_SIGN_INS + [429] * (2 * MAX_SIGN_INS)
    assert door.sign_in("trainer", "a password of one's own").status == 429
    assert appliance.context.log.size == size + 1
    assert written()[0]["action"] == "door.refuse-haste"


def test_every_refusal_of_the_web_is_one_of_the_kinds_or_says_why_not() -> None:
    """Every message that the gateway makes is a refusal; a new one must be listed."""
    found = set()
    for path in Path(appliance.web.gateway.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and str(node.value).startswith("web."):
                found.add(node.value)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "message":
                assert isinstance(node.args[0], ast.Constant)
                found.add(node.args[0].value)
    assert {str(identifier).partition(":")[0] for identifier in found} == set(KINDS) | set(NOT_LOGGED)
    assert set(REQUESTS) | {"web.websocket", "web.haste"} == set(KINDS)


@pytest.mark.parametrize("code", REQUESTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_speaks_the_language_of_who_asks(
    door: Any, token_of: Any, fresh_token: str, code: str, language: str
) -> None:
    """As JSON for a script; a page says the same, or leads on."""
    request, account = REQUESTS[code]
    token = fresh_token if account == "fresh" else token_of(account) if account else ""
    request = {"web.session": ASKS_HOME, "web.password": ASKS_HOME}.get(code, request)
    door.accept_language = language
    answer = request(door, token)
    with use_language(language):
        assert json.loads(answer.body) == {"error": {"code": code, "sentence": t(code)}}
    if language != ENGLISH:
        assert t(code) not in answer.body.decode()


@pytest.mark.slow
def test_ten_thousand_refusals_are_few_entries_whose_counts_add_up(
    door: Any, refused: RefusedRequests, clock: PassingClock, written: Any
) -> None:
    """From 300 addresses, of three kinds, over four minutes."""
    order = random.Random(6)
    asked: Counter[str] = Counter()
    minutes = 4
    for _minute in range(minutes):
        for _request in range(2500):
            code = order.choice(("web.host", "web.origin", "web.session"))
            address = f"127.0.{order.randrange(3)}.{order.randrange(100)}"
            host, origin = (
                ("evil.example", None)
                if code == "web.host"
                else ("127.0.0.1:7860", "null" if code == "web.origin" else None)
            )
            door.ask("POST" if code == "web.origin" else "GET", "/app/en/x", host=host, origin=origin, address=address)
            asked[code] += 1
        clock.pass_window()
        refused.end_windows()
    refused.close()
    entries = written()
    assert sum(asked.values()) == 10_000
    assert counts(entries) == asked
    assert len(entries) <= (minutes + 1) * (MAX_WINDOWS + 3)
    assert {entry["details"]["source"] for entry in entries} > {OTHERS}


def test_while_refusals_go_on_each_minute_is_one_entry_and_silence_is_none(
    door: Any, refused: RefusedRequests, clock: PassingClock, written: Any
) -> None:
    for _minute in range(3):
        for _request in range(5):
            door.ask("GET", "/")
        refused.end_windows()  # Not over yet: nothing is said.
        clock.pass_window()
        refused.end_windows()
    assert [entry["details"]["count"] for entry in written()] == [1, 4, 5, 5]
    assert written()[-1]["details"]["seconds"] == WINDOW_US // 1_000_000
    clock.pass_window()
    refused.end_windows()
    assert len(written()) == 4
    door.ask("GET", "/")
    assert [entry["details"]["count"] for entry in written()][4:] == [1]


def test_stopping_says_what_is_open_and_a_kill_loses_that_alone(
    door: Any, refused: RefusedRequests, written: Any
) -> None:
    for _request in range(9):
        door.ask("GET", "/")
    assert [entry["details"]["count"] for entry in written()] == [1]  # What a kill would leave.
    refused.close()
    assert [entry["details"]["count"] for entry in written()] == [1, 8]
    refused.close()
    assert len(written()) == 2


def test_a_flood_does_not_fill_the_disk_and_is_said_when_there_is_room(
    appliance: Any, clock: PassingClock, browse: Any, written: Any
) -> None:
    free = [QUIET_BYTES - 1]
    parts, before = appliance.context._parts, appliance.context.part(RefusedRequests)
    refused = parts[RefusedRequests] = RefusedRequests(by_the_clock(appliance.context, clock), lambda _folder: free[0])
    try:
        door = browse(build_site(appliance, "127.0.0.1", 7860, Pages(lambda: None)))  # type: ignore[arg-type, return-value]
        for _request in range(7):
            assert door.ask("GET", "/").status == 401
        clock.pass_window()
        refused.end_windows()
        assert written() == []
        free[0] = QUIET_BYTES
        refused.end_windows()
        assert [entry["details"]["count"] for entry in written()] == [7]
    finally:
        parts[RefusedRequests] = before


def test_a_log_that_takes_nothing_loses_no_count(
    appliance: Any, door: Any, refused: RefusedRequests, clock: PassingClock, written: Any
) -> None:
    audit, aside = appliance.context.home / "audit", appliance.context.home / "aside"
    audit.rename(aside)
    try:
        for _request in range(3):
            assert door.ask("GET", "/").status == 401
        clock.pass_window()
        refused.end_windows()
    finally:
        aside.rename(audit)
    assert written() == []
    refused.end_windows()
    assert counts(written()) == {"web.session": 3}


def test_a_forged_request_does_not_keep_the_session_it_abuses_alive(appliance: Any, door: Any, token_of: Any) -> None:
    token = token_of("reviewer")

    def last_seen() -> int:
        with appliance.context.database.begin() as connection:
            return int(connection.exec_driver_sql("SELECT max(last_seen_us) FROM sessions").scalar_one())

    with appliance.context.database.begin() as connection:
        connection.exec_driver_sql("UPDATE sessions SET last_seen_us = last_seen_us - 120000000")
    before = last_seen()
    assert b"web.forgery" in door.ask("POST", "/sign-out", token=token, origin="null").body
    assert last_seen() == before


def test_threads_that_are_refused_at_once_are_all_counted(refused: RefusedRequests, written: Any) -> None:
    def refuse() -> None:
        for number in range(200):
            first = refused.count(Refused.of("web.session", f"127.0.0.{number % 20}", None))
            if first is not None:
                refused.write_first(first)

    threads = [threading.Thread(target=refuse) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused.close()
    assert counts(written()) == {"web.session": 1600}
