"""Step 5: whether it helped, in figures with their uncertainty, and the answers to look at."""

from collections.abc import Sequence

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.foundation.messages import t
from appliance.jobs.states import ACTIVE
from appliance.models.records import EVALUATION, Adapter
from appliance.services.context import Caller
from appliance.services.jobs.control import WatchedJob, stop_job
from appliance.services.models.artefacts import all_adapters, show_adapter
from appliance.services.models.findings import EVALUATE, show_answers, submit_evaluation
from appliance.services.policy_view import may_do
from appliance.web.page.events import Page, Updates, Values
from appliance.web.page.layout import button, drawn, hidden
from appliance.web.rendering import results as rendering
from appliance.web.rendering.html import notice
from appliance.web.wizard.jobs import chosen_adapter, latest_job, stop_button
from appliance.web.wizard.rank import RankPanel


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
