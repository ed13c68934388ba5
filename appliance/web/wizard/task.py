"""Step 1: what the model should do, and whether tuning is the right means at all."""

from dataclasses import dataclass

import gradio as gr

from appliance.web.wizard.drawn import drawn

PROMPTS = {
    "answers": "You answer questions of our staff. Answer briefly and exactly. If you do not know the answer, say so.",
    "style": "You write texts for our company in our own style.",
    "sort": "You sort what you are given into one of our categories. Answer with the name of the category alone.",
    "extract": "You extract the fields that are asked for from the text. Answer with the fields alone.",
}
TASKS = [
    ("Answer questions about our work", "answers"),
    ("Write in our style", "style"),
    ("Sort into our categories", "sort"),
    ("Extract fields from texts", "extract"),
]
_HONEST = {
    "answers": "If the facts change every week, or there are only a few, you do not need tuning: put them into the "
    "question, or "
    "search your documents. Tuning pays when the same kind of question comes often, and answers should come at once "
    "and in your words.",
    "style": "Often five good examples in the prompt are enough. Tuning pays when the style must hold every time, "
    "without examples.",
    "sort": "With few, clearly named categories a good prompt may do. Tuning pays when people need a handbook to "
    "decide.",
    "extract": "For fixed forms a rule may do. Tuning pays when the texts are free and the fields are always the same.",
}


@dataclass(frozen=True)
class TaskStep:
    """What the other steps need of this one."""

    system_prompt: gr.Textbox
    go_on: gr.Button


def build_task_step() -> TaskStep:
    """Draw the step; it touches no data, so it has no event that needs a person's rights."""
    gr.Markdown(
        "## What should the model do?\nPick what comes closest. You need examples of it: a spreadsheet with a question "
        "and an answer a row."
    )
    task = gr.Radio(TASKS, value="answers", label="The task", elem_classes="cards two")
    honest = drawn(_honest("answers"))
    with gr.Accordion("What the model is told before each question (system prompt)", open=False):
        system_prompt = gr.Textbox(
            PROMPTS["answers"], show_label=False, lines=3, max_length=2000, label="System prompt"
        )
        gr.Markdown(
            "It is kept with the data that you import in the next step, and used in training, tests and chat alike."
        )
    with gr.Row(elem_classes="onward"):
        go_on = gr.Button("Continue to the data", variant="primary")
    task.input(_chosen, task, [honest, system_prompt], api_visibility="private", show_progress="hidden")
    return TaskStep(system_prompt, go_on)


def _chosen(task: str) -> tuple[str, str]:
    key = task if task in PROMPTS else "answers"
    return _honest(key), PROMPTS[key]


def _honest(key: str) -> str:
    return f'<div class="box info"><strong>Do you need tuning?</strong> {_HONEST[key]}</div>'
