"""Step 4: start, watch, stop and resume. The job runs outside of this page; here it is only looked at."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.jobs.states import ACTIVE, JobState
from appliance.services.context import Caller
from appliance.services.jobs import all_jobs, resume_job, show_job, stop_job
from appliance.services.operations import Appliance
from appliance.services.preview_training import TrainingPreview, preview_training
from appliance.services.sweep_ranks import SWEEP, submit_sweep
from appliance.services.train_adapter import TRAIN, submit_training
from appliance.web import charts, drawing, plan_drawing, rank_drawing
from appliance.web.wizard.drawn import drawn
from appliance.web.wizard.events import Events
from appliance.web.wizard.expert import ExpertSettings, build_expert_settings, choice_of, visible_for
from appliance.web.wizard.rank_choice import RankChoice, build_rank_choice, draw_advice

PRESETS = [
    ("Quick\nA first impression, to see whether the data is right", "quick"),
    ("Balanced\nRight for most data", "balanced"),
    ("Thorough\nFor facts that must be exact; takes longest", "thorough"),
]
DEFAULT_PRESET = "balanced"
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
    """What the other steps need of this one.

    `planned` are the outputs of `draw_plan`, `watched` those of `watch`, in their order.
    """

    preset: gr.Radio
    expert: ExpertSettings
    ranks: RankChoice
    setup: gr.Accordion
    start: gr.Button
    planned: list[Any]
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
    with gr.Accordion("A new training", open=True, elem_id="new-training") as setup:
        preset = gr.Radio(PRESETS, value=DEFAULT_PRESET, label="How long it practises", elem_classes="cards")
        with gr.Accordion("For experts", open=False):
            expert = build_expert_settings()
            ranks = build_rank_choice()
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
    planned = [review, start, *ranks.advised]
    return TrainStep(preset, expert, ranks, setup, start, planned, job, [view, stop, resume, go_on], back, go_on)


def wire_train_step(
    appliance: Appliance, event: Events, step: TrainStep, dataset: gr.Dropdown, model: gr.Radio, timer: gr.Timer
) -> None:
    """Wire everything that starts or changes a training."""
    context = appliance.context
    chosen = [dataset, model, *step.settings]

    def review(caller: Caller, dataset_id: str | None, model_id: str | None, *settings: Any) -> tuple[Any, ...]:
        return draw_plan(appliance, caller, dataset_id, model_id, *settings)

    def take_rank(caller: Caller, dataset_id: str | None, model_id: str | None, *settings: Any) -> tuple[Any, ...]:
        preview = preview_training(
            context,
            caller,
            dataset_id=dataset_id or "",
            model_id=model_id or "",
            choice=choice_of(*settings),
            take_advised=True,
        )
        return gr.Number(value=preview.rank), *draw_preview(preview, preview.rank)

    def start(caller: Caller, dataset_id: str | None, model_id: str | None, *settings: Any) -> tuple[Any, ...]:
        if not dataset_id or not model_id:
            raise InputError("input:pick-data-model")
        job = submit_training(context, caller, dataset_id=dataset_id, model_id=model_id, choice=choice_of(*settings))
        return follow(caller, job.id)

    def compare(
        caller: Caller, ranks: list[int], dataset_id: str | None, model_id: str | None, *settings: Any
    ) -> tuple[Any, ...]:
        if not dataset_id or not model_id:
            raise InputError("input:pick-data-model")
        job = submit_sweep(
            context, caller, dataset_id=dataset_id, model_id=model_id, choice=choice_of(*settings), ranks=ranks
        )
        return follow(caller, job.id)

    def follow(caller: Caller, job_id: str) -> tuple[Any, ...]:
        appliance.runner.wake()
        return (
            gr.Accordion(open=False),
            job_dropdown(appliance, caller, job_id),
            gr.Timer(active=True),
            *watch(appliance, caller, job_id),
        )

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
        event(review), chosen, step.planned, **quiet
    )
    for each in (step.preset, *step.expert.others):
        each.input(event(review), chosen, step.planned, **quiet)
    step.ranks.take.click(event(take_rank), chosen, [step.expert.rank, *step.planned], **quiet)
    started = [step.setup, step.job, timer, *step.watched]
    once: dict[str, Any] = {**quiet, "concurrency_id": "start", "concurrency_limit": 1}
    step.start.click(event(start), chosen, started, **once)
    step.ranks.compare.click(event(compare), [step.ranks.ranks, *chosen], started, **once)
    step.job.input(event(pick), step.job, [timer, *step.watched], **quiet)
    view, stop_button, resume_button, _ = step.watched
    del view
    stop_button.click(event(stop), step.job, [timer, *step.watched], **quiet)
    resume_button.click(event(resume), step.job, [timer, *step.watched], **quiet)


def draw_plan(
    appliance: Appliance, caller: Caller, dataset_id: str | None, model_id: str | None, *settings: Any
) -> tuple[Any, ...]:
    """Return the review with the start button, and the advice on the rank with its buttons: one plan and one look,
    whatever changed.
    """
    if not dataset_id or not model_id:
        missing = "data" if not dataset_id else "a model"
        return "", gr.Button(f"Start training: pick {missing} first", interactive=False), *draw_advice(None, None)
    try:
        choice = choice_of(*settings)
    except InputError as error:
        return *_refused(error.sentence), *draw_advice(None, None)
    preview = preview_training(appliance.context, caller, dataset_id=dataset_id, model_id=model_id, choice=choice)
    return draw_preview(preview, choice.rank)


def draw_preview(preview: TrainingPreview, rank: int | None) -> tuple[Any, ...]:
    """Return what `draw_plan` does, of a preview. `rank`: what the settings have, None for the preset's."""
    return *draw_review(preview), *draw_advice(preview, rank)


