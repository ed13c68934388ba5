"""Bringing a file: it streams in encrypted, is shown as it would be read, and is imported when somebody confirms it."""

import inspect
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from appliance.datasets.sources.delimited import DELIMITERS
from appliance.datasets.sources.text import ENCODINGS
from appliance.foundation.errors import ApplianceError, InputError
from appliance.services.context import Caller, ServiceContext
from appliance.services.data.dataset_origin import LEGAL_BASES, Origin
from appliance.services.data.import_dataset import import_dataset
from appliance.services.data.preview_upload import preview_upload
from appliance.web import dataset_drawing, drawing
from appliance.web.wizard.drawn import drawn
from appliance.web.wizard.events import Events

MAX_RECEIVED_CHARACTERS = 2000
ROLES = ("question", "answer", "system", "category", "group")
_FOUND = "found by itself"
_CHOOSABLE = {
    "dataset.encoding",
    "dataset.nul",
    "dataset.one-column",
    "dataset.rows",
}  # perhaps only read in a wrong way
_DROP = (
    '<div class="drop" id="drop"><input type="file" id="drop-file" class="visually-hidden" '
    'accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson,.xlsx,.parquet,.zip">'
    '<label for="drop-file"><strong>Choose a file</strong> or drop it here</label>'
    '<p class="quiet">A table (CSV, Excel, Parquet), JSON, or a ZIP of them, with questions and answers. '
    "It is encrypted while it comes in.</p>"
    '<progress id="drop-progress" max="100" value="0" hidden aria-label="Upload"></progress><p id="drop-status" '
    'role="status"></p></div>'
)


@dataclass(frozen=True)
class BringPanel:
    """What is wired to the rest of the step: `imported` is the id of the dataset that was made."""

    status: gr.Markdown
    imported: gr.Textbox


def build_bring_panel(context: ServiceContext, event: Events, system_prompt: gr.Textbox) -> BringPanel:  # noqa: PLR0915 - a layout
    """Draw the panel and wire it."""
    drawn(_DROP)
    received = gr.Textbox(visible="hidden", elem_id="upload-received", show_label=False, container=False)
    imported = gr.Textbox(visible="hidden", show_label=False, container=False)
    status = drawn()
    with gr.Column(visible=False) as panel:
        view = drawn()
        with gr.Accordion("Was it read wrongly?", open=False) as otherwise:
            with gr.Row():
                encoding = gr.Dropdown(
                    [(_FOUND, ""), *((name, name) for name in ENCODINGS)], value="", label="Encoding of the text"
                )
                delimiter = gr.Dropdown(
                    [(_FOUND, ""), *((name, name) for name in DELIMITERS)], value="", label="Columns are separated by"
                )
            with gr.Row():
                roles = [gr.Dropdown([(_FOUND, "")], value="", label=f"Column with the {role}") for role in ROLES]
        with gr.Accordion("Where does it come from, and what may it be used for?", open=True):
            with gr.Row():
                name = gr.Textbox(label="Name", max_length=120)
                owner = gr.Textbox(label="Owner", info="Who answers for this data", max_length=200)
            purpose = gr.Textbox(label="Purpose", info="What the model is to learn from it", max_length=500)
            with gr.Row():
                basis = gr.Dropdown(
                    [("not stated", ""), *((each, each) for each in LEGAL_BASES)], value="", label="Legal basis"
                )
                licence = gr.Textbox(label="Licence", max_length=200)
                keep_until = gr.Textbox(
                    label="Keep until", placeholder="2027-12-31", info="After this day nothing is trained from it"
                )
        with gr.Row():
            discard = gr.Button("Choose another file")
            confirm = gr.Button("Import these rows", variant="primary", interactive=False)
    said = [encoding, delimiter, *roles]

    def bring(caller: Caller, message: str) -> Iterator[tuple[Any, ...]]:
        unchanged = [gr.skip() for _ in said]
        if not message:
            yield "", gr.Column(visible=False), "", gr.skip(), gr.skip(), gr.skip(), *unchanged
            return
        upload_id, filename = _received(message)
        title = gr.Textbox(value=filename.rpartition(".")[0][:120] or filename)
        yield (
            drawing.notice("Looking at the file …"),
            gr.Column(visible=False),
            gr.skip(),
            gr.skip(),
            title,
            gr.skip(),
            *unchanged,
        )
        try:
            found = preview_upload(context, caller, upload_id=upload_id, filename=filename)
        except ApplianceError as error:
            # What somebody can say otherwise is asked for: the sentence tells them to choose it.
            asked = error.code in _CHOOSABLE
            yield (
                _refused(error),
                gr.Column(visible=asked),
                "",
                _cannot_be_read(),
                gr.skip(),
                gr.Accordion(open=asked),
                *unchanged,
            )
            return
        columns = [gr.update(choices=_columns(found), value="") for _ in ROLES]
        yield (
            "",
            gr.Column(visible=True),
            dataset_drawing.preview(found),
            _confirm(found),
            gr.skip(),
            gr.Accordion(open=any(source["reason"] for source in found["sources"])),
            gr.update(value=""),
            gr.update(value=""),
            *columns,
        )

    def read_again(caller: Caller, message: str, *values: str) -> tuple[Any, ...]:
        upload_id, filename = _received(message)
        try:
            found = preview_upload(context, caller, upload_id=upload_id, filename=filename, **_said(values))
        except ApplianceError as error:
            return _refused(error), "", _cannot_be_read(), *(gr.skip() for _ in ROLES)
        columns = [gr.update(choices=_columns(found)) for _ in ROLES]
        return "", dataset_drawing.preview(found), _confirm(found), *columns

    def keep(caller: Caller, message: str, prompt: str, *values: str) -> Iterator[tuple[Any, ...]]:
        upload_id, filename = _received(message)
        title, *origin = values[len(said) :]
        yield drawing.notice("Reading the rows, checking and encrypting them …"), gr.skip(), gr.Column(visible=False)
        try:
            made = import_dataset(
                context,
                caller,
                upload_id=upload_id,
                filename=filename,
                name=title,
                system_prompt=prompt,
                origin=Origin(
                    **dict(
                        zip(
                            ("owner", "purpose", "legal_basis", "licence", "keep_until"),
                            (each.strip() for each in origin),
                            strict=True,
                        )
                    )
                ),
                **_said(values[: len(said)]),
            )
        except ApplianceError as error:
            yield _refused(error), gr.skip(), gr.skip()
            return
        yield drawing.notice("The rows are imported, encrypted.", "good"), made.dataset.id, gr.skip()

    quiet: dict[str, Any] = {
        "api_visibility": "private",
        "show_progress": "hidden",
        "concurrency_id": "import",
        "concurrency_limit": 2,
    }
    looking = received.change(event(bring), received, [status, panel, view, confirm, name, otherwise, *said], **quiet)
    looking.failure(_not_read, outputs=status, api_visibility="private", show_progress="hidden")
    for field in said:
        field.input(
            event(_with_values(read_again, len(said))), [received, *said], [status, view, confirm, *roles], **quiet
        )
    keeping = confirm.click(
        event(_with_values(keep, len(said) + 6, "prompt")),
        [received, system_prompt, *said, name, owner, purpose, basis, licence, keep_until],
        [status, imported, panel],
        **quiet,
    )
    keeping.failure(_not_imported, outputs=status, api_visibility="private", show_progress="hidden")
    discard.click(_nothing, outputs=[received, status], api_visibility="private", show_progress="hidden")
    return BringPanel(status, imported)


