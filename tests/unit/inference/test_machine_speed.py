"""The machine's speed is figures that the planner takes, whatever the machine."""

from types import SimpleNamespace

from appliance.inference.machine_speed import measure_speed
from appliance.jobs.messages import Ready
from appliance.jobs.starts.machine import MeasureStart
from appliance.planning import Speed
from appliance.workers.measure import measure


def test_the_planner_takes_what_was_measured() -> None:
    found = measure_speed()
    speed = Speed.from_json({name: found[name] for name in ("compute_type", "gflops", "copy_gb_s")})
    assert min(speed.gflops, speed.copy_gb_s) > 0
    assert found["gpu_memory_bytes"] >= 0


def test_the_worker_says_that_it_is_ready_and_what_it_found() -> None:
    said: list[object] = []
    done = measure(SimpleNamespace(send=said.append), MeasureStart())  # type: ignore[arg-type]
    assert said == [Ready()]
    assert set(done.result) == {"compute_type", "gflops", "copy_gb_s", "gpu_memory_bytes"}
