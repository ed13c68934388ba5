"""A proof can be carried away by our own route, by those who may prove."""

import base64
import json
from typing import Any

import pytest


def _written(appliance: Any, size: int) -> list[tuple[str, str]]:
    return [(entry["action"], entry["outcome"]) for entry in appliance.context.log.entries(size)]


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


@pytest.mark.parametrize("role", ["trainer", "reviewer"])
def test_who_may_not_read_the_log_gets_no_proof_and_that_is_logged(
    appliance: Any, site: Any, token_of: Any, role: str
) -> None:
    token, size = token_of(role), appliance.context.log.size
    assert site.ask("GET", "/audit-proof/0", token=token).status == 403
    assert _written(appliance, size) == [("audit.prove", "denied")]


def test_without_a_session_there_is_no_proof(site: Any) -> None:
    assert site.ask("GET", "/audit-proof/0").status == 401
