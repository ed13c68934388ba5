"""The rank before training, among the expert settings: which one is advised and why, and a job that compares
several.
"""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from appliance.services.preview_training import TrainingPreview
from appliance.web import drawing
from appliance.web.wizard.drawn import drawn

RANKS = [2, 4, 8, 16, 32, 64]
COMPARED = [4, 8, 16, 32]  # as the page opens
_COST = (
    "Each begins to train; the better half goes on, until one is left (successive halving). Together they take one and "
    "a half to two and a "
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


def draw_advice(preview: TrainingPreview | None, taken: int | None) -> tuple[gr.Column, str, gr.Button, gr.Button]:
    """Return the advice, and the buttons that take it and that compare ranks; nothing for a method that has no rank.

    `taken`: the rank that the settings have, None for the preset's.
    """
    if preview is None or not preview.advice:
        return gr.Column(visible=False), "", gr.Button(visible=False), gr.Button(interactive=False)
    compare = gr.Button(interactive=True)
    if preview.rank is None:
        return gr.Column(visible=True), drawing.notice(str(preview.advice)), gr.Button(visible=False), compare
    label = f"Rank {preview.rank} is taken" if taken == preview.rank else f"Take rank {preview.rank}"
    said = drawing.notice(f"Advised: {preview.advice}")
    return gr.Column(visible=True), said, gr.Button(label, visible=True, interactive=taken != preview.rank), compare
