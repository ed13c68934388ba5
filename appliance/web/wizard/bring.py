"""Bringing a file: it streams in encrypted, is shown as it would be read, and is imported when somebody confirms it."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, TypedDict

import gradio as gr

from appliance.datasets.report import FilePreview
from appliance.datasets.sources.delimited import DELIMITERS
from appliance.datasets.sources.text import ENCODINGS
from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.messages import t
from appliance.services.context import Caller
from appliance.services.data.dataset_origin import LEGAL_BASES, Origin
from appliance.services.data.import_dataset import import_dataset
from appliance.services.data.receive_upload import preview_upload
from appliance.services.operations import may_do
from appliance.web.page.events import Component, Page, Updates, Values, button, drawn, hidden_text
from appliance.web.rendering import dataset as rendering
from appliance.web.rendering.html import notice, text

MAX_RECEIVED_CHARACTERS = 2000
ROLES = ("question", "answer", "system", "category", "group")
_CHOOSABLE = frozenset({"dataset.encoding", "dataset.nul", "dataset.one-column", "dataset.rows"})  # perhaps misread
_GERMAN_DAY = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_ACCEPTED = ".csv,.tsv,.txt,.json,.jsonl,.ndjson,.xlsx,.parquet,.zip"

Show = Callable[[Caller, str | None], Updates]


class _Reading(TypedDict):
    encoding: str
    delimiter: str
    roles: dict[str, str]


class BringPanel:
    """The area for a file, what it looks like, and the questions before it is imported.

    `show` draws the dataset that was made into `shown`; with None it hides the one that was shown before.
    """

    def __init__(self, page: Page, system_prompt: gr.Textbox) -> None:
        self._context = page.context
        self._prompt = system_prompt
        with gr.Column(visible=False) as self._all:
            drawn(_drop_area())
            self._received = hidden_text("upload-received")
            self.status = drawn()
            with gr.Column(visible=False) as self._panel:
                self._build_questions()

    def _build_questions(self) -> None:
        self._view = drawn()
        with gr.Accordion(t("wizard-read-otherwise"), open=False) as self._otherwise:
            found = (t("wizard-found"), "")
            with gr.Row():
                self._encoding = gr.Dropdown(
                    [found, *((name, name) for name in ENCODINGS)], value="", label=t("wizard-encoding")
                )
                self._delimiter = gr.Dropdown(
                    [found, *((t(f"delimiter-{name}"), name) for name in DELIMITERS)],
                    value="",
                    label=t("wizard-delimiter"),
                )
            with gr.Row():
                self._roles = {
                    role: gr.Dropdown([found], value="", label=t("wizard-column", role=t("column-role", role=role)))
                    for role in ROLES
                }
        with gr.Accordion(t("wizard-origin"), open=True):
            with gr.Row():
                self._name = gr.Textbox(label=t("wizard-name"), max_length=120)
                owner = gr.Textbox(label=t("wizard-owner"), info=t("wizard-owner-help"), max_length=200)
            purpose = gr.Textbox(label=t("wizard-purpose"), info=t("wizard-purpose-help"), max_length=500)
            with gr.Row():
                bases = [
                    (t("wizard-not-stated"), ""),
                    *((t(f"legal-basis-{each.replace(' ', '-')}"), each) for each in LEGAL_BASES),
                ]
                basis = gr.Dropdown(bases, value="", label=t("wizard-legal-basis"))
                licence = gr.Textbox(label=t("wizard-licence"), max_length=200)
                keep_until = gr.Textbox(
                    label=t("wizard-keep-until"), placeholder="2027-12-31", info=t("wizard-keep-until-help")
                )
        self._origin: dict[str, Component] = {
            "owner": owner,
            "purpose": purpose,
            "legal_basis": basis,
            "licence": licence,
            "keep_until": keep_until,
        }
        with gr.Row():
            self._discard = button("wizard-other-file")
            self._confirm = button("wizard-import", variant="primary", interactive=False)

    def wire(self, page: Page, show: Show, shown: tuple[Component, ...]) -> None:
        """Wire the panel; `show` and `shown` as in the class's description."""
        self._show = show
        reading = [self._encoding, self._delimiter, *self._roles.values()]
        once: dict[str, Any] = {"concurrency_id": "import", "concurrency_limit": 2}
        looked = [self.status, self._panel, self._view, self._confirm, self._name, self._otherwise, *reading, *shown]
        page.on(self._received.change, self._look, reads=[self._received], writes=looked, failed=self._not_read, **once)
        page.on(
            [field.input for field in reading],
            self._look_again,
            reads=[self._received, *reading],
            writes=[self.status, self._view, self._confirm, *self._roles.values()],
            **once,
        )
        asked = [self._received, self._prompt, *reading, self._name, *self._origin.values()]
        kept = [self.status, self._panel, *shown]
        page.on(self._confirm.click, self._keep, reads=asked, writes=kept, failed=self._not_imported, **once)
        page.on(self._discard.click, self._begin_again, writes=[self._received, self.status])

    @property
    def outputs(self) -> tuple[Component, ...]:
        """What `draw` updates."""
        return (self._all,)

    def draw(self, caller: Caller) -> Updates:
        """Show the panel to whoever may import."""
        return {self._all: gr.Column(visible=may_do(self._context, caller, import_dataset))}

    def _look(self, caller: Caller, values: Values) -> Iterator[Updates]:
        message = values[self._received]
        if not message:
            yield {self.status: "", self._panel: gr.Column(visible=False), self._view: ""}
            return
        upload_id, filename = _received(message)
        title = gr.Textbox(value=filename.rpartition(".")[0][:120] or filename)
        # What is shown of another dataset must not stand below the new file.
        hidden = self._show(caller, None)
        yield {
            self.status: notice(t("wizard-looking")),
            self._panel: gr.Column(visible=False),
            self._name: title,
            **hidden,
        }
        try:
            found = preview_upload(self._context, caller, upload_id=upload_id, filename=filename)
        except ApplianceError as error:
            asked = error.code in _CHOOSABLE  # its sentence tells people to choose how it is read
            yield {
                self.status: _refused(error),
                self._panel: gr.Column(visible=asked),
                self._view: "",
                self._confirm: _cannot_be_read(),
                self._otherwise: gr.Accordion(open=asked),
            }
            return
        yield {
            self.status: "",
            self._panel: gr.Column(visible=True),
            self._view: rendering.preview(found),
            self._confirm: _confirm(found),
            self._otherwise: gr.Accordion(open=any(source.reason for source in found.sources)),
            self._encoding: gr.update(value=""),
            self._delimiter: gr.update(value=""),
            **{field: gr.update(choices=_columns(found), value="") for field in self._roles.values()},
        }

    def _look_again(self, caller: Caller, values: Values) -> Updates:
        upload_id, filename = _received(values[self._received])
        try:
            found = preview_upload(
                self._context, caller, upload_id=upload_id, filename=filename, **self._reading(values)
            )
        except ApplianceError as error:
            return {self.status: _refused(error), self._view: "", self._confirm: _cannot_be_read()}
        return {
            self.status: "",
            self._view: rendering.preview(found),
            self._confirm: _confirm(found),
            **{field: gr.update(choices=_columns(found)) for field in self._roles.values()},
        }

    def _keep(self, caller: Caller, values: Values) -> Iterator[Updates]:
        upload_id, filename = _received(values[self._received])
        yield {self.status: notice(t("wizard-importing")), self._panel: gr.Column(visible=False)}
        stated = {name: (values[field] or "").strip() for name, field in self._origin.items()}
        stated["keep_until"] = _day(stated["keep_until"])
        try:
            made = import_dataset(
                self._context,
                caller,
                upload_id=upload_id,
                filename=filename,
                name=values[self._name],
                system_prompt=values[self._prompt],
                origin=Origin(**stated),
                **self._reading(values),
            )
        except ApplianceError as error:
            # The file is still there when only what was stated about it is wrong.
            again = error.code == "dataset.origin"
            yield {self.status: _refused(error), self._panel: gr.Column(visible=again)}
            return
        yield {self.status: notice(t("wizard-imported"), "good"), **self._show(caller, made.dataset.id)}

    def _begin_again(self, _caller: Caller, _values: Values) -> Updates:
        return {self._received: "", self.status: ""}

    def _not_read(self) -> Updates:
        return {self.status: notice(t("wizard-not-looked-at"), "bad")}

    def _not_imported(self) -> Updates:
        return {self.status: notice(t("wizard-not-imported"), "bad")}

    def _reading(self, values: Values) -> _Reading:
        """Return encoding, separator and columns as somebody chose them; what was left alone is found."""
        return {
            "encoding": values[self._encoding] or "",
            "delimiter": values[self._delimiter] or "",
            "roles": {role: values[field] for role, field in self._roles.items() if values[field]},
        }


