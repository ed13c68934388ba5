"""Measure what this machine computes in, and how fast, in about two seconds. Reads no data and holds no key."""

from appliance.foundation.json_records import stored
from appliance.jobs.messages import Done, Ready
from appliance.jobs.starts.machine import MeasureStart
from appliance.workers.channel import WorkerChannel, run


def measure(channel: WorkerChannel, start: MeasureStart) -> Done:
    """Return the compute type, GFLOP/s of its products and GB/s of copying; of a GPU its memory too."""
    del start
    from appliance.inference.compute_type import measure_speed  # noqa: PLC0415 - torch takes seconds to import

    channel.send(Ready())
    return Done(result=stored(measure_speed()))


if __name__ == "__main__":
    run(MeasureStart, measure)
