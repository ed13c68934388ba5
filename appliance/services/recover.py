"""Put right what a crash left: requests without an outcome, imports that were half done, files that nobody will ask for
any more.
"""

import contextlib
import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Table, select, true

from appliance.audit import RESTORE, Actor, ObjectRef, Outcome
from appliance.datasets.records import DatasetState
from appliance.datasets.tables import DATASET_VERSIONS, DATASETS, ERASURES
from appliance.foundation.errors import ApplianceError
from appliance.jobs.states import Job
from appliance.jobs.tables import JOBS
from appliance.services.context import APPLIANCE, ServiceContext
from appliance.services.data.receive_upload import discard_upload
from appliance.services.data.shred_dataset import ACTION as SHRED
from appliance.services.data.shred_dataset import VERSIONS_ACTION, finish_interrupted
from appliance.services.grants import PART_KIND
from appliance.services.home.back_up import ACTION as BACK_UP
from appliance.services.home.back_up import COMPLETE
from appliance.services.record.review_audit import ACTION as REVIEW
from appliance.vault.tables import AUDIT_REVIEWS, BACKUPS

INTERRUPTED = "interrupted"
# What an action makes under an id that its request names already: whether the crash came before or after it is seen
# there.
_MADE: dict[str, Table] = {"dataset.import": DATASETS, "job.submit": JOBS}
# ... and what it brings to a state: the table, and the state in which it is done.
_BROUGHT: dict[str, tuple[Table, str]] = {SHRED: (DATASETS, DatasetState.SHREDDED), BACK_UP: (BACKUPS, COMPLETE)}

# ... and where the request itself is written down beside what it made.
_NOTED: dict[str, tuple[Table, ColumnElement[bool]]] = {
    "dataset.revise": (DATASET_VERSIONS, true()),
    VERSIONS_ACTION: (ERASURES, ERASURES.c.note != ""),
    REVIEW: (AUDIT_REVIEWS, true()),
}


class Recovery:
    """Made before anything runs in this process: what is unfinished then is no other thread's, but a crash's."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._size = context.log.size
        folders = (("uploads", "*"), ("staging", "*"), ("models", ".import.*.tmp"))
        self._left = [path for folder, pattern in folders for path in sorted((context.home / folder).glob(pattern))]

    def run(self, jobs: list[Job]) -> None:
        """Log how the interrupted actions ended and which `jobs` were put right, then remove what is of no use.

        No job runs meanwhile.
        """
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

    def _was_done(self, entry: dict[str, Any]) -> bool:
        if (
            entry["action"] == RESTORE
        ):  # It is asked for in a log that nobody reads before the keyring is there, and then it is done.
            return True
        table = _MADE.get(entry["action"])
        with self._context.database.begin() as connection:
            if entry["action"] in _NOTED:
                noted, done = _NOTED[entry["action"]]
                return (
                    connection.execute(select(noted.c.request).where(noted.c.request == entry["request"], done)).first()
                    is not None
                )
            if entry["action"] in _BROUGHT:
                brought, state = _BROUGHT[entry["action"]]
                query = select(brought.c.id).where(brought.c.state == state)
            elif table is not None:
                query = select(table.c.id)
            else:
                return False
            return (
                connection.execute(query.where(query.selected_columns.id == entry["object"]["id"])).first() is not None
            )

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
