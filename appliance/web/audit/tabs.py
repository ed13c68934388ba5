"""The tabs of the auditor's page: how the log is, the search, one object's whole life, reviews."""

from collections.abc import Mapping
from typing import Any

import gradio as gr

from appliance.audit.search_index import OUTCOMES
from appliance.foundation.errors import InputError
from appliance.foundation.messages import t
from appliance.services.context import LOG, Caller
from appliance.services.object_kinds import OBJECT_KINDS
from appliance.services.operations import may
from appliance.services.record.adapter_card import show_card
from appliance.services.record.object_life import object_life
from appliance.services.record.review_audit import ACTION, MAX_NOTE_CHARACTERS, sign_off
from appliance.services.record.review_audit import Overview as AuditOverview
from appliance.services.record.review_audit import Reviews as FoundReviews
from appliance.services.record.search_audit import SearchChoices, search_audit
from appliance.web.page.events import Component, Page, Updates, Values, button, drawn
from appliance.web.rendering import audit as rendering
from appliance.web.rendering.charts import activity_chart
from appliance.web.rendering.html import notice

STATE_S = 3600
MAX_DIGITS = 15
_NUMBERS = ("first", "last")  # fields that hold the number of an entry
PERIODS = (7, 30, 365, 0)  # days; 0 is the whole log
USUAL_DAYS = 30
_TUNED_MODEL = f"{OBJECT_KINDS['adapter'].prefix}_"


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


class Overview:
    """How the log is, and what was done, denied and failed over time: the tab, with the period that its charts show."""

    def __init__(self) -> None:
        self._state = drawn()
        periods = [(t("audit-page-period", days=days), days) for days in PERIODS]
        self.days = gr.Radio(periods, value=USUAL_DAYS, label=t("audit-page-shown"))
        self._charts = drawn()
        self.outputs = (self._state, self._charts)

    def draw(self, found: AuditOverview) -> Updates:
        """Return the tab with what `audit_overview` found."""
        charts = (
            activity_chart(found.activity, ("succeeded", "failed", "denied"), t("audit-page-activity")),
            activity_chart(found.activity, ("failed", "denied"), t("audit-page-refused")),
            rendering.refusals(found.refused),
        )
        return {self._state: rendering.state(found), self._charts: "".join(charts)}


class Life:
    """One object's whole life, and the card of a tuned model: the tab with an object by its name or id."""

    def __init__(self, page: Page) -> None:
        self._context = page.context
        gr.Markdown(f"### {t('audit-page-life-title')}\n{t('audit-page-life-intro')}")
        self._object = gr.Textbox(
            label=t("audit-page-object"), placeholder=t("audit-page-object-example"), max_length=512
        )
        with gr.Row(elem_classes="buttons"):
            show = button("audit-page-life-show", variant="primary")
        self._life, self._card = drawn(), drawn()
        self.outputs = (self._object, self._life, self._card)
        page.on([show.click, self._object.submit], self._show, reads=[self._object], writes=self.outputs)

    def draw(self, caller: Caller, named: str) -> Updates:
        """Return the life of an object, and below it the card of a tuned model."""
        found = object_life(self._context, caller, object_id=named)
        card = ""
        if found.id.startswith(_TUNED_MODEL):
            card = rendering.card(show_card(self._context, caller, adapter_id=found.id).card)
        return {self._object: named, self._life: rendering.life(found), self._card: card}

    def _show(self, caller: Caller, values: Values) -> Updates:
        return self.draw(caller, values[self._object])


class Reviews:
    """What nobody has reviewed yet, and the form in which an auditor signs it off, for who may review."""

    def __init__(self, page: Page) -> None:
        self._context = page.context
        self._reviews = drawn()
        with gr.Column(visible=False) as self._form:
            gr.Markdown(f"### {t('audit-page-sign-title')}\n{t('audit-page-sign-intro')}")
            with gr.Row():
                self._first = gr.Number(label=t("audit-page-first"), precision=0, minimum=0)
                self._last = gr.Number(label=t("audit-page-last"), precision=0, minimum=0)
            self._note = gr.Textbox(label=t("audit-note"), lines=3, max_length=MAX_NOTE_CHARACTERS)
            with gr.Row(elem_classes="buttons"):
                self.sign = button("audit-page-sign", variant="primary")
            self._signed = drawn()
        self.reads = (self._first, self._last, self._note)
        self.outputs = (self._reviews, self._first, self._last, self._form)
        self.signed = (self._signed, self._note)

    def draw(self, found: FoundReviews) -> Updates:
        """Return the tab with the reviews that there are; the form asks for the first entries without one."""
        run = next(iter(found.open), None)
        return {self._reviews: rendering.reviews(found), self._first: run and run.first, self._last: run and run.last}

    def offer(self, caller: Caller) -> Updates:
        """Return the form as the caller may see it."""
        return {self._form: gr.Column(visible=may(self._context, caller, ACTION, LOG.kind, LOG.id))}

    def sign_off(self, caller: Caller, values: Values) -> Updates:
        """Sign off what the form says, and say so."""
        first, last = values[self._first], values[self._last]
        if first is None or last is None:
            raise InputError("input:review-range")
        made = sign_off(self._context, caller, first=int(first), last=int(last), note=values[self._note])
        said = t("audit-page-signed", first=made.first, last=made.last, entries=made.entries)
        return {self._signed: notice(said, "good"), self._note: ""}
