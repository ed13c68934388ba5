"""Step 5: whether it helped, in figures with their uncertainty, and the answers to look at.

Under it the rank: how much of it is used, in a picture, and a smaller model by a click.
"""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.messages import t
from appliance.jobs.states import ACTIVE, JobState
from appliance.models.records import EVALUATION, RANK, Adapter
from appliance.planning.spectrum import RankSummary
from appliance.services.context import Caller, ServiceContext
from appliance.services.jobs.control import WatchedJob, all_jobs, show_job, stop_job
from appliance.services.models.artefacts import all_adapters, show_adapter
from appliance.services.models.findings import (
    EVALUATE,
    RANKS,
    show_answers,
    submit_evaluation,
    submit_explanation,
    verify_explained,
)
from appliance.services.models.shrink_adapter import SHRINK, submit_shrink
from appliance.services.operations import may_do
from appliance.web.page.events import Component, Page, Updates, Values, button, drawn, hidden
from appliance.web.rendering import results as rendering
from appliance.web.rendering.html import notice
from appliance.web.rendering.results import origin_view, rank_view
from appliance.web.rendering.words import percent

SHARES = (0.90, 0.95, 0.99)
USUAL_SHARE = 0.95

Draw = Callable[[Caller, str | None], Updates]


def chosen_adapter(adapter_id: str | None) -> str:
    """Return the id of the adapter that somebody chose. Raises `InputError` when there is none."""
    if not adapter_id:
        raise InputError("input:choose-model")
    return adapter_id


def latest_job(context: ServiceContext, caller: Caller, kind: str, adapter_id: str) -> WatchedJob | None:
    """Return the newest job of a kind that works on an adapter."""
    jobs = (job for job in reversed(all_jobs(context, caller)) if job.kind == kind)
    found = next((job for job in jobs if job.spec.get("adapter_id") == adapter_id), None)
    return show_job(context, caller, job_id=found.id) if found is not None else None


def stop_button(context: ServiceContext, caller: Caller, watched: WatchedJob | None, label: str) -> gr.Button:
    """Return the button that stops a job: there while the job runs or waits, and dead once it was pressed."""
    if watched is None or watched.job.state not in ACTIVE or not may_do(context, caller, stop_job, watched.job.id):
        return gr.Button(visible=False)
    return button(label, visible=True, interactive=watched.job.state is not JobState.STOPPING)


