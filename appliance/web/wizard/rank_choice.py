"""The rank before training, among the expert settings: which one is advised and why, and a job that compares some."""

import gradio as gr

from appliance.foundation.messages import t
from appliance.services.training.preview_training import TrainingPreview
from appliance.services.training.sweep_ranks import DEFAULT_RANKS
from appliance.web.page.events import Updates
from appliance.web.page.layout import button, drawn, hidden
from appliance.web.rendering.html import notice

RANKS = (2, 4, 8, 16, 32, 64)


class RankChoice:
    """The advice and the comparison; the step wires them, because they change its settings and start its jobs."""

    def __init__(self) -> None:
        with gr.Column(visible=False) as self._column:
            self._advice = drawn()
            self.take = button("wizard-take-rank", visible=False)
            self.ranks = gr.CheckboxGroup(
                list(RANKS),
                value=list(DEFAULT_RANKS),
                label=t("wizard-compare-ranks"),
                info=t("wizard-compare-ranks-help"),
            )
            self.compare = button("wizard-compare")
        self.outputs = (self._column, self._advice, self.take, self.compare)

    def draw(self, preview: TrainingPreview | None, chosen: int | None) -> Updates:
        """Return the advice, and nothing for a method that has no rank. `chosen`: what the settings have, None for "as
        advised".
        """
        if preview is None or not preview.advice:
            return {self._column: hidden(), self._advice: "", self.take: hidden(), self.compare: gr.skip()}
        shown = {self._column: gr.Column(visible=True), self.compare: gr.Button(interactive=True)}
        if preview.rank is None:
            return {**shown, self._advice: notice(preview.advice), self.take: hidden()}
        used = preview.planned.settings.rank if preview.planned is not None else chosen
        label = t("wizard-rank-taken" if used == preview.rank else "wizard-take-rank-number", rank=preview.rank)
        take = gr.Button(label, visible=True, interactive=used != preview.rank)
        return {**shown, self._advice: notice(t("wizard-advised", advice=preview.advice)), self.take: take}
