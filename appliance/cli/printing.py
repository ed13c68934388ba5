"""How results look: JSON for programs, tables and sentences for people.

Names and answers come from files and models, which are not trusted: to a terminal they are text, never markup nor
control sequences.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from appliance.foundation.errors import ApplianceError
from appliance.foundation.messages import has_message, message, t

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_WHOLE = frozenset({"id", "slot", "what"})  # columns with what has to be typed: neither cut nor broken
_COUNTS = frozenset({"rows", "training_rows", "test_rows", "parameters", "copies", "full", "adapter"})
_CODES: Mapping[str, Callable[[str], tuple[str, ...]]] = {  # the messages of a column's codes
    "kind": lambda code: (f"job-kind-{code}", f"code-{code}"),
    "state": lambda code: (f"state-{code}", f"code-{code}"),
    "role": lambda code: (f"role-{code}",),
}
_GAP = 2  # between two columns


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

    def table(
        self,
        rows: Sequence[Mapping[str, Any]],
        columns: Sequence[str],
        empty: str,
        headings: Mapping[str, str] | None = None,
        value: Any = None,
    ) -> None:
        """Print `rows` as a table of `columns`, `empty` when there is none; or `value`, by default the rows, as JSON.

        The heading of a column is the message `heading-<key>`, unless `headings` has it. Where the terminal is too
        narrow for whole words side by side, each row becomes a block with a line for each column.
        """
        if self.as_json:
            self.result(list(rows) if value is None else value, "")
        elif not rows:
            self._console.print(plain(empty))
        else:
            titles = [plain((headings or {}).get(key) or t(f"heading-{key}")) for key in columns]
            cells = [[_cell(key, row.get(key)) for key in columns] for row in rows]
            widths = _least_widths(columns, [titles, *cells])
            if sum(widths) + _GAP * len(widths) > self._console.width:
                self._console.print(Text("\n\n").join(_block(titles, each) for each in cells))
                return
            table = Table(box=None, pad_edge=False)
            for key, title, width in zip(columns, titles, widths, strict=True):
                table.add_column(title, no_wrap=key in _WHOLE, min_width=width)
            for each in cells:
                table.add_row(*each)
            self._console.print(table, width=self._console.width)

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
            TextColumn(t("progress-left")),
            TimeRemainingColumn(),
            console=Console(stderr=True, quiet=self.as_json),
        )


def plain(text: str) -> Text:
    """Return `text` without what a terminal would obey (control characters) or could not show (lone surrogates)."""
    return Text(_UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text))


def shown_code(column: str, value: str) -> str:
    """Return what people call a code of this column, or the code where they call it nothing else."""
    names = _CODES[column](value) if column in _CODES else ()
    return next((t(name) for name in names if has_message(name)), value)


def _cell(column: str, value: Any) -> Text:
    if value is None:
        return plain("")
    if column in _COUNTS and isinstance(value, int):
        return plain(str(message("cell-count", number=value)))
    return plain(shown_code(column, value) if isinstance(value, str) else str(value))


def _least_widths(columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> list[int]:
    """Return the widths at which no word is broken, and no column that has to be whole."""
    return [
        max(cell.cell_len if key in _WHOLE else max(map(len, cell.plain.split()), default=0) for cell in column)
        for key, column in zip(columns, zip(*rows, strict=True), strict=True)
    ]


def _block(titles: Sequence[Text], cells: Sequence[Text]) -> Text:
    lines = (Text.assemble(title, ": ", cell) for title, cell in zip(titles, cells, strict=True) if cell.plain)
    return Text("\n").join(lines)
