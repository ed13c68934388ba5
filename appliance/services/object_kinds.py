"""What there is in a home: one row for each kind of object. A new kind is a row, and a row leaves nothing out.

Backup, restore, recovery, names and the log's search read this table. What it says of shredding and of the search for
a person is held against the code that does them (tests/unit/services/test_object_kinds.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import Connection, Table, select

from appliance.datasets.records import DatasetState
from appliance.datasets.tables import DATASETS
from appliance.identity.tables import USERS
from appliance.jobs.states import ENDED
from appliance.jobs.tables import JOBS
from appliance.models.tables import ADAPTERS, MODELS
from appliance.services.grants import PART_KIND, UPLOAD_KIND
from appliance.services.pseudonyms import PERSON_KIND
from appliance.vault.tables import BACKUPS

COMPLETE_BACKUP = "complete"


class Shredding(StrEnum):
    """How what an object holds becomes unreadable for good."""

    OWN = "own"  # by an operation of its own
    WITH_DATASET = "with-dataset"  # with the dataset that it read
    AT_END = "at-end"  # when it has served its purpose
    NOTHING = "nothing"  # it holds nothing of anybody's data


class PersonSearch(StrEnum):
    """How a person is found in an object."""

    ROWS = "rows"  # its rows are searched
    LEARNED = "learned"  # it learned from rows that are searched, and is retired when they are erased
    WITH_DATASET = "with-dataset"  # it holds what it read of a dataset, and goes with that
    BRIEF = "brief"  # it is there only while somebody waits
    NOTHING = "nothing"  # it holds nothing of anybody's data


@dataclass(frozen=True)
class Backup:
    """Which folders of a kind belong to a backup. `required`: one that is gone while it is copied ends the backup."""

    ids: Callable[[Connection], Sequence[str]]
    required: bool = True


@dataclass(frozen=True)
class ObjectKind:
    """One kind. Nothing has a default: whoever adds a kind says all of it.

    `name` is what the log calls it, `prefix` what its ids begin with, `folder` where in the home each has a folder or
    file of its id, `keys` the kinds of its data keys in the vault, `named` whether it has a name that people give it,
    `final` the state in which the action that completes or ends it leaves it.
    """

    name: str
    prefix: str
    table: Table | None
    named: bool
    project: bool
    folder: str
    keys: tuple[str, ...]
    backup: Backup | None
    shredding: Shredding
    person: PersonSearch
    final: str


def _all(table: Table) -> Callable[[Connection], Sequence[str]]:
    return lambda connection: connection.execute(select(table.c.id)).scalars().all()


def _ready_datasets(connection: Connection) -> Sequence[str]:
    return connection.execute(select(DATASETS.c.id).where(DATASETS.c.state == DatasetState.READY)).scalars().all()


def _ended_jobs(connection: Connection) -> Sequence[str]:
    return (
        connection.execute(select(JOBS.c.id).where(JOBS.c.state.in_([str(state) for state in ENDED]))).scalars().all()
    )


_KINDS = (
    ObjectKind(
        name="dataset",
        prefix="ds",
        table=DATASETS,
        named=True,
        project=True,
        folder="datasets",
        keys=(PART_KIND,),
        backup=Backup(_ready_datasets),
        shredding=Shredding.OWN,
        person=PersonSearch.ROWS,
        final=DatasetState.SHREDDED,
    ),
    ObjectKind(
        name="model",
        prefix="md",
        table=MODELS,
        named=True,
        project=True,
        folder="models",
        keys=(),
        backup=Backup(_all(MODELS)),
        shredding=Shredding.NOTHING,
        person=PersonSearch.NOTHING,
        final="",
    ),
    ObjectKind(
        name="adapter",
        prefix="ad",
        table=ADAPTERS,
        named=True,
        project=True,
        folder="adapters",
        keys=("adapter",),
        backup=Backup(_all(ADAPTERS)),
        shredding=Shredding.NOTHING,  # what it learned stays; the certificate of its dataset names it
        person=PersonSearch.LEARNED,
        final="",
    ),
    ObjectKind(
        name="job",
        prefix="jb",
        table=JOBS,
        named=False,
        project=True,
        folder="jobs",
        keys=("job",),
        backup=Backup(_ended_jobs, required=False),  # one that is resumed meanwhile replaces its checkpoints
        shredding=Shredding.WITH_DATASET,
        person=PersonSearch.WITH_DATASET,
        final="",
    ),
    ObjectKind(
        name="upload",
        prefix="up",
        table=None,
        named=False,
        project=False,
        folder="uploads",
        keys=(UPLOAD_KIND,),
        backup=None,
        shredding=Shredding.AT_END,
        person=PersonSearch.BRIEF,
        final="",
    ),
    ObjectKind(
        name="user",
        prefix="us",
        table=USERS,
        named=True,
        project=False,
        folder="",
        keys=(),
        backup=None,  # it is in the database
        shredding=Shredding.NOTHING,
        person=PersonSearch.NOTHING,
        final="",
    ),
    ObjectKind(
        name="person",
        prefix="pn",
        table=None,
        named=False,
        project=False,
        folder="",
        keys=(PERSON_KIND,),
        backup=None,  # the key is in the database
        shredding=Shredding.OWN,
        person=PersonSearch.NOTHING,
        final="",
    ),
    ObjectKind(
        name="backup",
        prefix="bk",
        table=BACKUPS,
        named=False,
        project=False,
        folder="",
        keys=("backup-set",),
        backup=None,
        shredding=Shredding.NOTHING,  # it lies outside of the home; certificates name it
        person=PersonSearch.NOTHING,
        final=COMPLETE_BACKUP,
    ),
)
OBJECT_KINDS: Mapping[str, ObjectKind] = MappingProxyType({kind.name: kind for kind in _KINDS})
FOLDERS = (*(kind.folder for kind in _KINDS if kind.folder), "staging")
