"""The catalogue of events: everything that the audit log may contain. Other entries cannot be written.

A new action needs an event here: its meaning, its kinds of objects, who may cause it, and its details. Roles are those
of the policy, `system` (the appliance itself, and jobs on behalf of their submitters) and `none` (not signed in).
Anyone may be *denied* anything, so of a denial only the kind of object and the details are checked.
`ops/audit-events.md` is generated from this catalogue, and `appliance audit events` prints it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from appliance.audit.events import Actor, Details, ObjectRef, Outcome
from appliance.foundation.errors import InputError

Fields: TypeAlias = Mapping[str, type]

_NUMBERED = re.compile(r"-[1-9][0-9]?\Z")  # "term-1", "term-2"; the catalogue has "term-#"
SYSTEM, NOBODY = frozenset({"system"}), frozenset({"none"})
OPERATOR = frozenset({"operator"})
ADMINS = frozenset({"operator", "admin"})
MAKERS = frozenset({"operator", "trainer"})
TRYING = MAKERS | {"reviewer"}
LAWFUL = ADMINS | {"auditor"}
AUDITORS = frozenset({"auditor"})
SIGNED_IN = ADMINS | {"trainer", "reviewer", "auditor"}


@dataclass(frozen=True)
class Event:
    """A kind of event. `spare`: it may use the space reserved for a full disk."""

    action: str
    kinds: tuple[str, ...]
    who: frozenset[str]
    meaning: str
    details: Fields = field(default_factory=lambda: MappingProxyType({}))
    spare: bool = False


def _refusals(whose: Mapping[str, str]) -> Iterator[Event]:
    """Yield an event for each kind of refusal: the first at once, then a count each minute (refused_requests.py)."""
    details = {"count": int, "seconds": int, "source": str}
    for kind, what in whose.items():
        meaning = f"Refused: a request that {what}. `count` of them in `seconds`, from `source` or by the account."
        yield Event(f"door.refuse-{kind}", ("door",), NOBODY | SIGNED_IN, meaning, details)


_EVENTS = (
    # The home and its vault
    Event("home.create", ("home",), OPERATOR, "A home was created, with its keys and its first account."),
    Event(
        "home.restore",
        ("home",),
        OPERATOR,
        "The home was restored from a backup. `size` and `root` are the head of the log before this entry, as the "
        "backup had it.",
        {"size": int, "root": str, "backup": str, "taken_us": int, "why": str},
    ),
    Event("vault.unseal", ("home",), ADMINS, "The keys were loaded into memory."),
    Event(
        "vault.seal",
        ("home",),
        ADMINS | SYSTEM,
        "The keys were wiped from memory, on request or after idle time.",
        {"idle_minutes": int},
        True,
    ),
    Event("key.list", ("vault",), ADMINS, "The key slots were listed."),
    Event("key.add", ("vault", "slot"), ADMINS, "A key slot was added.", {"kind": str}),
    Event(
        "key.remove",
        ("slot",),
        ADMINS,
        "A key slot was removed, and every key that its holder could have kept was replaced.",
    ),
    Event("key.rotate", ("vault",), ADMINS, "Root, epoch and database key were replaced."),
    Event(
        "key.rotate-log",
        ("vault",),
        ADMINS,
        "The log's signing key was replaced, by the entry `entry`.",
        {"entry": int},
    ),
    Event(
        "isolation.test",
        ("home",),
        ADMINS,
        "The isolation of workers and server was tested: how many probes were refused, got through, or were "
        "unavailable.",
        {"refused": int, "open": int, "unavailable": int},
    ),
    Event("backup.create", ("backup",), ADMINS, "A backup was made. The digest is that of its manifest."),
    Event(
        "configuration.change",
        ("configuration",),
        SYSTEM,
        "The appliance started with another configuration than before. SHA-256 of the rules, the limits and the "
        "settings.",
        {"rules": str, "limits": str, "settings": str, "version": str, "first": bool},
    ),
    Event(
        "appliance.status",
        ("home",),
        SIGNED_IN,
        "The status of the home was requested. Only denials are logged, because it must be available when the log is "
        "full.",
    ),
    # Accounts
    Event(
        "session.open",
        ("account", "user"),
        NOBODY | SIGNED_IN,
        "Someone signed in, or tried to. The account is a pseudonym until it is known.",
    ),
    Event("session.close", ("user",), SIGNED_IN, "Someone signed out."),
    Event("password.change", ("user",), SIGNED_IN, "Someone changed their password, or tried to."),
    Event("user.create", ("user",), ADMINS, "An account was created.", {"role": str}),
    Event("user.list", ("user",), ADMINS, "The accounts were listed."),
    # Requests that the web server refused
    *_refusals(
        {
            "host": "was addressed to another host name (possibly by a foreign page: DNS rebinding)",
            "websocket": "asked for a WebSocket",
            "authorization": "used another way to sign in than the session cookie",
            "path": "had a path that tries to leave its folder",
            "origin": "would have changed something, but did not come from a page of the appliance",
            "forgery": "would have changed something with an open session, but did not come from a page of the "
            "appliance (CSRF)",
            "session": "came from someone who is not signed in",
            "session-over": "had a session that has ended or never existed",
            "haste": "tried to sign in after too many attempts within a minute",
            "password": "came from someone who still has to choose a password",
            "size": "was too large",
            "event": "was an unreadable event of a page",
            "file": "was an event that names a file",
            "route": "asked for something that the pages do not use",
        }
    ),
    # Data
    Event("upload.receive", ("upload",), MAKERS, "A file was received and sealed."),
    Event("dataset.preview", ("upload",), MAKERS, "Rows of a received file were shown before the import."),
    Event(
        "dataset.import",
        ("dataset", "upload"),
        MAKERS,
        "A received file was imported as an encrypted dataset.",
        {"upload": str, "rows": int},
    ),
    Event(
        "dataset.list",
        ("dataset",),
        SIGNED_IN,
        "Datasets were listed or shown: names, counts, versions and findings, but no rows.",
    ),
    Event("dataset.read", ("dataset",), MAKERS, "Rows of a dataset were shown.", {"part": str, "rows": int}),
    Event(
        "dataset.revise",
        ("dataset",),
        MAKERS,
        "A new version of a dataset was written, which corrects a finding.",
        {"check": str, "action": str, "version": int, "changed": int},
    ),
    Event(
        "dataset.describe", ("dataset",), MAKERS, "The description of a dataset's origin was changed.", {"fields": str}
    ),
    Event("dataset.renew-keys", ("dataset",), ADMINS, "A dataset was rewritten under new keys.", {"version": int}),
    Event("dataset.hold", ("dataset",), LAWFUL, "A dataset was put on legal hold."),
    Event("dataset.release", ("dataset",), LAWFUL, "A legal hold was ended."),
    Event(
        "dataset.shred",
        ("dataset",),
        ADMINS | SYSTEM,
        "A dataset was made permanently unreadable. SHA-256 of its certificate.",
        {"rows": int, "certificate": str},
    ),
    Event(
        "dataset.shred-versions",
        ("dataset",),
        ADMINS | SYSTEM,
        "Versions of a dataset were made permanently unreadable. SHA-256 of the certificate.",
        {"versions": str, "certificate": str},
    ),
    Event(
        "person.find",
        ("person",),
        LAWFUL,
        "The datasets were searched for a person. Person and terms are HMACs under a key of that person.",
        {"datasets": int, "adapters": int, "term-#": str},
    ),
    Event(
        "person.erase",
        ("person",),
        ADMINS,
        "A person's rows were erased, adapters trained on them were retired, and then the person's key was erased.",
        {"datasets": int, "adapters": int, "term-#": str},
    ),
    # Models, jobs, adapters
    Event("model.import", ("model",), ADMINS, "A base model was imported.", {"starter": bool}),
    Event("model.list", ("model",), SIGNED_IN, "Base models were listed or shown."),
    Event(
        "job.submit",
        ("job",),
        MAKERS,
        "A job was queued.",
        {**dict.fromkeys(("kind", "dataset", "model", "adapter", "ranks"), str), "rank": int},
    ),
    Event(
        "job.plan",
        ("dataset",),
        SIGNED_IN,
        "A training was planned, or a rank advised: what is known of a dataset and of a base model was looked at.",
        {"model": str},
    ),
    Event(
        "job.start",
        ("job",),
        SYSTEM,
        "A job's worker was started and received its keys. The outcome is that of the job.",
        {"kind": str, "result": str},
    ),
    Event("job.stop", ("job",), MAKERS | {"admin"}, "A job was requested to stop."),
    Event(
        "job.resume",
        ("job",),
        MAKERS,
        "A stopped or failed job was queued again, with its learning rate if that was lowered.",
        {"learning_rate": str},
    ),
    Event("job.recover", ("job",), SYSTEM, "A job that a crash had interrupted was recovered.", {"state": str}),
    Event(
        "job.step-down",
        ("job",),
        SYSTEM,
        "Memory ran out: the job continues from its last checkpoint with smaller passes or activation checkpointing.",
        {"pass_tokens": int, "activation_checkpointing": bool},
    ),
    Event("job.list", ("job",), SIGNED_IN, "Jobs and their progress were listed or shown."),
    Event(
        "adapter.create",
        ("adapter",),
        SYSTEM,
        "The adapter of a training was stored. Digests of its parameters and its results.",
        {"dataset": str, "model": str, "parameters": str, "result": str},
    ),
    Event("adapter.list", ("adapter",), SIGNED_IN, "Adapters were listed or shown."),
    Event("adapter.read", ("adapter",), TRYING, "The answers of an evaluation were shown, which quote held-out rows."),
    Event("adapter.card", ("adapter",), SIGNED_IN, "An adapter's model card was generated from the log."),
    Event(
        "adapter.use",
        ("adapter",),
        TRYING,
        "A model was asked questions. Neither questions nor answers are stored.",
        {"turns": int},
    ),
    # The log itself
    Event(
        "audit.read",
        ("log",),
        LAWFUL,
        "The log was read: its last `entries`, a search, an object's life, an overview. The person of a search is not "
        "named.",
        {
            **dict.fromkeys(("look", "action", "kind", "outcome", "object"), str),
            **dict.fromkeys(("entries", "days"), int),
            "person": bool,
        },
    ),
    Event(
        "audit.review",
        ("log",),
        AUDITORS,
        "An auditor signed off a review of the entries `first` to `last`. Keyed fingerprint of the note.",
        {"first": int, "last": int, "note_hmac": str},
    ),
    Event(
        "audit.verify",
        ("log",),
        LAWFUL,
        "The log was verified against its signature and `witnesses` checkpoints that were kept outside.",
        {"witnesses": int},
    ),
    Event(
        "audit.export",
        ("log",),
        LAWFUL,
        "Entries of the log were exported.",
        {"format": str, "start": int, "entries": int},
    ),
    Event("audit.checkpoint", ("log",), LAWFUL, "A signed checkpoint was issued, to be kept outside."),
    Event("audit.prove", ("log",), LAWFUL, "The proof of an entry was issued.", {"entry": int}),
    Event(
        "audit.confirm",
        ("log",),
        LAWFUL,
        "The log was asked whether it mentions a file or a name.",
        {"about": str, "entries": int},
    ),
    Event(
        "log.change-key",
        ("vault",),
        ADMINS,
        "The log's signing key `old` handed over to `new` with its signature. `size` and `root` are the head of the "
        "log before this entry.",
        {"origin": str, "old": str, "new": str, "size": int, "root": str, "signature": str},
    ),
    Event(
        "log.archive",
        ("log",),
        ADMINS,
        "Entries from before `before_us` were written to an archive outside the home and verified: those from `first` "
        "to before `end`, except the bundles `without`. `digest` is the SHA-256 of the archive's list of files.",
        {"before_us": int, "first": int, "end": int, "without": str, "digest": str},
    ),
    Event(
        "log.prune",
        ("log",),
        ADMINS,
        "The entries of that archive were removed from the home; their hashes stay. `open`: requests before `end` "
        "without an outcome.",
        {"first": int, "end": int, "without": str, "digest": str, "open": str, "bundles": int},
    ),
    Event(
        "log.recover",
        ("log",),
        SYSTEM,
        "The log was opened after a crash. `entries` were in its journal only; `torn`: an incomplete last write was "
        "dropped; `open` requests have no outcome.",
        {"entries": int, "torn": bool, "open": int},
        True,
    ),
    Event(
        "log.reread",
        ("log",),
        SYSTEM,
        "The appliance reread old entries, as after each start and once a day. `entry` is damaged; or, at the end of a "
        "round, `entries` were read, and so many bundles of 256 are `damaged`.",
        {"entry": int, "entries": int, "damaged": int},
    ),
    Event(
        "clock.change",
        ("clock",),
        SYSTEM,
        "The wall clock was set by `step_us` since the previous entry, made at `before_us`.",
        {"step_us": int, "before_us": int},
        True,
    ),
)
EVENTS: Mapping[str, Event] = MappingProxyType({event.action: event for event in _EVENTS})


def verify_listed(actor: Actor, action: str, target: ObjectRef, outcome: Outcome, details: Details) -> Event:
    """Return the event of an entry. Raises `InputError` if the catalogue does not allow the entry."""
    event = EVENTS.get(action)
    if event is None:
        raise InputError("audit.catalogue:unknown-event", action=repr(action[:80]))
    if target.kind not in event.kinds:
        raise InputError("audit.catalogue:kind", action=repr(action), kind=repr(target.kind))
    if outcome is not Outcome.DENIED and actor.role not in event.who:
        raise InputError("audit.catalogue:role", action=repr(action), role=repr(actor.role))
    unknown = [
        name
        for name, value in details.items()
        if type(value) is not (event.details.get(name) or _numbered(event, name))
    ]
    if unknown:
        raise InputError("audit.catalogue:details", action=repr(action), details=tuple(map(repr, unknown)))
    return event


def _numbered(event: Event, name: str) -> type | None:
    return event.details.get(_NUMBERED.sub("-#", name))


def events_page() -> str:
    """Return the catalogue as Markdown: `ops/audit-events.md`."""
    lines = [
        "# Events of the audit log",
        "",
        "Generated from `appliance/audit/catalogue.py` (`appliance audit events --markdown`); a test keeps them equal.",
        "Each action is logged as `requested` before it happens, and as `succeeded` or `failed` after; an action that "
        "is not allowed is logged as `denied`.",
        "",
        "| action | object | who | details | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    for event in _EVENTS:
        details = ", ".join(f"{name} ({kind.__name__})" for name, kind in event.details.items())
        lines.append(
            f"| `{event.action}` | {', '.join(event.kinds)} | {', '.join(sorted(event.who))} | {details} | "
            f"{event.meaning} |"
        )
    return "\n".join(lines) + "\n"
