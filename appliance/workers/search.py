"""Find the rows of datasets that speak of a person. Says which rows, never what they say."""

from pathlib import Path

from appliance.datasets import PARTS, read_part
from appliance.datasets.people import Hit, Hits, Person
from appliance.foundation.json_records import stored
from appliance.jobs.messages import Done, Progress, Ready
from appliance.jobs.starts.datasets import SearchStart
from appliance.workers.channel import WorkerChannel, run

MAX_NAMED_ROWS = 1000  # of one part


def search(channel: WorkerChannel, start: SearchStart) -> Done:
    """Read every part of each dataset version."""
    channel.send(Ready())
    person = Person(start.person)
    found: list[Hit] = []
    for number, dataset in enumerate(start.datasets, start=1):
        for part in PARTS:
            rows: list[int] = []
            count = 0
            key = dataset.part_keys[part]
            for conversation in read_part(Path(dataset.folder), dataset.dataset_id, dataset.dataset_version, part, key):
                if person.is_in(conversation):
                    count += 1
                    rows += [conversation.row] if len(rows) < MAX_NAMED_ROWS else []
            if count:
                found.append(Hit(dataset.dataset_version, part, count, tuple(rows), dataset.dataset_id))
        channel.send(Progress(step=number, steps=len(start.datasets)))
    return Done(result=stored(Hits(tuple(found))))


if __name__ == "__main__":
    run(SearchStart, search)
