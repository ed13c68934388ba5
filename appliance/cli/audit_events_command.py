"""`appliance audit events`: the catalogue of what the log may say. It needs no home."""

import typer

from appliance.audit import EVENTS, events_page
from appliance.cli.frame import AsJson, Frame


def add_events_command(group: typer.Typer, frame: Frame) -> None:
    """Add the command to the group `audit`."""

    @group.command()
    def events(markdown: bool = False, as_json: AsJson = False) -> None:
        """List every event that the log may hold, and who may cause it."""
        with frame(as_json) as options:
            if markdown:
                options.printer.result({"page": events_page()}, events_page().rstrip("\n"))
                return
            rows = [
                {
                    "action": event.action,
                    "objects": ", ".join(event.kinds),
                    "who": ", ".join(sorted(event.who)),
                    "details": ", ".join(f"{name} ({kind.__name__})" for name, kind in event.details.items()),
                    "meaning": event.meaning,
                }
                for event in EVENTS.values()
            ]
            columns = {"action": "action", "objects": "object", "who": "who", "meaning": "meaning"}
            options.printer.table(rows, columns, "There are none.")
