"""The wizard whole: lays out the five steps, and wires what lies between them."""

import gradio as gr

from appliance.foundation.messages import t
from appliance.services.context import Caller
from appliance.services.data.import_dataset import import_dataset
from appliance.services.jobs.control import look_for_changes
from appliance.services.operations import may_do
from appliance.services.training.train_adapter import submit_training
from appliance.web.page.events import Component, Handler, Page, Updates, Values, button, drawn
from appliance.web.page.frame import Frame
from appliance.web.rendering.html import notice, text
from appliance.web.wizard.chat import Chat
from appliance.web.wizard.data import DataStep
from appliance.web.wizard.model import Learn, ModelStep
from appliance.web.wizard.results import ResultsStep
from appliance.web.wizard.task import TaskStep
from appliance.web.wizard.train import TrainStep

POLL_S = 5.0
STEPS = ("task", "data", "model", "train", "results")
TASK, DATA, MODEL, TRAIN, RESULTS = range(1, 6)


def build(page: Page) -> None:
    """Lay out and wire the steps."""
    Wizard(page)


class Wizard:
    """The five steps, and the timer that shows what changes by itself."""

    def __init__(self, page: Page) -> None:
        self._context = page.context
        self._frame = Frame(page)
        self._notice = drawn(visible=False)
        names = "".join(f"<li>{text(t(f'wizard-step-{name}'))}</li>" for name in STEPS)
        drawn(f'<ol id="step-names" hidden>{names}</ol>')  # for static/wizard.js
        with gr.Walkthrough(selected=TASK, elem_id="steps") as self._steps:
            with gr.Step(t("wizard-step-task"), id=TASK):
                self._task = TaskStep(page)
            with gr.Step(t("wizard-step-data"), id=DATA):
                self._data = DataStep(page, self._task.system_prompt)
            with gr.Step(t("wizard-step-model"), id=MODEL):
                self._model = ModelStep(page)
            with gr.Step(t("wizard-step-train"), id=TRAIN):
                self._train = TrainStep(page, self._data.dataset, self._model.model)
            with gr.Step(t("wizard-step-results"), id=RESULTS):
                self._results = ResultsStep(page)
                self._chat = Chat(page, self._results.adapter)
                with gr.Row(elem_classes="onward"):
                    from_results = button("wizard-back-to-training")
        Learn(page, self._model.model)
        self._frame.close()
        self._seen = gr.State("")  # the mark of the jobs that the page has drawn
        self._wire(page, from_results)

    def _wire(self, page: Page, from_results: gr.Button) -> None:
        parts = (self._frame, self._data, self._model, self._train, self._results, self._chat)
        everything = [output for part in parts for output in part.outputs]
        page.on(page.load, self._load, writes=[self._notice, *everything, self._steps, self._seen])
        timer = gr.Timer(POLL_S)
        job, adapter = self._train.job, self._results.adapter
        watched: list[Component] = [job, *self._train.watched, *self._results.watched, self._seen]
        page.on(timer.tick, self._tick, reads=[job, adapter, self._seen], writes=watched, person=False)
        for pressed, step in (
            (self._task.go_on, DATA),
            (self._data.back, TASK),
            (self._model.back, DATA),
            (self._train.back, MODEL),
            (from_results, TRAIN),
        ):
            page.on(pressed.click, _go(self._steps, step), writes=[self._steps])
        chosen = [self._data.dataset, self._model.model]
        page.on(self._data.go_on.click, self._to_models, reads=chosen, writes=[self._steps, *self._model.outputs])
        planned = [self._steps, *self._train.planned]
        page.on(self._model.go_on.click, self._to_training, reads=self._train.reads, writes=planned)
        shown = [self._steps, *self._results.outputs, *self._chat.outputs]
        page.on(self._train.go_on.click, self._to_results, reads=[job], writes=shown)

    def _load(self, caller: Caller, _values: Values) -> Updates:
        """Return everything as the database has it: the page of somebody who comes back shows where things are."""
        mark = look_for_changes(self._context, caller)  # first: what changes meanwhile is drawn at the next tick
        dataset_id, model_id = self._data.newest(caller), self._model.first(caller)
        adapter_id = self._results.chosen(caller, None)
        step = TRAIN if self._train.runs(caller) else RESULTS if adapter_id else TASK
        return {
            self._notice: gr.Markdown(told := self._role_notice(caller), visible=bool(told)),
            **self._frame.draw(caller),
            **self._data.draw(caller, dataset_id),
            **self._model.draw(caller, dataset_id, model_id),
            **self._train.draw(caller, dataset_id, model_id),
            **self._results.draw(caller, adapter_id),
            **self._chat.draw(caller, adapter_id),
            # Whoever begins may have gone on before this came.
            self._steps: gr.Walkthrough(selected=step) if step != TASK else gr.skip(),
            self._seen: mark,
        }

    def _tick(self, caller: Caller, values: Values) -> Updates:
        """Return what changes by itself: nothing, unless a job has changed since the page last looked."""
        mark = look_for_changes(self._context, caller)
        if mark == values[self._seen]:
            return {}
        return {
            **self._train.refresh(caller, values[self._train.job]),
            **self._results.watch(caller, values[self._results.adapter]),
            self._seen: mark,
        }

    def _to_models(self, caller: Caller, values: Values) -> Updates:
        step = {self._steps: gr.Walkthrough(selected=MODEL)}
        return {**step, **self._model.draw(caller, values[self._data.dataset], values[self._model.model])}

    def _to_training(self, caller: Caller, values: Values) -> Updates:
        return {self._steps: gr.Walkthrough(selected=TRAIN), **self._train.draw_chosen(caller, values)}

    def _to_results(self, caller: Caller, values: Values) -> Updates:
        adapter_id = self._results.chosen(caller, self._train.adapter_of(caller, values[self._train.job]))
        drawn_step = {**self._results.draw(caller, adapter_id), **self._chat.draw(caller, adapter_id)}
        return {self._steps: gr.Walkthrough(selected=RESULTS), **drawn_step}

    def _role_notice(self, caller: Caller) -> str:
        """Return what somebody cannot do here who can neither bring data nor train."""
        if may_do(self._context, caller, import_dataset) or may_do(self._context, caller, submit_training):
            return ""
        return notice(t("wizard-look-around", role=t(f"role-{caller.role}")))


def _go(steps: gr.Walkthrough, step: int) -> Handler:
    def show(_caller: Caller, _values: Values) -> Updates:
        return {steps: gr.Walkthrough(selected=step)}

    return show
