"""Facts about one adapter, for evidence (SECURITY.md, Evidence): each computed from the log and the artefacts, never
typed in.

A fact carries where it comes from: the numbers of the log's entries (which `appliance audit prove` proves one by one)
and the digests that these entries bind. What is kept only in the database (parameters, results) counts as bound when
the log has its digest; else the fact says that it is not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from appliance.datasets.records import Dataset, DatasetVersion
from appliance.evaluation import Comparison
from appliance.foundation.messages import Message
from appliance.models.records import EVALUATION, RANK, Adapter, BaseModel, Finding, digest_of
from appliance.planning.spectrum import RankSummary
from appliance.planning.training_settings import SETTINGS

# Floating-point operations a token: 2 a parameter forward, 2 where gradients pass through it, 2 where it learns (Kaplan
# et al., arXiv:2001.08361, section 2.1). Gradients pass through a whole model that carries adapters, and through the
# last layers alone where only those learn. Attention over the sequence is not counted.
_PARAMETERS = ("method", "lora_alpha", *(setting.name for setting in SETTINGS), "seed", "preset")
ORIGIN = ("purpose", "owner", "licence", "legal_basis", "keep_until")
_PARTS = ("rows", "training_rows", "validation_rows", "test_rows")

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Fact:
    """One fact. `value` is None where nobody said or nothing was measured: a gap, which counts as evidence too.

    A sentence is evidence in English; `said` is the same for people, in any language.
    """

    name: str
    value: str | int | float | bool | None
    entries: tuple[int, ...] = ()
    digests: tuple[str, ...] = ()
    said: Message | None = None


class _Source(TypedDict, total=False):
    entries: tuple[int, ...]
    digests: tuple[str, ...]


@dataclass(frozen=True)
class Artefacts:
    """What the home has of an adapter and what it was made from: records of its database."""

    adapter: Adapter
    dataset: Dataset
    version: DatasetVersion  # the dataset's version that was trained on, with its report
    model: BaseModel
    training: Mapping[str, Any]  # the job's result, as JSON: the log has its digest


def ids_of(artefacts: Artefacts) -> frozenset[str]:
    """Return the ids that an entry must name to be about this adapter."""
    adapter = artefacts.adapter
    jobs = {finding.job_id for finding in adapter.findings.values()}
    return frozenset({adapter.id, adapter.job_id, adapter.dataset_id, adapter.model_id, *jobs})


def about(entry: Entry, ids: frozenset[str]) -> bool:
    """Tell whether an entry speaks of one of `ids`."""
    return (
        entry["object"]["id"] in ids
        or entry["request"] in ids
        or not ids.isdisjoint(map(str, entry["details"].values()))
    )


def adapter_facts(artefacts: Artefacts, entries: Iterable[Entry]) -> list[Fact]:
    """Return the facts, in the order of a reader's questions. `entries` are those of the log that `about` picks."""
    log = _Log([entry for entry in entries if entry["outcome"] != "denied"])
    adapter = artefacts.adapter
    return [
        Fact("adapter.id", adapter.id),
        Fact("adapter.name", adapter.name),
        Fact("adapter.state", str(adapter.state)),
        *_data(artefacts, log),
        *_model(artefacts, log),
        *_training(artefacts, log),
        *_origin(artefacts, log),
        *_results(adapter, log),
        *_rank(adapter, log),
        *_people(artefacts, log),
    ]


def facts_json(facts: Iterable[Fact]) -> list[dict[str, Any]]:
    """Return plain values."""
    return [
        {"name": fact.name, "value": fact.value, "entries": list(fact.entries), "digests": list(fact.digests)}
        for fact in facts
    ]


def _sentence(name: str, said: Message, source: "_Source") -> Fact:
    return Fact(name, said.english, said=said, **source)