def _received(message: str) -> tuple[str, str]:
    """Return upload id and file name out of what the page's script says. Raises `InputError`."""
    try:
        value = json.loads(message[:MAX_RECEIVED_CHARACTERS])
        upload_id, filename = value["id"], value["name"]
    except (ValueError, KeyError, TypeError):
        upload_id = filename = None
    if not isinstance(upload_id, str) or not isinstance(filename, str):
        raise InputError("upload.message")
    return upload_id, filename


def _said(values: tuple[str, ...]) -> dict[str, Any]:
    """Return encoding, separator and roles as somebody chose them; what was left alone is found."""
    encoding, delimiter, *columns = values
    return {
        "encoding": encoding or "",
        "delimiter": delimiter or "",
        "roles": {r: c for r, c in zip(ROLES, columns, strict=True) if c},
    }


def _columns(found: dict[str, Any]) -> list[tuple[str, str]]:
    names = dict.fromkeys(column for source in found["sources"] for column in source["columns"])
    return [(_FOUND, ""), *((name, name) for name in names)]


def _confirm(found: dict[str, Any]) -> gr.Button:
    clear = not any(source["reason"] for source in found["sources"])
    return gr.Button("Import these rows" if clear else "Import: say which column is which first", interactive=clear)


def _cannot_be_read() -> gr.Button:
    return gr.Button("Import: say how it is to be read first", interactive=False)


def _refused(error: ApplianceError) -> str:
    return drawing.notice(f"The file was not imported. {error.sentence}", "bad")


def _not_read() -> str:
    return drawing.notice("The file could not be looked at. Send it again.", "bad")


def _not_imported() -> str:
    return drawing.notice("The file was not imported, and nothing of it was kept.", "bad")


def _nothing() -> tuple[str, str]:
    return "", ""


def _with_values(handler: Any, count: int, *first: str) -> Any:
    """Return `handler`, which takes `*values`, with a signature that names `count` of them:

    Gradio counts what it must pass.
    """
    names = ["caller", "message", *first, *(f"value_{number}" for number in range(count))]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    handler.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])
    return handler
