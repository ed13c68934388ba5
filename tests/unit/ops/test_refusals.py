"""The table of refusals in the papers is what the code says."""

from pathlib import Path

from ops.bench.refusals import refusal_table

TABLE = Path(__file__).resolve().parents[3] / "ops" / "bench" / "refusals.md"


def test_every_case_is_refused_with_the_sentence_of_the_papers() -> None:
    """`python -m ops.bench.refusals` prints the table anew."""
    assert refusal_table() in TABLE.read_text(encoding="utf-8")
