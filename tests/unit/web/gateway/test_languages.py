"""An answer is in the language that was chosen: by the switch, the account, the browser, or the setting."""

import copy
import dataclasses
import html
import json
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import anyio.to_thread
import pytest
from starlette.responses import PlainTextResponse

from appliance.foundation.messages import LANGUAGES, language, t, use_language
from appliance.services.context import OPERATOR
from appliance.services.people.accounts import add_user
from appliance.services.record.refused_requests import RefusedRequests
from appliance.services.sessions import OpenSessions, caller_of
from appliance.web.gateway.accounts_pages import KNOWN_PAGES, MAX_FORM_BYTES
from appliance.web.gateway.door import COOKIE, Door, allowed_hosts
from appliance.web.gateway.languages import LANGUAGE_COOKIE
from appliance.web.gateway.site import Pages, build_site
from appliance.web.page.table import PAGES


@pytest.fixture
def visitor(appliance: Any, browse: Any) -> Any:
    """A browser of its own."""
    return browse(build_site(appliance, "127.0.0.1", 7860, Pages(lambda: None)))  # type: ignore[arg-type, return-value]


@pytest.fixture
def account_speaks(appliance: Any) -> Iterator[Callable[[str], None]]:
    """Give the accounts a language, or none, as the database has it; in the end, none."""

    def speak(code: str) -> None:
        with appliance.context.database.begin() as connection:
            connection.exec_driver_sql("UPDATE users SET language = ?", (code,))
        appliance.context.part(OpenSessions).forget()

    yield speak
    speak("")


def shown_in(answer: Any) -> str:
    """Return the language that a page says it is in."""
    (code,) = re.findall(r'<html lang="(\w+)">', answer.body.decode())
    return str(code)


def language_of(appliance: Any, token: str) -> str:
    """Return the language of the account whose session it is."""
    found = caller_of(appliance.context, token)
    assert found is not None
    return str(found[1].language)


@pytest.mark.parametrize(
    ("cookie", "account", "browser", "setting"),
    [
        ("de", "en", "en", "en"),
        ("", "de", "en", "en"),
        ("", "", "de-AT, en;q=0.5", "en"),
        ("", "", "fr", "de"),
        ("", "", "", "de"),
        ("fr", "de", "en", "en"),  # What is none of the languages is passed over.
        ("en", "de", "de", "de"),
        ("", "en", "de", "de"),
        ("", "", "en", "de"),
    ],
)
def test_the_first_of_switch_account_browser_and_setting_decides(
    appliance: Any,
    browse: Any,
    token_of: Any,
    account_speaks: Any,
    cookie: str,
    account: str,
    browser: str,
    setting: str,
) -> None:
    context = copy.copy(appliance.context)
    context.settings = dataclasses.replace(context.settings, language=setting)
    app = build_site(SimpleNamespace(context=context), "127.0.0.1", 7860, Pages(lambda: None))  # type: ignore[arg-type, return-value]
    account_speaks(account)
    sent = {"cookie": f"{COOKIE}={token_of('trainer')}; {LANGUAGE_COOKIE}={cookie}", "accept-language": browser}
    answer = browse(app).ask("GET", "/password", headers=sent, page=True)
    first = next(wish for wish in (cookie, account, browser[:2], setting) if wish in LANGUAGES)
    assert shown_in(answer) == first
    with use_language(first):
        assert html.escape(t("gateway-current-password")) in answer.body.decode()


def test_threads_and_what_a_thread_begins_speak_the_language_of_the_request(appliance: Any, browse: Any) -> None:
    async def speaking(scope: Any, receive: Any, send: Any) -> None:
        heard = [language(), await anyio.to_thread.run_sync(language)]
        await PlainTextResponse(" ".join(heard))(scope, receive, send)

    door = Door(speaking, appliance.context, appliance.context.part(RefusedRequests), allowed_hosts("127.0.0.1", 7860))
    browser = browse(door)
    for code in ("de", "en", "de"):
        browser.accept_language = code
        assert browser.ask("GET", "/healthz").body.decode() == f"{code} {code}"
    assert language() == "en"


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_switch_is_kept_in_the_browser_and_with_the_account(
    appliance: Any, visitor: Any, token_of: Any, account_speaks: Any, code: str
) -> None:
    account_speaks("")
    token, size = token_of("trainer"), appliance.context.log.size
    answer = visitor.ask("POST", "/language", token=token, body=_form(language=code, page="/app"))
    assert (answer.status, answer.header("location")) == (303, "/app")
    cookie = answer.header("set-cookie").lower()
    assert cookie.startswith(f"{LANGUAGE_COOKIE}={code};")
    assert {"httponly", "samesite=strict", "path=/", "max-age=31536000"} <= set(cookie.split("; "))
    assert language_of(appliance, token) == code
    events = [(entry["action"], entry["outcome"]) for entry in appliance.context.log.entries(size)]
    assert events == [("language.change", "requested"), ("language.change", "succeeded")]


def test_somebody_who_is_not_signed_in_can_switch_in_the_browser(appliance: Any, visitor: Any) -> None:
    size = appliance.context.log.size
    answer = visitor.ask("POST", "/language", body=_form(language="de", page="/sign-in"))
    assert (answer.status, answer.header("location")) == (303, "/sign-in")
    assert answer.header("set-cookie").startswith(f"{LANGUAGE_COOKIE}=de;")
    assert appliance.context.log.size == size


