"""The auditor's page as an auditor has it, on a home with a whole life in it."""

import json
import warnings
from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest
from driven_page import DrivenPage

from appliance.audit import Outcome
from appliance.foundation.messages import LANGUAGES, verbatim
from appliance.services.context import LOG, OPERATOR
from appliance.services.notices import LogDamage
from appliance.services.people.accounts import add_user, set_password
from appliance.services.record.search_audit import PAGE_ENTRIES, AuditDesk
from appliance.services.sessions import caller_of, sign_in
from appliance.web.page.environment import prepare_environment
from appliance.web.page.table import PAGES

CANARY = "zebra-quartz-41977"
PASSWORD = "a password of one's own"
PageOf = Callable[..., DrivenPage]


@pytest.fixture(scope="module")
def page_of(world: Any, own_environment: None) -> PageOf:
    """Give the page of somebody by role."""
    prepare_environment(world.context.home)
    from appliance.web.page.gradio_pages import build_page

    row = next(each for each in PAGES if each.name == "audit")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        pages = {language: build_page(world.context, row, language) for language in LANGUAGES}
    tokens: dict[str, str] = {}

    def page(role: str, language: str = "en", *, opened: bool = True) -> DrivenPage:
        if role not in tokens:
            name = f"some-{role}"
            password = add_user(world.context, OPERATOR, name=name, role=role).password
            found = caller_of(world.context, sign_in(world.context, name, password)[0])
            assert found is not None
            set_password(world.context, found[0], password, PASSWORD)
            tokens[role] = sign_in(world.context, name, PASSWORD)[0]
        return DrivenPage(pages[language], tokens[role], opened=opened)

    return page


@pytest.fixture
def auditor(page_of: PageOf) -> DrivenPage:
    """Give an auditor's page."""
    return page_of("auditor")


def search(page: DrivenPage, **fields: str) -> str:
    """Search by what is filled into these fields; return what is shown."""
    page.turn_to("Search")
    for label, value in fields.items():
        page.fill(label, value)
    page.press("Search")
    return page.text()


def show_history(page: DrivenPage, named: str) -> str:
    """Show the history of an object; return what is shown."""
    page.turn_to("History")
    page.fill("Object (name or id)", named)
    page.press("Show the history")
    return page.text()


def test_the_page_opens_with_state_charts_reviews_and_choices(auditor: DrivenPage, world: Any) -> None:
    """In one look, which is one act in the log."""
    size = world.context.log.size
    auditor.open()
    assert [entry["details"] for entry in world.entries(size)] == [{"look": "overview", "days": 30}] * 2
    for said in ("Not reviewed yet", 'aria-label="Activity, actions per day', "none was changed, removed or inserted"):
        assert said in auditor.text()
    assert CANARY not in auditor.text()
    auditor.turn_to("Search")
    assert ("Data imported", "dataset.import") in auditor.field("Action").choices
    assert ("some-auditor", "some-auditor") in auditor.field("Person (name or id)").choices
    assert ("tuned model", "adapter") in auditor.field("Kind of object").choices


def test_the_page_is_german_for_who_wants_it(page_of: PageOf, world: Any) -> None:
    """Labels, what is drawn, and errors."""
    page = page_of("auditor", "de")
    for said in ("Noch nicht geprüft", "Aktionen je Tag", "Also wurde keiner geändert"):
        assert said in page.text()
    page.turn_to("Suchen")
    page.fill("Objekt (Name oder Kennung)", world.ids["dataset"])
    page.press("Suchen")
    assert "Daten importiert" in page.text()
    assert "die neuesten zuerst" in page.text()
    page.fill("Von Eintrag", "x")
    with pytest.raises(gr.Error, match="Einträge werden ab 0 gezählt"):
        page.press("Suchen")


def test_damage_that_was_noticed_is_said_instead(auditor: DrivenPage, world: Any) -> None:
    world.context.part(LogDamage).found = verbatim("Entry 3 of the audit log was changed.")
    try:
        auditor.open()
    finally:
        world.context.part(LogDamage).found = None
    assert "Entry 3 of the audit log was changed." in auditor.text()
    assert "none was changed" not in auditor.text()


def test_the_longest_times_can_be_looked_at(auditor: DrivenPage, world: Any) -> None:
    """The chart follows what is chosen; the look says how far back."""
    auditor.choose("Period shown", 365)
    assert "actions per week" in auditor.text()
    assert world.entries(world.context.log.size - 1)[0]["details"] == {"look": "overview", "days": 365}


def test_a_search_fills_the_table_and_its_pages_turn(auditor: DrivenPage, world: Any) -> None:
    for _ in range(PAGE_ENTRIES):
        world.context.log.append(OPERATOR.actor, "audit.read", LOG, Outcome.SUCCEEDED)
    shown = search(auditor)
    assert "Page 1 of" in shown
    assert 'data-entry="' in shown
    assert (auditor.button("Newer").interactive, auditor.button("Older").interactive) == (False, True)
    auditor.press("Older")
    assert "Page 2 of" in auditor.text()
    auditor.press("Newer")
    assert "Page 1 of" in auditor.text()
    shown = search(auditor, Action="dataset.import")
    assert '<td data-head="What">Data imported' in shown
    assert (auditor.button("Newer").interactive, auditor.button("Older").interactive) == (False, False)
    assert CANARY not in shown
    assert "No entry matches" in search(auditor, **{"Person (name or id)": "nobody at all"})
    auditor.press("Clear")
    assert auditor.field("Person (name or id)").value == ""


