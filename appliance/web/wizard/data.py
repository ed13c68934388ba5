"""Step 2: bring a file (our own streaming upload, never Gradio's), or pick a dataset that is here already, and
mend it.
"""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from appliance.datasets.records import get_dataset
from appliance.foundation.errors import InputError
from appliance.foundation.json_records import shown
from appliance.services.context import Caller, ServiceContext
from appliance.services.data.dataset_versions import lineage, show_report
from appliance.services.data.import_dataset import all_datasets, show_dataset
from appliance.services.data.revise_dataset import RevisedDataset, revise_dataset
from appliance.services.reminders import reminders
from appliance.web import dataset_drawing, drawing
from appliance.web.wizard.bring import build_bring_panel
from appliance.web.wizard.drawn import drawn
from appliance.web.wizard.events import Events

PREVIEW_ROWS = 6
MAX_FIXES = 16


@dataclass(frozen=True)
class DataStep:
    """What the other steps need of this one. `watched` are the places that `watch_dataset` draws."""

    dataset: gr.Dropdown
    watched: tuple[Any, ...]
    back: gr.Button
    go_on: gr.Button


def build_data_step(context: ServiceContext, event: Events, system_prompt: gr.Textbox) -> DataStep:
    """Draw the step and wire it."""
    gr.Markdown(
        "## Bring your examples\nA part of the rows is set aside by itself, to measure with questions that training "
        "never saw."
    )
    panel = build_bring_panel(context, event, system_prompt)
    dataset = gr.Dropdown(
        [], value=None, label="Data to use", info="What was imported on this appliance", filterable=False, visible=False
    )
    view = drawn()
    findings = drawn()
    with gr.Row(elem_classes="fixes"):
        fixes = [gr.Button(visible=False) for _ in range(MAX_FIXES)]
    with gr.Row(visible=False, elem_classes="by-row") as by_row:
        numbers = gr.Textbox(label="Rows to drop, by their numbers", placeholder="12, 40", max_length=2000)
        drop = gr.Button("Drop these rows")
    measures = drawn()
    history = drawn()
    rows = drawn()
    with gr.Row(elem_classes="onward"):
        back = gr.Button("Back")
        go_on = gr.Button("Continue: bring or pick data first", variant="primary", interactive=False)
    watched = (view, findings, measures, history, by_row, *fixes)

    def brought(caller: Caller, dataset_id: str) -> tuple[Any, ...]:
        return dataset_dropdown(context, caller, dataset_id), *pick(caller, dataset_id)

    def pick(caller: Caller, dataset_id: str | None) -> tuple[Any, ...]:
        first_rows = draw_rows(context, caller, dataset_id) if dataset_id else ""
        return "", first_rows, ready_button(bool(dataset_id)), *watch_dataset(context, caller, dataset_id)

    def mend(caller: Caller, dataset_id: str, index: int) -> tuple[Any, ...]:
        code, action, _label = dataset_drawing.fixes(show_report(context, caller, dataset_id=dataset_id))[index]
        return mended(caller, revise_dataset(context, caller, dataset_id=dataset_id, code=code, action=action))

    def drop_rows(caller: Caller, dataset_id: str, numbers: str) -> tuple[Any, ...]:
        made = revise_dataset(context, caller, dataset_id=dataset_id, action="drop", rows=_row_numbers(numbers))
        return "", *mended(caller, made)

    def mended(caller: Caller, revised: RevisedDataset) -> tuple[Any, ...]:
        made = shown(revised)
        done = drawing.notice(
            f"Version {made['version']} is made: {drawing.count(made['changed'], 'rows')} changed.", "good"
        )
        return done, draw_rows(context, caller, made["id"]), *watch_dataset(context, caller, made["id"])

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "minimal"}
    panel.imported.change(event(brought), panel.imported, [dataset, panel.status, rows, go_on, *watched], **quiet)
    dataset.input(event(pick), dataset, [panel.status, rows, go_on, *watched], **quiet)
    for index, button in enumerate(fixes):
        button.click(
            event(_nth(mend, index)),
            dataset,
            [panel.status, rows, *watched],
            concurrency_id="import",
            concurrency_limit=2,
            **quiet,
        )
    drop.click(
        event(drop_rows),
        [dataset, numbers],
        [numbers, panel.status, rows, *watched],
        concurrency_id="import",
        concurrency_limit=2,
        **quiet,
    )
    return DataStep(dataset, watched, back, go_on)


def dataset_choices(context: ServiceContext, caller: Caller) -> list[tuple[str, str]]:
    """Return what can be picked, newest first."""
    return [
        (f"{each['name']} ({drawing.count(each['rows'], 'rows')})", each["id"])
        for each in map(shown, reversed(all_datasets(context, caller)))
        if each["state"] == "ready"
    ]


def dataset_dropdown(context: ServiceContext, caller: Caller, dataset_id: str | None) -> gr.Dropdown:
    """Return the list with one picked; there is none to see while there is nothing to pick."""
    choices = dataset_choices(context, caller)
    return gr.Dropdown(choices=choices, value=dataset_id, visible=bool(choices))


def ready_button(ready: bool) -> gr.Button:
    """Return the button onward, with the reason on it while it is disabled."""
    return gr.Button("Continue to the model" if ready else "Continue: bring or pick data first", interactive=ready)


def watch_dataset(context: ServiceContext, caller: Caller, dataset_id: str | None) -> tuple[Any, ...]:
    """Return what is known of a dataset without reading a row: counts, what was found, versions, and the fixes as
    buttons.
    """
    if not dataset_id:
        return "", "", "", "", gr.Row(visible=False), *(gr.Button(visible=False) for _ in range(MAX_FIXES))
    found = show_report(context, caller, dataset_id=dataset_id)
    with context.database.begin() as connection:
        counts = shown(get_dataset(connection, dataset_id))
    may_mend = caller.role in {"operator", "trainer"}
    fixes = dataset_drawing.fixes(found)[:MAX_FIXES] if may_mend else []
    buttons = [gr.Button(label, visible=True) for _code, _action, label in fixes]
    buttons += [gr.Button(visible=False) for _ in range(MAX_FIXES - len(fixes))]
    reminder = "".join(drawing.notice(str(sentence), "bad") for sentence in reminders(context, dataset_id))
    return (
        draw_counts(counts) + reminder,
        dataset_drawing.findings(found),
        dataset_drawing.measures(found),
        dataset_drawing.versions([shown(each) for each in lineage(context, caller, dataset_id=dataset_id)]),
        gr.Row(visible=bool(fixes)),
        *buttons,
    )


def draw_rows(context: ServiceContext, caller: Caller, dataset_id: str) -> str:
    """Return the first rows as conversations (reading rows is logged)."""
    return drawing.conversations(show_dataset(context, caller, dataset_id=dataset_id, rows=PREVIEW_ROWS).preview)


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


def _row_numbers(text: str) -> list[int]:
    """Return the numbers that somebody typed. Raises `InputError`."""
    words = text.replace(",", " ").replace(";", " ").split()
    if not words or not all(word.isascii() and word.isdigit() and len(word) <= 9 for word in words):
        raise InputError("dataset.fix:row-numbers")
    return [int(word) for word in words]


def _nth(mend: Any, index: int) -> Any:
    def mend_this(caller: Caller, dataset_id: str) -> tuple[Any, ...]:
        done: tuple[Any, ...] = mend(caller, dataset_id, index)
        return done

    mend_this.__name__ = f"mend_{index}"
    return mend_this
