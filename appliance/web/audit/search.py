"""The search: a form, a page of entries, and the way to older ones and back."""

from collections.abc import Mapping
from typing import Any

import gradio as gr

from appliance.audit.search_index import OUTCOMES
from appliance.foundation.errors import InputError
from appliance.foundation.messages import t
from appliance.services.context import Caller
from appliance.services.record.search_audit import SearchChoices, search_audit
from appliance.web.page.events import Component, Page, Updates, Values, button, drawn
from appliance.web.rendering import audit as rendering

STATE_S = 3600
MAX_DIGITS = 15
_NUMBERS = ("first", "last")  # fields that hold the number of an entry


class Search:
    """The tab: what is asked for, and the entries that answer it."""

    def __init__(self, page: Page) -> None:
        self._context = page.context
        anything = (t("audit-page-any"), "")
        outcomes = [anything, *((rendering.outcome(each), str(each)) for each in OUTCOMES)]
        with gr.Row():
            person = gr.Dropdown([anything], value="", label=t("audit-page-person"), allow_custom_value=True)
            action = gr.Dropdown([anything], value="", label=t("audit-page-action"))
            outcome = gr.Dropdown(outcomes, value="", label=t("audit-outcome"))
        with gr.Row():
            object_id = _text("audit-page-object", "audit-page-object-example", 512)
            since = _text("audit-page-since", "audit-page-day-example", 40)
            until = _text("audit-page-until", "audit-page-day-example", 40)
        with gr.Accordion(t("audit-page-more"), open=False), gr.Row():
            kind = gr.Dropdown([anything], value="", label=t("audit-page-kind"))
            first = _text("audit-page-first", "audit-page-entry-example", 16)
            last = _text("audit-page-last", "audit-page-entry-example", 16)
            request = _text("audit-page-request", "audit-page-request-example", 512, info=t("audit-page-request-help"))
        with gr.Row(elem_classes="buttons"):
            clear = button("audit-page-clear")
            search = button("audit-page-search", variant="primary")
        self._found = drawn()
        with gr.Row(elem_classes="buttons"):
            self._newer = button("audit-page-newer", interactive=False)
            self._older = button("audit-page-older", interactive=False)
        self._asked = gr.State(None, time_to_live=STATE_S)  # what the entries shown answer
        self._anything = anything
        self._offered = {"people": person, "actions": action, "kinds": kind}
        self._fields: dict[str, Component] = {"person": person, "action": action, "outcome": outcome, "kind": kind}
        self._fields |= {"object_id": object_id, "since": since, "until": until}
        self._fields |= {"first": first, "last": last, "request": request}
        self.choices = tuple(self._offered.values())
        answered = (self._found, self._asked, self._newer, self._older)
        self.outputs = (*self._fields.values(), *answered)
        typed = [field.submit for field in self._fields.values() if isinstance(field, gr.Textbox)]
        page.on([search.click, *typed], self._search, reads=self._fields.values(), writes=answered)
        page.on(clear.click, self._clear, writes=self._fields.values())
        page.on(self._newer.click, self._to_newer, reads=[self._asked], writes=answered)
        page.on(self._older.click, self._to_older, reads=[self._asked], writes=answered)

    def offer(self, choices: SearchChoices) -> Updates:
        """Return the fields with what the log has to choose from."""
        actions = sorted(((rendering.action(code), code) for code in choices.actions), key=_by_label)
        kinds = sorted(((rendering.kind(code), code) for code in choices.kinds), key=_by_label)
        offered = {"people": [(name, name) for name in choices.people], "actions": actions, "kinds": kinds}
        return {self._offered[name]: gr.Dropdown(choices=[self._anything, *found]) for name, found in offered.items()}

    def fill(self, caller: Caller, wanted: Mapping[str, Any]) -> Updates:
        """Return the form filled in with what a button in something drawn leads to, and its answer."""
        values = {name: str(wanted.get(name, "")) for name in self._fields}
        filled = {field: values[name] for name, field in self._fields.items()}
        return {**filled, **self._answer(caller, _question(values))}

    def _search(self, caller: Caller, values: Values) -> Updates:
        return self._answer(caller, _question({name: values[field] for name, field in self._fields.items()}))

    def _clear(self, _caller: Caller, _values: Values) -> Updates:
        return dict.fromkeys(self._fields.values(), "")

    def _to_newer(self, caller: Caller, values: Values) -> Updates:
        return self._turn(caller, values[self._asked], -1)

    def _to_older(self, caller: Caller, values: Values) -> Updates:
        return self._turn(caller, values[self._asked], 1)

    def _turn(self, caller: Caller, asked: dict[str, Any] | None, step: int) -> Updates:
        if asked is None:
            raise InputError("input:search-expired")
        return self._answer(caller, {**asked, "page": max(0, asked["page"] + step)})

    def _answer(self, caller: Caller, asked: dict[str, Any]) -> Updates:
        found = search_audit(self._context, caller, **asked)
        return {
            self._found: rendering.entries(found),
            self._asked: {**asked, "last": found.last, "page": found.page},
            self._newer: gr.Button(interactive=found.page > 0),
            self._older: gr.Button(interactive=found.page + 1 < found.pages),
        }


def _text(label: str, example: str, most: int, **options: Any) -> gr.Textbox:
    return gr.Textbox(label=t(label), placeholder=t(example), max_length=most, **options)


def _by_label(choice: tuple[str, str]) -> str:
    return choice[0].casefold()


def _question(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to ask `search_audit`; a field that was left empty asks for nothing. Raises `InputError`."""
    asked: dict[str, Any] = {name: str(value).strip() for name, value in values.items() if str(value or "").strip()}
    for name in _NUMBERS:
        if name in asked:
            if not asked[name].isdecimal() or len(asked[name]) > MAX_DIGITS:
                raise InputError("audit.number")
            asked[name] = int(asked[name])
    return asked
