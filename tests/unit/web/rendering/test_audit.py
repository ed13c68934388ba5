"""What is drawn is escaped, on one line, and says each thing in words."""

import json
import re
from dataclasses import replace
from typing import Any

from appliance.audit import EVENTS, ArchivedEntries
from appliance.foundation.json_records import read
from appliance.foundation.messages import use_language, verbatim
from appliance.services.record.object_life import ObjectLife
from appliance.services.record.read_audit import ShownProof
from appliance.services.record.review_audit import Activity, Overview, Refusals, Reviews
from appliance.services.record.search_audit import FoundEntries, SearchChoices
from appliance.web.rendering import audit as drawing

HOSTILE = "<script>x</script>\n\n# heading 'quoted' \"twice\" &"


def entry(**changes: Any) -> dict[str, Any]:
    """Return an entry with names, as the services give it."""
    made: dict[str, Any] = {
        "sequence": 7,
        "time_us": 1_793_491_200_000_000,
        "boot_id": "b",
        "monotonic_us": 2_500_000,
        "actor": {"id": "us_1", "role": "trainer", "session": ""},
        "action": "dataset.import",
        "object": {"kind": "dataset", "id": "ds_1", "digest": ""},
        "outcome": "denied",
        "reason": "policy.denied",
        "request": "rq_1",
        "details": {"rows": 5},
        "person": "",
        "object_name": "",
    }
    return made | changes


ARCHIVED = ArchivedEntries(256, ((0, 255),), verbatim("Entries 0 to 255 are archived."))


def whole(entries: list[dict[str, Any]], **changes: Any) -> FoundEntries:
    """Return a page of a search."""
    values = {"entries": entries, "total": len(entries), "page": 0, "pages": 1, "last": 9, "archived": None}
    return FoundEntries(**(values | changes))


def proof_of(entry: dict[str, Any], **changes: Any) -> ShownProof:
    """Return the proof of an entry."""
    values = {"entry": entry, "path": (), "size": 8, "root": "00", "leaf_hash": "11", "key": "log", "file": ""}
    return ShownProof(**(values | changes))


def reviews_of(*reviews: dict[str, Any], count: int = 1, opened: tuple[dict[str, int], ...] = ()) -> Reviews:
    """Return what is known of reviews."""
    return read(Reviews, {"reviews": list(reviews), "count": count, "open": list(opened), "size": 10})


def refused(actor: str, action: str) -> list[Refusals]:
    """Return what somebody was denied three times."""
    return [Refusals(actor=actor, person="", action=action, outcome="denied", count=3)]


def life_of(**changes: Any) -> ObjectLife:
    """Return an object's life."""
    values = {"id": "ds_1", "name": "", "made_from": [], "makes": [], "steps": [], "left_out": 0, "archived": None}
    return read(ObjectLife, values | changes)


def test_hostile_names_stay_text() -> None:
    """People's names, names of objects, reasons, details and notes."""
    hostile = entry(person=HOSTILE, object_name=HOSTILE, reason=HOSTILE, details={"x": HOSTILE}, request=HOSTILE)
    review = {
        "time_us": 1,
        "who": HOSTILE,
        "first": 0,
        "last": 1,
        "sequence": 2,
        "note": HOSTILE,
        "note_state": "changed",
    }
    drawn = [
        drawing.entries(whole([hostile])),
        drawing.proof(proof_of(hostile, path=("aa",), key=HOSTILE)),
        drawing.reviews(reviews_of(review)),
        drawing.refusals(refused(HOSTILE, HOSTILE)),
    ]
    for each in drawn:
        assert "<script" not in each
        assert "\n" not in each
        assert "&lt;script&gt;" in each


def test_what_is_archived_is_said_beside_what_was_found() -> None:
    for draw, found in (
        (drawing.entries, lambda archived: whole([entry()], archived=archived)),
        (drawing.entries, lambda archived: whole([], archived=archived)),
        (drawing.life, lambda archived: replace(life_of(), archived=archived)),
    ):
        assert "are archived." not in draw(found(None))
        assert "Entries 0 to 255 are archived." in draw(found(ARCHIVED))


def test_a_button_that_fills_the_form_carries_readable_json() -> None:
    drawn = drawing.refusals(refused(HOSTILE, "job.stop"))
    import html

    carried = html.unescape(re.search('data-find="([^"]*)"', drawn)[1])  # type: ignore[index]
    assert json.loads(carried) == {"person": HOSTILE, "action": "job.stop", "outcome": "denied"}


