"""The commands about what is in a dataset: look before importing, what was found in the rows, and mending it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.cli.frame import AsJson, Frame, PassphraseFile
from appliance.foundation.errors import InputError

SHOWN_EXAMPLES = 5


def add_check_commands(group: typer.Typer, frame: Frame) -> None:
    """Register the commands."""

    @group.command()
    def preview(
        file: Path,
        encoding: str = "",
        delimiter: str = "",
        question: str = "",
        answer: str = "",
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Show how a file would be read, without importing it."""
        with frame(as_json, passphrase_file) as options:
            try:
                source = file.open("rb")
            except OSError as error:
                raise InputError("dataset.file", file_name=file.name, strerror=str(error.strerror)) from error
            roles = {key: value for key, value in (("question", question), ("answer", answer)) if value}
            with source, options.client() as client:
                upload_id = client.upload(source)
                found = client.perform(
                    "dataset.preview",
                    upload_id=upload_id,
                    filename=file.name,
                    encoding=encoding,
                    delimiter=delimiter,
                    roles=roles,
                )
            options.printer.result(
                found, "\n".join([line for each in found["sources"] for line in _source(each)] + found["unread"])
            )

    @group.command()
    def check(dataset: str, version: int = 0, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Show what was found in the rows of a dataset, and how each can be mended."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            found = client.perform("dataset.report", dataset_id=dataset, version=version)
            options.printer.result(found, "\n".join(report_lines(found)))

    @group.command()
    def fix(
        dataset: str,
        check: Annotated[str, typer.Option(help="What to mend: a check's name, as `dataset check` shows it.")] = "",
        action: Annotated[str, typer.Option(help="drop, mask, trim or merge.")] = "drop",
        row: Annotated[list[int] | None, typer.Option(help="Or: a row to drop. May be given again.")] = None,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Mend a dataset: makes a new version; the one before stays as it was."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            made = client.perform("dataset.revise", dataset_id=dataset, code=check, action=action, rows=row or [])
            options.printer.result(
                made, f"Version {made['version']} of {made['name']} is made: {made['changed']} rows changed."
            )

    @group.command("renew-keys")
    def renew_keys(dataset: str, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Write a dataset anew under new data keys; what the old keys open is shredded."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            made = client.perform("dataset.renew-keys", dataset_id=dataset)
            options.printer.result(
                made, f"{made['name']} has new keys, as version {made['version']}; the versions before are shredded."
            )


def add_person_commands(group: typer.Typer, frame: Frame) -> None:
    """Register the commands about a person's rows."""

    @group.command()
    def find(
        known: Annotated[list[str], typer.Argument(help="What is known: a name, an e-mail address, a number.")],
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Find the rows that speak of a person, and the adapters that learned from them."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            found = client.perform("person.find", person=known)
            options.printer.result(found, "\n".join(_places(found)))

    @group.command()
    def erase(
        known: Annotated[list[str], typer.Argument(help="What is known: a name, an e-mail address, a number.")],
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Erase a person: new versions without their rows, the old ones shredded, the adapters retired."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            done = client.perform("person.erase", person=known)
            lines = [f"{len(done['certificates'])} certificates: `appliance dataset certificate ID` prints them again."]
            options.printer.result(done, "\n".join([*_places(done), *(lines if done["datasets"] else [])]))


def _source(source: dict[str, Any]) -> list[str]:
    roles = ", ".join(f"{role}: {name}" for role, name in source["roles"].items()) or source["shape"]
    lines = [f"{source['name']}: {source['source_format']}, {source['note']}; {roles}"]
    lines += [source["reason"]] if source["reason"] else []
    for row in source["conversations"]:
        lines.append(
            f"  row {row['row']}: " + (row["problem"] or " | ".join(turn["content"] for turn in row["messages"]))
        )
    return lines


def report_lines(found: dict[str, Any]) -> list[str]:
    """Return what was found in the rows of a dataset, as lines."""
    lines = [f"{found['rows']:,} rows."]
    lines += [
        f"{each['name']}: {each['source_format']}, {each['note']}; {each['shape']}."
        for each in found.get("sources", [])
    ]
    lines += found.get("unread", [])
    left_out = found.get("left_out", {"count": 0, "rows": []})
    if left_out["count"]:
        lines.append(f"{left_out['count']:,} rows could not be used and were left out:")
        lines += [f"  {each['reason']}" for each in left_out["rows"][:SHOWN_EXAMPLES]]
    for check in found["checks"]:
        fixes = f" (fix: {', '.join(check['fixes'])})" if check["fixes"] else ""
        lines.append(f"{check['code']}: {check['count']:,} rows. {check['advice']}{fixes}")
        lines += [f"  {each['reason']}" for each in check["examples"][:SHOWN_EXAMPLES]]
    lines += [
        f"{kind}: {each['count']:,} ({each['action']})"
        for kind, each in found["personal_data"].items()
        if each["count"]
    ]
    return lines + list(found["notes"])


def _places(found: dict[str, Any]) -> list[str]:
    if not found["datasets"]:
        return ["No row of any dataset speaks of this person, in the ways of writing that were looked for."]
    lines = []
    for dataset in found["datasets"]:
        for place in dataset["places"]:
            rows = ", ".join(map(str, place["rows"][:20])) + (" …" if place["count"] > 20 else "")
            lines.append(
                f"{dataset['name']} ({dataset['id']}), version {place['version']}, {place['part']}: {place['count']} "
                f"rows ({rows})"
            )
    lines += [
        f"adapter {each['name']} ({each['id']}) learned from version {each['version']}" for each in found["adapters"]
    ]
    return lines