@pytest.mark.parametrize(
    ("field", "wrong", "said"),
    [
        ("From entry", "x", "Enter a number"),
        ("To entry (inclusive)", "9" * 30, "Enter a number"),
        ("From day (UTC)", "soon", "is not a day"),
    ],
)
def test_what_no_entry_can_be_asked_for_is_a_sentence(auditor: DrivenPage, field: str, wrong: str, said: str) -> None:
    with pytest.raises(gr.Error, match=said):
        search(auditor, **{field: wrong})


def test_a_search_that_is_forgotten_is_asked_for_again(auditor: DrivenPage) -> None:
    """Gradio forgets it after an hour."""
    with pytest.raises(gr.Error, match="Press Search again"):
        auditor.forge("Search._to_older")


def test_a_click_on_an_entry_proves_it(auditor: DrivenPage) -> None:
    """In plain words, with the way to take the proof away; it goes when another tab is opened."""
    auditor.receive("picked-entry", json.dumps({"sequence": 0, "count": 1}))
    for said in ("<h2>Entry 0</h2>", "the proof holds", 'href="/audit-proof/0"'):
        assert said in auditor.text()
    for forged in ("", "[]", "{}", '{"sequence": "0"}', '{"sequence": true}', "[" * 5000, '{"sequence": 99999999}'):
        with pytest.raises(gr.Error):
            auditor.receive("picked-entry", forged)
    auditor.turn_to("Search")
    assert "the proof holds" not in auditor.text()


def test_an_objects_history_is_drawn_stage_by_stage(auditor: DrivenPage, world: Any) -> None:
    shown = show_history(auditor, world.ids["dataset"])
    stages = [shown.index(f"<h3>{stage}</h3>") for stage in ("Data", "Training", "Evaluation")]
    assert stages == sorted(stages)
    assert "staff" in shown
    assert f'data-life="{world.ids["adapter"]}"' in shown
    assert "Model card" not in shown
    auditor.turn_to("Overview")
    auditor.receive("picked-life", json.dumps({"id": world.ids["dataset"], "count": 2}))
    assert auditor.field("Object (name or id)").value == world.ids["dataset"]


def test_below_a_tuned_models_history_is_its_card(auditor: DrivenPage, world: Any) -> None:
    """What an auditor who knows no machine learning reads first; the model can be called by its name."""
    name = next(each["name"] for each in world.do("adapter.list") if each["id"] == world.ids["adapter"])
    for called in (name, world.ids["adapter"]):
        card = show_history(auditor, called).partition('class="card"')[2]
        assert card.count("<h3>") >= 4
        assert "**" not in card
        assert CANARY not in card


def test_what_a_table_leads_to_fills_the_form(auditor: DrivenPage) -> None:
    auditor.receive("picked-find", json.dumps({"first": 0, "last": 3, "strange": "x"}))
    labels = ("From entry", "To entry (inclusive)", "Action")
    assert [auditor.field(label).value for label in labels] == ["0", "3", ""]
    assert "4 entries" in auditor.text()


def test_a_review_is_signed_off_on_the_page(auditor: DrivenPage) -> None:
    """And what is open then begins after it."""
    auditor.turn_to("Reviews")
    for label, value in (
        ("From entry", 0),
        ("To entry (inclusive)", 5),
        ("Note", "Read them, <b>all</b>.\nSecond line."),
    ):
        auditor.fill(label, value)
    auditor.press("Sign off this review")
    assert "Entries 0 to 5 were signed off (6 entries)." in auditor.text()
    assert "Read them, &lt;b&gt;all&lt;/b&gt;.&#10;Second line." in auditor.text()
    assert (auditor.field("Note").value, auditor.field("From entry").value) == ("", 6)
    auditor.fill("From entry", None)
    with pytest.raises(gr.Error, match="the first and the last entry"):
        auditor.press("Sign off this review")


SIGNED = {"From entry": 0, "To entry (inclusive)": 1, "Note": "I looked."}


@pytest.mark.parametrize("role", ["trainer", "reviewer"])
def test_other_roles_get_nothing_from_any_handler(page_of: PageOf, role: str) -> None:
    """Also when they make the events themselves."""
    page = page_of(role, opened=False)
    drawn = page.text()
    acts: list[Callable[[], Any]] = [
        page.open,
        lambda: page.fill("Period shown", 30),
        lambda: page.forge("AuditPage._sign", **SIGNED),
        lambda: page.receive("picked-entry", '{"sequence": 0}'),
        lambda: page.receive("picked-life", '{"id": "ds_1"}'),
        lambda: page.receive("picked-find", "{}"),
        lambda: search(page),
        lambda: show_history(page, "ds_1"),
    ]
    for act in acts:
        with pytest.raises(gr.Error, match="may not do this"):
            act()
    page.turn_to("Overview")
    assert page.text() == drawn


def test_an_administrator_looks_but_does_not_sign_off(page_of: PageOf) -> None:
    page = page_of("admin")
    page.turn_to("Reviews")
    assert "Not reviewed yet" in page.text()
    assert "Sign off this review" not in page.buttons()
    with pytest.raises(gr.Error, match="may not do this"):
        page.forge("AuditPage._sign", **SIGNED)


def test_while_the_log_is_being_read_the_page_says_how_far_it_is(page_of: PageOf, world: Any) -> None:
    """It looks again by itself, and does not wait."""
    page, desk = page_of("auditor", opened=False), world.context.part(AuditDesk)
    index = desk.index()
    with index._adding:
        desk._thread = None
        desk.start()
        page.open()
        assert "% so far" in page.text()
        with pytest.raises(gr.Error, match="% so far"):
            search(page)
        with pytest.raises(gr.Error, match="% so far"):
            show_history(page, world.ids["dataset"])
    desk._thread.join()
    page.turn_to("Overview")
    page.tick()
    assert "% so far" not in page.text()
    assert "Not reviewed yet" in page.text()
