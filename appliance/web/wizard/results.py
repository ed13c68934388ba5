"""Step 5: whether it helped, in figures with their uncertainty, and the answers to look at."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.foundation.messages import said
from appliance.jobs.states import ACTIVE, JobState
from appliance.services.context import Caller
from appliance.services.evaluate_adapter import (
    EVALUATE,
    describe_adapter,
    list_adapters,
    show_answers,
    submit_evaluation,
)
from appliance.services.jobs import all_jobs, show_job, stop_job
from appliance.services.operations import Appliance
from appliance.web import charts, drawing
from appliance.web.wizard.drawn import drawn
from appliance.web.wizard.events import Events
from appliance.web.wizard.rank import RankPanel, build_rank_panel, stop_button, watch_rank, wire_rank_panel

_BEFORE, _AFTER = "Before (original)", "Your model (tuned)"


@dataclass(frozen=True)
class ResultsStep:
    """What the other steps need of this one. `watched` are the outputs of `watch_results`, in its order."""

    adapter: gr.Dropdown
    watched: list[Any]
    answers: gr.Markdown
    rank: RankPanel


def build_results_step() -> ResultsStep:
    """Draw the step's measuring half; the chat follows it."""
    gr.Markdown("## Did it help?\nBoth models answer questions that training never saw. The same rules mark both.")
    adapter = gr.Dropdown([], value=None, label="Model", filterable=False)
    view = drawn()
    with gr.Row(elem_classes="buttons"):
        measure = gr.Button("Measure: train a model first", variant="primary", interactive=False)
        look = gr.Button("Show the answers: measure first", interactive=False)
        stop = gr.Button("Stop measuring", visible=False)
    answers = drawn()
    rank = build_rank_panel()
    return ResultsStep(adapter, [view, measure, look, stop, *rank.watched], answers, rank)


def wire_results_step(appliance: Appliance, event: Events, step: ResultsStep, timer: gr.Timer) -> None:
    """Wire measuring, stopping it, and looking."""
    _view, measure_button, look_button, stopper = step.watched[:4]

    def pick(caller: Caller, adapter_id: str | None) -> tuple[Any, ...]:
        return "", gr.Timer(active=True), *watch_results(appliance, caller, adapter_id)

    def measure(caller: Caller, adapter_id: str | None) -> tuple[Any, ...]:
        if not adapter_id:
            raise InputError("input:pick-model-first")
        submit_evaluation(appliance.context, caller, adapter_id=adapter_id)
        appliance.runner.wake()
        return "", gr.Timer(active=True), *watch_results(appliance, caller, adapter_id)

    def stop_measuring(caller: Caller, adapter_id: str | None) -> tuple[Any, ...]:
        job = latest_evaluation(appliance, caller, adapter_id or "")
        if job is None or JobState(job["state"]) not in ACTIVE:
            raise InputError("input:being-measured")
        stop_job(appliance.context, caller, job["id"])
        return pick(caller, adapter_id)

    def show(caller: Caller, adapter_id: str | None) -> tuple[Any, ...]:
        choices, chosen = adapter_choices(appliance, caller, adapter_id)
        return gr.Dropdown(choices=choices, value=chosen), *pick(caller, chosen)

    def look(caller: Caller, adapter_id: str | None) -> str:
        return drawing.answers(show_answers(appliance.context, caller, adapter_id or ""))

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    step.adapter.input(event(pick), step.adapter, [step.answers, timer, *step.watched], **quiet)
    measure_button.click(
        event(measure),
        step.adapter,
        [step.answers, timer, *step.watched],
        **quiet,
        concurrency_id="start",
        concurrency_limit=1,
    )
    stopper.click(event(stop_measuring), step.adapter, [step.answers, timer, *step.watched], **quiet)
    look_button.click(event(look), step.adapter, step.answers, **quiet)
    shown = [step.adapter, step.answers, timer, *step.watched]
    wire_rank_panel(appliance, event, step.rank, step.adapter, timer, shown, show)


def adapter_choices(
    appliance: Appliance, caller: Caller, adapter_id: str | None = None
) -> tuple[list[tuple[str, str]], str | None]:
    """Return the list of tuned models, newest first, and which is picked:

    `adapter_id` if it is there, else the newest.
    """
    adapters = list(reversed(list_adapters(appliance.context, caller)))
    choices = [(f"{each['name']} · {each['id'][-4:]}", each["id"]) for each in adapters]
    known = {each["id"] for each in adapters}
    return choices, adapter_id if adapter_id in known else (choices[0][1] if choices else None)


def watch_results(appliance: Appliance, caller: Caller, adapter_id: str | None) -> tuple[Any, ...]:
    """Return view, measure, look and stop buttons for one tuned model, as the database has it now."""
    if not adapter_id:
        empty = drawing.notice("There is no tuned model yet. Train one in the step before.")
        return (
            empty,
            gr.Button("Measure: train a model first", interactive=False),
            gr.Button("Show the answers: measure first", interactive=False),
            gr.Button(visible=False),
            *watch_rank(appliance, caller, None),
        )
    adapter = describe_adapter(appliance.context, adapter_id)
    job = latest_evaluation(appliance, caller, adapter_id)
    running = job is not None and JobState(job["state"]) in ACTIVE
    results = {name: value for name, value in adapter["results"].items() if name != "rank"}
    view = draw_running(job) if running and job is not None else draw_results(results, job)
    measured = bool(results) and not running
    label = "Measuring …" if running else "Measure again" if measured else "Measure it now"
    return (
        view,
        gr.Button(label, interactive=not running, variant="secondary" if measured else "primary"),
        gr.Button("Show the answers" if measured else "Show the answers: measure first", interactive=measured),
        stop_button(job, "Stop measuring"),
        *watch_rank(appliance, caller, adapter_id),
    )


def latest_evaluation(appliance: Appliance, caller: Caller, adapter_id: str) -> dict[str, Any] | None:
    """Return the newest evaluation job of the adapter with its progress, or None."""
    for job in reversed(all_jobs(appliance.context, caller)):
        if job["kind"] == EVALUATE and job["spec"].get("adapter_id") == adapter_id:
            return show_job(appliance.context, caller, job["id"])
    return None


def draw_running(job: dict[str, Any]) -> str:
    """Return how far the measuring is."""
    last = job["progress"][-1]["body"] if job["progress"] else {}
    said = str(last.get("sentence") or "Both models answer the held-out questions …")
    return drawing.notice(said, announced=False) + drawing.progress_bar(
        int(last.get("step", 0)), int(last.get("steps", 0))
    )


def draw_results(results: dict[str, Any], job: dict[str, Any] | None) -> str:
    """Return the sentence, the bars and the details; any key may be missing."""
    failed = drawing.notice(job["reason"], "bad") if job is not None and job["state"] == JobState.FAILED else ""
    if not results:
        return failed or drawing.notice(
            "Not measured yet. Both models answer every question that was set aside, which may take some minutes."
        )
    sentence = f'<p class="headline">{drawing.text(said(results.get("sentence", "Measured.")))}</p>'
    bars = charts.answer_bars([(_BEFORE, results.get("original") or {}), (_AFTER, results.get("tuned") or {})])
    details = "".join(f"<li>{drawing.text(said(each))}</li>" for each in results.get("details", []))
    return f"{failed}<div class='result'>{sentence}{bars}{f'<ul>{details}</ul>' if details else ''}</div>"
