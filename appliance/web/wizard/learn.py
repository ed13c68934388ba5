"""Learn: W0 + B·A as a picture to play with, a whole model layer by layer, and what fits on which GPU."""

import gradio as gr

from appliance.foundation.messages import t
from appliance.planning import ModelShape, gpu_table, parameter_name
from appliance.planning.gpu_table import GPU_GB
from appliance.services.context import Caller
from appliance.services.models.artefacts import show_model
from appliance.web.page.events import Component, Page, Updates, Values, button, drawn
from appliance.web.rendering import plan as rendering
from appliance.web.rendering.html import heading, notice

MAX_SIDE, MAX_RANK = 4096, 128
START = (1000, 1000, 3)


class Learn:
    """The section, folded. `model`: the component that says which model was chosen."""

    def __init__(self, page: Page, model: Component) -> None:
        self._context, self._model = page.context, model
        with gr.Accordion(t("learn-title"), open=False, elem_id="learn"):
            gr.Markdown(t("learn-intro"))
            with gr.Row(elem_classes="settings"):
                self._rows = gr.Slider(1, MAX_SIDE, START[0], step=1, label=t("learn-rows"))
                self._columns = gr.Slider(1, MAX_SIDE, START[1], step=1, label=t("learn-columns"))
                self._rank = gr.Slider(1, MAX_RANK, START[2], step=1, label=t("learn-rank"))
            self._picture = drawn(rendering.low_rank(*START))
            look = button("learn-show-layers")
            self._layers = drawn()
            with gr.Accordion(t("learn-gpus"), open=False):
                drawn(_gpus())
        sliders = [self._rows, self._columns, self._rank]
        changes = [slider.input for slider in sliders]
        page.on(changes, self._draw, reads=sliders, writes=[self._picture], trigger_mode="always_last")
        page.on(look.click, self._show_layers, reads=[model, self._rank], writes=[self._layers])

    def _draw(self, _caller: Caller, values: Values) -> Updates:
        rows, columns, rank = (int(values[each]) for each in (self._rows, self._columns, self._rank))
        most = min(rows, columns)
        above = notice(t("learn-rank-too-high", most=most, rows=rows, columns=columns)) if rank > most else ""
        return {self._picture: rendering.low_rank(rows, columns, min(rank, most)) + above}

    def _show_layers(self, caller: Caller, values: Values) -> Updates:
        model_id = values[self._model]
        if not model_id:
            return {self._layers: notice(t("learn-no-model"))}
        model = show_model(self._context, caller, model_id=model_id)
        shape = ModelShape.from_config(model.manifest.config)
        rank = min(int(values[self._rank]), shape.smallest_side)
        return {self._layers: heading(model.name) + rendering.layers(shape, rank)}


def _gpus() -> str:
    """Return the most that fits on each size of GPU."""
    rows = [(str(parameter_name(row.parameters)), [_most(cell) for cell in row.fitting]) for row in gpu_table()]
    return rendering.gpu_fits(GPU_GB, rows)


def _most(methods: tuple[str, ...]) -> str:
    """Return the first of the methods that fit, by its usual name."""
    if not methods:
        return "–"
    method, star, _ = methods[0].partition("*")
    return t(f"method-short-{method}") + star
