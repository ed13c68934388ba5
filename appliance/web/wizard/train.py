"""Step 4: start, watch, stop and resume. The job runs outside of this page; here it is only looked at."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.jobs.states import ACTIVE, JobState
from appliance.services.context import Caller
from appliance.services.import_dataset import describe_dataset
from appliance.services.import_model import describe_model
from appliance.services.jobs import all_jobs, resume_job, show_job, stop_job
from appliance.services.operations import Appliance
from appliance.services.plan_training import TrainingChoice, review_plan
from appliance.services.train_adapter import TRAIN, submit_training
from appliance.web import charts, drawing, plan_drawing
from appliance.web.wizard.drawn import drawn
from appliance.web.wizard.events import Events
from appliance.web.wizard.expert import ExpertSettings, build_expert_settings, choice_of, visible_for

PRESETS = [
    ("Quick\nA first impression, to see whether the data is right", "quick"),
    ("Balanced\nRight for most data", "balanced"),
    ("Thorough\nFor facts that must be exact; takes longest", "thorough"),
]
_STATES = {
    JobState.QUEUED: "Waiting for its turn",
    JobState.RUNNING: "Training",
    JobState.STOPPING: "Stopping: it keeps what it has learned so far",
    JobState.STOPPED: "Stopped",
    JobState.FAILED: "Failed",
    JobState.SUCCEEDED: "Done",
}


@dataclass(frozen=True)
class TrainStep:
    """What the other steps need of this one. `watched` are the outputs of `watch`, in its order."""

    preset: gr.Radio
    expert: ExpertSettings
    setup: gr.Accordion
    review: gr.Markdown
    start: gr.Button
    job: gr.Dropdown
    watched: list[Any]
    back: gr.Button
    go_on: gr.Button

    @property
    def settings(self) -> list[Any]:
        """What `choice_of` makes a choice of, in its order."""
        return [self.preset, *self.expert.all]


def build_train_step() -> TrainStep:
    """Draw the step; `pages` wires it, because it touches all others."""
    gr.Markdown("## Train\nYou may close this page: training goes on, and the page shows it again when you come back.")
    with gr.Accordion("A new training", open=True) as setup:
        preset = gr.Radio(PRESETS, value="balanced", label="How long it practises", elem_classes="cards")
        with gr.Accordion("For experts", open=False):
            expert = build_expert_settings()
        review = drawn()
        start = gr.Button("Start training", variant="primary", interactive=False)
    job = gr.Dropdown([], value=None, label="Trainings on this appliance", filterable=False, visible=False)
    view = drawn()
    with gr.Row():
        stop = gr.Button("Stop", interactive=False, visible=False)
        resume = gr.Button("Resume", interactive=False, visible=False)
    with gr.Row(elem_classes="onward"):
        back = gr.Button("Back")
        go_on = gr.Button("Results: when training is done", variant="primary", interactive=False)
    return TrainStep(preset, expert, setup, review, start, job, [view, stop, resume, go_on], back, go_on)


def wire_train_step(appliance: Appliance, event: Events, step: TrainStep, dataset: gr.Dropdown, model: gr.Radio, timer: gr.Timer) -> None:
    """Wire everything that starts or changes a training."""
    context = appliance.context
    chosen = [dataset, model, *step.settings]

    def review(
        caller: Caller,
        dataset_id: str | None,
        model_id: str | None,
        preset: str,
        method: str,
        rank: float | None,
        rslora: bool,
        dora: bool,
        last_layers: float | None,
        head: bool,
        epochs: float | None,
        batch: float | None,
        rate: float | None,
    ) -> tuple[Any, ...]:
        choice = choice_of(preset, method, rank, rslora, dora, last_layers, head, epochs, batch, rate)
        return draw_review(appliance, caller, dataset_id, model_id, choice)

    def start(
        caller: Caller,
        dataset_id: str | None,
        model_id: str | None,
        preset: str,
        method: str,
        rank: float | None,
        rslora: bool,
        dora: bool,
        last_layers: float | None,
        head: bool,
        epochs: float | None,
        batch: float | None,
        rate: float | None,
    ) -> tuple[Any, ...]:
        if not dataset_id or not model_id:
            raise InputError("Pick data and a model first.")
        choice = choice_of(preset, method, rank, rslora, dora, last_layers, head, epochs, batch, rate)
        job = submit_training(context, caller, dataset_id=dataset_id, model_id=model_id, choice=choice)
        appliance.runner.wake()
        return gr.Accordion(open=False), job_dropdown(appliance, caller, job.id), gr.Timer(active=True), *watch(appliance, caller, job.id)

    def fold(_caller: Caller, method: str) -> tuple[Any, ...]:
        return visible_for(method)

    def stop(caller: Caller, job_id: str | None) -> tuple[Any, ...]:
        stop_job(context, caller, job_id or "")
        return gr.Timer(active=True), *watch(appliance, caller, job_id)

    def resume(caller: Caller, job_id: str | None) -> tuple[Any, ...]:
        resume_job(context, caller, job_id or "")
        appliance.runner.wake()
        return gr.Timer(active=True), *watch(appliance, caller, job_id)

    def pick(caller: Caller, job_id: str | None) -> tuple[Any, ...]:
        return gr.Timer(active=True), *watch(appliance, caller, job_id)

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    # Hiding what a method does not have forgets it first, so that the review is of what the page then shows.
    step.expert.method.input(event(fold), step.expert.method, step.expert.others, **quiet).then(
        event(review), chosen, [step.review, step.start], **quiet
    )
    for each in (step.preset, *step.expert.others):
        each.input(event(review), chosen, [step.review, step.start], **quiet)
    started = [step.setup, step.job, timer, *step.watched]
    step.start.click(event(start), chosen, started, **quiet, concurrency_id="start", concurrency_limit=1)
    step.job.input(event(pick), step.job, [timer, *step.watched], **quiet)
    view, stop_button, resume_button, _ = step.watched
    del view
    stop_button.click(event(stop), step.job, [timer, *step.watched], **quiet)
    resume_button.click(event(resume), step.job, [timer, *step.watched], **quiet)


def draw_review(
    appliance: Appliance, caller: Caller, dataset_id: str | None, model_id: str | None, choice: TrainingChoice
) -> tuple[str, gr.Button]:
    """Return what would be done and what it takes, or why it cannot be and what can; and the start button."""
    if not dataset_id or not model_id:
        missing = "data" if not dataset_id else "a model"
        return "", gr.Button(f"Start training: pick {missing} first", interactive=False)
    try:
        planned = review_plan(appliance.context, caller, dataset_id=dataset_id, model_id=model_id, choice=choice)
    except InputError as error:
        return drawing.notice(error.sentence, "bad"), gr.Button("Start training: change the settings first", interactive=False)
    dataset, model = describe_dataset(appliance.context, dataset_id), describe_model(appliance.context, model_id)
    epochs = planned.settings["epochs"]
    rounds = "once" if epochs == 1 else f"{epochs} times"
    sentence = (
        f"{model['name']} will read {dataset['training_rows']:,} rows of “{dataset['name']}” {rounds}. "
        "It runs in a sandbox without network; what it learns is encrypted."
    )
    return plan_drawing.review(sentence, planned.settings, planned.fitted), gr.Button("Start training", interactive=True)


def trainings(appliance: Appliance, caller: Caller) -> list[dict[str, Any]]:
    """Return the training jobs, newest first."""
    return [job for job in reversed(all_jobs(appliance.context, caller)) if job["kind"] == TRAIN]


def job_dropdown(appliance: Appliance, caller: Caller, job_id: str | None) -> gr.Dropdown:
    """Return the list of trainings with one picked."""
    jobs = trainings(appliance, caller)
    names = [(f"{job['spec'].get('name', job['id'])} · {job['spec'].get('preset', '')} · {job['id'][-4:]}", job["id"]) for job in jobs]
    return gr.Dropdown(choices=names, value=job_id, visible=bool(names))


def watch(appliance: Appliance, caller: Caller, job_id: str | None) -> tuple[Any, ...]:
    """Return view, stop, resume and the button onward for one job, as the database has it now."""
    if not job_id:
        hidden = gr.Button(visible=False)
        return "", hidden, gr.Button(visible=False), gr.Button("Results: when training is done", interactive=False)
    job = show_job(appliance.context, caller, job_id)
    state = JobState(job["state"])
    adapter = bool(job["result"].get("adapter"))
    return (
        draw_job(job),
        gr.Button("Stop and keep what it learned", visible=state in ACTIVE, interactive=state in {JobState.QUEUED, JobState.RUNNING}),
        gr.Button("Resume where it stopped", visible=state in {JobState.STOPPED, JobState.FAILED}, interactive=True),
        gr.Button("Continue to the results" if adapter else "Results: when training is done", interactive=adapter),
    )


def draw_job(job: dict[str, Any]) -> str:
    """Return state, progress, chart and what they mean."""
    state = JobState(job["state"])
    points = job["progress"]
    curve = charts.LossCurve.from_progress(points)
    last = points[-1]["body"] if points else {}
    step, steps = int(last.get("step", 0)), int(last.get("steps", 0))
    done = job["result"]
    if state is JobState.SUCCEEDED:
        step = int(done.get("steps", steps))
    pairs = [("State", _STATES[state]), ("Step", f"{step:,} of {steps:,}" if steps else "–")]
    if state in ACTIVE:
        left = last.get("figures", {}).get("seconds_left")
        pairs.append(("Time left", drawing.duration(left) if state is JobState.RUNNING else "–"))
        speed = last.get("figures", {}).get("tokens_per_s")
    else:
        pairs.append(("Time taken", drawing.duration(done.get("seconds")) if done else "–"))
        speed = done.get("tokens_per_s")
    pairs.append(("Speed", f"{speed:,.0f} tokens/s" if speed else "–"))
    told = [done.get("sentence", ""), *done.get("stepped_down", [])] if state is JobState.SUCCEEDED else [job["reason"]]
    reason = "".join(drawing.notice(each, "bad" if state is JobState.FAILED else "info") for each in told)
    sentence = drawing.notice(charts.loss_sentence(curve, steps)) if points else ""
    return drawing.figures(pairs) + drawing.progress_bar(step, steps) + reason + charts.loss_chart(curve, steps) + sentence
