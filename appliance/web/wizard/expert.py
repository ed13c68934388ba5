"""The expert settings of step 4, built from the table of settings, and the rank before training: folded away.

Each setting is 0 until somebody knows better.

(A number field of Gradio that is empty says 0 as soon as it is touched, so 0 it is from the start. The fields have no
bounds of their own: past these Gradio would not call us, and the page would go on showing the plan from before. The
planner's refusal names the range.)
"""

from typing import Any

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.foundation.messages import t
from appliance.planning import AUTOMATIC, METHODS
from appliance.planning.training_settings import SETTINGS, Setting, TrainingChoice
from appliance.services.training.plan_training import TrainingPreview
from appliance.services.training.train_adapter import DEFAULT_RANKS
from appliance.web.page.events import Component, Updates, Values, button, drawn, hidden
from appliance.web.rendering.html import notice

RANK = "rank"
RANKS = (2, 4, 8, 16, 32, 64)


class ExpertSettings:
    """A field for each setting, and the method on which it depends which of them are there."""

    def __init__(self) -> None:
        methods = [(t(f"wizard-method-{name}"), name) for name in (AUTOMATIC, "lora", "qlora", "last-layers", "full")]
        assert {name for _, name in methods} == {AUTOMATIC, *METHODS}
        self.method = gr.Radio(methods, value=AUTOMATIC, label=t("wizard-method"), elem_classes="cards")
        gr.Markdown(t("wizard-settings-help"))
        with gr.Row(elem_classes="settings"):
            self.fields: dict[str, Component] = {row.name: _field(row) for row in SETTINGS}

    def choice(self, values: Values, preset: str) -> TrainingChoice:
        """Return the choice that the page shows. Raises `InputError` for what must be whole and is not."""
        method = values[self.method] or AUTOMATIC
        chosen = {row.name: _value(row, values[self.fields[row.name]]) for row in SETTINGS if row.has(method)}
        return TrainingChoice(preset=preset, method=method, **chosen)

    def for_method(self, method: str) -> Updates:
        """Return which fields a method has. What it does not have is hidden, and forgotten."""
        return {
            self.fields[row.name]: gr.update(visible=True)
            if row.has(method)
            else gr.update(visible=False, value=row.type(0))
            for row in SETTINGS
        }


class RankChoice:
    """The advised rank, and a job that compares some. The step wires both: they change its settings, start its jobs."""

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
        """Return the advice, nothing for a method without rank. `chosen`: the settings' rank, None for "as advised"."""
        if preview is None or not preview.advice:
            return {self._column: hidden(), self._advice: "", self.take: hidden(), self.compare: gr.skip()}
        shown = {self._column: gr.Column(visible=True), self.compare: gr.Button(interactive=True)}
        if preview.rank is None:
            return {**shown, self._advice: notice(preview.advice), self.take: hidden()}
        used = preview.planned.settings.rank if preview.planned is not None else chosen
        label = t("wizard-rank-taken" if used == preview.rank else "wizard-take-rank-number", rank=preview.rank)
        take = gr.Button(label, visible=True, interactive=used != preview.rank)
        return {**shown, self._advice: notice(t("wizard-advised", advice=preview.advice)), self.take: take}


def _field(row: Setting) -> Component:
    shown: dict[str, Any] = {"label": str(row.label), "info": str(row.help), "visible": row.has(AUTOMATIC)}
    return gr.Checkbox(False, **shown) if row.type is bool else gr.Number(0, **shown)


def _value(row: Setting, value: float | bool | None) -> Any:
    if row.type is bool:
        return bool(value)
    if row.type is int and value and not float(value).is_integer():
        raise InputError("training.whole", label=row.label, value=float(value))
    return row.type(value) if value else None
