"""Every handler of the auditor's page, called as Gradio calls it, on a home with a whole life in it."""

import json
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from appliance.web.door import COOKIE
from appliance.web.environment import prepare_environment

from appliance.foundation.messages import verbatim
from appliance.services.context import OPERATOR
from appliance.services.notices import LogDamage
from appliance.services.people.accounts import add_user, set_password
from appliance.services.record.search_audit import AuditDesk
from appliance.services.sessions import caller_of, sign_in
from appliance.web.audit import build_audit_blocks
from appliance.web.audit.search_tab import FIELDS

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
        return found.fn(self._request, *values)  # type: ignore[misc]

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
            password = add_user(world.context, OPERATOR, name=name, role=role).password
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
    assert "none was changed, cut out or put in" in text
    offered = [each for each in shown if isinstance(each, gr.Dropdown)]
    assert ("Data imported", "dataset.import") in offered[1].choices
    assert ("some-auditor", "some-auditor") in offered[0].choices
    assert CANARY not in text


def test_damage_that_was_noticed_is_said_instead(auditor: Page, world: Any) -> None:
    world.context.part(LogDamage).found = verbatim("Entry 3 of the audit log was changed.")
    try:
        text = text_of(auditor("load"))
    finally:
        world.context.part(LogDamage).found = None
    assert "Entry 3 of the audit log was changed." in text
    assert "none was changed" not in text


def test_the_longest_times_can_be_looked_at(auditor: Page, world: Any) -> None:
    """The chart follows what is picked; the look says how far back."""
    assert "acts per week" in text_of(auditor("show", 365))
    assert world.entries(world.context.log.size - 1)[0]["details"] == {"look": "overview", "days": 365}


def test_a_search_fills_the_table_and_its_pages_turn(auditor: Page) -> None:
    shown, asked, newer, older = auditor.find(action="dataset.")
    assert "Data imported" in shown
    assert 'data-entry="' in shown
    assert (newer.interactive, older.interactive) == (False, False)
    shown, asked, newer, older = auditor("turn_newer", {**asked, "limit": 1, "page": 1})
    assert (newer.interactive, older.interactive) == (False, True)
    shown, asked, newer, older = auditor("turn_older", asked | {"limit": 1})
    assert "Page 2 of" in shown
    assert newer.interactive
    assert "No entry is like that" in auditor.find(person="nobody at all")[0]
    assert CANARY not in shown


@pytest.mark.parametrize("wrong", [{"first": "x"}, {"last": "9" * 30}, {"since": "soon"}])
def test_what_no_entry_can_be_asked_for_is_a_sentence(auditor: Page, wrong: dict[str, str]) -> None:
    with pytest.raises(gr.Error, match="Write"):
        auditor.find(**wrong)


def test_a_search_that_is_forgotten_is_asked_for_again(auditor: Page) -> None:
    with pytest.raises(gr.Error, match="Press Search again"):
        auditor("turn_older", None)


def test_clear_empties_the_form(auditor: Page) -> None:
    cleared = next(each for each in auditor._blocks.fns.values() if each.name == "_nothing").fn()  # type: ignore[misc]
    assert cleared == [""] * len(FIELDS)


def test_a_click_on_an_entry_proves_it(auditor: Page) -> None:
    """In plain words, with the way to take the proof away."""
    shown = auditor("prove", json.dumps({"sequence": 0, "count": 1}))
    assert "<h2>Entry 0</h2>" in shown
    assert "it holds" in shown
    assert 'href="/audit-proof/0"' in shown
    assert "\n" not in shown  # a line break would end the HTML for Markdown
    for forged in ("", "[]", "{}", '{"sequence": "0"}', '{"sequence": true}', "[" * 5000, '{"sequence": 99999999}'):
        with pytest.raises(gr.Error):
            auditor("prove", forged)


