"""Step 3: which of the installed models learns. Nothing that is not on this machine is shown."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from appliance.foundation.json_records import shown
from appliance.planning import MAX_LENGTH, MethodChoice, ModelShape, RowSizes, Training, passes_that_fit
from appliance.services.context import Caller, ServiceContext
from appliance.services.machine import this_machine
from appliance.services.models.base_models import all_models
from appliance.web import drawing, plan_drawing
from appliance.web.wizard.drawn import drawn
from appliance.web.wizard.events import Events

_NONE = "No model is installed yet. The operator installs one with `appliance model import --starter`."

LONGEST_ROWS = RowSizes(rows=1, mean=MAX_LENGTH / 2, longest=MAX_LENGTH)


@dataclass(frozen=True)
class ModelStep:
    """What the other steps need of this one."""

    model: gr.Radio
    empty: gr.Markdown
    back: gr.Button
    go_on: gr.Button


def build_model_step(event: Events) -> ModelStep:
    """Draw the step."""
    gr.Markdown(
        "## Which model should learn?\nAll of these are installed on this machine. A smaller one learns faster, a "
        "larger one writes better."
    )
    model = gr.Radio([], label="Installed models", elem_classes="cards")
    empty = drawn()
    with gr.Row(elem_classes="onward"):
        back = gr.Button("Back")
        go_on = gr.Button("Continue: pick a model first", variant="primary", interactive=False)

    def pick(_caller: Caller, model_id: str | None) -> gr.Button:
        return ready_button(bool(model_id))

    model.input(event(pick), model, go_on, api_visibility="private", show_progress="hidden")
    return ModelStep(model, empty, back, go_on)


def model_choices(context: ServiceContext, caller: Caller) -> tuple[list[tuple[str, str]], str]:
    """Return the cards, and below them what each needs of this machine's memory; a notice when there are none."""
    models = [shown(each) for each in all_models(context, caller)]
    choices = [(_card(context, each), each["id"]) for each in models]
    return choices, _fits(context, models) if choices else drawing.notice(_NONE, "bad")


def ready_button(ready: bool) -> gr.Button:
    """Return the button onward, with the reason on it while it is disabled."""
    return gr.Button("Continue to training" if ready else "Continue: pick a model first", interactive=ready)


def _fits(context: ServiceContext, models: list[dict[str, Any]]) -> str:
    """Return a bar for each model: an adapter on it as it is, or packed to 4 bits where only that fits; rows as long as
    they may be.
    """
    machine = this_machine(context)
    bars = []
    for model in models:
        shape = ModelShape.from_config(model["manifest"]["config"])
        memory, how = None, ""
        for method, said in (("lora", "as it is"), ("qlora", "packed to 4 bits")):
            choice = MethodChoice(method, rank=min(16, shape.smallest_side))
            found = passes_that_fit(Training(shape, choice, machine, LONGEST_ROWS, epochs=1, batch_size=8))
            if found is not None:
                memory, how = found[2], said
                break
        bars.append(plan_drawing.fit_bar(str(model["name"]), memory, machine, how))
    return f'<div class="fits">{"".join(bars)}</div>'


def _card(context: ServiceContext, model: dict[str, Any]) -> str:
    folder = context.home / "models" / model["id"]
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) if folder.is_dir() else 0
    licence = f"licence {model['licence']}" if model["licence"] else "no licence stated"
    return f"{model['name']}\n{drawing.parameters(model['parameters'])} · {drawing.megabytes(size)} on disk · {licence}"
