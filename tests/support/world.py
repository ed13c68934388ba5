"""A home with a dataset, a base model, an adapter and its evaluation, over a launcher that can be replaced."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from appliance.audit import AuditLog
from appliance.foundation.clock import SystemClock
from appliance.foundation.settings import Settings
from appliance.jobs.states import JobState
from appliance.policy import Rules, find_policy_folder
from appliance.services.appliance import Appliance
from appliance.services.context import OPERATOR, ServiceContext
from appliance.services.data.receive_upload import receive_file
from appliance.services.home.life import create_home
from appliance.vault.database import METADATA

PASSPHRASE = "a passphrase for tests only"


class Switch:
    """A launcher whose workers can be replaced for one test."""

    def __init__(self, launcher: Any) -> None:
        self.ordinary = self.current = launcher

    def launch(self, *words: Any, **places: Any) -> Any:
        """Start what is set now."""
        return self.current.launch(*words, **places)


@dataclass
class World:
    """One open home, and what is in it."""

    appliance: Appliance
    switch: Switch
    model_source: Path
    table: bytes
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def context(self) -> ServiceContext:
        """Return the services' context."""
        return self.appliance.context

    def do(self, operation: str, **parameters: Any) -> Any:
        """Do an operation as the operator."""
        return self.appliance.perform(OPERATOR, operation, parameters)

    def upload(self, data: bytes = b"") -> str:
        """Receive a file, by default the table; return its id."""
        return receive_file(self.context, OPERATOR, io.BytesIO(data or self.table)).id

    def entries(self, start: int) -> list[dict[str, Any]]:
        """Return what the log got since it had `start` entries."""
        return list(self.context.log.entries(start))

    def snapshot(self) -> tuple[Any, ...]:
        """Return all that an act could have changed: rows of the database, files of the home; not the log itself."""
        with self.context.database.begin() as connection:
            rows = {
                name: [tuple(row) for row in connection.execute(select(table))]
                for name, table in METADATA.tables.items()
                if name != "audit_head"
            }
        home = self.context.home
        files = {str(path.relative_to(home)) for path in home.rglob("*")}
        return rows, {name for name in files if not name.startswith(("audit", "appliance.db"))}, self.context.sealed


def build_world(folder: Path, launcher: Any, model_source: Path, table: bytes) -> World:
    """Make a home and fill it."""
    clock = SystemClock()
    home = folder / "home"
    switch = Switch(launcher)
    context = ServiceContext(
        Settings(home), clock, Rules.load(find_policy_folder()), AuditLog.open(home / "audit", clock), switch
    )  # type: ignore[arg-type]
    world = World(Appliance(context), switch, model_source, table)
    made = create_home(context, PASSPHRASE, first_user="anna")
    world.ids |= {"user": made.user, "one_time": made.password}
    world.ids["dataset"] = world.do("dataset.import", upload_id=world.upload(), filename="staff.csv")["id"]
    world.ids["model"] = world.do("model.import", source=str(world.model_source))["id"]
    job = world.do("train", dataset_id=world.ids["dataset"], model_id=world.ids["model"], choice={"preset": "quick"})
    world.appliance.run_queue()
    shown = world.do("job.show", job_id=job["id"])
    assert shown["state"] == JobState.SUCCEEDED, shown["reason"]
    world.ids |= {"training": job["id"], "adapter": shown["result"]["adapter"]}
    world.ids["evaluation"] = world.do("evaluate", adapter_id=world.ids["adapter"])["id"]
    world.appliance.run_queue()
    return world
