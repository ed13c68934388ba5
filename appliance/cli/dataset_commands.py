"""The commands about datasets: import, look, and shred."""

from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.cli.frame import AsJson, Frame, PassphraseFile
from appliance.cli.new_file import NewFile, keep
from appliance.foundation.errors import InputError

Certificate = Annotated[Path | None, typer.Option(help="Write the certificate to this new file (0600).")]


def add_dataset_commands(group: typer.Typer, frame: Frame) -> None:
    """Register the commands."""

    @group.command("import")
    def import_(
        file: Path,
        name: str = "",
        question: Annotated[str, typer.Option(help="The column with the questions.")] = "",
        answer: Annotated[str, typer.Option(help="The column with the answers.")] = "",
        system_prompt: str = "",
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Import a CSV or JSONL file, encrypted as it is read."""
        with frame(as_json, passphrase_file) as options:
            try:
                source = file.open("rb")
            except OSError as error:
                raise InputError(f"The file {file.name} cannot be read: {error.strerror}.", code="dataset.file") from error
            roles = {key: value for key, value in (("question", question), ("answer", answer)) if value}
            with source, options.client() as client:
                upload_id = client.upload(source)
                dataset = client.perform(
                    "dataset.import", upload_id=upload_id, filename=file.name, name=name, roles=roles, system_prompt=system_prompt
                )
            sentence = (
                f"{dataset['name']} is imported, encrypted, as {dataset['id']}: {dataset['training_rows']} rows to train on, "
                f"{dataset['validation_rows']} to validate, {dataset['test_rows']} held out."
            )
            options.printer.result(dataset, "\n".join([sentence, *(f"{each['reason']} {each['fix']}" for each in dataset["problems"])]))

    @group.command("list")
    def list_(passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """List the datasets."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            columns = {
                "id": "id",
                "name": "name",
                "rows": "rows",
                "training_rows": "to train on",
                "test_rows": "held out",
                "state": "state",
            }
            options.printer.table(client.perform("dataset.list"), columns, "There is no dataset yet: `appliance dataset import FILE`.")

    @group.command()
    def show(dataset: str, part: str = "training", rows: int = 5, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Show a dataset and its first rows."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            found = client.perform("dataset.show", dataset_id=dataset, part=part, rows=rows)
            lines = [f"row {row['row']}: " + " | ".join(turn["content"] for turn in row["messages"]) for row in found["preview"]]
            options.printer.result(found, "\n".join([f"{found['name']}: {found['rows']} rows", *lines]))

    @group.command()
    def shred(dataset: str, out: Certificate = None, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Make a dataset unreadable for good, and certify it."""
        with frame(as_json, passphrase_file) as options, NewFile(out) as file, options.client() as client:
            done = client.perform("dataset.shred", dataset_id=dataset)
            if file is not None:
                keep(file, done["note"])
            options.printer.result(done, f"The dataset {dataset} is shredded. What that cannot reach:\n{_not_reached(done)}")

    @group.command()
    def certificate(dataset: str, out: Certificate = None, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Print the signed certificate of a dataset that was shredded."""
        with frame(as_json, passphrase_file) as options, NewFile(out) as file, options.client() as client:
            found = client.perform("dataset.certificate", dataset_id=dataset)
            if file is not None:
                keep(file, found["note"])
            options.printer.result(found, found["note"].rstrip("\n"))


def _not_reached(done: dict[str, Any]) -> str:
    return "\n".join(f"- {sentence}" for sentence in done["certificate"]["not_reached"])
