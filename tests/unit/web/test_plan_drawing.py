"""What is drawn of a plan says its figures in words too, to scale, on one line, escaped."""

import re

from appliance.planning import Machine, MemorySplit
from appliance.web.plan_drawing import fit_bar, gpu_fits, low_rank, memory_bar

GB = 10**9
SPLIT = MemorySplit(runtime=GB, mapped=0, weights=2 * GB, adapters=0, gradients=GB, optimiser=GB, activations=3 * GB)


def test_the_bar_is_to_scale_and_said_in_words() -> None:
    drawn = memory_bar("Memory", SPLIT, 16 * GB)
    assert 'aria-label="Memory: 6.8 GB to 9.6 GB of 16 GB"' in drawn
    widths = [float(width) for width in re.findall(r'class="part \w+" style="width:([\d.]+)%"', drawn)]
    assert sum(widths) == 50.0
    assert "adapters" not in drawn
    assert "\n" not in drawn


def test_a_model_that_does_not_fit_says_so_and_names_are_escaped() -> None:
    machine = Machine(4 * GB, GB, 2)
    assert "does not fit this machine: 4 GB" in fit_bar("<b>x</b>", None, machine, "")
    assert "&lt;b&gt;" in fit_bar("<b>x</b>", SPLIT, machine, "it is")


def test_the_matrices_are_to_scale() -> None:
    drawn = low_rank(1000, 500, 100)
    sides = re.findall(r'<rect class="(\w+)"[^>]* width="([\d.]+)" height="([\d.]+)"', drawn)
    assert sides == [("frozen", "115.0", "230.0"), ("learned", "23.0", "230.0"), ("learned", "115.0", "23.0")]
    assert "150,000" in drawn


def test_a_rank_of_one_can_still_be_seen() -> None:
    assert 'width="5.0"' in low_rank(4096, 4096, 1)


def test_the_gpu_table_has_a_row_for_each_model() -> None:
    assert gpu_fits(("Model", "8 GB"), [("0.1B", ["full"]), ("70B", ["–"])]).count("<tr>") == 3
