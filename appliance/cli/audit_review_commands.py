"""`appliance audit reviews` and `sign-off`: which entries an auditor has looked at, and that he did (NIST SP 800-53
AU-6).
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.cli.frame import AsJson, Frame, PassphraseFile
from appliance.cli.passphrase import find_password
from appliance.foundation.errors import ConflictError

_REVIEWED = {
    "sequence": "#",
    "who": "who",
    "first": "from entry",
    "last": "to entry",
    "note_state": "note is",
    "note": "note",
}


def add_review_commands(group: typer.Typer, frame: Frame) -> None:
    """Register the commands."""

    @group.command()
    def reviews(passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """List the latest reviews, and which entries nobody has reviewed yet."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            found = client.perform("audit.reviews")
            if as_json:
                options.printer.result(found, "")
                return
            options.printer.table(found["reviews"], _REVIEWED, "There is no review yet.")
            options.printer.result(found, "\n".join(_open(found)))

    @group.command("sign-off")
    def sign_off(
        auditor: Annotated[str, typer.Argument(help="Who reviewed: the name of an account with the role auditor.")],
        note: Annotated[str, typer.Option(help="What was looked for, and what was found.")],
        first: Annotated[
            int | None, typer.Option(help="From this entry. Without: the first that nobody has reviewed.")
        ] = None,
        last: Annotated[int | None, typer.Option(help="To this entry, included. Without: the last of those.")] = None,
        password_file: Annotated[Path | None, typer.Option(help="Read the auditor's password from this file.")] = None,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Sign off a review of the log, with the auditor's own password."""
        with frame(as_json, passphrase_file) as options:
            password = find_password(password_file, auditor)
            with options.client() as client:
                if first is None or last is None:
                    opened = _first_open(client.perform("audit.reviews"))
                    first, last = (
                        (opened["first"] if first is None else first),
                        (opened["last"] if last is None else last),
                    )
                made = client.perform(
                    "audit.sign-off", name=auditor, password=password, first=first, last=last, note=note
                )
            options.printer.result(
                made, f"Signed off: entries {made['first']} to {made['last']}, {made['entries']} of them."
            )


def _first_open(found: dict[str, Any]) -> dict[str, Any]:
    """Return the first run of entries that nobody has reviewed. Raises `ConflictError`."""
    if not found["open"]:
        raise ConflictError("audit.reviewed")
    opened: dict[str, Any] = found["open"][0]
    return opened


def _open(found: dict[str, Any]) -> list[str]:
    """Return a line for each run of entries that nobody has reviewed."""
    said = (
        "Nobody has reviewed entries {first} to {last} yet: {entries}, of which {denied} denied, {failed} failed, "
        "{looks} looks at the log."
    )
    return [said.format(**each) for each in found["open"]] or ["Every entry was reviewed."]