def test_an_entry_says_all_of_its_fields() -> None:
    found = proof_of(entry())
    drawn = drawing.proof(found)
    for said in (
        "us_1",
        "trainer",
        "dataset ds_1",
        "policy.denied",
        "rows = 5",
        "2026-11-01 00:00:00",
        "2.5 s",
        "0 other fingerprints",
    ):
        assert said in drawn
    assert EVENTS["dataset.import"].meaning in drawn
    with use_language("de"):
        assert "zusammen mit 0 anderen Fingerabdrücken" in drawing.proof(found)


def test_an_act_that_the_catalogue_has_not_is_said_by_its_code() -> None:
    """An older log, or a newer one, has acts that this version does not know."""
    assert "future.act" in drawing.proof(proof_of(entry(action="future.act")))
    assert drawing.kind("thing") == "thing"


def test_a_card_is_drawn_with_nothing_of_its_text_as_html() -> None:
    drawn = drawing.card(
        "# <b>claims</b>\n\nA model.\n\n## What it is\n\n- One <i>point</i>.\n- Another.\n\nThe end.\n"
    )
    assert (
        "<h2>&lt;b&gt;claims&lt;/b&gt;</h2><p>A model.</p><h3>What it is</h3><ul><li>One "
        "&lt;i&gt;point&lt;/i&gt;.</li><li>" in drawn
    )
    assert drawn.endswith("</ul><p>The end.</p></section>")


def test_an_entry_for_many_requests_says_how_many() -> None:
    made = entry(
        action="door.refuse-host", reason="web.host", details={"count": 1234, "seconds": 60, "source": "127.0.0.1"}
    )
    drawn = drawing.entries(whole([made]))
    assert "web.host, 1,234 times in 60 s" in drawn


def test_a_life_says_how_often_and_by_whom() -> None:
    step = {
        "stage": {"id": "stage-use", "parameters": {}},
        "action": "adapter.use",
        "object": {"kind": "adapter", "id": "ad_1", "digest": ""},
        "object_name": "desk",
        "relation": "product",
        "times": 1200,
        "succeeded": 1198,
        "failed": 0,
        "denied": 2,
        "first": {"sequence": 3, "time_us": 0, "who": "anna"},
        "last": {"sequence": 4000, "time_us": 86_400_000_000, "who": "ben"},
        "details": {"turns": 1},
    }
    sources = [{"id": f"up_{n}", "name": ""} for n in range(30)]
    drawn = drawing.life(life_of(made_from=sources, steps=[step, step], left_out=1))
    assert "1,200 times: 1,198 done and 2 denied" in drawn
    assert "first anna, last ben" in drawn
    assert "1970-01-01 00:00:00 to 1970-01-02 00:00:00" in drawn
    assert drawn.count("<h3>Use</h3>") == 1
    assert "and 6 more" in drawn
    assert "One more kind of action" in drawn
    begun = {**step, "times": 1, "succeeded": 0, "denied": 0, "relation": "itself"}
    running = drawing.life(life_of(made_from=sources, steps=[begun]))
    assert "no outcome yet" in running


def test_reviews_say_what_became_of_their_notes() -> None:
    review = {"time_us": 1, "who": "a", "first": 0, "last": 1, "sequence": 2, "note": "", "note_state": "missing"}
    opened = ({"first": 2, "last": 9, "entries": 8, "denied": 1, "failed": 2, "looks": 3},)
    drawn = drawing.reviews(reviews_of(review, count=3, opened=opened))
    assert "The note is missing." in drawn
    assert "newest first (1 of 3)" in drawn
    assert "2 to 9" in drawn
    assert "No review has been signed off" in drawing.reviews(reviews_of(count=0, opened=opened))


def test_what_a_log_says_is_said_in_german() -> None:
    found = whole([entry(), entry(sequence=1234)], total=1234, pages=617)
    activity = {"unit": "day", "starts_us": [0], "succeeded": [3], "failed": [0], "denied": [1]}
    state = Overview(
        entries=1234,
        root="ab" * 32,
        damage=None,
        activity=Activity(**activity),
        refused=[],
        reviews=reviews_of(),
        choices=SearchChoices([], [], []),
    )
    with use_language("de"):
        drawn, well = drawing.entries(found), drawing.state(state)
        damaged = drawing.state(replace(state, damage=verbatim("Eintrag 3 wurde geändert.")))
    assert "1.234 Einträge, die neuesten zuerst. Seite 1 von 617 mit 2 Einträgen" in drawn
    for said in ("verweigert", "Datensatz", "Trainer", "von Eintrag 1234", ">1234</td>"):
        assert said in drawn
    assert "Also wurde keiner geändert" in well
    assert "Also wurde keiner geändert" not in damaged
