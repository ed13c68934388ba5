"""Step 2: bring a file (our own streaming upload, never Gradio's), or pick a dataset that is here, and mend it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from appliance.datasets.records import Dataset, DatasetState
from appliance.foundation.errors import InputError
from appliance.foundation.messages import t
from appliance.services.context import Caller
from appliance.services.data.dataset_versions import lineage, show_report
from appliance.services.data.import_dataset import all_datasets, show_dataset
from appliance.services.data.revise_dataset import RevisedDataset, revise_dataset
from appliance.services.notices import reminders
from appliance.services.operations import may_do
from appliance.web.page.events import Component, Page, Updates, Values, button, drawn, hidden
from appliance.web.rendering import dataset as rendering
from appliance.web.rendering.html import conversations, notice
from appliance.web.wizard.bring import BringPanel

PREVIEW_ROWS = 6
MAX_FIXES = 16
MAX_NUMBERS = 2000


class DataStep:
    """The step: the list of datasets, what is known of the chosen one, and how it can be mended."""

    def __init__(self, page: Page, system_prompt: gr.Textbox) -> None:
        self._context = page.context
        gr.Markdown(f"## {t('wizard-data-title')}\n{t('wizard-data-intro')}")
        self._bring = BringPanel(page, system_prompt)
        self.dataset = gr.Dropdown(
            [],
            value=None,
            label=t("wizard-dataset"),
            info=t("wizard-dataset-help"),
            filterable=False,
            visible=False,
        )
        self._view = drawn()
        self._findings = drawn()
        with gr.Row(elem_classes="fixes"):
            self._fixes = [gr.Button("", visible=False) for _ in range(MAX_FIXES)]
        with gr.Row(visible=False, elem_classes="by-row") as self._by_row:
            self._numbers = gr.Textbox(
                label=t("wizard-drop-rows"), placeholder=t("wizard-drop-rows-example"), max_length=MAX_NUMBERS
            )
            drop = button("wizard-drop")
        self._measures = drawn()
        self._history = drawn()
        self._rows = drawn()
        with gr.Row(elem_classes="onward"):
            self.back = button("wizard-back")
            self.go_on = button("wizard-data-missing", variant="primary", interactive=False)
        self._known = (self._view, self._findings, self._measures, self._history, self._by_row, *self._fixes)
        shown = (self.dataset, self._rows, *self._known, self.go_on)
        self.outputs = (self.dataset, self._rows, *self._known, self.go_on, *self._bring.outputs)
        self._wire(page, shown, drop)

    def _wire(self, page: Page, shown: tuple[Component, ...], drop: gr.Button) -> None:
        status = self._bring.status
        self._bring.wire(page, self._show, shown)
        page.on(self.dataset.input, self._pick, reads=[self.dataset], writes=[status, *shown])
        changed = [status, self._numbers, *shown]
        once: dict[str, Any] = {"concurrency_id": "import", "concurrency_limit": 2, "show_progress": "minimal"}
        for place, fix in enumerate(self._fixes):
            page.on(fix.click, self._mend(place), reads=[self.dataset], writes=changed, **once)
        page.on(drop.click, self._drop, reads=[self.dataset, self._numbers], writes=changed, **once)

    def draw(self, caller: Caller, dataset_id: str | None) -> Updates:
        """Return the step with this dataset, but without a look at its rows."""
        datasets = self._newest_first(caller)
        return {
            **self._bring.draw(caller),
            self.dataset: _list(datasets, dataset_id),
            self.go_on: self._onward(dataset_id),
            **self._describe(caller, datasets, dataset_id),
        }

    def newest(self, caller: Caller) -> str | None:
        """Return the dataset that is chosen at first."""
        return next((each.id for each in _usable(self._newest_first(caller))), None)

    def _newest_first(self, caller: Caller) -> list[Dataset]:
        return all_datasets(self._context, caller)[::-1]

    def _pick(self, caller: Caller, values: Values) -> Updates:
        return {self._bring.status: "", **self._show(caller, values[self.dataset])}

    def _show(self, caller: Caller, dataset_id: str | None) -> Updates:
        """Show a dataset with its first rows, or that none is chosen."""
        datasets = self._newest_first(caller)
        return {
            self.dataset: _list(datasets, dataset_id),
            self._rows: self._first_rows(caller, dataset_id) if dataset_id else "",
            self.go_on: self._onward(dataset_id),
            **self._describe(caller, datasets, dataset_id),
        }

    def _mend(self, place: int) -> Callable[[Caller, Values], Updates]:
        def mend(caller: Caller, values: Values) -> Updates:
            dataset_id = values[self.dataset]
            code, action, _label = rendering.fixes(show_report(self._context, caller, dataset_id=dataset_id))[place]
            made = revise_dataset(self._context, caller, dataset_id=dataset_id, code=code, action=action)
            return self._mended(caller, made)

        mend.__name__ = f"mend_{place}"
        return mend

    def _drop(self, caller: Caller, values: Values) -> Updates:
        rows = _row_numbers(values[self._numbers])
        made = revise_dataset(self._context, caller, dataset_id=values[self.dataset], action="drop", rows=rows)
        return {self._numbers: "", **self._mended(caller, made)}

    def _mended(self, caller: Caller, made: RevisedDataset) -> Updates:
        said = t("wizard-mended", version=made.dataset.version, rows=made.changed)
        return {self._bring.status: notice(said, "good"), **self._show(caller, made.dataset.id)}

    def _onward(self, dataset_id: str | None) -> gr.Button:
        return button("wizard-data-go-on" if dataset_id else "wizard-data-missing", interactive=bool(dataset_id))

    def _describe(self, caller: Caller, datasets: Sequence[Dataset], dataset_id: str | None) -> Updates:
        """Return what is known without reading a row: counts, findings with their fixes as buttons, versions."""
        if not dataset_id:
            emptied = dict.fromkeys((self._view, self._findings, self._measures, self._history), "")
            return {**emptied, self._by_row: hidden(), **{fix: hidden() for fix in self._fixes}}
        context = self._context
        found = show_report(context, caller, dataset_id=dataset_id)
        dataset = next(each for each in datasets if each.id == dataset_id)
        may_mend = may_do(context, caller, revise_dataset, dataset_id)
        labels = [label for _code, _action, label in rendering.fixes(found)[:MAX_FIXES]] if may_mend else []
        buttons = [gr.Button(label, visible=True) for label in labels]
        buttons += [gr.Button(visible=False) for _ in range(MAX_FIXES - len(buttons))]
        told = "".join(notice(each, "bad") for each in reminders(context, dataset_id))
        return {
            self._view: rendering.counts(dataset) + told,
            self._findings: rendering.findings(found),
            self._measures: rendering.measures(found),
            self._history: rendering.versions(lineage(context, caller, dataset_id=dataset_id)),
            self._by_row: gr.Row(visible=may_mend),
            **dict(zip(self._fixes, buttons, strict=True)),
        }

    def _first_rows(self, caller: Caller, dataset_id: str) -> str:
        """Return the first rows as conversations to whoever may read them: reading data, and logged as such."""
        if not may_do(self._context, caller, show_dataset, dataset_id):
            return ""
        return conversations(show_dataset(self._context, caller, dataset_id=dataset_id, rows=PREVIEW_ROWS).preview)


def _usable(datasets: Sequence[Dataset]) -> Iterator[Dataset]:
    return (each for each in datasets if each.state is DatasetState.READY)


def _list(datasets: Sequence[Dataset], chosen: str | None) -> gr.Dropdown:
    """Return the list of those that can be used; nothing to see while there is none."""
    choices = [(t("wizard-dataset-choice", name=each.name, rows=each.rows), each.id) for each in _usable(datasets)]
    return gr.Dropdown(choices=choices, value=chosen, visible=bool(choices))


def _row_numbers(text: str) -> list[int]:
    """Return the numbers that somebody typed. Raises `InputError`."""
    words = text.replace(",", " ").replace(";", " ").split()
    if not words or not all(word.isascii() and word.isdigit() and len(word) <= 9 for word in words):
        raise InputError("dataset.fix:row-numbers")
    return [int(word) for word in words]
