"""One object's whole life, and the card of a tuned model."""

import gradio as gr

from appliance.foundation.messages import t
from appliance.services.context import Caller
from appliance.services.object_kinds import OBJECT_KINDS
from appliance.services.record.adapter_card import show_card
from appliance.services.record.object_life import object_life
from appliance.web.page.events import Page, Updates, Values
from appliance.web.page.layout import button, drawn
from appliance.web.rendering import audit as rendering

_TUNED_MODEL = f"{OBJECT_KINDS['adapter'].prefix}_"


class Life:
    """The tab: an object by its name or id, and what the log says of it."""

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
