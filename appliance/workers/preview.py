"""Tell how a sealed upload would be understood, before it is imported."""

from appliance.datasets.parse import preview
from appliance.foundation.json_records import stored
from appliance.jobs.messages import Done, Ready
from appliance.jobs.starts.datasets import PreviewStart
from appliance.workers.channel import WorkerChannel, run
from appliance.workers.sealed_upload import choices_of, open_upload


def look(channel: WorkerChannel, start: PreviewStart) -> Done:
    """Read the beginning of each source."""
    channel.send(Ready())
    with open_upload(start.upload) as stream:
        return Done(result=stored(preview(stream, start.upload.filename, choices_of(start.upload), start.rows)))


if __name__ == "__main__":
    run(PreviewStart, look)
