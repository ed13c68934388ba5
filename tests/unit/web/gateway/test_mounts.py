"""Each page is there once for each language, for those who may open it."""

import copy
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI

from appliance.foundation.messages import LANGUAGES
from appliance.policy import Rules, find_policy_folder
from appliance.services.context import Caller
from appliance.services.sessions import OpenSessions
from appliance.web.gateway.site import STATIC_FILES, Pages, build_site
from appliance.web.page.table import MOUNTS, PAGES, PageRow

ROLES = ("trainer", "reviewer", "auditor")


def site_with(context: Any, browse: Any, *, ready: bool = False) -> Any:
    """Return a browser on the site over a context, with or without pages."""
    pages = Pages(lambda: None)  # type: ignore[arg-type, return-value]
    if ready:
        pages._app = FastAPI()
    return browse(build_site(SimpleNamespace(context=context), "127.0.0.1", 7860, pages))  # type: ignore[arg-type]


def written(appliance: Any, size: int) -> list[tuple[str, str, dict[str, str]]]:
    """Return what was logged."""
    return [(entry["action"], entry["outcome"], entry["object"]) for entry in appliance.context.log.entries(size)]


@pytest.fixture
def visitor(appliance: Any, browse: Any) -> Any:
    """A browser of its own."""
    return site_with(appliance.context, browse)


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_without_a_language_leads_to_the_chosen_one(
    visitor: Any, token_of: Any, row: PageRow, language: str
) -> None:
    visitor.accept_language = language
    for path, page in ((row.path, True), (f"{row.path}/", True), (row.path, False)):
        answer = visitor.ask("GET", path, token=token_of("auditor"), page=page)
        assert (answer.status, answer.header("location")) == (303, f"{row.path}/{language}/")


@pytest.mark.parametrize("mount", MOUNTS)
def test_a_person_is_led_to_the_chosen_language_and_the_pages_own_requests_stay(
    visitor: Any, token_of: Any, mount: str
) -> None:
    row, own = MOUNTS[mount]
    for language in LANGUAGES:
        visitor.accept_language = language
        answer = visitor.ask("GET", f"{mount}/", token=token_of("auditor"), page=True)
        led = (303, f"{row.mount(language)}/") if language != own else (503, "")
        assert (answer.status, answer.header("location")) == led
        for path, page in (("/", False), ("/assets/a.js", True), ("/gradio_api/queue/data", False)):
            assert visitor.ask("GET", mount + path, token=token_of("auditor"), page=page).status == 503
        assert (
            visitor.ask("POST", f"{mount}/gradio_api/queue/join", token=token_of("auditor"), body=b"{}").status == 503
        )


@pytest.mark.parametrize("path", ["/app/fr/", "/app/config", "/audit/gradio_api/queue/data", "/app/en2/", "/app/EN/"])
def test_what_is_below_no_mount_does_not_exist(visitor: Any, token_of: Any, path: str) -> None:
    answer = visitor.ask("GET", path, token=token_of("auditor"))
    assert answer.status == 404
    assert b"web.closed" in answer.body


@pytest.mark.parametrize("mount", MOUNTS)
def test_every_mount_has_its_gate_and_nothing_without_a_session(visitor: Any, token_of: Any, mount: str) -> None:
    assert visitor.ask("GET", f"{mount}/config", token=token_of("auditor")).status == 404
    for path in ("/", "/config", "/gradio_api/queue/data"):
        assert visitor.ask("GET", mount + path).status == 401


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("mount", MOUNTS)
def test_a_page_opens_for_those_whom_the_rules_permit(
    appliance: Any, visitor: Any, token_of: Any, role: str, mount: str
) -> None:
    """The others get a page that says so, and the attempt is logged."""
    row, visitor.accept_language = MOUNTS[mount]
    token, size = token_of(role), appliance.context.log.size
    answer = visitor.ask("GET", f"{mount}/", token=token, page=True)
    permitted = row.opens.given(appliance.context, Caller("us_x", role))
    assert permitted == (row.name == "app" or role == "auditor")
    assert answer.status == (503 if permitted else 403)
    denied = (row.opens.action, "denied", {"kind": row.opens.kind, "id": row.opens.identifier, "digest": ""})
    assert written(appliance, size) == ([] if permitted else [denied])


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_every_page_asks_the_rules(appliance: Any, browse: Any, token_of: Any, row: PageRow) -> None:
    """A rule that forbids what it is for closes it, and it alone."""
    texts = [path.read_text("utf-8") for path in sorted(find_policy_folder().glob("*.cedar"))]
    context = copy.copy(appliance.context)
    context.rules = Rules("\n".join([*texts, f'forbid (principal, action == Action::"{row.opens.action}", resource);']))
    site, token, size = site_with(context, browse), token_of("auditor"), appliance.context.log.size
    statuses = {other.name: site.ask("GET", f"{other.mount('en')}/", token=token, page=True).status for other in PAGES}
    assert statuses == {other.name: 403 if other is row else 503 for other in PAGES}
    assert [entry[:2] for entry in written(appliance, size)] == [(row.opens.action, "denied")]


def test_an_auditor_begins_with_the_log_and_others_with_the_models(appliance: Any, browse: Any, token_of: Any) -> None:
    site = site_with(appliance.context, browse, ready=True)
    site.accept_language = "de"
    for role in ROLES:
        begins = "/audit/de/" if role == "auditor" else "/app/de/"
        assert site.ask("GET", "/", token=token_of(role), page=True).header("location") == begins


@pytest.mark.parametrize("mount", MOUNTS)
def test_what_a_page_asks_by_itself_does_not_keep_the_session_open(
    appliance: Any, visitor: Any, token_of: Any, mount: str
) -> None:
    """Its events say themselves when a person acts. A person who opens the page does."""

    def keeps_open(method: str, path: str, **more: Any) -> bool:
        with appliance.context.database.begin() as connection:
            connection.exec_driver_sql("UPDATE sessions SET last_seen_us = last_seen_us - 120000000")
            before = connection.exec_driver_sql("SELECT max(last_seen_us) FROM sessions").scalar_one()
        appliance.context.part(OpenSessions).forget()
        visitor.ask(method, path, token=token, **more)
        with appliance.context.database.begin() as connection:
            return bool(connection.exec_driver_sql("SELECT max(last_seen_us) FROM sessions").scalar_one() > before)

    token = token_of("auditor")
    visitor.accept_language = MOUNTS[mount][1]
    assert not keeps_open("POST", f"{mount}/gradio_api/queue/join", body=b"{}")
    assert not keeps_open("GET", f"{mount}/gradio_api/heartbeat/abc")
    assert keeps_open("GET", f"{mount}/", page=True)
    assert keeps_open("GET", "/audit-proof/0")


def test_every_script_of_a_page_is_served_and_no_other_file(site: Any, token_of: Any) -> None:
    assert {script for row in PAGES for script in row.scripts} < set(STATIC_FILES)
    for name, kind in STATIC_FILES.items():
        answer = site.ask("GET", f"/static/{name}", token=token_of("trainer"))
        assert (answer.status, answer.header("content-type").partition(";")[0]) == (200, kind)
    for name in ("page.css", "server.py", "nothing.js"):
        assert site.ask("GET", f"/static/{name}", token=token_of("trainer")).status == 404
