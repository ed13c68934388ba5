"""Every handler of the auditor's page, called as Gradio calls it, on a home with a whole life in it."""

import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from appliance.services.accounts import add_user, caller_of, set_password, sign_in
from appliance.services.context import OPERATOR
from appliance.web.audit import build_audit_blocks
from appliance.web.audit.search_tab import FIELDS
from appliance.web.door import COOKIE
from appliance.web.environment import prepare_environment

CANARY = "zebra-quartz-41977"
PASSWORD = "a password of one's own"
EMPTY = dict.fromkeys(FIELDS, "")


class Page:
    """The page of one person, without a browser."""

    def __init__(self, blocks: gr.Blocks, token: str) -> None:
        self._blocks = blocks
        self._request = SimpleNamespace(headers={"cookie": f"{COOKIE}={token}"})

    def __call__(self, name: str, *values: Any) -> Any:
        """Call the handler `name`."""
        found = next(each for each in self._blocks.fns.values() if each.name == name)
        return found.fn(*values, self._request)  # type: ignore[misc]

    def find(self, **asked: str) -> Any:
        """Press Search with these fields filled in."""
        return self("find", *(EMPTY | asked).values())


def text_of(outputs: Any) -> str:
    """Return all that the outputs show, in one string."""
    return " ".join(str(each if isinstance(each, str) else getattr(each, "value", "") or "") for each in outputs)


@pytest.fixture(scope="module")
def page_of(world: Any, own_environment: None) -> Callable[[str], Page]:
    """Give the page of somebody by role."""
    prepare_environment(world.context.home)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        blocks = build_audit_blocks(world.appliance)
    made: dict[str, Page] = {}

    def page(role: str) -> Page:
        if role not in made:
            name = f"some-{role}"
            password = add_user(world.context, OPERATOR, name=name, role=role)["password"]
            found = caller_of(world.context, sign_in(world.context, name, password)[0])
            assert found is not None
            set_password(world.context, found[0], password, PASSWORD)
            made[role] = Page(blocks, sign_in(world.context, name, PASSWORD)[0])
        return made[role]

    return page


@pytest.fixture
def auditor(page_of: Callable[[str], Page]) -> Page:
    """Give an auditor's page."""
    return page_of("auditor")


def test_the_page_opens_with_state_charts_reviews_and_what_can_be_asked(auditor: Page, world: Any) -> None:
    """In one look, which is one act in the log."""
    size = world.context.log.size
    shown = auditor("load")
    assert [entry["details"] for entry in world.entries(size)] == [{"look": "overview", "days": 30}] * 2
    text = text_of(shown)
    assert "Not reviewed yet" in text
    assert 'aria-label="Activity, acts per day' in text
    assert "was changed, cut out or put in since" in text
    offered = [each for each in shown if isinstance(each, gr.Dropdown)]
    assert ("Data imported", "dataset.import") in offered[1].choices
    assert ("some-auditor", "some-auditor") in offered[0].choices
    assert CANARY not in text