def _drop_area() -> str:
    """Return the area; static/wizard.js sends what is chosen or dropped, and says its sentences."""
    said = {
        "sending": t("wizard-sending", name="{name}"),
        "received": t("wizard-received", name="{name}"),
        "failed": t("wizard-not-sent"),
    }
    attributes = "".join(f' data-{name}="{text(sentence)}"' for name, sentence in said.items())
    return (
        f'<div class="drop" id="drop"{attributes}>'
        f'<input type="file" id="drop-file" class="visually-hidden" accept="{_ACCEPTED}">'
        f'<label for="drop-file"><strong>{text(t("wizard-choose-file"))}</strong> {text(t("wizard-or-drop"))}</label>'
        f'<p class="quiet">{text(t("wizard-file-kinds"))}</p>'
        f'<progress id="drop-progress" max="100" value="0" hidden aria-label="{text(t("wizard-upload"))}"></progress>'
        '<p id="drop-status" role="status"></p></div>'
    )


def _received(message: str) -> tuple[str, str]:
    """Return upload id and file name out of what the page's script says. Raises `InputError`."""
    try:
        value = json.loads(message[:MAX_RECEIVED_CHARACTERS])
        upload_id, filename = value["id"], value["name"]
    except (ValueError, KeyError, TypeError, RecursionError):
        upload_id = filename = None
    if not isinstance(upload_id, str) or not isinstance(filename, str):
        raise InputError("upload.message")
    return upload_id, filename


def _columns(found: FilePreview) -> list[tuple[str, str]]:
    names = dict.fromkeys(column for source in found.sources for column in source.columns)
    return [(t("wizard-found"), ""), *((name, name) for name in names)]


def _confirm(found: FilePreview) -> gr.Button:
    clear = not any(source.reason for source in found.sources)
    if clear and not any(source.conversations for source in found.sources):
        return button("wizard-import-empty", interactive=False)
    return button("wizard-import" if clear else "wizard-import-columns", interactive=clear)


def _cannot_be_read() -> gr.Button:
    return button("wizard-import-reading", interactive=False)


def _refused(error: ApplianceError) -> str:
    refused, reason = t("wizard-refused"), error.sentence
    return notice(reason if reason.startswith(refused.rstrip(".")) else f"{refused} {reason}", "bad")


def _day(text: str) -> str:
    """Return a day as it is stored, if it was typed as people write it in German."""
    found = _GERMAN_DAY.fullmatch(text)
    return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}" if found else text
