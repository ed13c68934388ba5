"""Find the singular values of an adapter's update. They are sealed; what leaves are counts, shares and a sentence."""

import json
from pathlib import Path

from appliance.foundation.json_records import stored
from appliance.jobs.messages import Done, Ready
from appliance.jobs.starts.adapters import RanksStart
from appliance.vault.stream import SealContext, seal_file
from appliance.workers.access import read_adapter
from appliance.workers.channel import WorkerChannel, run

SPECTRUM_NAME = "spectrum.sealed"


def explain_rank(channel: WorkerChannel, start: RanksStart) -> Done:
    """Analyse each matrix of the adapter. Takes seconds: QR and a small SVD a matrix."""
    from appliance.training.rank_analysis import analyse_adapter  # noqa: PLC0415 - torch takes seconds to import

    files = read_adapter(start.adapter)
    channel.send(Ready())
    spectrum = analyse_adapter(files)
    data = json.dumps({"version": 1, "layers": stored(spectrum.by_layer())}).encode()
    seal_file(
        Path(start.job.folder) / SPECTRUM_NAME,
        data,
        start.job.key,
        SealContext("job", start.job.job_id, 1, SPECTRUM_NAME),
    )
    return Done(result=stored(spectrum.summary()))


if __name__ == "__main__":
    run(RanksStart, explain_rank)
