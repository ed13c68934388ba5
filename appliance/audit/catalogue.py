"""The catalogue of events: everything that the audit log may say, one frozen `Event` each. An entry that is not in here
cannot be written.

Whoever adds an action adds its event: what it means, on what kind of object, who may cause it, and which details it may
carry. Roles are those of the policy, `system` (the appliance itself, and its jobs in the name of who submitted them)
and `none` (nobody is signed in yet). Anybody may be *denied* anything, so a denial is checked for its kind of object
and its details alone. `ops/audit-events.md` is made from this page, and `appliance audit events` prints it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from appliance.audit.events import Actor, Details, ObjectRef, Outcome
from appliance.foundation.errors import InputError

Fields: TypeAlias = Mapping[str, type]

_NUMBERED = re.compile(r"-[1-9][0-9]?\Z")  # "term-1", "term-2": the catalogue has "term-#"
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
    """One kind of event. `spare`: it may use the space that is kept for when the disk is full."""

    action: str
    kinds: tuple[str, ...]
    who: frozenset[str]
    meaning: str
    details: Fields = field(default_factory=lambda: MappingProxyType({}))
    spare: bool = False


def _refusals(whose: Mapping[str, str]) -> Iterator[Event]:
    """Yield one event for each kind of refusal: the first at once, then a count a minute
    (services/refused_requests.py).
    """
    details = {"count": int, "seconds": int, "source": str}
    for kind, what in whose.items():
        meaning = f"A request was refused that {what}; `count` of them in `seconds`, from `source` or by the account."
        yield Event(f"door.refuse-{kind}", ("door",), NOBODY | SIGNED_IN, meaning, details)


_EVENTS = (
    # The home and its vault
    Event("home.create", ("home",), OPERATOR, "A home was made, with its keys and its first account."),
    Event(
        "home.restore",
        ("home",),
        OPERATOR,
        "The home was rebuilt from a backup. `size` and `root` are those of the log up to here: all that the backup "
        "had.",
        {"size": int, "root": str, "backup": str, "taken_us": int, "why": str},
    ),
    Event("vault.unseal", ("home",), ADMINS, "The keys were brought into memory."),
    Event(
        "vault.seal",
        ("home",),
        ADMINS | SYSTEM,
        "The keys were forgotten: somebody asked, or idle time.",
        {"idle_minutes": int},
        True,
    ),
    Event("key.list", ("vault",), ADMINS, "The vault's ways in were looked at."),
    Event("key.add", ("vault", "slot"), ADMINS, "A way into the vault was added.", {"kind": str}),
    Event(
        "key.remove",
        ("slot",),
        ADMINS,
        "A way into the vault was removed; what its holder could have kept was replaced.",
    ),
    Event("key.rotate", ("vault",), ADMINS, "Root, epoch and database key were replaced."),
    Event(
        "key.rotate-log", ("vault",), ADMINS, "The log's signing key was replaced, in the entry named.", {"entry": int}
    ),
    Event(
        "isolation.test",
        ("home",),
        ADMINS,
        "The walls around workers and server were tried: how many probes were refused, got through, or could not be "
        "tried.",
        {"refused": int, "open": int, "unavailable": int},
    ),
    Event("backup.create", ("backup",), ADMINS, "A backup was made. Its digest is that of its manifest."),
    Event(
        "configuration.change",
        ("configuration",),
        SYSTEM,
        "The appliance started with another configuration than the last time: SHA-256 of the rules, of the limits, of "
        "the settings.",
        {"rules": str, "limits": str, "settings": str, "version": str, "first": bool},
    ),
    Event(
        "appliance.status",
        ("home",),
        SIGNED_IN,
        "The state of the home was asked for: only denials are here, for it must be told when the log is full.",
    ),
    # Accounts
    Event(
        "session.open",
        ("account", "user"),
        NOBODY | SIGNED_IN,
        "Somebody signed in, or could not; the account is a pseudonym until known.",
    ),
    Event("session.close", ("user",), SIGNED_IN, "Somebody signed out."),
    Event("password.change", ("user",), SIGNED_IN, "Somebody changed their own password, or could not."),
    Event("user.create", ("user",), ADMINS, "An account was made.", {"role": str}),
    Event("user.list", ("user",), ADMINS, "The accounts were looked at."),
    # Requests that the web's door refused
    *_refusals(
        {
            "host": "asked for a name that is not ours (a page elsewhere may be behind it: DNS rebinding)",
            "websocket": "asked for a WebSocket, of which there is none",
            "authorization": "brought another way to sign in than the session cookie",
            "path": "had an address that tries to leave its place",
            "origin": "would have changed something and came from no page of ours",
            "forgery": "would have changed something with somebody's open session, and came from no page of ours "
            "(CSRF)",
            "session": "came from nobody who is signed in",
            "session-over": "came with a session that is over, or never was",
            "haste": "would have signed in when too many had tried within a minute",
            "password": "came from somebody who has yet to choose a password of their own",
            "size": "was larger than it may be",
            "event": "was an event of a page that cannot be read",
            "file": "was an event that names a file",
            "route": "asked for something that our pages do not use",
        }
    ),
    # Data
    Event("upload.receive", ("upload",), MAKERS, "A file was received and sealed."),
    Event("dataset.preview", ("upload",), MAKERS, "Rows of a received file were shown before its import."),
    Event(
        "dataset.import",
        ("dataset", "upload"),
        MAKERS,
        "A received file became an encrypted dataset.",
        {"upload": str, "rows": int},
    ),
    Event(
        "dataset.list",
        ("dataset",),
        SIGNED_IN,
        "What is known of datasets was looked at: names, counts, versions, findings; no row.",
    ),
    Event("dataset.read", ("dataset",), MAKERS, "Rows of a dataset were shown.", {"part": str, "rows": int}),
    Event(
        "dataset.revise",
        ("dataset",),
        MAKERS,
        "A new version of a dataset was written, in which a finding is mended.",
        {"check": str, "action": str, "version": int, "changed": int},
    ),
    Event(
        "dataset.describe", ("dataset",), MAKERS, "What is said about a dataset's origin was changed.", {"fields": str}
    ),
    Event("dataset.renew-keys", ("dataset",), ADMINS, "A dataset was written anew under new keys.", {"version": int}),
    Event("dataset.hold", ("dataset",), LAWFUL, "A dataset was put on legal hold."),
    Event("dataset.release", ("dataset",), LAWFUL, "A legal hold was ended."),
    Event(
        "dataset.shred",
        ("dataset",),
        ADMINS | SYSTEM,
        "A dataset was made unreadable for good; SHA-256 of its certificate.",
        {"rows": int, "certificate": str},
    ),
    Event(
        "dataset.shred-versions",
        ("dataset",),
        ADMINS | SYSTEM,
        "Versions of a dataset were made unreadable for good; SHA-256 of the certificate.",
        {"versions": str, "certificate": str},
    ),
    Event(
        "person.find",
        ("person",),
        LAWFUL,
        "A person was looked for in the datasets. Person and terms are HMACs under a key of that person.",
        {"datasets": int, "adapters": int, "term-#": str},
    ),
    Event(
        "person.erase",
        ("person",),
        ADMINS,
        "A person's rows were erased, and the adapters retired that learned from them; then the person's key.",
        {"datasets": int, "adapters": int, "term-#": str},
    ),
    # Models, jobs, adapters
    Event("model.import", ("model",), ADMINS, "A base model was imported.", {"starter": bool}),
    Event("model.list", ("model",), SIGNED_IN, "What is known of base models was looked at."),
    Event(
        "job.submit",
        ("job",),
        MAKERS,
        "A job was put into the queue.",
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
        "A job's worker was started and given its keys; the outcome is the job's.",
        {"kind": str, "result": str},
    ),
    Event("job.stop", ("job",), MAKERS | {"admin"}, "A job was asked to stop."),
    Event(
        "job.resume",
        ("job",),
        MAKERS,
        "A stopped or failed job went back into the queue; at what learning rate, when that became lower.",
        {"learning_rate": str},
    ),
    Event("job.recover", ("job",), SYSTEM, "A job that a crash interrupted was put right.", {"state": str}),
    Event(
        "job.step-down",
        ("job",),
        SYSTEM,
        "Memory ran out: the job goes on from its last checkpoint with smaller passes, or computing activations twice.",
        {"pass_tokens": int, "activation_checkpointing": bool},
    ),
    Event("job.list", ("job",), SIGNED_IN, "Jobs and their progress were looked at."),
    Event(
        "adapter.create",
        ("adapter",),
        SYSTEM,
        "A training's adapter was kept; digests of what it was asked for, and of what it measured.",
        {"dataset": str, "model": str, "parameters": str, "result": str},
    ),
    Event("adapter.list", ("adapter",), SIGNED_IN, "What is known of adapters was looked at."),
    Event("adapter.read", ("adapter",), TRYING, "The answers of an evaluation were shown: they quote held-out rows."),
    Event("adapter.card", ("adapter",), SIGNED_IN, "An adapter's model card was made from the log."),
    Event(
        "adapter.use",
        ("adapter",),
        TRYING,
        "A model was asked something. Neither question nor answer is kept.",
        {"turns": int},
    ),
    # The log itself
    Event(
        "audit.read",
        ("log",),
        LAWFUL,
        "The log was looked at: its last `entries`, a search, an object's life, an overview. Whom a search was for is "
        "not said.",
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
        "An auditor signed off having reviewed the entries `first` to `last`; keyed fingerprint of the note.",
        {"first": int, "last": int, "note_hmac": str},
    ),
    Event(
        "audit.verify",
        ("log",),
        LAWFUL,
        "The log was recomputed against its signature, and against so many checkpoints that were carried away.",
        {"witnesses": int},
    ),
    Event(
        "audit.export",
        ("log",),
        LAWFUL,
        "Entries of the log were handed out.",
        {"format": str, "start": int, "entries": int},
    ),
    Event("audit.checkpoint", ("log",), LAWFUL, "A signed checkpoint was handed out, to be carried away."),
    Event("audit.prove", ("log",), LAWFUL, "The proof of an entry was handed out.", {"entry": int}),
    Event(
        "audit.confirm",
        ("log",),
        LAWFUL,
        "The log was asked whether it speaks of a file or a name.",
        {"about": str, "entries": int},
    ),
    Event(
        "log.change-key",
        ("vault",),
        ADMINS,
        "The log's signing key `old` handed over to `new`, and signed that; `size` and `root` are those of the log "
        "before.",
        {"origin": str, "old": str, "new": str, "size": int, "root": str, "signature": str},
    ),
    Event(
        "log.archive",
        ("log",),
        ADMINS,
        "Entries from before `before_us` were written into an archive outside of the home, read again and found whole: "
        "from `first` to "
        "before `end`, but for the bundles `without`. `digest` is the SHA-256 of the archive's list of files.",
        {"before_us": int, "first": int, "end": int, "without": str, "digest": str},
    ),
    Event(
        "log.prune",
        ("log",),
        ADMINS,
        "The entries of that archive are removed from the home; their hashes stay. `open`: the requests before `end` "
        "without an outcome.",
        {"first": int, "end": int, "without": str, "digest": str, "open": str, "bundles": int},
    ),
    Event(
        "log.recover",
        ("log",),
        SYSTEM,
        "The log was opened after a crash: so many entries only its journal had; whether a last write was torn, which "
        "is dropped; "
        "how many requests have no outcome.",
        {"entries": int, "torn": bool, "open": int},
        True,
    ),
    Event(
        "log.reread",
        ("log",),
        SYSTEM,
        "The appliance read old entries again by itself, after a start and once a day. `entry` was found damaged; at "
        "the end of a round, "
        "how many `entries` were read, and of how many bundles of 256 of them some part was `damaged`.",
        {"entry": int, "entries": int, "damaged": int},
    ),
    Event(
        "clock.change",
        ("clock",),
        SYSTEM,
        "The wall clock was moved by `step_us` since the entry before, which was made at `before_us`.",
        {"step_us": int, "before_us": int},
        True,
    ),
)
EVENTS: Mapping[str, Event] = MappingProxyType({event.action: event for event in _EVENTS})


def verify_listed(actor: Actor, action: str, target: ObjectRef, outcome: Outcome, details: Details) -> Event:
    """Return the event that an entry is. Raises `InputError` when the catalogue has none such."""
    event = EVENTS.get(action)
    if event is None:
        raise InputError("audit.catalogue:catalogue-events-written", action=repr(action[:80]))
    strange = [
        name
        for name, value in details.items()
        if type(value) is not (event.details.get(name) or _numbered(event, name))
    ]
    if target.kind not in event.kinds:
        mistake = f"its object is of the kind {target.kind!r}"
    elif outcome is not Outcome.DENIED and actor.role not in event.who:
        mistake = f"its actor has the role {actor.role!r}"
    elif strange:
        mistake = f"it has the details {strange}"
    else:
        return event
    raise InputError("audit.catalogue", action=repr(action), mistake=mistake)


def _numbered(event: Event, name: str) -> type | None:
    return event.details.get(_NUMBERED.sub("-#", name))


def events_page() -> str:
    """Return the catalogue as Markdown: `ops/audit-events.md`."""
    lines = [
        "# Events of the audit log",
        "",
        "Made from `appliance/audit/catalogue.py` (`appliance audit events --markdown`); a test keeps them equal.",
        "Each action is there as `requested` before it happens and as `succeeded` or `failed` after; what may not be "
        "is there as `denied`.",
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
