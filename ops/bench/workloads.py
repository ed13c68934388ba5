"""Chat data sets for speed measurements, made from the standard library's own docstrings: the same on each machine with
the same Python.

    python -m ops.bench.workloads FOLDER

shared   one system message before every question; answers of one sentence (as the public workload that a peer is
         measured on)
own      a system message of its own for every example, different from its first word on: nothing is shared but the
         template
long     the shared system message; the answer is a whole docstring, up to 1500 characters
turns    the shared system message; three questions and answers in one conversation

Writes NAME.jsonl (480 examples, 274 of long) and NAME-held.jsonl (60) of each.
"""

import argparse
import importlib
import inspect
import json
import random
import sys
import warnings
from pathlib import Path

SYSTEM = (
    "You are the documentation desk of a software house. Answer in the wording of the official documentation, in whole "
    "sentences. "
    "Never guess: when you do not know a name, say so, and say where one could look."
)
SKIPPED = {"antigravity", "this", "idlelib", "lib2to3", "test", "tkinter", "turtledemo", "turtle", "__main__"}
EXAMPLES, HELD_OUT, LONGEST = 480, 60, 1500
Message = dict[str, str]


def documented() -> list[tuple[str, str]]:
    """Return (qualified name, docstring) of the standard library's public callables, by name."""
    found = {}
    for name in sorted(sys.stdlib_module_names):
        if name in SKIPPED or name.startswith("_"):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module = importlib.import_module(name)
        except ImportError:  # an optional module that this Python lacks
            continue
        for attribute, value in sorted(vars(module).items()):
            if not attribute.startswith("_") and callable(value) and getattr(value, "__module__", None) == name:
                text = inspect.getdoc(value) or ""
                if len(text) >= 20 and text[0].isalpha():
                    found[f"{name}.{attribute}"] = text
    return sorted(found.items())


def sentence(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())[:240]


def asked(name: str, answer: str) -> list[Message]:
    return [{"role": "user", "content": f"What does {name} do?"}, {"role": "assistant", "content": answer}]


def conversations(kind: str) -> list[list[Message]]:
    """Return the conversations of one data set, shuffled the same way each time."""
    pairs = documented()
    random.Random(20261125).shuffle(pairs)
    shared = [{"role": "system", "content": SYSTEM}]
    if kind == "shared":
        return [shared + asked(name, sentence(text)) for name, text in pairs]
    if kind == "own":
        words = SYSTEM.split()
        made = []
        for number, (name, text) in enumerate(pairs):
            mixed = random.Random(number).sample(words, len(words))
            made.append([{"role": "system", "content": f"{number}: {' '.join(mixed)}"}, *asked(name, sentence(text))])
        return made
    if kind == "long":
        long = [(name, text) for name, text in pairs if len(text) >= 400]
        return [shared + asked(name, text[:LONGEST]) for name, text in long]
    turns = [pairs[at : at + 3] for at in range(0, len(pairs) - 2, 3)]
    return [shared + [message for name, text in three for message in asked(name, sentence(text))] for three in turns]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for kind in ("shared", "own", "long", "turns"):
        made = conversations(kind)
        for name, rows in ((kind, made[: min(EXAMPLES, len(made) - HELD_OUT)]), (f"{kind}-held", made[-HELD_OUT:])):
            lines = "".join(json.dumps({"messages": row}, ensure_ascii=False) + "\n" for row in rows)
            (options.folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
        print(f"{kind}: {len(made)} conversations available")


if __name__ == "__main__":
    main()
