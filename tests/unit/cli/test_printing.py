"""With JSON, one value on standard output and one object on standard error; without, sentences as they were written."""

import json
from typing import Any

import pytest

from appliance.cli.printing import Printer
from appliance.foundation.errors import InputError

ODD = "[bold]50 %[/bold] — „ä“ 1 of 2 \U0001f600"


def test_a_result_is_one_json_value_or_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Markup and numbers in it are only text."""
    Printer(as_json=True).result({"text": ODD}, "unseen")
    assert json.loads(capsys.readouterr().out) == {"text": ODD}
    Printer(as_json=False).result({"unseen": 1}, ODD)
    assert capsys.readouterr().out == ODD + "\n"


def test_a_table_is_a_list_or_columns_or_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """Only the columns that are asked for; nothing for a value that is absent."""
    rows: list[dict[str, Any]] = [
        {"id": "ds_1", "name": "staff", "rows": 12, "secret": "x"},
        {"id": "ds_2", "name": None, "rows": 0},
    ]
    Printer(as_json=True).table(rows, ["id"], "unseen")
    assert json.loads(capsys.readouterr().out) == rows
    Printer(as_json=False).table(rows, ["id", "name", "rows"], "unseen", {"id": "identifier"})
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["identifier", "name", "rows"], ["ds_1", "staff", "12"], ["ds_2", "0"]]
    Printer(as_json=False).table([], ["id"], "There is none. [Import] one.")
    assert capsys.readouterr().out == "There is none. [Import] one.\n"
    Printer(as_json=True).table([], ["id"], "unseen")
    assert json.loads(capsys.readouterr().out) == []


def test_markup_in_a_cell_is_only_text(capsys: pytest.CaptureFixture[str]) -> None:
    """What somebody called a dataset styles nothing and hides nothing."""
    Printer(as_json=False).table([{"name": "[red]x[/red] [/]"}], ["name"], "")
    assert "[red]x[/red] [/]" in capsys.readouterr().out


def test_an_error_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """As a sentence, or with its code."""
    error = InputError(ODD, code="very.special")
    Printer(as_json=False).error(error)
    Printer(as_json=True).error(error)
    shown = capsys.readouterr()
    assert shown.out == ""
    plain, told = shown.err.splitlines()
    assert plain == ODD
    assert json.loads(told) == {"error": {"code": "very.special", "sentence": ODD}}


def test_progress_is_silent_with_json_and_never_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """A script's output stays one value."""
    for as_json in (True, False):
        with Printer(as_json=as_json).progress() as progress:
            progress.update(progress.add_task("Training", total=2), completed=2)
        shown = capsys.readouterr()
        assert shown.out == ""
        assert ("Training" in shown.err) != as_json


def test_what_a_terminal_would_obey_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """A model's answer or a dataset's name moves no cursor, sets no title and turns no text around; JSON keeps it,
    escaped.
    """
    hostile = "a\x1b]0;title\x07b\x1b[2Jc\rd\x9be\u202ef\ud800g\nh\ti"
    shown = "a\ufffd]0;title\ufffdb\ufffd[2Jc\ufffdd\ufffde\ufffdf\ufffdg\nh"
    Printer(as_json=False).result({}, hostile)
    Printer(as_json=False).table([], [], hostile)
    Printer(as_json=False).table([{"name": hostile}], ["name"], "")
    Printer(as_json=False).error(InputError(hostile))
    printed = capsys.readouterr()
    assert printed.out.count(shown) == 3
    assert printed.err.startswith(shown)
    assert not any(letter in printed.out + printed.err for letter in "\x1b\x07\r\x9b\u202e\ud800")
    Printer(as_json=True).result(hostile, "")
    Printer(as_json=True).error(InputError(hostile))
    printed = capsys.readouterr()
    assert json.loads(printed.out) == hostile
    assert json.loads(printed.err)["error"]["sentence"] == hostile
    assert (printed.out + printed.err).isascii()