def draw_review(preview: TrainingPreview) -> tuple[str, gr.Button]:
    """Return what would be done and what it takes, or why it cannot be and what can; and the start button."""
    plan = preview.planned
    if plan is None:
        return _refused(str(preview.refusal))
    epochs = plan.settings["epochs"]
    rounds = "once" if epochs == 1 else f"{epochs} times"
    sentence = (
        f"{preview.model_name} will read {preview.training_rows:,} rows of “{preview.dataset_name}” {rounds}. "
        "It runs in a sandbox without network; what it learns is encrypted."
    )
    return plan_drawing.review(sentence, plan.settings, plan.fitted, plan.batch), gr.Button(
        "Start training", interactive=True
    )


def _refused(sentence: str) -> tuple[str, gr.Button]:
    return drawing.notice(sentence, "bad"), gr.Button("Start training: change the settings first", interactive=False)


def trainings(appliance: Appliance, caller: Caller) -> list[dict[str, Any]]:
    """Return the jobs that train, sweeps over ranks among them, newest first."""
    return [job for job in reversed(all_jobs(appliance.context, caller)) if job["kind"] in {TRAIN, SWEEP}]


def job_dropdown(appliance: Appliance, caller: Caller, job_id: str | None) -> gr.Dropdown:
    """Return the list of trainings with one picked."""
    jobs = trainings(appliance, caller)
    names = [(f"{job['spec']['name']} · {_how(job['spec'])} · {job['id'][-4:]}", job["id"]) for job in jobs]
    return gr.Dropdown(choices=names, value=job_id, visible=bool(names))


def _how(spec: dict[str, Any]) -> str:
    """Return what tells trainings on the same data apart: the preset, or the ranks of a sweep."""
    ranks = ", ".join(str(each["rank"]) for each in spec.get("candidates", []))
    return f"ranks {ranks}" if ranks else str(spec["preset"])


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
        gr.Button(
            "Stop" if job["kind"] == SWEEP else "Stop and keep what it learned",
            visible=state in ACTIVE,
            interactive=state in {JobState.QUEUED, JobState.RUNNING},
        ),
        gr.Button("Resume where it stopped", visible=state in {JobState.STOPPED, JobState.FAILED}, interactive=True),
        gr.Button(onward_label(state, adapter=adapter), interactive=adapter),
    )


def onward_label(state: JobState, *, adapter: bool) -> str:
    """Return what the button to the results says; a training that was resumed has the model that it left when it
    stopped.
    """
    if not adapter:
        return "Results: when training is done"
    return "Results of the model so far" if state in ACTIVE else "Continue to the results"


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
    pairs = [
        ("State", _STATES[state]),
        ("Step", f"{step:,} of {steps:,}" if steps else "–"),
        *_pace(job, state, last.get("figures", {})),
    ]
    told = [done.get("sentence", ""), *done.get("stepped_down", [])] if state is JobState.SUCCEEDED else [job["reason"]]
    reason = "".join(drawing.notice(each, "bad" if state is JobState.FAILED else "info") for each in told)
    shown = drawing.figures(pairs) + drawing.progress_bar(step, steps) + reason
    # What changes with every figure is not announced: a screen reader would speak without end.
    if job["kind"] == SWEEP:
        now = drawing.notice(last.get("sentence", ""), announced=False) if state in ACTIVE else ""
        return shown + rank_drawing.sweep_view(done.get("trials", [])) + now
    sentence = (
        drawing.notice(charts.loss_sentence(curve, steps, over=state not in ACTIVE), announced=False) if points else ""
    )
    return shown + charts.loss_chart(curve, steps) + sentence


def _pace(job: dict[str, Any], state: JobState, figures: dict[str, Any]) -> list[tuple[str, str]]:
    """Return how long it still takes or took, or what is before it, and how fast it is.

    `figures`: the last that it reported.
    """
    done = job["result"]
    if state is JobState.QUEUED:
        when, speed = ("Before it", drawing.count(job["ahead"], "jobs") if job["ahead"] else "nothing"), None
    elif state in ACTIVE:
        left = drawing.duration(figures.get("seconds_left")) if state is JobState.RUNNING else "–"
        when, speed = ("Time left", left), figures.get("tokens_per_s")
    else:
        when, speed = ("Time taken", drawing.duration(done.get("seconds")) if done else "–"), done.get("tokens_per_s")
    return [when, ("Speed", f"{speed:,.0f} tokens/s" if speed else "–")]
