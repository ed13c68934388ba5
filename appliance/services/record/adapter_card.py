"""What the log and the artefacts say about one adapter: facts with where they come from, and the model card of them."""

from dataclasses import dataclass
from typing import Any

from appliance.audit import ArchivedEntries
from appliance.audit.search_index import Query, SearchIndex
from appliance.datasets.records import get_dataset, get_version
from appliance.foundation.errors import NotFoundError
from appliance.jobs.states import get_job
from appliance.models.records import Adapter, get_adapter, get_model
from appliance.reports.facts import Artefacts, about, adapter_facts, facts_json, ids_of
from appliance.reports.model_card import model_card
from appliance.services.context import Caller, ServiceContext
from appliance.services.operations import AdapterId, operation
from appliance.services.record.search_audit import AuditDesk, names_of


@dataclass(frozen=True)
class Card:
    """The facts about an adapter, and the card as Markdown. `archived`: which entries could not be read for it."""

    adapter: str
    facts: list[dict[str, Any]]
    card: str
    archived: ArchivedEntries | None


@operation("adapter.card", action="adapter.card", on="adapter")
def show_card(context: ServiceContext, caller: Caller, *, adapter_id: AdapterId) -> Card:
    """Return the facts about an adapter, each with its entries and digests, and the card. Raises `NotFoundError`.

    Reads only those entries of the log that are about it (the whole log while that is being read in), but for what is
    archived, and says so.
    """
    desk = context.part(AuditDesk)
    adapter = context.query(get_adapter, adapter_id)
    with context.act(caller, "adapter.card", adapter.ref):
        artefacts = _gather(context, adapter)
        ids = ids_of(artefacts)
        entries = desk.entries_at(lambda index: _places(index, ids), lambda entry: about(entry, ids))
        facts = adapter_facts(artefacts, entries)
    named = {str(fact.value) for fact in facts if fact.name.endswith(".id") or fact.name.startswith("who.")}
    archived = context.log.archives.archived
    card = model_card(facts, names_of(context, named), str(archived.sentence) if archived else "")
    return Card(adapter_id, facts_json(facts), card, archived)


def _places(index: SearchIndex, ids: frozenset[str]) -> list[Any]:
    """Return where the log speaks of `ids`: acts on them, what their jobs asked for, and what was made from them."""
    by_request = (index.find(Query(request=identifier)) for identifier in ids)
    return [index.find(Query(objects=ids)), *by_request, *index.naming(ids)]


def _gather(context: ServiceContext, adapter: Adapter) -> Artefacts:
    with context.database.begin() as connection:
        try:
            version = get_version(connection, adapter.dataset_id, adapter.dataset_version)
        except NotFoundError:
            raise NotFoundError("card.version") from None
        result = get_job(connection, adapter.job_id).result
        return Artefacts(
            adapter=adapter,
            dataset=get_dataset(connection, adapter.dataset_id),
            version=version,
            model=get_model(connection, adapter.model_id),
            training={name: value for name, value in result.items() if name != "adapter"},
        )
