"""The tables of the planner in the papers are what the code says."""

from pathlib import Path

from appliance.planning import gpu_table
from ops.bench.refusals import refusal_table

BENCH = Path(__file__).resolve().parents[3] / "ops" / "bench"


def test_every_case_is_refused_with_the_sentence_of_the_papers() -> None:
    """`python -m ops.bench.refusals` prints the table anew."""
    assert refusal_table() in (BENCH / "refusals.md").read_text(encoding="utf-8")


def test_the_table_of_gpus_is_that_of_the_code() -> None:
    """`appliance parameters --table` prints it, with all that fits and not only the most."""
    papers = (BENCH / "README.md").read_text(encoding="utf-8")
    for row in gpu_table():
        assert f"| {row.name} | {' | '.join(cell[0] if cell else '–' for cell in row.fitting)} |" in papers
