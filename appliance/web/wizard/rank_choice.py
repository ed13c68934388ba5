"""The rank before training, among the expert settings: which one is advised and why, and a job that compares several."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from appliance.foundation.errors import ApplianceError
from appliance.planning import ADAPTER_METHODS, AUTOMATIC
from appliance.services.advise_rank import advise_before
from appliance.services.context import Caller
from appliance.services.operations import Appliance
from appliance.services.plan_training import TrainingChoice
from appliance.web import drawing
from appliance.web.wizard.drawn import drawn

RANKS = [2, 4, 8, 16, 32, 64]
COMPARED = [4, 8, 16, 32]  # as the page opens
_COST = (
    "Each begins to train; the better half goes on, until one is left (successive halving). Together they take one and a half to two and a "
    "half times as long as one training. The model of the best rank is kept."
)


@dataclass(frozen=True)
class RankChoice:
    """`advised` are the outputs of `draw_advice`, in its order."""

    advised: list[Any]
    take: gr.Button
    ranks: gr.CheckboxGroup
    compare: gr.Button


def build_rank_choice() -> RankChoice:
    """Draw it; `train` wires it, because it starts jobs and changes the settings."""
    with gr.Column(visible=False) as column:
        advice = drawn()
        take = gr.Button("Take this rank")
        ranks = gr.CheckboxGroup(RANKS, value=COMPARED, label="Or try several ranks and keep the best", info=_COST)
        compare = gr.Button("Compare these ranks")
    return RankChoice([column, advice, take, compare], take, ranks, compare)


def advised_rank(
    appliance: Appliance, caller: Caller, dataset_id: str | None, model_id: str | None, choice: TrainingChoice
) -> dict[str, Any]:
    """Return the advice for a choice. Raises `InputError` where there is none, `NotFoundError`."""
    method = choice.method if choice.method in ADAPTER_METHODS else ADAPTER_METHODS[0]
    return advise_before(appliance.context, caller, dataset_id=dataset_id or "", model_id=model_id or "", method=method)


def draw_advice(
    appliance: Appliance, caller: Caller, dataset_id: str | None, model_id: str | None, choice: TrainingChoice
) -> tuple[gr.Column, str, gr.Button, gr.Button]:
    """Return the advice, and the buttons that take it and that compare ranks; nothing for a method that has no rank."""
    ranked = choice.method == AUTOMATIC or choice.method in ADAPTER_METHODS
    if not ranked or not dataset_id or not model_id:
        return gr.Column(visible=False), "", gr.Button(visible=False), gr.Button(interactive=False)
    compare = gr.Button(interactive=True)
    try:
        advice = advised_rank(appliance, caller, dataset_id, model_id, choice)
    except ApplianceError as error:
        return gr.Column(visible=True), drawing.notice(error.sentence), gr.Button(visible=False), compare
    taken = choice.rank == advice["rank"]
    label = f"Rank {advice['rank']} is taken" if taken else f"Take rank {advice['rank']}"
    said = drawing.notice(f"Advised: {advice['sentence']}")
    return gr.Column(visible=True), said, gr.Button(label, visible=True, interactive=not taken), compare
