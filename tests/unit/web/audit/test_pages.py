"""The auditor's page as an auditor has it, on a home with a whole life in it."""

import json
import warnings
from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest
from page_screen import Screen

from appliance.audit import Outcome
from appliance.foundation.messages import LANGUAGES, verbatim
from appliance.services.context import OPERATOR
from appliance.services.notices import LogDamage
from appliance.services.people.accounts import add_user, set_password
from appliance.services.record.read_audit import LOG
from appliance.services.record.search_audit import PAGE_ENTRIES, AuditDesk
from appliance.services.sessions import caller_of, sign_in
from appliance.web.page.environment import prepare_environment
from appliance.web.page.table import PAGES

CANARY = "zebra-quartz-41977"
PASSWORD = "a password of one's own"
ScreenOf = Callable[..., Screen]


@pytest.fixture(scope="module")
def screen_of(world: Any, own_environment: None) -> ScreenOf:
    """Give the page of somebody by role, not opened yet."""
    prepare_environment(world.context.home)
    from appliance.web.page.gradio_pages import build_page

    row = next(each for each in PAGES if each.name == "audit")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        pages = {language: build_page(world.context, row, language) for language in LANGUAGES}
    tokens: dict[str, str] = {}

    def screen(role: str, language: str = "en") -> Screen:
        if role not in tokens:
            name = f"some-{role}"
            password = add_user(world.context, OPERATOR, name=name, role=role).password
            found = caller_of(world.context, sign_in(world.context, name, password)[0])
            assert found is not None
            set_password(world.context, found[0], password, PASSWORD)
            tokens[role] = sign_in(world.context, name, PASSWORD)[0]
        return Screen(pages[language], tokens[role])

    return screen


@pytest.fixture
def auditor(screen_of: ScreenOf) -> Screen:
    """Give an auditor's page, opened."""
    return screen_of("auditor").load()


def sign_off(screen: Screen) -> None:
    """Sign off entry 0, whether or not the form can be seen."""
    screen.open("Reviews").enter("From entry", 0, hidden=True).enter("To entry (inclusive)", 0, hidden=True)
    screen.enter("Note", "I looked.", hidden=True).forge("Sign off this review")


def test_the_page_opens_with_state_charts_reviews_and_choices(screen_of: ScreenOf, world: Any) -> None:
    """In one look, which is one act in the log."""
    screen = screen_of("auditor")
    size = world.context.log.size
    screen.load()
    assert [entry["details"] for entry in world.entries(size)] == [{"look": "overview", "days": 30}] * 2
    for said in ("Not reviewed yet", 'aria-label="Activity, actions per day', "none was changed, removed or inserted"):
        assert said in screen.text
    assert CANARY not in screen.text
    screen.open("Search")
    assert ("Data imported", "dataset.import") in screen.field("Action")["choices"]
    assert ("some-auditor", "some-auditor") in screen.field("Person (name or id)")["choices"]
    assert ("tuned model", "adapter") in screen.field("Kind of object")["choices"]


def test_the_page_is_german_for_who_wants_it(screen_of: ScreenOf, world: Any) -> None:
    """Labels, what is drawn, and errors."""
    screen = screen_of("auditor", "de").load()
    for said in ("Noch nicht geprüft", "Aktionen je Tag", "Also wurde keiner geändert"):
        assert said in screen.text
    screen.open("Suchen").enter("Objekt (Name oder Kennung)", world.ids["dataset"]).press("Suchen")
    assert "Daten importiert" in screen.text
    assert "die neuesten zuerst" in screen.text
    with pytest.raises(gr.Error, match="Einträge werden ab 0 gezählt"):
        screen.enter("Von Eintrag", "x").press("Suchen")
    assert "wurden bestätigt" not in screen.open("Prüfungen").text