class RankPanel:
    """The panel: a look at the singular values of an adapter, and making it smaller."""

    def __init__(self, page: Page) -> None:
        self._context = page.context
        with gr.Accordion(t("wizard-rank-title"), open=False):
            gr.Markdown(t("wizard-rank-intro"))
            self._view = drawn()
            self._share = gr.Radio(
                [(percent(share), share) for share in SHARES], value=USUAL_SHARE, label=t("wizard-rank-share")
            )
            with gr.Row(elem_classes="buttons"):
                self._explain = button("wizard-rank-look", interactive=False)
                self._smaller = button("wizard-shrink-wait", interactive=False)
                self._show = button("wizard-shrink-show", visible=False)
                self._stop = button("wizard-stop", visible=False)
        self.watched = (self._view, self._explain, self._smaller, self._show, self._stop)

    def wire(self, page: Page, adapter: Component, draw: Draw, outputs: Sequence[Component]) -> None:
        """Wire the panel: `draw` shows the results of another adapter in `outputs`."""
        self._adapter, self._draw = adapter, draw
        once: dict[str, Any] = {"concurrency_id": "start", "concurrency_limit": 1}
        page.on(self._explain.click, self._look, reads=[adapter], writes=self.watched, **once)
        page.on(self._smaller.click, self._shrink, reads=[adapter, self._share], writes=self.watched, **once)
        page.on(self._stop.click, self._stop_job, reads=[adapter], writes=self.watched)
        page.on(self._show.click, self._show_smaller, reads=[adapter], writes=outputs)

    def watch(self, caller: Caller, adapter_id: str | None) -> Updates:
        """Return what is known of an adapter's rank, and what can be done, as the database has it now."""
        if not adapter_id:
            return self._nothing("", "wizard-rank-no-model")
        adapter = show_adapter(self._context, caller, adapter_id=adapter_id)
        try:
            verify_explained(adapter)
        except ApplianceError as error:
            return self._nothing(notice(error.message), "wizard-rank-none")
        looking, shrinking = (self._latest(caller, adapter_id, kind) for kind in (RANKS.name, SHRINK.name))
        found = adapter.found(RANK, RankSummary)
        view = origin_view(adapter, self._parent(caller, adapter)) + (rank_view(found) if found else "")
        view += _told(looking, "wizard-rank-looking") + _told(shrinking, "wizard-shrinking")
        busy = _runs(looking) or _runs(shrinking)
        can_shrink = found is not None and found.rank > 1 and found.used > 0
        may_look = may_do(self._context, caller, submit_explanation)
        made = SHRINK.result_of(shrinking.job).adapter if shrinking is not None else ""
        return {
            self._view: view,
            self._explain: button(
                "wizard-rank-look-again" if found else "wizard-rank-look", interactive=not busy, visible=may_look
            ),
            self._smaller: button(
                "wizard-shrink" if can_shrink else "wizard-shrink-no" if found else "wizard-shrink-wait",
                interactive=can_shrink and not busy,
                visible=may_look,
            ),
            self._show: button("wizard-shrink-show", visible=bool(made), interactive=bool(made)),
            self._stop: stop_button(self._context, caller, looking if _runs(looking) else shrinking, "wizard-stop"),
        }

    def _nothing(self, view: str, label: str) -> Updates:
        return {
            self._view: view,
            self._explain: button(label, interactive=False),
            self._smaller: button("wizard-shrink-wait", interactive=False),
            self._show: gr.Button(visible=False),
            self._stop: gr.Button(visible=False),
        }

    def _parent(self, caller: Caller, adapter: Adapter) -> str:
        """Return the name of the adapter that this one was made from, "" where it was not."""
        made_from = adapter.spec.made_from
        if not made_from:
            return ""
        return next((each.name for each in all_adapters(self._context, caller) if each.id == made_from), made_from)

    def _latest(self, caller: Caller, adapter_id: str, kind: str) -> WatchedJob | None:
        return latest_job(self._context, caller, kind, adapter_id)

    def _look(self, caller: Caller, values: Values) -> Updates:
        submit_explanation(self._context, caller, adapter_id=chosen_adapter(values[self._adapter]))
        return self.watch(caller, values[self._adapter])

    def _shrink(self, caller: Caller, values: Values) -> Updates:
        adapter_id, share = chosen_adapter(values[self._adapter]), float(values[self._share])
        submit_shrink(self._context, caller, adapter_id=adapter_id, share=share)
        return self.watch(caller, adapter_id)

    def _stop_job(self, caller: Caller, values: Values) -> Updates:
        adapter_id = chosen_adapter(values[self._adapter])
        jobs = (self._latest(caller, adapter_id, kind) for kind in (RANKS.name, SHRINK.name))
        running = next((each for each in jobs if each is not None and _runs(each)), None)
        if running is None:
            raise InputError("input:nothing-runs")
        stop_job(self._context, caller, job_id=running.job.id)
        return self.watch(caller, adapter_id)

    def _show_smaller(self, caller: Caller, values: Values) -> Updates:
        adapter_id = chosen_adapter(values[self._adapter])
        shrinking = self._latest(caller, adapter_id, SHRINK.name)
        made = SHRINK.result_of(shrinking.job).adapter if shrinking is not None else ""
        return self._draw(caller, made or adapter_id)


def _runs(watched: WatchedJob | None) -> bool:
    return watched is not None and watched.job.state in ACTIVE


def _told(watched: WatchedJob | None, running: str) -> str:
    """Return what there is to say of the newest job: that it runs, why it failed, or what a smaller model costs."""
    if watched is None:
        return ""
    job = watched.job
    if job.state in ACTIVE:
        return notice(t(running))
    if job.state is JobState.FAILED:
        return notice(job.reason, "bad")
    return notice(SHRINK.result_of(job).sentence, "good") if job.kind == SHRINK.name else ""


