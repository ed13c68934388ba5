"""The steps Task and Data: a file is brought, read, imported and mended."""

import json
from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest
from driven_page import DrivenPage

CANARY = "zebra-quartz-41977"
IMPORT = "Import these rows"
BOLD = b"question,answer\n" + b"".join(f"What is <b>{each}</b>?,It is {each}.\n".encode() for each in range(9))
Send = Callable[..., None]


@pytest.fixture
def data(wizard: DrivenPage) -> DrivenPage:
    """The wizard at its step Data."""
    wizard.turn_to("Data")
    return wizard


def newest(world: Any) -> dict[str, Any]:
    """Return the dataset that was imported last."""
    made: dict[str, Any] = world.do("dataset.list")[-1]
    return made


def counted(wizard: DrivenPage) -> str:
    """Return what the list of datasets says of the chosen one."""
    listed = wizard.field("Dataset")
    return next(text for text, value in listed.choices if value == listed.value)


def test_nothing_of_a_row_is_on_the_page_before_it_is_asked_for(wizard: DrivenPage) -> None:
    assert CANARY not in wizard.said
    for step in ("Task", "Data", "Model", "Train", "Results"):
        wizard.turn_to(step)
        assert CANARY not in wizard.text()


def test_a_task_brings_its_advice_and_its_system_prompt(wizard: DrivenPage) -> None:
    wizard.turn_to("Task")
    assert "If the facts change every week" in wizard.text()
    wizard.choose("Task", "sort")
    assert "With a few clearly named categories" in wizard.text()
    assert wizard.field("System prompt").value.startswith("You sort what you are given")
    wizard.press("Continue to the data")
    assert wizard.step == "Data"


def test_a_file_is_shown_as_it_would_be_read_and_imported_when_that_is_confirmed(
    data: DrivenPage, world: Any, send: Send
) -> None:
    send(data)
    assert "Reading the file …" in data.said
    assert CANARY in data.text()
    assert "UTF-8" in data.text()
    assert data.field("Name").value == "again"
    data.fill("Name", "Desk answers")
    data.press(IMPORT)
    assert "Importing: the rows are being checked" in data.said
    assert "The rows were imported and encrypted." in data.text()
    assert data.field("Dataset").value == newest(world)["id"]
    assert counted(data) == "Desk answers (12 rows)"
    assert CANARY in data.text()
    assert data.button("Continue to the model").interactive
    assert IMPORT not in data.buttons()


def test_the_system_prompt_goes_with_the_rows(wizard: DrivenPage, world: Any, send: Send) -> None:
    wizard.turn_to("Task")
    wizard.fill("System prompt", "You answer for us.")
    send(wizard)
    wizard.press(IMPORT)
    assert newest(world)["system_prompt"] == "You answer for us."


def test_a_new_file_hides_the_dataset_that_was_shown(data: DrivenPage, world: Any, send: Send) -> None:
    data.choose("Dataset", world.ids["dataset"])
    assert CANARY in data.text()
    assert "Versions of this dataset" in data.text()
    send(data, b"%PDF-1.7", "bad.csv")
    assert CANARY not in data.text()
    assert "Versions of this dataset" not in data.text()
    assert data.field("Dataset").value is None
    assert not data.button("Continue: bring or choose data first").interactive


def test_columns_that_cannot_be_told_are_asked_for(data: DrivenPage, world: Any, send: Send) -> None:
    send(data, b"one;two\nq;<b>a</b>\n")
    assert not data.button("Import: choose the columns first").interactive
    assert data.field("Was the file read incorrectly?").open
    assert "&lt;b&gt;a&lt;/b&gt;" in data.text()
    assert "<b>a" not in data.text()
    data.choose("Columns are separated by", "semicolons")
    data.choose("Column: question", "one")
    assert not data.button("Import: choose the columns first").interactive
    assert "answer" in data.text()
    data.choose("Column: answer", "two")
    assert data.button(IMPORT).interactive
    data.press(IMPORT)
    assert newest(world)["rows"] == 1
    assert counted(data) == "again (one row)"


def test_an_encoding_that_there_is_not_is_refused(data: DrivenPage, send: Send) -> None:
    send(data)
    data.fill("Text encoding", "rot13")  # not offered: said by something other than our page
    assert "The file was not imported." in data.text()
    assert not data.button("Import: choose how the file is read first").interactive


def test_where_it_comes_from_is_checked(data: DrivenPage, world: Any, send: Send) -> None:
    before = len(world.do("dataset.list"))
    send(data)
    data.fill("Keep until", "some day")
    data.press(IMPORT)
    assert "The file was not imported." in data.text()
    assert "2027-12-31" in data.text()
    assert len(world.do("dataset.list")) == before


def test_what_should_be_gone_by_now_is_said(data: DrivenPage, world: Any, send: Send) -> None:
    send(data)
    data.fill("Keep until", "2020-01-01")
    data.press(IMPORT)
    assert data.field("Dataset").value == newest(world)["id"]
    assert "2020-01-01" in data.text()


