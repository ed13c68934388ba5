"""Facts about one adapter, for evidence (SECURITY.md, Evidence): each computed from the log and the artefacts, never
typed in.

A fact carries where it comes from: the numbers of the log's entries (which `appliance audit prove` proves one by one)
and the digests that these entries bind. What is kept only in the database (parameters, results) counts as bound when
the log has its digest; else the fact says that it is not.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypedDict

from appliance.foundation import canonical_json
from appliance.foundation.messages import said

# Floating-point operations a token: 2 a parameter forward, 2 where gradients pass through it, 2 where it learns (Kaplan
# et al., arXiv:2001.08361, section 2.1). Gradients pass through a whole model that carries adapters, and through the
# last layers alone where only those learn. Attention over the sequence is not counted.
_PARAMETERS = ("method", "rank", "lora_alpha", "epochs", "batch_size", "learning_rate", "seed", "preset")
_ORIGIN = ("purpose", "owner", "licence", "legal_basis", "keep_until")
_PARTS = ("rows", "training_rows", "validation_rows", "test_rows")

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Fact:
    """One fact. `value` is None where nobody said or nothing was measured: a gap, which counts as evidence too."""

    name: str
    value: str | int | float | bool | None
    entries: tuple[int, ...] = ()
    digests: tuple[str, ...] = ()


class _Source(TypedDict, total=False):
    entries: tuple[int, ...]
    digests: tuple[str, ...]


@dataclass(frozen=True)
class Artefacts:
    """What the home has of an adapter and what it was made from: rows of its database, as dictionaries."""

    adapter: Mapping[str, Any]
    dataset: Mapping[str, Any]
    version: Mapping[str, Any]  # the dataset's version that was trained on, with its report
    model: Mapping[str, Any]
    training: Mapping[str, Any]  # the job's result


def digest_of(value: Any) -> str:
    """Return the SHA-256 (hex) of the canonical JSON of `value`: how the log binds parameters and results."""
    return hashlib.sha256(canonical_json.encode(value)).hexdigest()


def ids_of(artefacts: Artefacts) -> frozenset[str]:
    """Return the ids that an entry must name to be about this adapter."""
    adapter = artefacts.adapter
    named = {
        adapter["id"],
        adapter["job_id"],
        adapter["dataset_id"],
        adapter["model_id"],
        adapter["results"].get("job_id", ""),
    }
    return frozenset(named - {""})


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
    results = adapter["results"]
    return [
        Fact("adapter.id", adapter["id"]),
        Fact("adapter.name", adapter["name"]),
        Fact("adapter.state", adapter["state"]),
        *_data(artefacts, log),
        *_model(artefacts, log),
        *_training(artefacts, log),
        *_results(results, log),
        *_people(artefacts, log),
    ]


def facts_json(facts: Iterable[Fact]) -> list[dict[str, Any]]:
    """Return plain values."""
    return [{**asdict(fact), "entries": list(fact.entries), "digests": list(fact.digests)} for fact in facts]


class _Log:
    """The entries about one adapter, to be asked for."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries

    def find(self, action: str, object_id: str = "", outcome: str = "succeeded", **details: str) -> list[Entry]:
        """Return the entries of an action on an object, oldest first; `request` among the details means the entry's
        own.
        """
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
    made = [*log.find("dataset.import", dataset["id"]), *log.find("dataset.revise", dataset["id"])]
    bound = [entry for entry in made if entry["object"]["digest"] == version["digest"]]
    source: _Source = {"entries": _numbers(bound), "digests": (version["digest"],)}
    described = _numbers(log.find("dataset.describe", dataset["id"]))
    report = version["report"]
    found = {f"data.found.{check['code']}": check["count"] for check in report.get("checks", [])}
    found |= {f"data.personal.{kind}": each["count"] for kind, each in report.get("personal_data", {}).items()}
    return [
        Fact("data.id", dataset["id"], **source),
        Fact("data.version", version["version"], **source),
        Fact("data.change", version["change"], **source),
        Fact("data.digest", version["digest"], **source),
        Fact("data.bound", bool(bound), **source),
        *(Fact(f"data.{name}", version[name], **source) for name in _PARTS),
        Fact("data.format", dataset["source_format"], **source),
        *(Fact(f"data.{name}", dataset[name] or None, entries=described or source["entries"]) for name in _ORIGIN),
        *(Fact(name, count, **source) for name, count in sorted(found.items())),
        Fact("data.state", version["state"], entries=_numbers(log.find("dataset.shred", dataset["id"]))),
    ]


