"""Step 4: start, watch, stop and resume. The job runs outside of this page; here it is only looked at."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, t
from appliance.jobs.states import ACTIVE, RESUMABLE, Job, JobState
from appliance.planning import PRESETS
from appliance.planning.training_settings import TrainingChoice
from appliance.services.context import Caller
from appliance.services.job_kinds import JobKind
from appliance.services.jobs.control import all_jobs, resume_job, show_job, stop_job
from appliance.services.operations import may_do
from appliance.services.training.plan_training import BY_DEFAULT, TrainingPreview, preview_training
from appliance.services.training.train_adapter import SWEEP, TRAIN, submit_sweep, submit_training
from appliance.web.page.events import Component, Page, Updates, Values, button, drawn, hidden
from appliance.web.rendering import plan as rendering
from appliance.web.rendering.html import notice
from appliance.web.rendering.job import is_sweep, training_view
from appliance.web.rendering.words import listed, number
from appliance.web.wizard.expert import RANK, ExpertSettings, RankChoice

_TRAINS: Mapping[str, JobKind[Any, Any]] = {TRAIN.name: TRAIN, SWEEP.name: SWEEP}


class TrainStep:
    """The step: the settings with their plan, and the trainings there are. `dataset`, `model`: the chosen ones."""

    def __init__(self, page: Page, dataset: Component, model: Component) -> None:
        self._context = page.context
        self._dataset, self._model = dataset, model
        gr.Markdown(f"## {t('wizard-train-title')}\n{t('wizard-train-intro')}")
        with gr.Accordion(t("wizard-new-training"), open=True, elem_id="new-training", visible=False) as self._setup:
            presets = [(t(f"wizard-preset-{name}"), name) for name in PRESETS]
            self._preset = gr.Radio(presets, value=BY_DEFAULT.preset, label=t("wizard-preset"), elem_classes="cards")
            with gr.Accordion(t("wizard-experts"), open=False):
                self.expert = ExpertSettings()
                self.ranks = RankChoice()
            self._review = drawn()
            self._start = button("wizard-start", variant="primary", interactive=False)
        self.job = gr.Dropdown([], value=None, label=t("wizard-trainings"), filterable=False, visible=False)
        self._view = drawn()
        with gr.Row():
            self._stop = button("wizard-stop", interactive=False, visible=False)
            self._resume = button("wizard-resume", interactive=False, visible=False)
        with gr.Row(elem_classes="onward"):
            self.back = button("wizard-back")
            self.go_on = button("wizard-results-wait", interactive=False)
        self.reads = (dataset, model, self._preset, self.expert.method, *self.expert.fields.values())
        self.planned = (self._review, self._start, *self.ranks.outputs)
        self.watched = (self._view, self._stop, self._resume, self.go_on)
        self.outputs = (self._setup, self.job, *self.planned, *self.watched)
        self._wire(page)

    def _wire(self, page: Page) -> None:
        fields = self.expert.fields
        last: dict[str, Any] = {"trigger_mode": "always_last"}  # somebody who types gets the plan of what they typed
        method = self.expert.method
        page.on(method.input, self._change_method, reads=self.reads, writes=[*fields.values(), *self.planned], **last)
        changes = [self._preset.input, *(field.input for field in fields.values())]
        page.on(changes, self.draw_chosen, reads=self.reads, writes=self.planned, **last)
        page.on(self.ranks.take.click, self._take_rank, reads=self.reads, writes=[fields[RANK], *self.planned])
        started = (self._setup, self.job, *self.watched)
        once: dict[str, Any] = {"concurrency_id": "start", "concurrency_limit": 1}
        page.on(self._start.click, self._begin, reads=self.reads, writes=started, **once)
        page.on(self.ranks.compare.click, self._compare, reads=[self.ranks.ranks, *self.reads], writes=started, **once)
        page.on(self.job.input, self._pick, reads=[self.job], writes=self.watched)
        page.on(self._stop.click, self._stop_job, reads=[self.job], writes=self.watched)
        page.on(self._resume.click, self._resume_job, reads=[self.job], writes=self.watched)
        # While a new training is being set up, to start it is what stands out; else to go on is.
        page.on(self._setup.expand, self._set_up, writes=[self.go_on])
        page.on(self._setup.collapse, self._set_aside, writes=[self.go_on])

    def draw(self, caller: Caller, dataset_id: str | None, model_id: str | None) -> Updates:
        """Return the step as somebody sees it who opens the page: with the training that runs, or the last one."""
        jobs = self._trainings(caller)
        shown = next((job for job in jobs if job.state in ACTIVE), next(iter(jobs), None))
        active = shown is not None and shown.state in ACTIVE
        may_train = may_do(self._context, caller, submit_training)
        plan = self.draw_plan(caller, dataset_id, model_id, BY_DEFAULT)
        return {
            self._setup: gr.Accordion(open=not active, visible=may_train),
            **(plan if may_train else {}),
            self.job: self._list(jobs, shown.id if shown else None),
            **self.watch(caller, shown.id if shown else None, stands_out=active or not may_train),
        }

    def draw_chosen(self, caller: Caller, values: Values) -> Updates:
        """Return the plan of what the page has chosen."""
        dataset_id, model_id = values[self._dataset], values[self._model]
        try:
            choice = self._choice(values)
        except InputError as error:
            return {**self._refused(error.message), **self.ranks.draw(None, None)}
        return self.draw_plan(caller, dataset_id, model_id, choice)

    def draw_plan(
        self, caller: Caller, dataset_id: str | None, model_id: str | None, choice: TrainingChoice
    ) -> Updates:
        """Return the review with the start button, and the advice on the rank: one plan and one look."""
        if not dataset_id or not model_id:
            missing = "wizard-start-no-data" if not dataset_id else "wizard-start-no-model"
            return {self._review: "", self._start: button(missing, interactive=False), **self.ranks.draw(None, None)}
        preview = preview_training(self._context, caller, dataset_id=dataset_id, model_id=model_id, choice=choice)
        return self._draw_preview(preview, choice.rank)

    def watch(self, caller: Caller, job_id: str | None, *, stands_out: bool | None = None) -> Updates:
        """Return how a training is, and what can be done with it, as the database has it now.

        `stands_out`: whether going on is the step's main action; None leaves that as it is.
        """
        look = {} if stands_out is None else {"variant": "primary" if stands_out else "secondary"}
        if not job_id:
            waits = button("wizard-results-wait", interactive=False, **look)
            return {self._view: "", self._stop: hidden(), self._resume: hidden(), self.go_on: waits}
        watched = show_job(self._context, caller, job_id=job_id)
        result = _TRAINS[watched.job.kind].result_of(watched.job)
        state, may_stop = watched.job.state, may_do(self._context, caller, stop_job, job_id)
        may_resume = may_do(self._context, caller, resume_job, job_id)
        onward = "wizard-results-wait"
        if result.adapter:  # a training that was resumed has the model that it left when it stopped
            onward = "wizard-results-so-far" if state in ACTIVE else "wizard-results-go-on"
        return {
            self._view: training_view(watched, result),
            self._stop: button(
                "wizard-stop" if is_sweep(watched) else "wizard-stop-and-keep",
                visible=state in ACTIVE and may_stop,
                interactive=state is not JobState.STOPPING,
            ),
            self._resume: button("wizard-resume", visible=state in RESUMABLE and may_resume, interactive=True),
            self.go_on: button(onward, interactive=bool(result.adapter), **look),
        }

    def refresh(self, caller: Caller, job_id: str | None) -> Updates:
        """Return what `watch` does, and the trainings that began elsewhere."""
        jobs = self._trainings(caller)
        if job_id is None:
            job_id = next((job.id for job in jobs), None)
            trainings = self._list(jobs, job_id)
        else:
            trainings = gr.Dropdown(choices=_choices(jobs))  # whoever is choosing just now goes on
        return {self.job: trainings, **self.watch(caller, job_id)}

    def runs(self, caller: Caller) -> bool:
        """Tell whether a training waits or runs."""
        return any(job.state in ACTIVE for job in self._trainings(caller))

    def adapter_of(self, caller: Caller, job_id: str | None) -> str | None:
        """Return the adapter that a training left."""
        job = next((each for each in self._trainings(caller) if each.id == job_id), None)
        return (_TRAINS[job.kind].result_of(job).adapter or None) if job is not None else None

    def _choice(self, values: Values) -> TrainingChoice:
        return self.expert.choice(values, values[self._preset] or BY_DEFAULT.preset)

    def _change_method(self, caller: Caller, values: Values) -> Updates:
        return {**self.expert.for_method(values[self.expert.method]), **self.draw_chosen(caller, values)}

    def _take_rank(self, caller: Caller, values: Values) -> Updates:
        preview = preview_training(
            self._context, caller, **self._subject(values), choice=self._choice(values), take_advised=True
        )
        return {self.expert.fields[RANK]: preview.rank, **self._draw_preview(preview, preview.rank)}

    def _begin(self, caller: Caller, values: Values) -> Updates:
        job = submit_training(self._context, caller, **self._subject(values), choice=self._choice(values))
        return self._follow(caller, job)

    def _compare(self, caller: Caller, values: Values) -> Updates:
        ranks = values[self.ranks.ranks]
        job = submit_sweep(self._context, caller, **self._subject(values), choice=self._choice(values), ranks=ranks)
        return self._follow(caller, job)

    def _follow(self, caller: Caller, job: Job) -> Updates:
        listed_jobs = self._list(self._trainings(caller), job.id)
        return {
            self._setup: gr.Accordion(open=False),
            self.job: listed_jobs,
            **self.watch(caller, job.id, stands_out=True),
        }

    def _subject(self, values: Values) -> dict[str, str]:
        dataset_id, model_id = values[self._dataset], values[self._model]
        if not dataset_id or not model_id:
            raise InputError("input:choose-data-model")
        return {"dataset_id": dataset_id, "model_id": model_id}

    def _pick(self, caller: Caller, values: Values) -> Updates:
        return self.watch(caller, values[self.job])

    def _stop_job(self, caller: Caller, values: Values) -> Updates:
        stop_job(self._context, caller, job_id=values[self.job] or "")
        return self.watch(caller, values[self.job])

    def _resume_job(self, caller: Caller, values: Values) -> Updates:
        resume_job(self._context, caller, job_id=values[self.job] or "")
        return self.watch(caller, values[self.job])

    def _set_up(self, _caller: Caller, _values: Values) -> Updates:
        return {self.go_on: gr.Button(variant="secondary")}

    def _set_aside(self, _caller: Caller, _values: Values) -> Updates:
        return {self.go_on: gr.Button(variant="primary")}

    def _draw_preview(self, preview: TrainingPreview, rank: int | None) -> Updates:
        if preview.planned is None:
            return {**self._refused(preview.refusal), **self.ranks.draw(preview, rank)}
        return {
            self._review: rendering.review(preview, preview.planned),
            self._start: button("wizard-start", interactive=True),
            **self.ranks.draw(preview, rank),
        }

    def _refused(self, reason: Message | None) -> Updates:
        return {self._review: notice(reason, "bad"), self._start: button("wizard-start-refused", interactive=False)}

    def _trainings(self, caller: Caller) -> list[Job]:
        """Return the jobs that train, sweeps over ranks among them, newest first."""
        return [job for job in reversed(all_jobs(self._context, caller)) if job.kind in _TRAINS]

    def _list(self, jobs: Sequence[Job], chosen: str | None) -> gr.Dropdown:
        return gr.Dropdown(choices=_choices(jobs), value=chosen, visible=bool(jobs))


def _choices(jobs: Sequence[Job]) -> list[tuple[str, str]]:
    return [(_named(job), job.id) for job in jobs]


def _named(job: Job) -> str:
    """Return what tells trainings apart: name, preset or ranks, and the end of the id."""
    spec = _TRAINS[job.kind].task(job).spec
    ranks = listed(number(each.rank) for each in getattr(spec, "candidates", ()))
    how = t("wizard-ranks", ranks=ranks) if ranks else t(f"preset-{spec.preset}")
    return f"{spec.name} · {how} · {job.id[-4:]}"