def test_where_it_comes_from_is_kept(data: DrivenPage, world: Any, send: Send) -> None:
    send(data)
    for label, value in (
        ("Owner", "HR"),
        ("Purpose", "desk answers"),
        ("Licence", "ours"),
        ("Keep until", "2099-12-31"),
    ):
        data.fill(label, value)
    data.choose("Legal basis", "contract")
    data.press(IMPORT)
    names = ("owner", "purpose", "legal_basis", "licence", "keep_until")
    assert [newest(world)[name] for name in names] == ["HR", "desk answers", "contract", "ours", "2099-12-31"]


def test_what_was_found_in_the_rows_is_shown_and_mended_by_a_click(data: DrivenPage, world: Any, send: Send) -> None:
    send(data, BOLD, "bold.csv")
    data.press(IMPORT)
    assert "HTML" in data.text()
    assert "<b>" not in data.text()
    fix = next(label for label in data.buttons() if label.startswith("Correct: HTML"))
    assert "(9 rows)" in fix
    data.press(fix)
    assert "Version 2 was created: 9 rows changed." in data.text()
    assert fix not in data.buttons()
    assert newest(world)["version"] == 2


def test_the_list_counts_the_rows_that_a_mending_left(data: DrivenPage, world: Any, send: Send) -> None:
    send(data, BOLD + b"What is 1?,It is 1.\n" * 3, "many.csv")
    data.press(IMPORT)
    before = newest(world)["rows"]
    assert counted(data) == f"many ({before} rows)"
    data.press(next(label for label in data.buttons() if label.startswith("Drop rows: ")))
    after = newest(world)["rows"]
    assert after < before
    assert counted(data) == f"many ({after} rows)"


def test_single_rows_are_dropped_by_their_numbers(data: DrivenPage, world: Any, send: Send) -> None:
    """So that of two answers to one question the right one can stay."""
    table = BOLD.replace(b"<b>", b"").replace(b"</b>", b"") + b"What is 1?,No.\n"
    send(data, table, "twice.csv")
    data.press(IMPORT)
    assert "ifferent" in data.text()
    rows = newest(world)["rows"]
    data.fill("Drop rows by number", "11")
    data.press("Drop these rows")
    assert "Version 2 was created: one row changed." in data.text()
    assert newest(world)["rows"] == rows - 1
    assert data.field("Drop rows by number").value == ""
    for wrong in ("", "eleven", "1-3"):
        data.fill("Drop rows by number", wrong)
        with pytest.raises(gr.Error, match="Enter row numbers separated by commas"):
            data.press("Drop these rows")
    assert newest(world)["version"] == 2


def test_a_bad_file_leaves_its_sentence(data: DrivenPage, send: Send) -> None:
    send(data, b"%PDF-1.7", "bad.csv")
    assert "The file was not imported." in data.text()
    assert IMPORT not in data.buttons()


def test_an_upload_that_is_gone_leaves_its_sentence(data: DrivenPage) -> None:
    data.receive("upload-received", json.dumps({"id": "up_00000000000000000000", "name": "x"}))
    assert "The file was not imported. This upload no longer exists" in data.text()


def test_what_was_read_in_the_wrong_way_can_be_said(data: DrivenPage, send: Send) -> None:
    """The sentence asks for the encoding, so the field for it is there, and open."""
    send(data, "question,answer\nWo?,Für alle\n".encode("cp1252") + "Wann?,Ärger\n".encode(), "mixed.csv")
    assert "encoding" in data.text()
    assert data.field("Was the file read incorrectly?").open
    assert not data.button("Import: choose how the file is read first").interactive
    data.choose("Text encoding", "Windows-1252")
    assert data.button(IMPORT).interactive


@pytest.mark.parametrize("message", ["{", "[]", '{"id": 1, "name": "x"}', '{"id": "x"}'])
def test_an_upload_message_that_is_none_is_refused(data: DrivenPage, message: str) -> None:
    with pytest.raises(gr.Error, match="Reload the page and send the file again"):
        data.receive("upload-received", message)
    assert "The file could not be read. Send it again." in data.text()


def test_another_file_is_chosen(data: DrivenPage, send: Send) -> None:
    send(data)
    data.press("Choose another file")
    assert IMPORT not in data.buttons()
    assert CANARY not in data.text()


def test_data_is_picked(data: DrivenPage, world: Any) -> None:
    data.choose("Dataset", world.ids["dataset"])
    assert CANARY in data.text()
    data.press("Continue to the model")
    assert data.step == "Model"


def test_without_data_nobody_goes_on(data: DrivenPage) -> None:
    data.fill("Dataset", None)
    assert not data.button("Continue: bring or choose data first").interactive
    assert "Drop these rows" not in data.buttons()
