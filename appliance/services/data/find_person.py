"""Who is in this? A person's rows across all datasets and versions, the adapters that learned of them, their erasure.

What was asked for is never logged: the log holds HMACs of it under a key of that person, which is dropped when they are
erased (`pseudonyms`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from appliance.audit import ObjectRef
from appliance.datasets.conversation import PARTS
from appliance.datasets.people import Hit, Hits, Person, Place
from appliance.datasets.records import get_dataset, list_datasets, ready_versions
from appliance.foundation.errors import InputError, WorkerError
from appliance.foundation.json_records import OPTIONAL
from appliance.jobs.conversation import WorkerOrder, run_worker
from appliance.jobs.starts.datasets import SearchStart
from appliance.models.records import list_adapters, retire_adapters
from appliance.services.context import Caller, ServiceContext
from appliance.services.data.revise_dataset import Revision, write_next_version
from appliance.services.data.shred_dataset import Certificate, shred_versions
from appliance.services.grants import PARSER_MEMORY_BYTES, dataset_access, dataset_folder
from appliance.services.job_kinds import verify_unused
from appliance.services.operations import operation
from appliance.services.pseudonyms import forget_person, logged_person


@dataclass(frozen=True)
class PersonInDataset:
    """A dataset that speaks of a person. `version` is its current one."""

    id: str
    name: str
    version: int
    places: tuple[Place, ...]

    @property
    def versions(self) -> list[int]:
        """Return the versions that speak of the person."""
        return sorted({place.version for place in self.places})


@dataclass(frozen=True)
class ReachedAdapter:
    """An adapter that learned from rows about a person, of which version of a dataset."""

    id: str
    name: str
    dataset_id: str
    version: int
    state: str


@dataclass(frozen=True)
class FoundPerson:
    """Where a person is, and what learned from them; after an erasure, a certificate for each dataset."""

    datasets: tuple[PersonInDataset, ...]
    adapters: tuple[ReachedAdapter, ...]
    certificates: tuple[Certificate, ...] | None = field(default=None, metadata=OPTIONAL)


@operation("person.find", action="person.find", on="person")
def find_person(context: ServiceContext, caller: Caller, *, person: Sequence[str]) -> FoundPerson:
    """Return the datasets, versions, parts and rows that speak of a person, and the adapters that these reached.

    `person` is what is known: names, addresses, numbers. Raises `InputError` when that is too little to tell somebody.
    """
    Person(person)
    context.verify_allowed(caller, "person.find", ObjectRef("person", "asked"))
    logged = logged_person(context, person)
    with context.act(caller, "person.find", logged.target, logged.details) as recorded:
        logged.keep(context)
        found = _search(context, person)
        recorded.details = {"datasets": len(found.datasets), "adapters": len(found.adapters)}
    return found


@operation("person.erase", action="person.erase", on="person")
def erase_person(context: ServiceContext, caller: Caller, *, person: Sequence[str]) -> FoundPerson:
    """Write versions without the person's rows, shred those that had them, and retire the adapters that learned them.

    Each dataset is whole in itself: called again after a failure, it goes on with what is left. Raises `ConflictError`
    while a legal hold or a running job needs one of them, before anything is changed.
    """
    Person(person)
    context.verify_allowed(caller, "person.erase", ObjectRef("person", "asked"))
    logged = logged_person(context, person)
    with context.act(caller, "person.erase", logged.target, logged.details) as recorded:
        logged.keep(context)
        found = _search(context, person)
        for dataset in found.datasets:
            _verify_erasable(context, dataset)
        certificates = [_erase(context, caller, found, dataset, person, recorded.request) for dataset in found.datasets]
        forget_person(context, person)
        recorded.details = {"datasets": len(found.datasets), "adapters": len(found.adapters)}
    return replace(found, certificates=tuple(certificates))


def _erase(
    context: ServiceContext,
    caller: Caller,
    found: FoundPerson,
    place: PersonInDataset,
    person: Sequence[str],
    request: str,
) -> Certificate:
    # First the adapters: once its rows are gone, nobody would find the person again, nor what learned from them.
    with context.database.begin() as connection:
        retire_adapters(connection, [adapter.id for adapter in found.adapters if adapter.dataset_id == place.id])
        dataset = get_dataset(connection, place.id)
    if dataset.version in place.versions:
        write_next_version(context, caller, dataset, request, Revision(person=tuple(person)))
    return shred_versions(context, caller, dataset_id=place.id, versions=place.versions)


def _verify_erasable(context: ServiceContext, place: PersonInDataset) -> None:
    """Raise when the person cannot be erased from a dataset."""
    with context.database.begin() as connection:
        dataset = get_dataset(connection, place.id)
        dataset.verify_no_hold()
        verify_unused(connection, place.id, frozenset(place.versions))
    if sum(each.count for each in place.places if each.version == dataset.version) >= dataset.rows:
        raise InputError("person.whole-dataset", name=dataset.name, dataset=dataset.id)


def _search(context: ServiceContext, person: Sequence[str]) -> FoundPerson:
    with context.database.begin() as connection:
        versions = list(ready_versions(connection))
        datasets = {dataset.id: dataset for dataset in list_datasets(connection)}
        adapters = list_adapters(connection)
    hits: tuple[Hit, ...] = ()
    if versions:
        access = [dataset_access(context, version.dataset_id, version.version) for version in versions]
        folders = tuple(dict.fromkeys(dataset_folder(context, version.dataset_id) for version in versions))
        start = SearchStart(person=list(person), datasets=access)
        order = WorkerOrder(start, read=folders, write=(), memory_bytes=PARSER_MEMORY_BYTES)
        hits = run_worker(context.launcher, order).found(Hits).found
    places: dict[str, list[Place]] = {}
    asked = {(version.dataset_id, version.version) for version in versions}
    for hit in hits:
        if (hit.dataset_id, hit.version) not in asked or hit.part not in PARTS or hit.count < 1:
            raise WorkerError("worker.message:fields", value="found")
        places.setdefault(hit.dataset_id, []).append(Place(hit.version, hit.part, hit.count, hit.rows))
    reached = {(hit.dataset_id, hit.version) for hit in hits if hit.part != "test"}
    return FoundPerson(
        tuple(
            PersonInDataset(name, datasets[name].name, datasets[name].version, tuple(where))
            for name, where in places.items()
        ),
        tuple(
            ReachedAdapter(each.id, each.name, each.dataset_id, each.dataset_version, str(each.state))
            for each in adapters
            if (each.dataset_id, each.dataset_version) in reached
        ),
    )
