"""Nothing is in the log that the catalogue does not name; the catalogue says who may, as the policy does, and its page
is up to date.
"""

import ast
import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from appliance.audit import EVENTS, Actor, AuditLog, ObjectRef, Outcome, events_page
from appliance.foundation.errors import AuthorizationError, InputError
from appliance.policy import Principal, Rules, find_policy_folder
from appliance.policy.rules import ROLES

ROOT = Path(__file__).parents[3]
# Who may besides the policy, because it is no person's request: the appliance itself, and whoever is not signed in yet.
BEYOND_POLICY = frozenset({"system", "none"})
# Entries that the policy does not decide: the home before it has one, what the appliance does, parts of a permitted
# act.
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
# The web's door refuses whom the policy never hears of.
NOT_IN_POLICY |= {action for action in EVENTS if action.startswith("door.refuse-")}
# Permitted before there is a command that does them; whoever writes it must name the event.
PERMITTED_AHEAD = {"user.disable", "user.reset"}


def cedar_actions() -> set[str]:
    texts = [path.read_text("utf-8") for path in find_policy_folder().glob("*.cedar")]
    return {name for text in texts for name in re.findall(r'Action::"([^"]+)"', text)} - PERMITTED_AHEAD


@pytest.mark.parametrize(
    ("action", "kind", "role", "details", "why"),
    [
        ("dataset.imports", "dataset", "trainer", {}, "no 'dataset.imports'"),
        ("dataset.import", "job", "trainer", {}, "kind 'job'"),
        ("dataset.import", "dataset", "auditor", {}, "role 'auditor'"),
        ("dataset.import", "dataset", "trainer", {"name": "faq"}, r"\['name'\]"),
        ("dataset.import", "dataset", "trainer", {"rows": "3"}, r"\['rows'\]"),
        ("dataset.import", "dataset", "trainer", {"rows": True}, r"\['rows'\]"),
    ],
)
def test_what_the_catalogue_does_not_name_cannot_be_written(
    tmp_path: Path, clock: Any, action: str, kind: str, role: str, details: dict[str, Any], why: str
) -> None:
    log = AuditLog.open(tmp_path, clock)
    with pytest.raises(InputError, match=why):
        log.append(Actor("us_1", role), action, ObjectRef(kind, "x"), Outcome.SUCCEEDED, details=details)
    with pytest.raises(InputError, match=why), log.action(Actor("us_1", role), action, ObjectRef(kind, "x"), details):
        pytest.fail("it must not happen")
    assert log.size == 0


def test_anybody_may_be_denied_anything(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    for event in EVENTS.values():
        log.append(Actor("us_1", "stranger"), event.action, ObjectRef(event.kinds[0], "x"), Outcome.DENIED)
    assert log.size == len(EVENTS)


def test_an_event_is_frozen_and_its_name_well_formed() -> None:
    for action, event in EVENTS.items():
        assert re.fullmatch(r"[a-z]+\.[a-z-]+", action)
        assert event.meaning.endswith(".")
        with pytest.raises(dataclasses.FrozenInstanceError):
            event.meaning = ""  # type: ignore[misc]


def test_every_action_of_the_policy_is_an_event_and_the_other_way_round() -> None:
    assert cedar_actions() == set(EVENTS) - NOT_IN_POLICY


def test_the_catalogue_says_who_as_the_policy_does() -> None:
    rules = Rules.load(find_policy_folder())

    def may(role: str, action: str) -> bool:
        try:
            rules.verify_allowed(Principal("us_1", role), action, "x", "y")
        except AuthorizationError:
            return False
        return True

    for action in cedar_actions():
        assert EVENTS[action].who - BEYOND_POLICY == {role for role in ROLES if may(role, action)}, action


def test_every_event_is_written_somewhere() -> None:
    """Its name stands in the source of a service, or of the log itself: a catalogue of what never happens would
    mislead.
    """
    texts = set()
    for path in (ROOT / "appliance").rglob("*.py"):
        if path.name != "catalogue.py":
            tree = ast.parse(path.read_text("utf-8"))
            texts |= {
                node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
    assert set(EVENTS) - texts == set()


def test_the_page_is_made_from_the_catalogue() -> None:
    """`appliance audit events --markdown > ops/audit-events.md` mends it."""
    assert (ROOT / "ops" / "audit-events.md").read_text("utf-8") == events_page()
