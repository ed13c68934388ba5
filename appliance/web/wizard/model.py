"""Step 3: which of the installed models learns. Nothing that is not on this machine is shown.

`Learn` shows W0 + B·A as a picture to play with, a whole model layer by layer, and what fits on which GPU.
"""

from collections.abc import Sequence

import gradio as gr

from appliance.foundation.messages import t
from appliance.planning import ModelShape, gpu_table, parameter_name
from appliance.planning.gpu_table import GPU_GB
from appliance.services.context import Caller
from appliance.services.models.artefacts import show_model
from appliance.services.training.plan_training import ModelFit, models_for
from appliance.web.page.events import Component, Page, Updates, Values, button, drawn
from appliance.web.rendering import plan as rendering
from appliance.web.rendering.html import heading, notice, parameters, quiet

MAX_SIDE, MAX_RANK = 4096, 128
START = (1000, 1000, 3)


class ModelStep:
    """The step: cards of the models, and what training each on the chosen data would take of this machine."""

    def __init__(self, page: Page) -> None:
        self._context = page.context
        gr.Markdown(f"## {t('wizard-model-title')}\n{t('wizard-model-intro')}")
        self.model = gr.Radio([], label=t("wizard-models"), elem_classes="cards")
        self._fits = drawn()
        with gr.Row(elem_classes="onward"):
            self.back = button("wizard-back")
            self.go_on = button("wizard-model-missing", variant="primary", interactive=False)
        self.outputs = (self.model, self._fits, self.go_on)
        page.on(self.model.input, self._pick, reads=[self.model], writes=[self.go_on])

    def draw(self, caller: Caller, dataset_id: str | None, chosen: str | None) -> Updates:
        """Return the step for the chosen data: the model stays chosen, else the first one is."""
        models = models_for(self._context, caller, dataset_id=dataset_id or "")
        ids = [each.model.id for each in models]
        picked = chosen if chosen in ids else next(iter(ids), None)
        return {
            self.model: gr.Radio(choices=[(_card(each), each.model.id) for each in models], value=picked),
            self._fits: _fits(models, planned=bool(dataset_id)),
            **self._onward(picked),
        }

    def first(self, caller: Caller) -> str | None:
        """Return the model that is chosen at first."""
        return next((each.model.id for each in models_for(self._context, caller)), None)

    def _pick(self, _caller: Caller, values: Values) -> Updates:
        return self._onward(values[self.model])

    def _onward(self, model_id: str | None) -> Updates:
        label = "wizard-model-go-on" if model_id else "wizard-model-missing"
        return {self.go_on: button(label, interactive=bool(model_id))}


def _fits(models: Sequence[ModelFit], *, planned: bool) -> str:
    """Return a bar of memory for each model; why there is none where there is none."""
    if not models:
        return notice(t("wizard-no-model"), "bad")
    if not planned:
        return quiet(t("wizard-model-no-data"))
    bars = (
        rendering.fit_bar(each.model.name, each.fitted)
        if each.fitted is not None
        else notice(t("wizard-model-no-fit", name=each.model.name), "bad")
        for each in models
    )
    return f'<div class="fits">{"".join(bars)}</div>'


def _card(fit: ModelFit) -> str:
    model = fit.model
    stated = model.licence not in {"", "unknown"}
    licence = t("wizard-model-licence", licence=model.licence) if stated else t("wizard-model-unlicensed")
    return f"{model.name}\n{parameters(model.parameters)} · {licence}"


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
