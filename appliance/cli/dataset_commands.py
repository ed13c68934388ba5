"""The commands about datasets: import, look, and shred."""

from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.cli.dataset_check_commands import report_lines
from appliance.cli.frame import AsJson, Frame, PassphraseFile
from appliance.cli.new_file import NewFile, keep
from appliance.foundation.errors import InputError

_ORIGIN = ("purpose", "owner", "licence", "legal_basis", "keep_until")
Purpose = Annotated[str, typer.Option(help="What a model is to learn from it.")]
Owner = Annotated[str, typer.Option(help="Who answers for the data.")]
Licence = Annotated[str, typer.Option(help="Under which licence it may be used.")]
LegalBasis = Annotated[str, typer.Option(help="Of GDPR article 6(1): consent, contract ..., or: not personal data.")]
KeepUntil = Annotated[str, typer.Option(help="The last day on which it may be trained on, as in 2027-12-31.")]
Certificate = Annotated[Path | None, typer.Option(help="Write the certificate to this new file (0600).")]


def add_dataset_commands(group: typer.Typer, frame: Frame) -> None:  # noqa: PLR0915 - one short function for each command
    """Register the commands."""

    @group.command("import")
    def import_(
        file: Path,
        name: str = "",
        question: Annotated[str, typer.Option(help="The column with the questions.")] = "",
        answer: Annotated[str, typer.Option(help="The column with the answers.")] = "",
        system_prompt: str = "",
        encoding: Annotated[
            str, typer.Option(help="The encoding of a text file, when it is not found by itself.")
        ] = "",
        delimiter: Annotated[
            str, typer.Option(help="commas, semicolons, tabs or bars, when it is not found by itself.")
        ] = "",
        model: Annotated[
            str, typer.Option(help="The model in whose tokens rows are counted; the newest when not given.")
        ] = "",
        seed: Annotated[int, typer.Option(help="Which rows are set aside: the same seed, the same rows.")] = 0,
        purpose: Purpose = "",
        owner: Owner = "",
        licence: Licence = "",
        legal_basis: LegalBasis = "",
        keep_until: KeepUntil = "",
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Import a table, JSON, an Excel workbook, Parquet, or a ZIP of these; encrypted as it is read."""
        with frame(as_json, passphrase_file) as options:
            try:
                source = file.open("rb")
            except OSError as error:
                raise InputError("dataset.file", file_name=file.name, strerror=str(error.strerror)) from error
            roles = {key: value for key, value in (("question", question), ("answer", answer)) if value}
            with source, options.client() as client:
                upload_id = client.upload(source)
                dataset = client.perform(
                    "dataset.import",
                    upload_id=upload_id,
                    filename=file.name,
                    name=name,
                    roles=roles,
                    system_prompt=system_prompt,
                    encoding=encoding,
                    delimiter=delimiter,
                    model_id=model,
                    seed=seed,
                    origin=_given(
                        purpose=purpose, owner=owner, licence=licence, legal_basis=legal_basis, keep_until=keep_until
                    ),
                )
            sentence = (
                f"{dataset['name']} is imported, encrypted, as {dataset['id']}: {dataset['training_rows']} rows to "
                "train on, "
                f"{dataset['validation_rows']} to validate, {dataset['test_rows']} held out."
            )
            options.printer.result(dataset, "\n".join([sentence, *report_lines(dataset["report"])]))

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
                "keep_until": "keep until",
                "hold_reason": "on hold",
                "state": "state",
            }
            options.printer.table(
                client.perform("dataset.list"), columns, "There is no dataset yet: `appliance dataset import FILE`."
            )

    @group.command()
    def show(
        dataset: str,
        part: str = "training",
        rows: int = 5,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Show a dataset and its first rows."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            found = client.perform("dataset.show", dataset_id=dataset, part=part, rows=rows)
            lines = [
                f"row {row['row']}: " + " | ".join(turn["content"] for turn in row["messages"])
                for row in found["preview"]
            ]
            options.printer.result(found, "\n".join([f"{found['name']}: {found['rows']} rows", *lines]))

    @group.command()
    def shred(
        dataset: str, out: Certificate = None, passphrase_file: PassphraseFile = None, as_json: AsJson = False
    ) -> None:
        """Make a dataset unreadable for good, and certify it."""
        with frame(as_json, passphrase_file) as options, NewFile(out) as file, options.client() as client:
            done = client.perform("dataset.shred", dataset_id=dataset)
            if file is not None:
                keep(file, done["note"])
            options.printer.result(
                done, f"The dataset {dataset} is shredded. What that cannot reach:\n{_not_reached(done)}"
            )

    @group.command()
    def certificate(
        dataset: str, out: Certificate = None, passphrase_file: PassphraseFile = None, as_json: AsJson = False
    ) -> None:
        """Print the signed certificate of a dataset that was shredded."""
        with frame(as_json, passphrase_file) as options, NewFile(out) as file, options.client() as client:
            found = client.perform("dataset.certificate", dataset_id=dataset)
            if file is not None:
                keep(file, found["note"])
            options.printer.result(found, found["note"].rstrip("\n"))

    @group.command()
    def origin(
        dataset: str,
        purpose: Purpose = "",
        owner: Owner = "",
        licence: Licence = "",
        legal_basis: LegalBasis = "",
        keep_until: KeepUntil = "",
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Say where a dataset comes from, what it may be used for, and until when."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            given = _given(
                purpose=purpose, owner=owner, licence=licence, legal_basis=legal_basis, keep_until=keep_until
            )
            told = client.perform("dataset.describe", dataset_id=dataset, **given)
            lines = (f"{name.replace('_', ' ')}: {told[name] or 'not stated'}" for name in _ORIGIN)
            options.printer.result(told, "\n".join(lines))

    @group.command()
    def hold(
        dataset: str,
        reason: Annotated[str, typer.Option(help="Why it must be kept.")],
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Put a dataset on legal hold: nothing of it can be shredded."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            told = client.perform("dataset.hold", dataset_id=dataset, reason=reason)
            options.printer.result(
                told, f"{told['name']} is on legal hold: nothing of it is shredded until it is released."
            )

    @group.command()
    def release(dataset: str, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """End a legal hold."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            told = client.perform("dataset.release", dataset_id=dataset)
            options.printer.result(told, f"{told['name']} is released from the legal hold.")

    @group.command()
    def versions(dataset: str, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """List the versions of a dataset, with the adapters made from each."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            found = client.perform("dataset.versions", dataset_id=dataset)
            rows = [{**each, "made": ", ".join(adapter["name"] for adapter in each["adapters"])} for each in found]
            columns = {
                "version": "version",
                "change": "what was changed",
                "rows": "rows",
                "state": "state",
                "made": "adapters",
            }
            options.printer.table(rows, columns, "There is no version.")


def _given(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _not_reached(done: dict[str, Any]) -> str:
    return "\n".join(f"- {sentence}" for sentence in done["certificate"]["not_reached"])
