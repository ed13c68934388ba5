"""The wizard whole: lays out the five steps, and wires what lies between them."""

from typing import Any

import gradio as gr

from appliance.jobs.states import ACTIVE, JobState
from appliance.services.appliance import Appliance
from appliance.services.context import Caller
from appliance.services.jobs.control import all_jobs
from appliance.web import drawing
from appliance.web.wizard.chat import build_chat
from appliance.web.wizard.data import build_data_step, dataset_choices, dataset_dropdown, watch_dataset
from appliance.web.wizard.data import ready_button as data_ready
from appliance.web.wizard.drawn import drawn
from appliance.web.wizard.events import Events
from appliance.web.wizard.learn import build_learn
from appliance.web.wizard.model import build_model_step, model_choices
from appliance.web.wizard.model import ready_button as model_ready
from appliance.web.wizard.results import (
    adapter_choices,
    build_results_step,
    watch_results,
    wire_results_step,
)
from appliance.web.wizard.task import build_task_step
from appliance.web.wizard.train import (
    DEFAULT_PRESET,
    build_train_step,
    draw_plan,
    job_dropdown,
    trainings,
    watch,
    wire_train_step,
)

POLL_S = 2.0
_TOP = (
    '<header class="top"><span class="brand">Fine-tuning appliance</span><nav>'
    '<a href="/password">Password</a><form method="post" action="/sign-out"><button>Sign '
    "out</button></form></nav></header>"
)
_FOOTER = (
    '<div class="foot">Every act here is in the audit log, which is signed. Data, tuned models and answers are '
    "encrypted on this machine, "
    "and nothing leaves it.</div>"
)
_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def build_blocks(appliance: Appliance) -> gr.Blocks:
    """Lay out and wire the steps."""
    event = Events(appliance.context)
    with gr.Blocks(title="Appliance", analytics_enabled=False, delete_cache=(3600, 3600)) as blocks:
        drawn(_TOP)
        role_notice = drawn()
        with gr.Walkthrough(selected=1, elem_id="steps") as steps:
            with gr.Step("Task", id=1):
                task = build_task_step()
            with gr.Step("Data", id=2):
                data = build_data_step(appliance.context, event, task.system_prompt)
            with gr.Step("Model", id=3):
                model = build_model_step(event)
            with gr.Step("Train", id=4):
                train = build_train_step()
            with gr.Step("Results", id=5):
                results = build_results_step()
                chat = build_chat(appliance, event, results.adapter)
                with gr.Row(elem_classes="onward"):
                    from_results = gr.Button("Back to training")
        build_learn(appliance, event, model.model)
        drawn(_FOOTER)
        timer = gr.Timer(POLL_S, active=False)

        wire_train_step(appliance, event, train, data.dataset, model.model, timer)
        wire_results_step(appliance, event, results, timer)

        def load(caller: Caller) -> tuple[Any, ...]:
            return _load(appliance, caller)

        def tick(caller: Caller, job_id: str | None, adapter_id: str | None) -> tuple[Any, ...]:
            return _tick(appliance, caller, job_id, adapter_id)

        def to_review(caller: Caller, dataset_id: str | None, model_id: str | None, *settings: Any) -> tuple[Any, ...]:
            return gr.Walkthrough(selected=4), *draw_plan(appliance, caller, dataset_id, model_id, *settings)

        def to_results(caller: Caller, job_id: str | None) -> tuple[Any, ...]:
            job = next((each for each in trainings(appliance, caller) if each["id"] == job_id), None)
            choices, adapter_id = adapter_choices(appliance, caller, job["result"].get("adapter") if job else None)
            return (
                gr.Walkthrough(selected=5),
                gr.Dropdown(choices=choices, value=adapter_id),
                _ask_button(bool(adapter_id)),
                gr.Timer(active=True),
                *watch_results(appliance, caller, adapter_id),
            )

        blocks.load(
            event(load),
            None,
            [
                role_notice,
                data.dataset,
                *data.watched,
                data.go_on,
                model.model,
                model.empty,
                model.go_on,
                *train.planned,
                train.setup,
                train.job,
                *train.watched,
                results.adapter,
                *results.watched,
                chat.ask,
                timer,
                steps,
            ],
            **_QUIET,
        )
        timer.tick(event(tick), [train.job, results.adapter], [*train.watched, *results.watched, timer], **_QUIET)
        for button, target in (
            (task.go_on, 2),
            (data.back, 1),
            (data.go_on, 3),
            (model.back, 2),
            (train.back, 3),
            (from_results, 4),
        ):
            button.click(_go(target), outputs=steps, **_QUIET)
        chosen = [data.dataset, model.model, *train.settings]
        model.go_on.click(event(to_review), chosen, [steps, *train.planned], **_QUIET)
        train.go_on.click(
            event(to_results), train.job, [steps, results.adapter, chat.ask, timer, *results.watched], **_QUIET
        )
    return blocks


