"""Put right what a crash left: requests without an outcome, half-done imports, files that nobody will ask for."""

import contextlib
import shutil
from pathlib import Path

from sqlalchemy import ColumnElement, Table, select, true

from appliance.audit import EVENTS, Actor, Entry, ObjectRef, Outcome, Recovery
from appliance.datasets.tables import DATASET_VERSIONS, ERASURES
from appliance.foundation.errors import ApplianceError
from appliance.jobs.states import Job
from appliance.services.context import APPLIANCE, ServiceContext
from appliance.services.data.receive_upload import discard_upload
from appliance.services.data.shred_dataset import finish_interrupted
from appliance.services.grants import PART_KIND
from appliance.services.object_kinds import OBJECT_KINDS
from appliance.vault.tables import AUDIT_REVIEWS

INTERRUPTED = "interrupted"
# Where a request is stored together with its result: the table, and when the result is there.
_NOTED: tuple[tuple[Table, ColumnElement[bool]], ...] = (
    (DATASET_VERSIONS, true()),
    (ERASURES, ERASURES.c.note != ""),
    (AUDIT_REVIEWS, true()),
)


class HomeRecovery:
    """Made before anything runs in this process: what is unfinished then is no other thread's, but a crash's."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._size = context.log.size
        folders = (("uploads", "*"), ("staging", "*"), ("models", ".import.*.tmp"))
        self._left = [path for folder, pattern in folders for path in sorted((context.home / folder).glob(pattern))]

    def run(self, jobs: list[Job]) -> None:
        """Log how interrupted actions ended and which `jobs` were put right, then clear up. No job runs meanwhile."""
        log = self._context.log
        finish_interrupted(self._context, self._size)
        for entry in log.unfinished():
            if entry["sequence"] >= self._size and entry["action"] != "job.start":
                continue  # It goes on in another thread, which logs how it ends.
            actor, target = entry["actor"], entry["object"]
            log.append(
                Actor(actor["id"], actor["role"], actor.get("session", "")),
                entry["action"],
                ObjectRef(target["kind"], target["id"], target.get("digest", "")),
                Outcome.SUCCEEDED if self._was_done(entry) else Outcome.FAILED,
                reason=INTERRUPTED,
                request=entry["request"],
            )
        for job in jobs:
            log.append(
                APPLIANCE, "job.recover", ObjectRef("job", job.id), Outcome.SUCCEEDED, details={"state": str(job.state)}
            )
        self._remove_left()
        self._forget_unused_keys()

    def _forget_unused_keys(self) -> None:
        """Remove the keys of versions that an import or a revision began and never kept."""
        busy = {entry["object"]["id"] for entry in self._context.log.unfinished() if entry["sequence"] >= self._size}
        with self._context.database.begin() as connection:
            kept = {
                (row.dataset_id, row.version)
                for row in connection.execute(select(DATASET_VERSIONS.c.dataset_id, DATASET_VERSIONS.c.version))
            }
        unused = []
        for name in self._context.vault.object_ids(PART_KIND):
            dataset_id, version, _part = name.split("/")
            if (dataset_id, int(version)) not in kept and dataset_id not in busy:
                unused.append((PART_KIND, name))
        self._context.vault.forget(*unused)

    def _was_done(self, entry: Entry) -> bool:
        """Tell whether an action that a crash interrupted was done: its row in the catalogue says how to find out."""
        recovery, target = EVENTS[entry["action"]].recovery, entry["object"]
        if recovery in {Recovery.FAILED, Recovery.DONE}:
            return recovery is Recovery.DONE
        with self._context.database.begin() as connection:
            if recovery is Recovery.NOTED:
                queries = [
                    select(table.c.request).where(table.c.request == entry["request"], is_there)
                    for table, is_there in _NOTED
                ]
                return any(connection.execute(query).first() is not None for query in queries)
            kind = OBJECT_KINDS[target["kind"]]
            assert kind.table is not None, f"the catalogue looks for a {kind.name} in the database"
            query = select(kind.table.c.id).where(kind.table.c.id == target["id"])
            if recovery is Recovery.FINISHED:
                query = query.where(kind.table.c.state == kind.final)
            return connection.execute(query).first() is not None

    def _remove_left(self) -> None:
        """Remove sealed uploads with their keys, and folders that were not finished.

        What cannot be removed now waits for the next time.
        """
        left, self._left = self._left, []
        for path in left:
            with contextlib.suppress(ApplianceError, OSError):
                self._remove(path)

    def _remove(self, path: Path) -> None:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            discard_upload(self._context, path.name)
