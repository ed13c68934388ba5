"""The measured speed is what the planner reads, on any machine."""

from types import SimpleNamespace

from appliance.inference.compute_type import measure_speed
from appliance.jobs.messages import Ready
from appliance.jobs.starts.machine import MeasureStart
from appliance.planning import Speed
from appliance.workers.measure import measure


def test_the_planner_reads_the_measured_speed() -> None:
    measured = measure_speed()
    speed = Speed(measured.compute_type, measured.gflops, measured.copy_gb_s).verified()
    assert min(speed.gflops, speed.copy_gb_s) > 0
    assert measured.gpu_memory_bytes >= 0


def test_the_worker_reports_that_it_is_ready_and_what_it_measured() -> None:
    sent: list[object] = []
    done = measure(SimpleNamespace(send=sent.append), MeasureStart())  # type: ignore[arg-type]
    assert sent == [Ready()]
    assert set(done.result) == {"compute_type", "gflops", "copy_gb_s", "gpu_memory_bytes"}