def test_damage_that_was_noticed_is_said_instead(screen_of: ScreenOf, world: Any) -> None:
    world.context.part(LogDamage).found = verbatim("Entry 3 of the audit log was changed.")
    try:
        text = screen_of("auditor").load().text
    finally:
        world.context.part(LogDamage).found = None
    assert "Entry 3 of the audit log was changed." in text
    assert "none was changed" not in text


def test_the_longest_times_can_be_looked_at(auditor: Screen, world: Any) -> None:
    """The chart follows what is chosen; the look says how far back."""
    assert "actions per week" in auditor.enter("Period shown", 365).text
    assert world.entries(world.context.log.size - 1)[0]["details"] == {"look": "overview", "days": 365}


def test_a_search_fills_the_table_and_its_pages_turn(auditor: Screen, world: Any) -> None:
    for _ in range(PAGE_ENTRIES):
        world.context.log.append(OPERATOR.actor, "audit.read", LOG, Outcome.SUCCEEDED)
    auditor.open("Search").press("Search")
    assert "Page 1 of" in auditor.text
    assert 'data-entry="' in auditor.text
    assert (auditor.can_press("Newer"), auditor.can_press("Older")) == (False, True)
    assert "Page 2 of" in auditor.press("Older").text
    assert "Page 1 of" in auditor.press("Newer").text
    auditor.enter("Action", "dataset.import").press("Search")
    assert "Data imported" in auditor.text
    assert (auditor.can_press("Newer"), auditor.can_press("Older")) == (False, False)
    assert CANARY not in auditor.text
    assert "No entry matches" in auditor.enter("Person (name or id)", "nobody at all").press("Search").text
    assert auditor.press("Clear").field("Person (name or id)")["value"] == ""


@pytest.mark.parametrize(("field", "wrong"), [("From entry", "x"), ("To entry (inclusive)", "9" * 30)])
def test_an_entry_that_is_not_a_number_is_a_sentence(auditor: Screen, field: str, wrong: str) -> None:
    with pytest.raises(gr.Error, match="Enter a number"):
        auditor.open("Search").enter(field, wrong).press("Search")


def test_a_day_that_is_not_one_is_a_sentence(auditor: Screen) -> None:
    with pytest.raises(gr.Error, match="is not a day"):
        auditor.open("Search").enter("From day (UTC)", "soon").press("Search")


def test_a_search_that_is_forgotten_is_asked_for_again(screen_of: ScreenOf) -> None:
    """Gradio forgets it after an hour."""
    screen = screen_of("auditor").load().open("Search").press("Search")
    state = next(each for each in screen._now if isinstance(each, gr.State) and screen._now[each]["value"])
    screen._now[state]["value"] = None
    with pytest.raises(gr.Error, match="Press Search again"):
        screen.press("Older")


def test_a_click_on_an_entry_proves_it(auditor: Screen) -> None:
    """In plain words, with the way to take the proof away; it goes when another tab is opened."""
    auditor.tell("picked-entry", json.dumps({"sequence": 0, "count": 1}))
    for said in ("<h2>Entry 0</h2>", "the proof holds", 'href="/audit-proof/0"'):
        assert said in auditor.text
    for forged in ("", "[]", "{}", '{"sequence": "0"}', '{"sequence": true}', "[" * 5000, '{"sequence": 99999999}'):
        with pytest.raises(gr.Error):
            auditor.tell("picked-entry", forged)
    assert "the proof holds" not in auditor.open("Search").text


def test_an_objects_history_is_drawn_stage_by_stage(auditor: Screen, world: Any) -> None:
    auditor.open("Object history").enter("Object (name or id)", world.ids["dataset"]).press("Show the history")
    stages = [auditor.text.index(f"<h3>{stage}</h3>") for stage in ("Data", "Training", "Evaluation")]
    assert stages == sorted(stages)
    assert "staff" in auditor.text
    assert f'data-life="{world.ids["adapter"]}"' in auditor.text
    assert "Model card" not in auditor.open("Overview").text
    auditor.tell("picked-life", json.dumps({"id": world.ids["dataset"], "count": 2}))
    assert auditor.field("Object (name or id)")["value"] == world.ids["dataset"]


