"""The sample dataset is what its program makes of the handbook."""

import runpy
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[3] / "ops" / "sample"


def test_the_sample_is_what_the_program_writes() -> None:
    program = runpy.run_path(str(SAMPLE / "make_handbook.py"))
    assert (SAMPLE / "handbook.csv").read_bytes() == program["render"]()
