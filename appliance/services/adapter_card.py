"""What the log and the artefacts say about one adapter: facts with where they come from, and the model card made of
them.
"""

import json
from typing import Any

from sqlalchemy import select

from appliance.audit import ObjectRef
from appliance.audit.search_index import Query, SearchIndex
from appliance.datasets.tables import DATASET_VERSIONS
from appliance.foundation.errors import NotFoundError
from appliance.jobs.tables import JOBS
from appliance.reports.facts import Artefacts, about, adapter_facts, facts_json, ids_of
from appliance.reports.model_card import model_card
from appliance.services.context import Caller, ServiceContext
from appliance.services.evaluate_adapter import describe_adapter
from appliance.services.import_dataset import describe_dataset
from appliance.services.import_model import describe_model
from appliance.services.search_audit import AuditDesk, names_of


def show_card(desk: AuditDesk, caller: Caller, *, adapter_id: str) -> dict[str, Any]:
    """Return the facts about an adapter, each with its entries and digests, and the card as Markdown. Raises
    `NotFoundError`.

    Reads those entries of the log alone that are about it (the whole log while that is still being taken in), but for
    what is archived, and says so.
    """
    context = desk.context
    adapter = describe_adapter(context, adapter_id)
    with context.act(caller, "adapter.card", ObjectRef("adapter", adapter_id)):
        artefacts = _gather(context, adapter)
        ids = ids_of(artefacts)
        facts = adapter_facts(
            artefacts, desk.entries_at(lambda index: _places(index, ids), lambda entry: about(entry, ids))
        )
    names = names_of(
        context, {str(fact.value) for fact in facts if fact.name.endswith(".id") or fact.name.startswith("who.")}
    )
    archived = context.log.archives.told()
    card = model_card(facts, names, archived["sentence"] if archived else "")
    return {"adapter": adapter_id, "facts": facts_json(facts), "card": card, "archived": archived}


def _places(index: SearchIndex, ids: frozenset[str]) -> list[Any]:
    """Return where the log speaks of `ids`: acts on them, what their jobs asked for, and what was made from them."""
    return [index.find(Query(objects=ids)), *(index.find(Query(request=each)) for each in ids), *index.naming(ids)]


def _gather(context: ServiceContext, adapter: dict[str, Any]) -> Artefacts:
    with context.database.begin() as connection:
        query = select(DATASET_VERSIONS).where(
            DATASET_VERSIONS.c.dataset_id == adapter["dataset_id"],
            DATASET_VERSIONS.c.version == adapter["dataset_version"],
        )
        version = connection.execute(query).first()
        result = connection.execute(select(JOBS.c.result).where(JOBS.c.id == adapter["job_id"])).scalar()
    if version is None:
        raise NotFoundError("card.version")
    return Artefacts(
        adapter=adapter,
        dataset=describe_dataset(context, adapter["dataset_id"]),
        version={**dict(version._mapping), "report": json.loads(version.report)},
        model=describe_model(context, adapter["model_id"]),
        training={name: value for name, value in json.loads(result or "{}").items() if name != "adapter"},
    )
