"""The rank, under the results: how much of it is used, in a picture, and a smaller model by a click."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.json_records import shown
from appliance.jobs.states import ACTIVE, JobState
from appliance.services.appliance import Appliance
from appliance.services.context import Caller
from appliance.services.jobs.control import all_jobs, stop_job
from appliance.services.models.adapters import show_adapter
from appliance.services.models.explain_rank import RANKS, submit_explanation, verify_explained
from appliance.services.models.shrink_adapter import SHRINK, submit_shrink
from appliance.web import drawing, rank_drawing
from appliance.web.wizard.drawn import drawn
from appliance.web.wizard.events import Events

Pick = Callable[[Caller, str | None], tuple[Any, ...]]
SHARES = [("90 %", 0.90), ("95 %", 0.95), ("99 %", 0.99)]


@dataclass(frozen=True)
class RankPanel:
    """`watched` are the outputs of `watch_rank`, in its order."""

    share: gr.Radio
    watched: list[Any]


def build_rank_panel() -> RankPanel:
    """Draw the panel."""
    with gr.Accordion("How much room did it need? (rank)", open=False):
        gr.Markdown(
            "An adapter learns in a number of directions (its rank). Fewer take less memory; too few, and something is "
            "lost."
        )
        view = drawn()
        share = gr.Radio(SHARES, value=0.95, label="How much of what it learned should a smaller model keep?")
        with gr.Row(elem_classes="buttons"):
            explain = gr.Button("Look at the rank: train a model first", interactive=False)
            smaller = gr.Button("Make it smaller: look at the rank first", interactive=False)
            show = gr.Button("Show the smaller model", visible=False)
            stop = gr.Button("Stop", visible=False)
    return RankPanel(share, [view, explain, smaller, show, stop])


def wire_rank_panel(
    appliance: Appliance,
    event: Events,
    panel: RankPanel,
    adapter: gr.Dropdown,
    timer: gr.Timer,
    picked: list[Any],
    pick: Pick,
) -> None:
    """Wire looking, shrinking, stopping, and going over to the smaller model.

    `pick` draws the results of an adapter into `picked`.
    """
    _view, explain_button, smaller_button, show_button, stopper = panel.watched

    def explain_rank(caller: Caller, adapter_id: str | None) -> tuple[Any, ...]:
        submit_explanation(appliance.context, caller, adapter_id=_picked(adapter_id))
        appliance.runner.wake()
        return gr.Timer(active=True), *watch_rank(appliance, caller, adapter_id)

    def make_smaller(caller: Caller, adapter_id: str | None, share: float) -> tuple[Any, ...]:
        submit_shrink(appliance.context, caller, adapter_id=_picked(adapter_id), share=float(share))
        appliance.runner.wake()
        return gr.Timer(active=True), *watch_rank(appliance, caller, adapter_id)

    def stop_rank(caller: Caller, adapter_id: str | None) -> tuple[Any, ...]:
        jobs = (_latest(appliance, caller, _picked(adapter_id), kind) for kind in (RANKS.name, SHRINK.name))
        job = next((each for each in jobs if _runs(each)), None)
        if job is None:
            raise InputError("input:nothing-runs")
        stop_job(appliance.context, caller, job_id=job["id"])
        return gr.Timer(active=True), *watch_rank(appliance, caller, adapter_id)

    def show_smaller(caller: Caller, adapter_id: str | None) -> tuple[Any, ...]:
        job = _latest(appliance, caller, _picked(adapter_id), SHRINK.name)
        return pick(caller, job["result"].get("adapter") if job else adapter_id)

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    once: dict[str, Any] = {**quiet, "concurrency_id": "start", "concurrency_limit": 1}
    explain_button.click(event(explain_rank), adapter, [timer, *panel.watched], **once)
    smaller_button.click(event(make_smaller), [adapter, panel.share], [timer, *panel.watched], **once)
    stopper.click(event(stop_rank), adapter, [timer, *panel.watched], **quiet)
    show_button.click(event(show_smaller), adapter, picked, **quiet)


def watch_rank(appliance: Appliance, caller: Caller, adapter_id: str | None) -> tuple[Any, ...]:
    """Return view, look, smaller, show and stop buttons for one tuned model, as the database has it now."""
    if not adapter_id:
        return (
            "",
            gr.Button("Look at the rank: train a model first", interactive=False),
            gr.Button("Make it smaller: look at the rank first", interactive=False),
            gr.Button(visible=False),
            gr.Button(visible=False),
        )
    record = show_adapter(appliance.context, caller, adapter_id=adapter_id)
    adapter = shown(record)
    try:
        verify_explained(record)
    except ApplianceError as error:
        none = gr.Button("There is no rank to look at", interactive=False)
        hidden = gr.Button(visible=False)
        return (
            drawing.notice(error.sentence),
            none,
            gr.Button("Make it smaller", interactive=False),
            hidden,
            gr.Button(visible=False),
        )
    looking, shrinking = (_latest(appliance, caller, adapter_id, kind) for kind in (RANKS.name, SHRINK.name))
    found = adapter["results"].get("rank")
    view = rank_drawing.origin_view(adapter["config"]) + (rank_drawing.rank_view(found) if found else "")
    view += _said(looking, "Looking at what it learned …") + _said(shrinking, "Making it smaller, and measuring both …")
    busy = _runs(looking) or _runs(shrinking)
    can_shrink = bool(found) and found["rank"] > 1 and found["used"] > 0
    label = (
        "Make it smaller"
        if can_shrink
        else "It cannot be smaller"
        if found
        else "Make it smaller: look at the rank first"
    )
    done = shrinking is not None and bool(shrinking["result"].get("adapter"))
    return (
        view,
        gr.Button(
            "Looking …" if _runs(looking) else "Look again" if found else "Look at the rank", interactive=not busy
        ),
        gr.Button("Making it smaller …" if _runs(shrinking) else label, interactive=can_shrink and not busy),
        gr.Button("Show the smaller model", visible=done, interactive=done),
        stop_button(looking if _runs(looking) else shrinking, "Stop"),
    )


def stop_button(job: dict[str, Any] | None, label: str) -> gr.Button:
    """Return the button that stops a job: there while the job runs or waits, and dead once it was pressed."""
    return gr.Button(label, visible=_runs(job), interactive=job is not None and job["state"] != JobState.STOPPING)


def _picked(adapter_id: str | None) -> str:
    if not adapter_id:
        raise InputError("input:choose-model")
    return adapter_id


def _latest(appliance: Appliance, caller: Caller, adapter_id: str, kind: str) -> dict[str, Any] | None:
    jobs = (shown(job) for job in reversed(all_jobs(appliance.context, caller)) if job.kind == kind)
    return next((job for job in jobs if job["spec"].get("adapter_id") == adapter_id), None)


def _runs(job: dict[str, Any] | None) -> bool:
    return job is not None and JobState(job["state"]) in ACTIVE


def _said(job: dict[str, Any] | None, running: str) -> str:
    """Return what there is to say of the newest job: that it runs, why it failed, or what a smaller model costs."""
    if job is None:
        return ""
    if JobState(job["state"]) in ACTIVE:
        return drawing.notice(running)
    if job["state"] == JobState.FAILED:
        return drawing.notice(job["reason"], "bad")
    return drawing.notice(job["result"].get("sentence", ""), "good") if job["kind"] == SHRINK.name else ""
