"""Reviews of the log: which entries nobody has reviewed yet, and the form in which an auditor signs one off."""

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.foundation.messages import t
from appliance.services.context import Caller
from appliance.services.policy_view import may
from appliance.services.record.read_audit import LOG
from appliance.services.record.review_audit import ACTION, MAX_NOTE_CHARACTERS, sign_off
from appliance.services.record.review_audit import Reviews as FoundReviews
from appliance.web.page.events import Page, Updates, Values
from appliance.web.page.layout import button, drawn
from appliance.web.rendering import audit as rendering
from appliance.web.rendering.html import notice


class Reviews:
    """The tab. Only who may review sees the form."""

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
