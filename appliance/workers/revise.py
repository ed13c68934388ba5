"""Write the next version of a dataset: each row of the current one, mended."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from appliance.datasets import Conversation, read_all, write_dataset
from appliance.datasets.fixes import Fix, Fixing
from appliance.foundation.json_records import stored
from appliance.jobs.messages import Done, Ready
from appliance.jobs.starts.datasets import ReviseStart
from appliance.workers.channel import WorkerChannel, run
from appliance.workers.sealed_upload import screening_of


def revise(channel: WorkerChannel, start: ReviseStart) -> Done:
    """Find the rows by the checks that reported them, apply the fix, and check what comes out anew."""
    channel.send(Ready())
    source = start.dataset

    def rows() -> Iterator[Conversation]:
        return read_all(Path(source.folder), source.dataset_id, source.dataset_version, source.part_keys)

    seen = screening_of(start.screening)
    if start.code:
        for _row in seen.watch(rows()):
            pass
    fixing = Fixing(Fix(start.code, start.action, start.rows, start.person), seen)
    screening = screening_of(start.screening)
    summary = write_dataset(
        Path(start.output_folder),
        source.dataset_id,
        source.dataset_version + 1,
        screening.watch(fixing.apply(rows())),
        start.part_keys,
        placed=screening.place,
    )
    return Done(result={**asdict(summary), "report": stored(screening.report()), "changed": fixing.changed})


if __name__ == "__main__":
    run(ReviseStart, revise)
