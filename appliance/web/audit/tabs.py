"""The tabs of the auditor's page but for the search: how the log is, one object's whole life, reviews."""

import gradio as gr

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
from appliance.web.page.events import Page, Updates, Values, button, drawn
from appliance.web.rendering import audit as rendering
from appliance.web.rendering.charts import activity_chart
from appliance.web.rendering.html import notice

PERIODS = (7, 30, 365, 0)  # days; 0 is the whole log
USUAL_DAYS = 30
_TUNED_MODEL = f"{OBJECT_KINDS['adapter'].prefix}_"


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
