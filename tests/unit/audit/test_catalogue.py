"""The log contains only events of the catalogue, the catalogue agrees with the policy, and its page is up to date."""

import ast
import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from appliance.audit import EVENTS, Actor, AuditLog, ObjectRef, Outcome, events_page
from appliance.foundation.errors import AuthorizationError, InputError
from appliance.foundation.roles import ROLES
from appliance.policy import Principal, Rules, find_policy_folder

ROOT = Path(__file__).parents[3]
# Roles that the policy does not know: the appliance itself, and people who are not signed in.
BEYOND_POLICY = frozenset({"system", "none"})
# Events that the policy does not decide: before there is a home, actions of the appliance, parts of permitted actions.
NOT_IN_POLICY = {
    "home.create",
    "home.restore",
    "configuration.change",
    "upload.receive",
    "job.start",
    "job.recover",
    "job.step-down",
    "adapter.create",
    "log.change-key",
    "log.recover",
    "log.reread",
    "clock.change",
}
# The web server refuses these requests before the policy is asked.
NOT_IN_POLICY |= {action for action in EVENTS if action.startswith("door.refuse-")}


def cedar_actions() -> set[str]:
    texts = [path.read_text("utf-8") for path in find_policy_folder().glob("*.cedar")]
    return {name for text in texts for name in re.findall(r'Action::"([^"]+)"', text)}


@pytest.mark.parametrize(
    ("action", "kind", "role", "details", "sentence"),
    [
        ("dataset.imports", "dataset", "trainer", {}, "no event 'dataset.imports'"),
        ("dataset.import", "job", "trainer", {}, "does not allow objects of the kind 'job'"),
        ("dataset.import", "dataset", "auditor", {}, "'dataset.import' does not allow the role 'auditor'"),
        ("dataset.import", "dataset", "trainer", {"name": "faq"}, "types: 'name'"),
        ("dataset.import", "dataset", "trainer", {"rows": "3"}, "types: 'rows'"),
        ("dataset.import", "dataset", "trainer", {"rows": True}, "types: 'rows'"),
    ],
)
def test_entries_outside_the_catalogue_cannot_be_written(
    tmp_path: Path, clock: Any, action: str, kind: str, role: str, details: dict[str, Any], sentence: str
) -> None:
    log = AuditLog.open(tmp_path, clock)
    actor, target = Actor("us_1", role), ObjectRef(kind, "x")
    with pytest.raises(InputError, match=sentence) as caught:
        log.append(actor, action, target, Outcome.SUCCEEDED, details=details)
    assert caught.value.code == "audit.catalogue"
    with pytest.raises(InputError, match=sentence), log.action(actor, action, target, details):
        pytest.fail("it must not happen")
    assert log.size == 0


def test_anyone_may_be_denied_anything(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    for event in EVENTS.values():
        log.append(Actor("us_1", "stranger"), event.action, ObjectRef(event.kinds[0], "x"), Outcome.DENIED)
    assert log.size == len(EVENTS)


def test_an_event_is_frozen_and_has_a_valid_name() -> None:
    for action, event in EVENTS.items():
        assert re.fullmatch(r"[a-z]+\.[a-z-]+", action)
        assert event.meaning.endswith(".")
        with pytest.raises(dataclasses.FrozenInstanceError):
            event.meaning = ""  # type: ignore[misc]


def test_the_policy_and_the_catalogue_have_the_same_actions() -> None:
    assert cedar_actions() == set(EVENTS) - NOT_IN_POLICY


def test_the_catalogue_allows_the_same_roles_as_the_policy() -> None:
    rules = Rules.load(find_policy_folder())

    def may(role: str, action: str) -> bool:
        try:
            rules.verify_allowed(Principal("us_1", role), action, "x", "y")
        except AuthorizationError:
            return False
        return True

    for action in cedar_actions():
        assert EVENTS[action].who - BEYOND_POLICY == {role for role in ROLES if may(role, action)}, action


@pytest.mark.slow
def test_every_event_is_written_somewhere() -> None:
    """Its name occurs in the source code, because events that never happen would mislead."""
    texts = set()
    for path in (ROOT / "appliance").rglob("*.py"):
        if "event_table" not in path.parts:
            tree = ast.parse(path.read_text("utf-8"))
            texts |= {
                node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
    assert set(EVENTS) - texts == set()


def test_the_page_is_up_to_date() -> None:
    """`appliance audit events --markdown > ops/audit-events.md` updates it."""
    assert (ROOT / "ops" / "audit-events.md").read_text("utf-8") == events_page()