class ResultsStep:
    """The step's measuring half; the chat follows it."""

    def __init__(self, page: Page) -> None:
        self._context = page.context
        gr.Markdown(f"## {t('wizard-results-title')}\n{t('wizard-results-intro')}")
        self.adapter = gr.Dropdown([], value=None, label=t("wizard-adapter"), filterable=False)
        self._view = drawn()
        with gr.Row(elem_classes="buttons"):
            self._measure = button("wizard-measure", variant="primary", interactive=False)
            self._look = button("wizard-answers-wait", interactive=False)
            self._stop = button("wizard-stop-measuring", visible=False)
        self._answers = drawn()
        self.rank = RankPanel(page)
        self.watched = (self._view, self._measure, self._look, self._stop, *self.rank.watched)
        self.outputs = (self.adapter, self._answers, *self.watched)
        page.on(self.adapter.input, self._pick, reads=[self.adapter], writes=self.outputs)
        page.on(
            self._measure.click,
            self._begin,
            reads=[self.adapter],
            writes=self.outputs,
            concurrency_id="start",
            concurrency_limit=1,
        )
        page.on(self._stop.click, self._stop_measuring, reads=[self.adapter], writes=self.outputs)
        page.on(self._look.click, self._show_answers, reads=[self.adapter], writes=[self._answers])
        self.rank.wire(page, self.adapter, self.draw, self.outputs)

    def draw(self, caller: Caller, adapter_id: str | None) -> Updates:
        """Return the step with this adapter, or with the newest where there is none of that id."""
        adapters = list(reversed(all_adapters(self._context, caller)))
        chosen = _chosen(adapters, adapter_id)
        return {self.adapter: _list(adapters, chosen), self._answers: "", **self.watch(caller, chosen)}

    def chosen(self, caller: Caller, adapter_id: str | None) -> str | None:
        """Return the adapter that `draw` shows."""
        return _chosen(list(reversed(all_adapters(self._context, caller))), adapter_id)

    def watch(self, caller: Caller, adapter_id: str | None) -> Updates:
        """Return how an adapter is, and what can be done with it, as the database has it now."""
        rank = self.rank.watch(caller, adapter_id)
        if not adapter_id:
            return {
                self._view: notice(t("wizard-no-adapter")),
                self._measure: button("wizard-measure-wait", interactive=False, visible=True),
                self._look: button("wizard-answers-wait", interactive=False, visible=True),
                self._stop: hidden(),
                **rank,
            }
        context = self._context
        adapter, watched = show_adapter(context, caller, adapter_id=adapter_id), self._evaluation(caller, adapter_id)
        running = watched is not None and watched.job.state in ACTIVE
        measured = EVALUATION in adapter.findings
        label = "wizard-measuring" if running else "wizard-measure-again" if measured else "wizard-measure"
        return {
            self._view: rendering.measuring(watched)
            if running and watched is not None
            else rendering.results(adapter, watched),
            self._measure: button(
                label,
                visible=may_do(context, caller, submit_evaluation),
                interactive=not running,
                variant="secondary" if measured else "primary",
            ),
            self._look: button(
                "wizard-answers" if measured else "wizard-answers-wait",
                visible=may_do(context, caller, show_answers, adapter_id),
                interactive=measured,
            ),
            self._stop: stop_button(context, caller, watched, "wizard-stop-measuring"),
            **rank,
        }

    def _pick(self, caller: Caller, values: Values) -> Updates:
        return self.draw(caller, values[self.adapter])

    def _begin(self, caller: Caller, values: Values) -> Updates:
        submit_evaluation(self._context, caller, adapter_id=chosen_adapter(values[self.adapter]))
        return self.draw(caller, values[self.adapter])

    def _stop_measuring(self, caller: Caller, values: Values) -> Updates:
        watched = self._evaluation(caller, values[self.adapter] or "")
        if watched is None or watched.job.state not in ACTIVE:
            raise InputError("input:no-evaluation")
        stop_job(self._context, caller, job_id=watched.job.id)
        return self.draw(caller, values[self.adapter])

    def _show_answers(self, caller: Caller, values: Values) -> Updates:
        found = show_answers(self._context, caller, adapter_id=chosen_adapter(values[self.adapter]))
        return {self._answers: rendering.answers(found)}

    def _evaluation(self, caller: Caller, adapter_id: str) -> WatchedJob | None:
        return latest_job(self._context, caller, EVALUATE.name, adapter_id)


def _chosen(adapters: Sequence[Adapter], adapter_id: str | None) -> str | None:
    ids = [each.id for each in adapters]
    return adapter_id if adapter_id in ids else next(iter(ids), None)


def _list(adapters: Sequence[Adapter], chosen: str | None) -> gr.Dropdown:
    return gr.Dropdown(choices=[(f"{each.name} · {each.id[-4:]}", each.id) for each in adapters], value=chosen)
