"""Parse a sealed upload into encrypted parts. What comes in is hostile until checked, hence a worker without network or keys of others."""

from dataclasses import asdict
from pathlib import Path

from appliance.datasets import ColumnRoles, Conversation, check, parse_rows, write_dataset
from appliance.jobs.messages import Done, ParseStart, Ready
from appliance.vault.stream import SealContext, SealedReader
from appliance.workers.channel import WorkerChannel, run

UPLOAD_CONTEXT_NAME = "content"
MAX_REPORTED_FINDINGS = 50


class _Plaintext:
    """The upload's plaintext as a stream, decrypted chunk by chunk in memory."""

    def __init__(self, reader: SealedReader) -> None:
        self._reader = reader
        self._offset = 0

    def read(self, size: int = -1, /) -> bytes:
        piece = self._reader.read_at(self._offset, self._reader.size if size < 0 else size)
        self._offset += len(piece)
        return piece


def parse(channel: WorkerChannel, start: ParseStart) -> Done:
    """Read the upload and write the dataset into `start.output_folder`."""
    channel.send(Ready())
    context = SealContext("upload", start.upload_id, 1, UPLOAD_CONTEXT_NAME)
    with Path(start.upload_path).open("rb") as file:
        stream = _Plaintext(SealedReader(file, start.upload_key, context))
        conversations: list[Conversation] = list(parse_rows(stream, start.filename, ColumnRoles(**start.roles) if start.roles else None))
    findings = check(conversations)
    summary = write_dataset(Path(start.output_folder), start.dataset_id, start.dataset_version, conversations, start.part_keys)
    result = {
        **asdict(summary),
        "source_format": Path(start.filename).suffix.lstrip(".").lower() or "table",
        "problems": [asdict(found) for found in findings[:MAX_REPORTED_FINDINGS]],
    }
    return Done(result=result)


if __name__ == "__main__":
    run(ParseStart, parse)
