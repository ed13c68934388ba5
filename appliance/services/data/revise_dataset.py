"""The next version of a dataset: a fix applied in a confined worker. The version before stays as it was.

Rows keep their numbers and their part: what training never saw stays unseen. New keys without a change (`renew_keys`)
are a version too; the old versions are then shredded, since a key is renewed when the old one is to open nothing more.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from appliance.datasets.records import Dataset, DatasetState, get_dataset, get_version, list_versions, verify_version
from appliance.foundation.atomic_files import fsync_folder, storage_errors
from appliance.foundation.errors import ConflictError, InputError
from appliance.foundation.identifiers import new_id
from appliance.foundation.json_records import BESIDE
from appliance.foundation.messages import Message, message
from appliance.jobs.conversation import WorkerOrder, run_worker
from appliance.jobs.starts.datasets import ReviseStart
from appliance.services.context import Caller, ServiceContext
from appliance.services.data.dataset_versions import WrittenVersion, add_version
from appliance.services.data.import_dataset import staging_folder
from appliance.services.data.shred_dataset import Certificate, shred_versions
from appliance.services.grants import (
    PARSER_MEMORY_BYTES,
    dataset_access,
    dataset_folder,
    new_part_keys,
    screening_access,
)
from appliance.services.operations import DatasetId, ModelId, operation

ACTIONS = ("drop", "mask", "trim", "merge")
MAX_NAMED_ROWS = 10_000


@dataclass(frozen=True)
class Revision:
    """What is to change: the finding `code` by `action`, or the `rows` to drop, or the `person` whose rows to drop."""

    code: str = ""
    action: str = ""
    rows: tuple[int, ...] = ()
    person: tuple[str, ...] = ()

    @property
    def changes_rows(self) -> bool:
        """Tell whether anything is to change (else the rows are only encrypted anew)."""
        return bool(self.code or self.rows or self.person)

    def told(self, changed: int) -> Message:
        """Return what was changed, for the list of versions."""
        if self.person:
            return message("dataset-change-person", rows=changed)
        if self.rows:
            return message("dataset-change-by-hand", rows=changed)
        if not self.code:
            return message("dataset-change-keys")
        return message(
            "dataset-change-fix",
            check=message(f"check-title-{self.code}"),
            action=message(f"fix-{self.action}"),
            rows=changed,
        )


@dataclass(frozen=True)
class RevisedDataset:
    """A dataset after a revision, and how many rows it changed."""

    dataset: Dataset = field(metadata=BESIDE)
    changed: int


@dataclass(frozen=True)
class RenewedDataset:
    """A dataset under new keys, and the certificate of the versions under the old ones."""

    dataset: Dataset = field(metadata=BESIDE)
    certificate: Certificate = field(metadata=BESIDE)


@operation("dataset.revise", action="dataset.revise", on="dataset")
def revise_dataset(
    context: ServiceContext,
    caller: Caller,
    *,
    dataset_id: DatasetId,
    code: str = "",
    action: str = "",
    rows: Sequence[int] = (),
    model_id: ModelId = "",
) -> RevisedDataset:
    """Apply `action` to all rows with the finding `code`, or drop the rows named in `rows`.

    Raises `InputError` for a fix that there is not, or that would change nothing, `ConflictError` when somebody else
    was faster.
    """
    if (not code and (action != "drop" or not rows)) or action not in ACTIONS or len(rows) > MAX_NAMED_ROWS:
        raise InputError("dataset.fix:request", actions=", ".join(ACTIONS), max_rows=MAX_NAMED_ROWS)
    dataset = context.query(get_dataset, dataset_id)
    revision = Revision(code, action, tuple(rows))
    with context.act(caller, "dataset.revise", dataset.ref, {"check": code, "action": action}) as recorded:
        revised = write_next_version(context, caller, dataset, recorded.request, revision, model_id)
        recorded.details = {
            "check": code,
            "action": action,
            "version": revised.dataset.version,
            "changed": revised.changed,
        }
    return revised


@operation("dataset.renew-keys", action="dataset.renew-keys", on="dataset")
def renew_keys(context: ServiceContext, caller: Caller, *, dataset_id: DatasetId) -> RenewedDataset:
    """Write the dataset anew under new data keys, and shred the versions under the old ones."""
    with context.database.begin() as connection:
        dataset = get_dataset(connection, dataset_id)
        versions = list_versions(connection, dataset_id)
    old = [version.version for version in versions if version.state is DatasetState.READY]
    with context.act(caller, "dataset.renew-keys", dataset.ref) as recorded:
        dataset.verify_no_hold()
        revised = write_next_version(context, caller, dataset, recorded.request, Revision())
        certificate = shred_versions(context, caller, dataset_id=dataset_id, versions=old)
        recorded.details = {"version": revised.dataset.version}
    return RenewedDataset(revised.dataset, certificate)


def write_next_version(
    context: ServiceContext,
    caller: Caller,
    dataset: Dataset,
    request: str,
    revision: Revision,
    model_id: str = "",
) -> RevisedDataset:
    """Write version n + 1 out of the current one and make it current. Within somebody's logged act."""
    version = dataset.version + 1
    with context.database.begin() as connection:
        verify_version(connection, dataset.id, dataset.version)
        known = {each.version for each in list_versions(connection, dataset.id)}
        before = get_version(connection, dataset.id, dataset.version)
    folder = dataset_folder(context, dataset.id)
    target = folder / f"v{version}"
    # A folder without a version is left of a revision that was killed between the rename and the database.
    if target.exists() and version in known:
        raise ConflictError("dataset.version")
    screening, tokenizer = screening_access(context, model_id)
    with new_part_keys(context, dataset.id, version) as keys, staging_folder(context, new_id("ds")) as staging:
        start = ReviseStart(
            dataset=dataset_access(context, dataset.id, dataset.version, system_prompt=dataset.system_prompt),
            screening=screening,
            code=revision.code,
            action=revision.action,
            rows=list(revision.rows),
            person=list(revision.person),
            output_folder=str(staging),
            part_keys=keys,
        )
        order = WorkerOrder(start, read=(folder, *tokenizer), write=(staging,), memory_bytes=PARSER_MEMORY_BYTES)
        written = run_worker(context.launcher, order).found(WrittenVersion)
        if revision.changes_rows and not written.changed:
            raise InputError("dataset.fix:nothing")
        with storage_errors(message("task:keep-dataset")):
            if target.exists():
                shutil.rmtree(target)
            os.rename(staging / f"v{version}", target)
            fsync_folder(folder)
        with context.database.begin() as connection:
            verify_version(connection, dataset.id, dataset.version)
            add_version(
                connection,
                dataset_id=dataset.id,
                version=version,
                parent=dataset.version,
                change=revision.told(written.changed),
                digest=context.vault.pseudonym("dataset", written.digest.encode()),
                written=replace(written, report=written.report.read_as(before.report)),
                created_us=context.clock.now_us(),
                created_by=caller.user_id,
                request=request,
            )
            return RevisedDataset(get_dataset(connection, dataset.id), written.changed)