class _Log:
    """The entries about one adapter, to be asked for."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries

    def find(self, action: str, object_id: str = "", outcome: str = "succeeded", **details: str) -> list[Entry]:
        """Return an action's entries on an object, oldest first; `request` among the details is the entry's own."""
        return [
            entry
            for entry in self._entries
            if entry["action"] == action
            and entry["outcome"] == outcome
            and object_id in ("", entry["object"]["id"])
            and all(entry["details"].get(name) == value for name, value in details.items())
        ]


def _numbers(entries: Iterable[Entry]) -> tuple[int, ...]:
    return tuple(entry["sequence"] for entry in entries)


def _digests(entries: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry["object"]["digest"] for entry in entries if entry["object"]["digest"]))


def _data(artefacts: Artefacts, log: _Log) -> list[Fact]:
    dataset, version = artefacts.dataset, artefacts.version
    made = [*log.find("dataset.import", dataset.id), *log.find("dataset.revise", dataset.id)]
    bound = [entry for entry in made if entry["object"]["digest"] == version.digest]
    source: _Source = {"entries": _numbers(bound), "digests": (version.digest,)}
    described = _numbers(log.find("dataset.describe", dataset.id))
    report = version.report
    found = {f"data.found.{check.code}": check.count for check in report.checks}
    found |= {f"data.personal.{kind}": each.count for kind, each in report.personal_data.items()}
    return [
        Fact("data.id", dataset.id, **source),
        Fact("data.version", version.version, **source),
        _sentence("data.change", version.change, source),
        Fact("data.digest", version.digest, **source),
        Fact("data.bound", bool(bound), **source),
        *(Fact(f"data.{name}", getattr(version, name), **source) for name in _PARTS),
        Fact("data.format", dataset.source_format, **source),
        *(
            Fact(f"data.{name}", getattr(dataset, name) or None, entries=described or source["entries"])
            for name in ORIGIN
        ),
        *(Fact(name, count, **source) for name, count in sorted(found.items())),
        Fact("data.state", str(version.state), entries=_numbers(log.find("dataset.shred", dataset.id))),
    ]


def _model(artefacts: Artefacts, log: _Log) -> list[Fact]:
    model = artefacts.model
    imported = log.find("model.import", model.id)
    source: _Source = {"entries": _numbers(imported), "digests": _digests(imported)}
    named = ("id", "name", "architecture", "parameters")
    return [
        *(Fact(f"model.{name}", getattr(model, name), **source) for name in named),
        Fact("model.licence", model.licence if model.licence not in ("", "unknown") else None, **source),
    ]


def _training(artefacts: Artefacts, log: _Log) -> list[Fact]:
    adapter, result = artefacts.adapter, artefacts.training
    created = log.find("adapter.create", adapter.id)
    spec_digest = digest_of(adapter.config)
    bound = [entry for entry in created if entry["details"].get("parameters") == spec_digest]
    source: _Source = {"entries": _numbers(created), "digests": _digests(created)}
    parameters: _Source = {"entries": _numbers(bound), "digests": (spec_digest,)}
    runs = log.find("job.start", adapter.job_id, "requested")
    tokens = result.get("tokens")
    flop = None if tokens is None else _flop_a_token(adapter, artefacts.model.parameters) * float(tokens)
    measured: _Source = {
        "entries": _numbers(entry for entry in created if entry["details"].get("result") == digest_of(result))
    }
    return [
        Fact("adapter.digest", source["digests"][-1] if source["digests"] else None, **source),
        *(Fact(f"training.{name}", adapter.config.get(name), **parameters) for name in _PARAMETERS),
        Fact("training.bound", bool(bound), **parameters),
        Fact("training.starts", len(runs), entries=_numbers(runs)),
        Fact("training.tokens", tokens, **measured),
        Fact("training.seconds", result.get("seconds"), **measured),
        Fact("training.compute_type", result.get("compute_type"), **measured),
        Fact("training.flop", flop, **measured),
        Fact("training.rows_too_long", result.get("rows_too_long"), **measured),
        Fact("training.train_loss", result.get("train_loss"), **measured),
        Fact("training.validation_loss", result.get("validation_loss"), **measured),
    ]


def _origin(artefacts: Artefacts, log: _Log) -> list[Fact]:
    """Return from which larger adapter it was made, or which ranks it was compared with, where it was."""
    spec, created = artefacts.adapter.spec, log.find("adapter.create", artefacts.adapter.id)
    source: _Source = {"entries": _numbers(created), "digests": _digests(created)}
    facts = [Fact("made_from.id", spec.made_from, **source)] if spec.made_from else []
    outcome = spec.shrink or spec.sweep
    return facts + ([_sentence("origin.sentence", outcome.sentence, source)] if outcome and outcome.sentence else [])


def _flop_a_token(adapter: Adapter, parameters: int) -> float:
    learning = int(adapter.config.get("trained_parameters", 0))
    passed = learning if adapter.method == "last-layers" else parameters
    return 2.0 * (parameters + passed + learning)


def _results(adapter: Adapter, log: _Log) -> list[Fact]:
    found = adapter.found(EVALUATION, Comparison)
    if found is None:
        return [Fact("evaluation.questions", None)]
    source = _bound(adapter.findings[EVALUATION], log)
    facts = [
        Fact("evaluation.questions", found.questions, **source),
        _sentence("evaluation.sentence", found.sentence(), source),
        Fact("evaluation.bound", bool(source["entries"]), **source),
    ]
    for name, tally in found.tallies.items():
        figures = {
            **{fact: getattr(tally.right, key) for fact, key in _INTERVAL.items()},
            "declined": tally.declined.count,
            "unanswerable": tally.declined.total,
        }
        facts += [Fact(f"evaluation.{name}.{fact}", value, **source) for fact, value in figures.items()]
    return facts


def _rank(adapter: Adapter, log: _Log) -> list[Fact]:
    found = adapter.found(RANK, RankSummary)
    if found is None or found.meaning is None:
        return []
    source = _bound(adapter.findings[RANK], log)
    return [_sentence("rank.sentence", found.meaning, source), Fact("rank.bound", bool(source["entries"]), **source)]


def _bound(found: Finding, log: _Log) -> _Source:
    """Return the entries of the log that have the digest of what was found."""
    ended = log.find("job.start", found.job_id)
    bound = [entry for entry in ended if entry["details"].get("result") == found.digest]
    return {"entries": _numbers(bound), "digests": (found.digest,)}


_INTERVAL = {"right": "count", "of": "total", "low": "low", "high": "high"}  # 95 % interval of the share


def _people(artefacts: Artefacts, log: _Log) -> list[Fact]:
    adapter = artefacts.adapter
    evaluation = adapter.findings.get(EVALUATION)
    submitted = log.find("job.submit", adapter.job_id)
    created = log.find("adapter.create", adapter.id)
    evaluated = log.find("job.submit", evaluation.job_id if evaluation else "-")
    uses = log.find("adapter.use", adapter.id, "requested")
    facts = []
    for name, entries in (("submitted", submitted), ("created", created), ("evaluated", evaluated)):
        last = entries[-1] if entries else None
        facts.append(Fact(f"who.{name}", last["actor"]["id"] if last else None, entries=_numbers(entries)))
        facts.append(Fact(f"when.{name}_us", last["time_us"] if last else None, entries=_numbers(entries)))
    facts.append(Fact("use.requests", len(uses), entries=_numbers(uses)))
    facts.append(Fact("use.people", len({entry["actor"]["id"] for entry in uses}), entries=_numbers(uses)))
    return facts
