"""The expert settings of step 4: folded away, each 0 until somebody knows better than the preset.

(A number field of Gradio that is empty says 0 as soon as it is touched, so 0 it is from the start. The fields have no
bounds of their own: past these Gradio would not call us, and the page would go on showing the plan from before. The
planner's refusal names the range.)
"""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.planning.training_settings import TrainingChoice

METHODS = [
    ("Let the appliance choose\nAn adapter, packed to 4 bits if the memory needs it", "auto"),
    ("Adapter (LoRA)\nBeside the model as it is", "lora"),
    ("Adapter on 4 bits (QLoRA)\nThe least memory", "qlora"),
    ("Last layers\nThe end of the model itself learns", "last-layers"),
    ("Everything (full)\nThe whole model learns: the most memory", "full"),
]
DEFAULT_METHOD = "auto"
RANK, LAST_LAYERS, EPOCHS, BATCH = "Rank", "Last layers that learn", "Times through the data", "Rows a step"


@dataclass(frozen=True)
class ExpertSettings:
    """The components; `all` is in the order that `choice_of` takes their values. `rank` is one of the others."""

    method: gr.Radio
    rank: gr.Number
    others: list[Any]

    @property
    def all(self) -> list[Any]:
        """Return every component."""
        return [self.method, *self.others]


def build_expert_settings() -> ExpertSettings:
    """Draw the settings; those of other methods are hidden."""
    method = gr.Radio(METHODS, value=DEFAULT_METHOD, label="What learns", elem_classes="cards")
    with gr.Row(elem_classes="settings"):
        rank = gr.Number(0, label=RANK, info="0 means 16, enough for most data")
        rslora = gr.Checkbox(False, label="Scale by the root of the rank (rsLoRA)")
        dora = gr.Checkbox(False, label="Lengths and directions apart (DoRA)")
        last_layers = gr.Number(0, label=LAST_LAYERS, info="0 means a quarter of them", visible=False)
        head = gr.Checkbox(
            False, label="The head learns too", info="It turns into words what the layers found", visible=False
        )
    with gr.Row(elem_classes="settings"):
        epochs = gr.Number(0, label=EPOCHS, info="0 means as the preset above says")
        batch = gr.Number(0, label=BATCH, info="0 means by how many rows there are")
        rate = gr.Number(0, label="Learning rate", info="0 means what suits model and method")
    return ExpertSettings(method, rank, [rank, rslora, dora, last_layers, head, epochs, batch, rate])


def visible_for(method: str) -> tuple[Any, ...]:
    """Return updates for `others`: what a method does not have is hidden, and forgotten."""
    adapters = method in {"auto", "lora", "qlora"}
    last = method == "last-layers"
    return (
        gr.Number(visible=adapters) if adapters else gr.Number(value=0, visible=False),
        gr.Checkbox(visible=adapters) if adapters else gr.Checkbox(value=False, visible=False),
        gr.Checkbox(visible=adapters) if adapters else gr.Checkbox(value=False, visible=False),
        gr.Number(visible=True) if last else gr.Number(value=0, visible=False),
        gr.Checkbox(visible=True) if last else gr.Checkbox(value=False, visible=False),
        gr.skip(),
        gr.skip(),
        gr.skip(),
    )


def choice_of(
    preset: str,
    method: str = DEFAULT_METHOD,
    rank: float | None = None,
    rslora: bool = False,
    dora: bool = False,
    last_layers: float | None = None,
    head: bool = False,
    epochs: float | None = None,
    batch: float | None = None,
    rate: float | None = None,
) -> TrainingChoice:
    """Return the choice that the page shows.

    What is 0 comes from the preset. Raises `InputError` for what must be whole and is not.
    """
    return TrainingChoice(
        preset=preset,
        method=method,
        rank=_whole(RANK, rank),
        use_rslora=rslora,
        use_dora=dora,
        last_layers=_whole(LAST_LAYERS, last_layers),
        train_head=head,
        epochs=_whole(EPOCHS, epochs),
        batch_size=_whole(BATCH, batch),
        learning_rate=rate or None,
    )


def _whole(label: str, value: float | None) -> int | None:
    if value and not float(value).is_integer():
        raise InputError("training.whole", label=label, value=f"{value:g}")
    return int(value) if value else None
