"""The kernel's count of processes that it killed for memory."""

from pathlib import Path

from appliance.jobs.runner import count_memory_kills


def test_the_count_is_the_kernels(tmp_path: Path) -> None:
    """Where it keeps none, none was killed as far as anybody knows."""
    vmstat = tmp_path / "vmstat"
    assert count_memory_kills(vmstat) == 0
    vmstat.write_text("nr_free_pages 123\n", encoding="ascii")
    assert count_memory_kills(vmstat) == 0
    vmstat.write_text("nr_free_pages 123\noom_kill 4\nzswpin 9\n", encoding="ascii")
    assert count_memory_kills(vmstat) == 4


def test_this_machine_can_be_read() -> None:
    """Whatever it has counted."""
    assert count_memory_kills() >= 0