def _model(artefacts: Artefacts, log: _Log) -> list[Fact]:
    model = artefacts.model
    imported = log.find("model.import", model["id"])
    source: _Source = {"entries": _numbers(imported), "digests": _digests(imported)}
    named = ("id", "name", "architecture", "parameters")
    return [
        *(Fact(f"model.{name}", model[name], **source) for name in named),
        Fact("model.licence", _stated(model["licence"]), **source),
    ]


def _stated(licence: str) -> str | None:
    return licence if licence not in ("", "unknown") else None


def _training(artefacts: Artefacts, log: _Log) -> list[Fact]:
    adapter, result = artefacts.adapter, artefacts.training
    created = log.find("adapter.create", adapter["id"])
    spec_digest = digest_of(adapter["config"])
    bound = [entry for entry in created if entry["details"].get("parameters") == spec_digest]
    source: _Source = {"entries": _numbers(created), "digests": _digests(created)}
    parameters: _Source = {"entries": _numbers(bound), "digests": (spec_digest,)}
    runs = log.find("job.start", adapter["job_id"], "requested")
    tokens = result.get("tokens")
    flop = None if tokens is None else _flop_a_token(adapter, artefacts.model["parameters"]) * float(tokens)
    measured: _Source = {
        "entries": _numbers(entry for entry in created if entry["details"].get("result") == digest_of(result))
    }
    return [
        Fact("adapter.digest", source["digests"][-1] if source["digests"] else None, **source),
        *(Fact(f"training.{name}", adapter["config"].get(name), **parameters) for name in _PARAMETERS),
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


def _flop_a_token(adapter: Mapping[str, Any], parameters: int) -> float:
    learning = int(adapter["config"].get("trained_parameters", 0))
    passed = learning if adapter["method"] == "last-layers" else parameters
    return 2.0 * (parameters + passed + learning)


def _results(results: Mapping[str, Any], log: _Log) -> list[Fact]:
    if not results.get("job_id"):
        return [Fact("evaluation.questions", None)]
    figures = {name: value for name, value in results.items() if name != "job_id"}
    ended = log.find("job.start", results["job_id"], kind="evaluate")
    bound = [entry for entry in ended if entry["details"].get("result") == digest_of(figures)]
    source: _Source = {"entries": _numbers(bound), "digests": (digest_of(figures),)}
    facts = [
        Fact("evaluation.questions", figures.get("questions"), **source),
        Fact("evaluation.sentence", said(figures["sentence"]) if "sentence" in figures else None, **source),
    ]
    facts.append(Fact("evaluation.bound", bool(bound), **source))
    for contender in ("original", "tuned"):
        interval = figures.get(contender, {})
        facts += [
            Fact(f"evaluation.{contender}.{name}", interval.get(key), **source) for name, key in _INTERVAL.items()
        ]
    return facts


_INTERVAL = {"right": "count", "of": "total", "low": "low", "high": "high"}  # 95 % interval of the share


def _people(artefacts: Artefacts, log: _Log) -> list[Fact]:
    adapter = artefacts.adapter
    submitted = log.find("job.submit", adapter["job_id"])
    created = log.find("adapter.create", adapter["id"])
    evaluated = log.find("job.submit", adapter["results"].get("job_id") or "-")
    uses = log.find("adapter.use", adapter["id"], "requested")
    facts = []
    for name, entries in (("submitted", submitted), ("created", created), ("evaluated", evaluated)):
        last = entries[-1] if entries else None
        facts.append(Fact(f"who.{name}", last["actor"]["id"] if last else None, entries=_numbers(entries)))
        facts.append(Fact(f"when.{name}_us", last["time_us"] if last else None, entries=_numbers(entries)))
    facts.append(Fact("use.requests", len(uses), entries=_numbers(uses)))
    facts.append(Fact("use.people", len({entry["actor"]["id"] for entry in uses}), entries=_numbers(uses)))
    return facts
