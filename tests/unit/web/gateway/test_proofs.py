"""The auditor's page is for who may read the log, and a proof can be carried away by our own route."""

import base64
import json
from typing import Any

import pytest

from appliance.web.gateway.site import Pages, build_site

MAY, MAY_NOT = ("auditor",), ("trainer", "reviewer")


def _written(appliance: Any, size: int) -> list[tuple[str, str]]:
    return [(entry["action"], entry["outcome"]) for entry in appliance.context.log.entries(size)]


@pytest.mark.parametrize("role", MAY_NOT)
def test_who_may_not_read_the_log_gets_no_page_and_that_is_logged(
    appliance: Any, site: Any, token_of: Any, role: str
) -> None:
    token, size = token_of(role), appliance.context.log.size
    answer = site.ask("GET", "/audit/", token=token, page=True)
    assert answer.status == 403
    assert b"may not do this" in answer.body
    assert _written(appliance, size) == [("audit.read", "denied")]
    assert site.ask("GET", "/audit-proof/0", token=token).status == 403


@pytest.mark.parametrize("role", MAY)
def test_who_may_is_let_through(site: Any, token_of: Any, role: str) -> None:
    """To the pages, which these tests have not built."""
    answer = site.ask("GET", "/audit/", token=token_of(role), page=True)
    assert answer.status == 503
    assert site.ask("GET", "/audit", token=token_of(role)).header("location") == "/audit/"


def test_an_auditor_begins_with_the_log_and_others_with_the_models(appliance: Any, browse: Any, token_of: Any) -> None:
    pages = Pages(lambda: None)  # type: ignore[arg-type, return-value]
    pages._app = object()  # type: ignore[assignment] - as if they were there
    whole = browse(build_site(appliance, "127.0.0.1", 7860, pages))
    assert whole.ask("GET", "/", token=token_of("auditor"), page=True).header("location") == "/audit/"
    assert whole.ask("GET", "/", token=token_of("trainer"), page=True).header("location") == "/app/"


def test_a_proof_is_a_file_with_the_entry_in_it(appliance: Any, site: Any, token_of: Any) -> None:
    token, size = token_of("auditor"), appliance.context.log.size
    answer = site.ask("GET", "/audit-proof/1", token=token)
    assert answer.status == 200
    assert answer.header("content-disposition") == 'attachment; filename="entry-1.tlog-proof"'
    assert answer.header("content-type").startswith("text/plain")
    lines = answer.body.decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert json.loads(base64.b64decode(lines[1].removeprefix("extra ")))["sequence"] == 1
    assert _written(appliance, size) == [("audit.prove", "requested"), ("audit.prove", "succeeded")]


@pytest.mark.parametrize(
    ("path", "status"), [("/audit-proof/99999999", 400), ("/audit-proof/-1", 404), ("/audit-proof/x", 404)]
)
def test_a_proof_of_nothing_is_refused(site: Any, token_of: Any, path: str, status: int) -> None:
    assert site.ask("GET", path, token=token_of("auditor")).status == status


def test_without_a_session_there_is_neither(site: Any) -> None:
    for path in ("/audit/", "/audit-proof/0", "/audit/gradio_api/queue/data"):
        assert site.ask("GET", path).status == 401
