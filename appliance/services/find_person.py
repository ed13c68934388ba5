"""Who is in this? A person's rows across all datasets and their versions, the adapters that learned from them, and
their erasure.

What was asked for is never logged: the log holds HMACs of it under a key of that person, which is dropped when they are
erased (`person_key`).
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from appliance.audit import ObjectRef
from appliance.datasets.people import Person
from appliance.datasets.tables import DATASET_VERSIONS, DATASETS
from appliance.foundation.errors import InputError
from appliance.jobs.conversation import WorkerOrder, run_worker
from appliance.jobs.starts.datasets import SearchStart
from appliance.models.tables import ADAPTERS, RETIRED
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_use import READY, verify_no_hold, verify_unused
from appliance.services.grants import PARSER_MEMORY_BYTES, dataset_access
from appliance.services.import_dataset import describe_dataset
from appliance.services.person_key import forget_person, logged_person
from appliance.services.revise_dataset import write_next_version
from appliance.services.shred_dataset import shred_versions


def find_person(context: ServiceContext, caller: Caller, *, person: Sequence[str]) -> dict[str, Any]:
    """Return the datasets, versions, parts and rows that speak of a person, and the adapters that those versions
    reached.

    `person` is what is known: names, addresses, numbers. Raises `InputError` when that is too little to tell somebody.
    """
    Person(person)
    context.verify_allowed(caller, "person.find", ObjectRef("person", "asked"))
    logged = logged_person(context, person)
    with context.act(caller, "person.find", logged.target, logged.details) as recorded:
        logged.keep(context)
        found = _search(context, person)
        recorded.details = {"datasets": len(found["datasets"]), "adapters": len(found["adapters"])}
    return found


def erase_person(context: ServiceContext, caller: Caller, *, person: Sequence[str]) -> dict[str, Any]:
    """Write versions without the person's rows, shred those that had them, and retire the adapters that learned from
    them.

    Returns what was found and a certificate for each dataset. Each dataset is whole in itself: called again after a
    failure, it goes on with what is left. Raises `ConflictError` while a legal hold or a running job needs one of them,
    before anything is changed.
    """
    Person(person)
    context.verify_allowed(caller, "person.erase", ObjectRef("person", "asked"))
    logged = logged_person(context, person)
    with context.act(caller, "person.erase", logged.target, logged.details) as recorded:
        logged.keep(context)
        found = _search(context, person)
        for each in found["datasets"]:
            _verify_erasable(context, each)
        certificates = []
        for each in found["datasets"]:
            dataset = describe_dataset(context, each["id"])
            versions = _versions(each)
            # First the adapters: once its rows are gone, nobody would find the person again, nor what learned from
            # them.
            with context.database.begin() as connection:
                reached = [adapter["id"] for adapter in found["adapters"] if adapter["dataset_id"] == each["id"]]
                connection.execute(update(ADAPTERS).where(ADAPTERS.c.id.in_(reached)).values(state=RETIRED))
            if dataset["version"] in versions:
                write_next_version(context, caller, dataset, recorded.request, person=person)
            certificates.append(shred_versions(context, caller, dataset_id=each["id"], versions=versions))
        forget_person(context, person)
        recorded.details = {"datasets": len(found["datasets"]), "adapters": len(found["adapters"])}
    return {**found, "certificates": certificates}


def _verify_erasable(context: ServiceContext, found: dict[str, Any]) -> None:
    """Raise when the person cannot be erased from a dataset."""
    dataset = describe_dataset(context, found["id"])
    verify_no_hold(dataset)
    with context.database.begin() as connection:
        verify_unused(connection, found["id"], frozenset(_versions(found)))
    if sum(place["count"] for place in found["places"] if place["version"] == dataset["version"]) >= dataset["rows"]:
        raise InputError("person.whole-dataset", name=dataset["name"], identifier=dataset["id"])


def _versions(found: dict[str, Any]) -> list[int]:
    return sorted({place["version"] for place in found["places"]})


def _search(context: ServiceContext, person: Sequence[str]) -> dict[str, Any]:
    with context.database.begin() as connection:
        query = (
            select(
                DATASET_VERSIONS.c.dataset_id,
                DATASET_VERSIONS.c.version,
                DATASETS.c.name,
                DATASETS.c.version.label("current"),
            )
            .join(DATASETS, DATASETS.c.id == DATASET_VERSIONS.c.dataset_id)
            .where(DATASET_VERSIONS.c.state == READY, DATASETS.c.state == READY)
            .order_by(DATASETS.c.created_us, DATASET_VERSIONS.c.version)
        )
        versions = connection.execute(query).all()
        adapters = connection.execute(
            select(ADAPTERS.c.id, ADAPTERS.c.name, ADAPTERS.c.dataset_id, ADAPTERS.c.dataset_version, ADAPTERS.c.state)
        ).all()
    accesses = [dataset_access(context, version.dataset_id, version.version) for version in versions]
    hits: list[dict[str, Any]] = []
    if accesses:
        folders = tuple(dict.fromkeys(context.home / "datasets" / each.dataset_id for each in versions))
        order = WorkerOrder(
            SearchStart(person=list(person), datasets=accesses),
            read=folders,
            write=(),
            memory_bytes=PARSER_MEMORY_BYTES,
        )
        hits = run_worker(context.launcher, order, lambda _message: None).result["found"]
    places: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for hit in hits:
        places[hit["dataset_id"]].append({name: hit[name] for name in ("version", "part", "count", "rows")})
    names = {each.dataset_id: (each.name, each.current) for each in versions}
    reached = {(hit["dataset_id"], hit["version"]) for hit in hits if hit["part"] != "test"}
    return {
        "datasets": [
            {"id": dataset_id, "name": names[dataset_id][0], "version": names[dataset_id][1], "places": where}
            for dataset_id, where in places.items()
        ],
        "adapters": [
            {
                "id": each.id,
                "name": each.name,
                "dataset_id": each.dataset_id,
                "version": each.dataset_version,
                "state": each.state,
            }
            for each in adapters
            if (each.dataset_id, each.dataset_version) in reached
        ],
    }
