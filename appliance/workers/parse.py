"""Parse a sealed upload, hostile until checked, into encrypted parts, without network or the keys of others."""

from dataclasses import asdict, replace
from pathlib import Path

from appliance.datasets import write_dataset
from appliance.datasets.parse import Reading
from appliance.datasets.report import Split
from appliance.datasets.splits import DEFAULT_SHARES
from appliance.foundation.json_records import stored
from appliance.jobs.messages import Done, Ready
from appliance.jobs.starts.datasets import ParseStart
from appliance.workers.channel import WorkerChannel, run
from appliance.workers.sealed_upload import choices_of, open_upload, screening_of


def parse(channel: WorkerChannel, start: ParseStart) -> Done:
    """Read the upload and write the dataset into `start.output_folder`."""
    channel.send(Ready())
    screening = screening_of(start.screening)
    with open_upload(start.upload) as stream:
        reading = Reading(stream, start.upload.filename, choices_of(start.upload))
        summary = write_dataset(
            Path(start.output_folder),
            start.dataset_id,
            start.dataset_version,
            screening.watch(reading.in_blocks()),
            start.part_keys,
            seed=start.seed,
            joined=screening.joined,
            placed=screening.place,
        )
    report = screening.report().read_as(replace(reading.report(), split=Split(start.seed, DEFAULT_SHARES)))
    return Done(result={**asdict(summary), "source_format": reading.source_format, "report": stored(report)})


if __name__ == "__main__":
    run(ParseStart, parse)