def test_below_a_tuned_models_history_is_its_card(auditor: Screen, world: Any) -> None:
    """What an auditor who knows no machine learning reads first; the model can be called by its name."""
    name = next(each["name"] for each in world.do("adapter.list") if each["id"] == world.ids["adapter"])
    for called in (name, world.ids["adapter"]):
        auditor.open("Object history").enter("Object (name or id)", called).press("Show the history")
        card = auditor.text.partition('class="card"')[2]
        assert card.count("<h3>") >= 4
        assert "**" not in card
        assert CANARY not in card


def test_what_a_table_leads_to_fills_the_form(auditor: Screen) -> None:
    auditor.tell("picked-find", json.dumps({"first": 0, "last": 3, "strange": "x"}))
    assert [auditor.field(label)["value"] for label in ("From entry", "To entry (inclusive)", "Action")] == [
        "0",
        "3",
        "",
    ]
    assert "4 entries" in auditor.text


def test_a_review_is_signed_off_on_the_page(auditor: Screen) -> None:
    """And what is open then begins after it."""
    auditor.open("Reviews").enter("From entry", 0).enter("To entry (inclusive)", 5)
    auditor.enter("Note", "Read them, <b>all</b>.\nSecond line.").press("Sign off this review")
    assert "Entries 0 to 5 were signed off (6 entries)." in auditor.text
    assert "Read them, &lt;b&gt;all&lt;/b&gt;.&#10;Second line." in auditor.text
    assert (auditor.field("Note")["value"], auditor.field("From entry")["value"]) == ("", 6)
    with pytest.raises(gr.Error, match="the first and the last entry"):
        auditor.enter("From entry", None).press("Sign off this review")


@pytest.mark.parametrize("role", ["trainer", "reviewer"])
def test_other_roles_get_nothing_from_any_handler(screen_of: ScreenOf, role: str) -> None:
    """Also when they make the events themselves."""
    screen = screen_of(role)
    drawn = screen.text
    acts: list[Callable[[], Any]] = [
        screen.load,
        lambda: screen.enter("Period shown", 30),
        lambda: screen.tell("picked-entry", '{"sequence": 0}'),
        lambda: screen.tell("picked-life", '{"id": "ds_1"}'),
        lambda: screen.tell("picked-find", "{}"),
        lambda: screen.open("Search").press("Search"),
        lambda: screen.open("Object history").press("Show the history"),
        lambda: sign_off(screen),
    ]
    for act in acts:
        with pytest.raises(gr.Error, match="may not do this"):
            act()
    assert screen.open("Overview").text == drawn


def test_an_administrator_looks_but_does_not_sign_off(screen_of: ScreenOf) -> None:
    screen = screen_of("admin").load().open("Reviews")
    assert "Not reviewed yet" in screen.text
    assert not screen.can_press("Sign off this review")
    with pytest.raises(gr.Error, match="may not do this"):
        sign_off(screen)


def test_while_the_log_is_being_read_the_page_says_how_far_it_is(screen_of: ScreenOf, world: Any) -> None:
    """It looks again by itself, and does not wait."""
    desk = world.context.part(AuditDesk)
    index = desk.index()
    screen = screen_of("auditor")
    with index._adding:
        desk._thread = None
        desk.start()
        assert "% so far" in screen.load().text
        with pytest.raises(gr.Error, match="% so far"):
            screen.open("Search").press("Search")
        screen.open("Object history").enter("Object (name or id)", world.ids["dataset"])
        with pytest.raises(gr.Error, match="% so far"):
            screen.press("Show the history")
    desk._thread.join()
    screen.tick()
    assert "% so far" not in screen.text
    assert "Not reviewed yet" in screen.open("Overview").text
