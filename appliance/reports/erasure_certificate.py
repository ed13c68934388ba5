"""What a certificate of erasure says, from the facts alone (GDPR, article 17). Pure: who calls it signs and keeps it.

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

from dataclasses import dataclass
from typing import Any

from appliance.datasets.records import Dataset

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
        "rows": {
            "all": dataset.rows,
            **{part: getattr(dataset, f"{part}_rows") for part in ("training", "validation", "test")},
        },
        "versions": list(erasure.versions),
        "requested_us": erasure.requested_us,
        "erased_us": erasure.erased_us,
        "asked_by": {"id": erasure.asked_by, "role": erasure.role},
        "approved_by": [],
        "approval": "One person asked for this, and no second approved it: this version of the appliance has no "
        "approvals yet.",
        "log": {"origin": erasure.origin, "sequence": erasure.sequence, "request": erasure.request},
        "adapters": [{"id": each, "state": state} for each, state in erasure.adapters],
        "jobs": list(erasure.jobs),
        "backups": list(erasure.backups),
        "erased": [
            f"The keys of all three parts of {_what(erasure)}: no key that this home has from now on opens what they "
            "encrypted, neither in "
            "its files nor in older copies of its database.",
            f"The encrypted files of {_what(erasure)}, and the encrypted checkpoints and answers of the jobs that read "
            "it, with their "
            "keys.",
        ],
        "not_reached": _not_reached(erasure),
    }


def _what(erasure: Erasure) -> str:
    return f"versions {', '.join(map(str, erasure.versions))} of the dataset" if erasure.versions else "the dataset"


def _not_reached(erasure: Erasure) -> list[str]:
    sentences = [
        "An older copy of keyring.json, with one of the passphrases, credentials or recovery keys that opened it, and "
        "older copies of the "
        "database and the files: whoever has all of these reads the dataset. Destroy such copies; snapshots of a file "
        "system are copies.",
        "Remnants on solid-state disks, which keep old blocks for a time, those of the older keyring.json among them.",
        "The file from which the dataset was imported, and whatever was copied out of the appliance.",
        "The dataset's name, its instruction for the model and its counts, which stay listed.",
    ]
    if erasure.backups:
        named = ", ".join(erasure.backups)
        sentences.append(
            f"Backups that were taken while the dataset was there: {named}. With a recovery key they hold it. Delete "
            "them."
        )
    else:
        sentences.append("Backups: the appliance knows of none that was taken while the dataset was there.")
    if erasure.adapters:
        named = ", ".join(each for each, _state in erasure.adapters)
        sentences.append(
            f"Adapters that learned from the dataset, and may repeat parts of it: {named}. They are still there."
        )
    return sentences
