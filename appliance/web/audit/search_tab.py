"""The tab that searches: a form, a page of entries, and the way to older ones and back."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.services.appliance import Appliance
from appliance.services.context import Caller
from appliance.services.record.search_audit import search_audit
from appliance.web.audit import drawing, words
from appliance.web.wizard.drawn import drawn
from appliance.web.wizard.events import Events

FIELDS = ("person", "action", "outcome", "object_id", "since", "until", "kind", "first", "last", "request")
STATE_S = 3600
ANY = ("any", "")
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


@dataclass(frozen=True)
class SearchTab:
    """The form, its fields in the order of `FIELDS`, and the places that `answer` draws."""

    fields: list[Any]
    outputs: list[Any]

    def field(self, name: str) -> Any:
        """Return one field of the form."""
        return self.fields[FIELDS.index(name)]


def build_search_tab(appliance: Appliance, event: Events) -> SearchTab:
    """Draw the tab and wire it."""
    with gr.Row():
        person = gr.Dropdown([ANY], value="", label="Person (name or id)", allow_custom_value=True)
        action = gr.Dropdown([ANY], value="", label="What was done")
        outcome = gr.Dropdown(
            [ANY, *((said, code) for code, said in words.OUTCOMES.items())], value="", label="How it ended"
        )
    with gr.Row():
        object_id = gr.Textbox(label="Id of the object", placeholder="ds_…", max_length=512)
        since = gr.Textbox(label="From day (UTC)", placeholder="2026-11-01", max_length=40)
        until = gr.Textbox(label="To day, included", placeholder="2026-11-30", max_length=40)
    with gr.Accordion("More to ask by", open=False), gr.Row():
        kind = gr.Dropdown([ANY], value="", label="Kind of object")
        first = gr.Textbox(label="From entry", placeholder="0", max_length=16)
        last = gr.Textbox(label="To entry", max_length=16)
        request = gr.Textbox(
            label="Request", placeholder="rq_…", info="Joins what was asked for and how it ended", max_length=512
        )
    with gr.Row(elem_classes="buttons"):
        clear = gr.Button("Clear")
        ask = gr.Button("Search", variant="primary")
    shown = drawn()
    asked = gr.State(None, time_to_live=STATE_S)
    with gr.Row(elem_classes="buttons"):
        newer = gr.Button("Newer", interactive=False)
        older = gr.Button("Older", interactive=False)
    fields = [person, action, outcome, object_id, since, until, kind, first, last, request]
    tab = SearchTab(fields, [shown, asked, newer, older])

    def find(
        caller: Caller,
        person: str | None,
        action: str | None,
        outcome: str | None,
        object_id: str,
        since: str,
        until: str,
        kind: str | None,
        first: str,
        last: str,
        request_id: str,
    ) -> tuple[Any, ...]:
        values = (person, action, outcome, object_id, since, until, kind, first, last, request_id)
        return answer(appliance, caller, question(dict(zip(FIELDS, values, strict=True))))

    def turn_newer(caller: Caller, asked: dict[str, Any] | None) -> tuple[Any, ...]:
        return _turn(appliance, caller, asked, -1)

    def turn_older(caller: Caller, asked: dict[str, Any] | None) -> tuple[Any, ...]:
        return _turn(appliance, caller, asked, 1)

    texts = [field.submit for field in fields if isinstance(field, gr.Textbox)]
    gr.on([ask.click, *texts], event(find), fields, tab.outputs, **QUIET)
    clear.click(_nothing, outputs=fields, **QUIET)
    newer.click(event(turn_newer), asked, tab.outputs, **QUIET)
    older.click(event(turn_older), asked, tab.outputs, **QUIET)
    return tab


def question(values: dict[str, Any]) -> dict[str, Any]:
    """Return what `search_audit` is to be asked, out of the form's values; what was left empty is left away.

    Raises `InputError`.
    """
    asked: dict[str, Any] = {
        name: str(value).strip() for name, value in values.items() if value is not None and str(value).strip()
    }
    for name in ("first", "last"):
        if name in asked:
            if not asked[name].isdecimal() or len(asked[name]) > 15:
                raise InputError("audit.number")
            asked[name] = int(asked[name])
    return asked


def answer(appliance: Appliance, caller: Caller, asked: dict[str, Any]) -> tuple[Any, ...]:
    """Return what the tab's `outputs` show for a question."""
    found = search_audit(appliance.context, caller, **asked)
    kept = {**asked, "last": found["last"], "page": found["page"]}
    more = found["page"] + 1 < found["pages"]
    return drawing.entries(found), kept, gr.Button(interactive=found["page"] > 0), gr.Button(interactive=more)


def _turn(appliance: Appliance, caller: Caller, asked: dict[str, Any] | None, step: int) -> tuple[Any, ...]:
    if asked is None:
        raise InputError("input:search-expired")
    return answer(appliance, caller, {**asked, "page": max(0, asked.get("page", 0) + step)})


def _nothing() -> list[str]:
    return [""] * len(FIELDS)
