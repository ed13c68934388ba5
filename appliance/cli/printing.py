"""How results look: JSON for programs, tables and sentences for people.

Names and answers come from files and models, which are not trusted: to a terminal they are text, never markup nor
control sequences.
"""

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from appliance.foundation.errors import ApplianceError

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Printer:
    """Prints one command's result. With `as_json` exactly one JSON value goes to standard output."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._console = Console(highlight=False, soft_wrap=True)

    def result(self, value: Any, sentence: str) -> None:
        """Print `value` as JSON, or `sentence`."""
        if self.as_json:
            sys.stdout.write(json.dumps(value) + "\n")
            sys.stdout.flush()  # `serve` goes on after it, and whoever started it waits for this line.
        else:
            self._console.print(plain(sentence))

    def table(self, rows: Sequence[dict[str, Any]], columns: dict[str, str], empty: str) -> None:
        """Print `rows` as JSON, or as a table with `columns` (key to heading); `empty` when there is none."""
        if self.as_json:
            self.result(list(rows), "")
        elif not rows:
            self._console.print(plain(empty))
        else:
            table = Table(*columns.values(), box=None, pad_edge=False)
            for row in rows:
                table.add_row(*(_cell(row.get(key)) for key in columns))
            self._console.print(table)

    def error(self, error: ApplianceError) -> None:
        """Print the sentence on standard error; with JSON, an object with the code too."""
        if self.as_json:
            sys.stderr.write(json.dumps({"error": {"code": error.code, "sentence": error.sentence}}) + "\n")
        else:
            sys.stderr.write(f"{plain(error.sentence)}\n")

    def note(self, sentence: str) -> None:
        """Print what has to be known beside a result, on standard error: also with JSON, where the result may have no
        place for it.
        """
        sys.stderr.write(f"{plain(sentence)}\n")

    def progress(self) -> Progress:
        """Return a progress bar with time left, on standard error, silent with JSON."""
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True, quiet=self.as_json),
        )


def plain(text: str) -> Text:
    """Return `text` as it is, but for what a terminal would obey (control characters) or could not show (lone
    surrogates).
    """
    return Text(_UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text))


def _cell(value: Any) -> Text:
    return plain("" if value is None else str(value))