def test_a_one_time_password_switches_the_browser_alone(appliance: Any, visitor: Any) -> None:
    password = add_user(appliance.context, OPERATOR, name="foreigner", role="trainer").password
    token = visitor.sign_in("foreigner", password).cookie
    answer = visitor.ask("POST", "/language", token=token, body=_form(language="de", page="/password"))
    assert (answer.status, answer.header("location")) == (303, "/password")
    assert language_of(appliance, token) == ""


def test_another_site_cannot_switch(appliance: Any, visitor: Any, token_of: Any, account_speaks: Any) -> None:
    account_speaks("")
    for token in ("", token_of("trainer")):
        for origin in (None, "null", "http://evil.example"):
            form = _form(language="de", page="/")
            answer = visitor.ask("POST", "/language", token=token, origin=origin, body=form)
            assert answer.status == 403
            assert answer.header("set-cookie") == ""
    assert language_of(appliance, token_of("trainer")) == ""


@pytest.mark.parametrize(
    "form",
    [
        {"language": "fr", "page": "/"},
        {"language": "", "page": "/"},
        {"language": "DE", "page": "/"},
        {"language": "de\r\nset-cookie: x=y", "page": "/"},
        {"language": "de"},
        {"page": "/"},
    ],
)
def test_another_language_or_an_incomplete_form_changes_nothing(
    appliance: Any, visitor: Any, token_of: Any, account_speaks: Any, form: dict[str, str]
) -> None:
    account_speaks("")
    answer = visitor.ask("POST", "/language", token=token_of("trainer"), body=_form(**form), page=True)
    assert answer.status == 400
    assert answer.header("set-cookie") == ""
    assert answer.header("content-type").startswith("text/html")
    assert language_of(appliance, token_of("trainer")) == ""


@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/app/../../evil",
        "/app@evil.example",
        "/sign-in\r\nlocation: https://evil.example",
        "javascript:alert(1)",
        "/sign-out",
        "/nowhere",
        "app",
        "",
    ],
)
def test_the_switch_leads_to_no_other_place(visitor: Any, page: str) -> None:
    answer = visitor.ask("POST", "/language", body=_form(language="de", page=page))
    assert (answer.status, answer.header("location")) == (303, "/")


def test_the_switch_leads_back_to_every_page(visitor: Any) -> None:
    assert {row.path for row in PAGES} | {"/sign-in", "/password"} == KNOWN_PAGES
    for page in KNOWN_PAGES:
        answer = visitor.ask("POST", "/language", body=_form(language="en", page=page))
        assert answer.header("location") == page


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(
    ("body", "identifier"),
    [
        (b"x" * (MAX_FORM_BYTES + 1), "web.size:form"),
        (b"\xff", "input:form-unreadable"),
        (b"name=a", "input:form-incomplete"),
        (b"name=nobody&password=whatever", "password:wrong"),
    ],
)
def test_a_form_that_is_refused_says_so_in_the_language_chosen(
    visitor: Any, code: str, body: bytes, identifier: str
) -> None:
    visitor.accept_language = code
    answer = visitor.ask("POST", "/sign-in", body=body, page=True)
    assert shown_in(answer) == code
    with use_language(code):
        assert html.escape(t(identifier)) in answer.body.decode()


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_the_appliance_says_of_itself_is_in_the_language_chosen(
    appliance: Any, sealed: Any, browse: Any, token_of: Any, capsys: Any, code: str
) -> None:
    """A sealed vault, pages that start or could not, what there is not, a role that may not, and a fault."""

    async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError

    def asked(app: Any, path: str, **more: Any) -> str:
        browser = browse(app)
        browser.accept_language = code
        answer = browser.ask("GET", path, **more)
        assert shown_in(answer) == code if more.get("page") else json.loads(answer.body)
        return html.unescape(answer.body.decode())

    failed = Pages(lambda: None)  # type: ignore[arg-type, return-value]
    failed.failed = True
    hosts, token = allowed_hosts("127.0.0.1", 7860), token_of("trainer")
    locked, starting, never = (
        build_site(each, "127.0.0.1", 7860, pages)
        for each, pages in ((sealed, failed), (appliance, Pages(lambda: None)), (appliance, failed))  # type: ignore[arg-type, return-value]
    )
    with use_language(code):
        assert t("gateway-sealed").partition("`")[0] in asked(locked, "/", page=True)
        assert t("sealed:vault") in asked(locked, "/")
        assert t("gateway-starting") in asked(starting, "/", token=token, page=True)
        assert t("gateway-failed") in asked(never, "/", token=token, page=True)
        assert t("web.absent") in asked(starting, "/nowhere", token=token, page=True)
        assert t("web.absent") in asked(starting, "/static/nothing.js", token=token)
        denied = t("policy.denied", role="trainer", action="audit.read")
        assert denied in asked(starting, f"/audit/{code}/", token=token, page=True)
        told = asked(Door(broken, appliance.context, appliance.context.part(RefusedRequests), hosts), "/healthz")
        reference = re.findall(r"fault (\w+):", capsys.readouterr().err)[-1]
        assert t("fault:reference", reference=reference) in told


def _form(**fields: str) -> bytes:
    return urlencode(fields).encode()