def _go(target: int) -> Any:
    """Return a handler that shows a step; it reads nothing, so it asks for no rights."""

    def show() -> gr.Walkthrough:
        return gr.Walkthrough(selected=target)

    return show


def _load(appliance: Appliance, caller: Caller) -> tuple[Any, ...]:
    """Return everything as the database has it: the page of somebody who comes back shows where things are."""
    context = appliance.context
    choices = dataset_choices(context, caller)
    dataset_id = choices[0][1] if choices else None
    cards, empty = model_choices(context, caller)
    model_id = cards[0][1] if cards else None
    jobs = trainings(appliance, caller)
    job_id = next((job["id"] for job in jobs if JobState(job["state"]) in ACTIVE), jobs[0]["id"] if jobs else None)
    busy = _busy(appliance, caller)
    adapters, adapter_id = adapter_choices(appliance, caller)
    planned = draw_plan(appliance, caller, dataset_id, model_id, DEFAULT_PRESET)
    active = bool(jobs) and any(JobState(job["state"]) in ACTIVE for job in jobs)
    step = 4 if active else 5 if adapter_id else 1
    return (
        _role_notice(caller),
        dataset_dropdown(context, caller, dataset_id),
        *watch_dataset(context, caller, dataset_id),
        data_ready(bool(dataset_id)),
        gr.Radio(choices=cards, value=model_id),
        empty,
        model_ready(bool(model_id)),
        *planned,
        gr.Accordion(open=not active),
        job_dropdown(appliance, caller, job_id),
        *watch(appliance, caller, job_id),
        gr.Dropdown(choices=adapters, value=adapter_id),
        *watch_results(appliance, caller, adapter_id),
        _ask_button(bool(adapter_id)),
        gr.Timer(active=busy),
        # Whoever begins may have gone on before this came.
        gr.Walkthrough(selected=step) if step > 1 else gr.skip(),
    )


def _tick(appliance: Appliance, caller: Caller, job_id: str | None, adapter_id: str | None) -> tuple[Any, ...]:
    """Return what changes by itself. The timer rests when nothing runs."""
    return (
        *watch(appliance, caller, job_id),
        *watch_results(appliance, caller, adapter_id),
        gr.Timer(active=_busy(appliance, caller)),
    )


def _busy(appliance: Appliance, caller: Caller) -> bool:
    return any(job.state in ACTIVE for job in all_jobs(appliance.context, caller))


def _ask_button(ready: bool) -> gr.Button:
    return gr.Button("Ask both" if ready else "Ask both: train a model first", interactive=ready)


def _role_notice(caller: Caller) -> str:
    if caller.role == "trainer":
        return ""
    said = drawing.notice(
        f"You are signed in as {caller.role}. You may look around here; bringing data and training is for trainers."
    )
    return said + ('<p><a href="/audit/">To the audit log</a></p>' if caller.role in {"admin", "auditor"} else "")
