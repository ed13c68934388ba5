"""Step 3: which of the installed models learns. Nothing that is not on this machine is shown."""

from collections.abc import Sequence

import gradio as gr

from appliance.foundation.messages import t
from appliance.services.context import Caller
from appliance.services.training.plan_training import ModelFit, models_for
from appliance.web.page.events import Page, Updates, Values, button, drawn
from appliance.web.rendering import plan as rendering
from appliance.web.rendering.html import notice, parameters, quiet


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