def test_an_objects_life_is_drawn_stage_by_stage(auditor: Page, world: Any) -> None:
    drawn, card = auditor("live", world.ids["dataset"])
    assert card == ""
    stages = [drawn.index(f"<h3>{stage}</h3>") for stage in ("Data", "Training", "Evaluation")]
    assert stages == sorted(stages)
    assert "staff" in drawn
    assert f'data-life="{world.ids["adapter"]}"' in drawn
    tabs, chosen, again, _card = auditor("live_this", json.dumps({"id": world.ids["dataset"], "count": 2}))
    assert (tabs.selected, chosen, again) == ("life", world.ids["dataset"], drawn)


def test_below_a_tuned_models_life_stands_its_card(auditor: Page, world: Any) -> None:
    """What an auditor who knows no machine learning reads first."""
    _life, card = auditor("live", world.ids["adapter"])
    for title in ("What it is", "What it learned from", "How good it is", "What is not known"):
        assert f"<h3>{title}</h3><ul><li>" in card
    assert "**" not in card
    assert CANARY not in card


def test_what_a_table_leads_to_fills_the_form(auditor: Page) -> None:
    tabs, *values, shown, asked, _newer, _older = auditor(
        "find_this", json.dumps({"first": 0, "last": 3, "strange": "x"})
    )
    assert tabs.selected == "search"
    assert dict(zip(FIELDS, values, strict=True)) == EMPTY | {"first": "0", "last": "3"}
    assert (asked["first"], asked["last"]) == (0, 3)
    assert "4 entries" in shown


def test_a_review_is_signed_off_on_the_page(auditor: Page, world: Any) -> None:
    """And what is open then begins after it."""
    said, note, *shown = auditor("sign", 0, 5, "Read them, <b>all</b>.\nSecond line.", 30)
    assert "Signed off: entries 0 to 5, 6 entries." in said
    assert note == ""
    assert "Read them, &lt;b&gt;all&lt;/b&gt;.&#10;Second line." in shown[3]
    assert shown[4] == 6
    with pytest.raises(gr.Error, match="from which entry"):
        auditor("sign", None, 5, "note", 30)


@pytest.mark.parametrize("role", ["trainer", "reviewer"])
def test_other_roles_get_nothing_from_any_handler(page_of: Callable[[str], Page], role: str) -> None:
    """Also when they make the events themselves."""
    page = page_of(role)
    calls: list[tuple[str, tuple[Any, ...]]] = [
        ("load", ()),
        ("show", (30,)),
        ("find", tuple(EMPTY.values())),
        ("turn_older", ({},)),
        ("prove", ('{"sequence": 0}',)),
        ("live", ("ds_1",)),
        ("live_this", ('{"id": "ds_1"}',)),
        ("find_this", ("{}",)),
        ("sign", (0, 1, "note", 30)),
    ]
    for name, values in calls:
        with pytest.raises(gr.Error, match="may not do this"):
            page(name, *values)


def test_an_administrator_looks_but_does_not_sign_off(page_of: Callable[[str], Page]) -> None:
    page = page_of("admin")
    form = next(each for each in page("load") if isinstance(each, gr.Column))
    assert not form.visible
    with pytest.raises(gr.Error, match="may not do this"):
        page("sign", 0, 1, "note", 30)


def test_while_the_log_is_being_read_the_page_says_how_far_it_is(auditor: Page, world: Any) -> None:
    """It looks again by itself, and does not wait."""
    desk = world.context.part(AuditDesk)
    index = desk.index()
    with index._adding:
        desk._thread = None
        desk.start()
        shown = auditor("show", 30)
        assert "% so far" in shown[0]
        assert next(each for each in shown if isinstance(each, gr.Timer)).active
        with pytest.raises(gr.Error, match="% so far"):
            auditor.find(action="job.")
        with pytest.raises(gr.Error, match="% so far"):
            auditor("live", world.ids["dataset"])
    desk._thread.join()
    assert "Not reviewed yet" in text_of(auditor("show", 30))
