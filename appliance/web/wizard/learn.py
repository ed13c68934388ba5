"""Learn: the picture of W0 + B·A with its sizes to play with, a whole model layer by layer, and what fits on which
GPU.
"""

from typing import Any

import gradio as gr

from appliance.foundation.json_records import shown
from appliance.planning import ModelShape, gpu_table, parameter_name
from appliance.planning.gpu_table import GPU_GB
from appliance.services.appliance import Appliance
from appliance.services.context import Caller
from appliance.services.models.base_models import show_model
from appliance.web import drawing, plan_drawing
from appliance.web.wizard.drawn import drawn
from appliance.web.wizard.events import Events

MAX_SIDE, MAX_RANK = 4096, 128
START = (1000, 1000, 3)
_SHORT_NAMES = {"full": "Full", "lora": "LoRA", "qlora": "QLoRA"}
_EXPLAINED = (
    "A model is made of large tables of numbers. Training all of them (W0) takes much memory. An adapter leaves W0 as "
    "it is and learns "
    "two thin tables, B and A, whose product B·A is added to it: **W = W0 + B·A** (LoRA). The rank *r* is how thin "
    "they are: how many "
    "directions may change."
)


def build_learn(appliance: Appliance, event: Events, model: gr.Radio) -> None:
    """Draw the section, folded, and wire it. `model`: the step's choice of a model."""
    with gr.Accordion("Learn: what is trained, and how large it is", open=False, elem_id="learn"):
        gr.Markdown(_EXPLAINED)
        with gr.Row(elem_classes="settings"):
            rows = gr.Slider(1, MAX_SIDE, START[0], step=1, label="Rows d of W0")
            columns = gr.Slider(1, MAX_SIDE, START[1], step=1, label="Columns k of W0")
            rank = gr.Slider(1, MAX_RANK, START[2], step=1, label="Rank r of B·A")
        picture = drawn(plan_drawing.low_rank(*START))
        look = gr.Button("Show it for the chosen model, layer by layer")
        layers = drawn()
        with gr.Accordion("Which models fit on which GPU", open=False):
            drawn(draw_gpu_table())

    def draw(_caller: Caller, rows: float, columns: float, rank: float) -> str:
        return draw_low_rank(int(rows), int(columns), int(rank))

    def show_layers(caller: Caller, model_id: str | None, rank: float) -> str:
        return draw_layers(appliance, caller, model_id, int(rank))

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    for slider in (rows, columns, rank):
        slider.input(event(draw), [rows, columns, rank], picture, **quiet, trigger_mode="always_last")
    look.click(event(show_layers), [model, rank], layers, **quiet)


def draw_low_rank(rows: int, columns: int, rank: int) -> str:
    """Return the picture; a rank over the smaller side is drawn as that side, and said to be of no use."""
    most = min(rows, columns)
    said = (
        drawing.notice(f"A rank over {most} adds nothing to {rows:,} x {columns:,}: it is drawn as {most}.")
        if rank > most
        else ""
    )
    return plan_drawing.low_rank(rows, columns, min(rank, most)) + said


def draw_layers(appliance: Appliance, caller: Caller, model_id: str | None, rank: int) -> str:
    """Return the layers of a model, or what to do first."""
    if not model_id:
        return drawing.notice("Pick a model first, in step 3.")
    model = shown(show_model(appliance.context, caller, model_id=model_id))
    shape = ModelShape.from_config(model["manifest"]["config"])
    return f"<h3>{drawing.text(model['name'])}</h3>" + plan_drawing.layers(shape, min(rank, shape.smallest_side))


def draw_gpu_table() -> str:
    """Return the most that fits on each size of GPU."""
    rows = [(str(parameter_name(row.parameters)), [_most(cell) for cell in row.fitting]) for row in gpu_table()]
    return plan_drawing.gpu_fits(("Parameters", *(f"{size} GB" for size in GPU_GB)), rows)


def _most(methods: tuple[str, ...]) -> str:
    """Return the first of the methods that fit, by its usual name."""
    if not methods:
        return "–"
    method, star, _ = methods[0].partition("*")
    return _SHORT_NAMES[method] + star
