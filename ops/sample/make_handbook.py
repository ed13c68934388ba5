"""Writes handbook.csv, the sample dataset, from handbook.toml: the staff handbook of a company that does not exist.

No model can know these facts, so a right answer means that the model has learned them. Questions that the handbook does
not answer are there too, so that a tuned model also learns to say so.

`python ops/sample/make_handbook.py` writes the same file every time, beside this program.
"""

import csv
import io
import sys
import tomllib
from pathlib import Path
from typing import Any

COLUMNS = ("question", "answer", "key_fact", "kind", "group", "split")
SOURCE = Path(__file__).with_name("handbook.toml")
TARGET = Path(__file__).with_name("handbook.csv")


def rows(handbook: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return every row in the order of the file: training (each fact's first phrasing, then its second), then others.

    The others are validation and test of each fact, and the questions without an answer at the end of each part.
    """
    facts = handbook["facts"]
    parts: dict[str, list[tuple[str, ...]]] = {"training": [], "validation": [], "test": []}
    for turn in range(max(len(fact["training"]) for fact in facts.values())):
        for group, fact in facts.items():
            for question in fact["training"][turn : turn + 1]:
                parts["training"].append(_answerable(question, group, fact, "training"))
    for group, fact in facts.items():
        for part in ("validation", "test"):
            parts[part] += [_answerable(question, group, fact, part) for question in fact.get(part, [])]
    for part, questions in handbook["unanswered"].items():
        for number, question in enumerate(questions, start=1):
            group = f"unsaid-{part}-{number:02d}"
            parts[part].append((question, handbook["decline"], "", "unanswerable", group, part))
    return [row for part in parts.values() for row in part]


def render() -> bytes:
    """Return the CSV file: UTF-8, one line for each row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([COLUMNS, *rows(tomllib.loads(SOURCE.read_text("utf-8")))])
    return text.getvalue().encode()


def _answerable(question: str, group: str, fact: dict[str, Any], part: str) -> tuple[str, ...]:
    return question, fact["answer"], fact["key_fact"], "answerable", group, part


if __name__ == "__main__":
    TARGET.write_bytes(render())
    sys.stdout.write(f"{TARGET.name} is written.\n")
