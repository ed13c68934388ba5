"""What a certificate of erasure says, from the facts alone (GDPR, article 17). Pure: who calls it signs and keeps it.

A certificate is evidence and in English; `not_reached` says the same to people in their language.

Canonical JSON, one line, inside a C2SP signed note under the audit log's key:

    version        1                        kind         "erasure-certificate"
    versions       [number]: which of the dataset's versions; [] is all of it
    object         {kind, id, digest}       rows         {all, training, validation, test}
    requested_us, erased_us                 UTC, microseconds since 1970
    asked_by       {id, role}               approved_by  []: this version knows no approvals, and `approval` says so
    log            {origin, sequence, request}: the entry with which it was asked for
    adapters       [{id, state}]            what learned from it, also what was never finished
    jobs           [id]                     whose sealed checkpoints and answers went with it
    backups        [id]                     that were begun while it was there
    erased, not_reached                     sentences
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.datasets import PARTS
from appliance.datasets.records import Dataset
from appliance.foundation.messages import Message, message

VERSION = 1


@dataclass(frozen=True)
class Erasure:
    """The facts. Ids are opaque; times are UTC, microseconds since 1970."""

    dataset: Dataset
    asked_by: str
    role: str
    requested_us: int
    erased_us: int
    origin: str
    sequence: int
    request: str
    adapters: tuple[tuple[str, str], ...]  # id and state
    jobs: tuple[str, ...]
    backups: tuple[str, ...]
    versions: tuple[int, ...] = ()


def erasure_certificate(erasure: Erasure) -> dict[str, Any]:
    """Return the certificate."""
    dataset = erasure.dataset
    return {
        "version": VERSION,
        "kind": "erasure-certificate",
        "object": {"kind": "dataset", "id": dataset.id, "digest": dataset.digest},
        "rows": {"all": dataset.rows, **{part: getattr(dataset, f"{part}_rows") for part in PARTS}},
        "versions": list(erasure.versions),
        "requested_us": erasure.requested_us,
        "erased_us": erasure.erased_us,
        "asked_by": {"id": erasure.asked_by, "role": erasure.role},
        "approved_by": [],
        "approval": message("erasure-approval").english,
        "log": {"origin": erasure.origin, "sequence": erasure.sequence, "request": erasure.request},
        "adapters": [{"id": each, "state": state} for each, state in erasure.adapters],
        "jobs": list(erasure.jobs),
        "backups": list(erasure.backups),
        "erased": [sentence.english for sentence in _erased(erasure.versions)],
        "not_reached": [
            sentence.english for sentence in _not_reached(erasure.backups, [each for each, _ in erasure.adapters])
        ],
    }


def not_reached(certificate: Mapping[str, Any]) -> list[Message]:
    """Return what a certificate says the erasure cannot reach, for people: in any language, and without its words."""
    return _not_reached(certificate["backups"], [each["id"] for each in certificate["adapters"]])


def _erased(versions: Sequence[int]) -> list[Message]:
    what = message("erasure-versions", versions=", ".join(map(str, versions))) if versions else message("erasure-all")
    return [message("erasure-keys", what=what), message("erasure-files", what=what)]


def _not_reached(backups: Sequence[str], adapters: Sequence[str]) -> list[Message]:
    kept = [message(f"erasure-not-{name}") for name in ("copies", "remnants", "source", "listed")]
    kept.append(
        message("erasure-not-backups", backups=", ".join(backups)) if backups else message("erasure-no-backups")
    )
    return kept + ([message("erasure-not-adapters", adapters=", ".join(adapters))] if adapters else [])
