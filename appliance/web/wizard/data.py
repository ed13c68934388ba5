"""Step 2: bring a file (our own streaming upload, never Gradio's), or pick a dataset that is here already."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from appliance.foundation.errors import ApplianceError, InputError
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_use import READY
from appliance.services.import_dataset import describe_dataset, import_dataset, list_datasets, show_dataset
from appliance.web import drawing
from appliance.web.wizard.drawn import drawn
from appliance.web.wizard.events import Events

PREVIEW_ROWS = 6
MAX_RECEIVED_CHARACTERS = 2000
_DROP = (
    '<div class="drop" id="drop"><input type="file" id="drop-file" class="visually-hidden" accept=".csv,.jsonl">'
    '<label for="drop-file"><strong>Choose a file</strong> or drop it here</label>'
    '<p class="quiet">CSV or JSON Lines, with columns like question and answer. It is encrypted while it comes in.</p>'
    '<progress id="drop-progress" max="100" value="0" hidden aria-label="Upload"></progress><p id="drop-status" role="status"></p></div>'
)


@dataclass(frozen=True)
class DataStep:
    """What the other steps need of this one."""

    dataset: gr.Dropdown
    view: gr.Markdown
    back: gr.Button
    go_on: gr.Button


def build_data_step(context: ServiceContext, event: Events, system_prompt: gr.Textbox) -> DataStep:
    """Draw the step and wire it."""
    gr.Markdown("## Bring your examples\nA part of the rows is set aside by itself, to measure with questions that training never saw.")
    drawn(_DROP)
    received = gr.Textbox(visible="hidden", elem_id="upload-received", show_label=False, container=False)
    status = drawn()
    dataset = gr.Dropdown([], value=None, label="Data to use", info="What was imported on this appliance", filterable=False, visible=False)
    view = drawn()
    with gr.Row(elem_classes="onward"):
        back = gr.Button("Back")
        go_on = gr.Button("Continue: bring or pick data first", variant="primary", interactive=False)

    def bring(caller: Caller, message: str, prompt: str) -> Iterator[tuple[Any, ...]]:
        upload_id, filename = _received(message)
        yield drawing.notice("Reading the rows and encrypting them …"), gr.skip(), gr.skip(), gr.skip()
        try:
            imported = import_dataset(context, caller, upload_id=upload_id, filename=filename, system_prompt=prompt)
        except ApplianceError as error:
            yield drawing.notice(f"The file was not imported. {error.sentence}", "bad"), gr.skip(), gr.skip(), gr.skip()
            return
        found = drawing.problems(imported["problems"])
        picked = dataset_dropdown(context, caller, imported["id"])
        yield found, picked, draw_dataset(context, caller, imported["id"]), ready_button(True)

    def pick(caller: Caller, dataset_id: str | None) -> tuple[Any, ...]:
        if not dataset_id:
            return "", "", ready_button(False)
        return "", draw_dataset(context, caller, dataset_id), ready_button(True)

    importing = received.change(
        event(bring),
        [received, system_prompt],
        [status, dataset, view, go_on],
        api_visibility="private",
        show_progress="hidden",
        concurrency_id="import",
        concurrency_limit=2,
    )
    importing.failure(_not_imported, outputs=status, api_visibility="private", show_progress="hidden")
    dataset.input(event(pick), dataset, [status, view, go_on], api_visibility="private", show_progress="minimal")
    return DataStep(dataset, view, back, go_on)


def dataset_choices(context: ServiceContext, caller: Caller) -> list[tuple[str, str]]:
    """Return what can be picked, newest first."""
    return [
        (f"{each['name']} ({drawing.count(each['rows'], 'rows')})", each["id"])
        for each in reversed(list_datasets(context, caller))
        if each["state"] == READY
    ]


def dataset_dropdown(context: ServiceContext, caller: Caller, dataset_id: str | None) -> gr.Dropdown:
    """Return the list with one picked; there is none to see while there is nothing to pick."""
    choices = dataset_choices(context, caller)
    return gr.Dropdown(choices=choices, value=dataset_id, visible=bool(choices))


def ready_button(ready: bool) -> gr.Button:
    """Return the button onward, with the reason on it while it is disabled."""
    return gr.Button("Continue to the model" if ready else "Continue: bring or pick data first", interactive=ready)


def draw_dataset(context: ServiceContext, caller: Caller, dataset_id: str) -> str:
    """Return counts and the first rows as conversations (reading rows is logged)."""
    shown = show_dataset(context, caller, dataset_id, rows=PREVIEW_ROWS)
    return draw_counts(shown) + drawing.conversations(shown["preview"])


def draw_counts(dataset: dict[str, Any]) -> str:
    """Return how many rows there are and what for."""
    warning = ""
    if dataset["test_rows"] == 0:
        warning = drawing.notice(
            "No row is left for the test, so the result cannot be measured. Bring more rows (fifty are a start).", "bad"
        )
    return (
        drawing.figures(
            [
                ("Rows", f"{dataset['rows']:,}"),
                ("To practise", f"{dataset['training_rows']:,}"),
                ("To watch progress", f"{dataset['validation_rows']:,}"),
                ("To measure at the end", f"{dataset['test_rows']:,}"),
            ]
        )
        + warning
    )


def describe_counts(context: ServiceContext, dataset_id: str) -> str:
    """Return the counts without reading a row (for drawing a page anew)."""
    return draw_counts(describe_dataset(context, dataset_id))


def _not_imported() -> str:
    return drawing.notice("The file was not imported, and nothing of it was kept.", "bad")


def _received(message: str) -> tuple[str, str]:
    """Return upload id and file name out of what the page's script says. Raises `InputError`."""
    try:
        value = json.loads(message[:MAX_RECEIVED_CHARACTERS])
        upload_id, filename = value["id"], value["name"]
    except (ValueError, KeyError, TypeError):
        upload_id = filename = None
    if not isinstance(upload_id, str) or not isinstance(filename, str):
        raise InputError("The upload was not understood. Reload the page and send the file again.", code="upload.message")
    return upload_id, filename
