"""How the page says what the log has as codes. What is not listed is said by its code."""

import datetime as dt
from typing import Any

OUTCOMES = {"requested": "asked for", "succeeded": "done", "denied": "denied", "failed": "failed"}
ACTIONS = {
    "adapter.card": "Model card made",
    "adapter.create": "Model tuned",
    "adapter.list": "Tuned models listed",
    "adapter.read": "Test answers read",
    "adapter.use": "Model asked",
    "appliance.status": "State of the home asked for",
    "audit.checkpoint": "Checkpoint carried away",
    "audit.confirm": "Log asked about a file or a name",
    "audit.export": "Log exported",
    "audit.prove": "Proof of an entry taken",
    "audit.read": "Log looked at",
    "audit.review": "Review of the log signed off",
    "audit.verify": "Log verified",
    "backup.create": "Backup made",
    "clock.change": "Clock moved",
    "configuration.change": "Configuration changed",
    "dataset.describe": "Origin of data stated",
    "dataset.hold": "Legal hold set",
    "dataset.import": "Data imported",
    "dataset.list": "Datasets listed",
    "dataset.preview": "File looked at before import",
    "dataset.read": "Rows of data read",
    "dataset.release": "Legal hold lifted",
    "dataset.renew-keys": "Keys of data renewed",
    "dataset.revise": "Data mended",
    "dataset.shred": "Data shredded",
    "dataset.shred-versions": "Versions of data shredded",
    "door.refuse-authorization": "Refused: another way to sign in",
    "door.refuse-event": "Refused: unreadable event of a page",
    "door.refuse-file": "Refused: event that names a file",
    "door.refuse-forgery": "Refused: forged request with somebody's session",
    "door.refuse-haste": "Refused: too many sign-ins",
    "door.refuse-host": "Refused: asked for another name",
    "door.refuse-origin": "Refused: came from a foreign page",
    "door.refuse-password": "Refused: own password not chosen yet",
    "door.refuse-path": "Refused: address that leaves its place",
    "door.refuse-route": "Refused: nothing our pages use",
    "door.refuse-session": "Refused: not signed in",
    "door.refuse-session-over": "Refused: session is over",
    "door.refuse-size": "Refused: too large",
    "door.refuse-websocket": "Refused: WebSocket",
    "home.create": "Home made",
    "home.restore": "Home restored from a backup",
    "isolation.test": "Isolation tested",
    "job.list": "Jobs listed",
    "job.recover": "Job put right after a crash",
    "job.resume": "Job resumed",
    "job.start": "Job run",
    "job.stop": "Job stopped",
    "job.submit": "Job submitted",
    "key.add": "Way into the vault added",
    "key.list": "Ways into the vault listed",
    "key.remove": "Way into the vault removed",
    "key.rotate-log": "New key for the log asked for",
    "key.rotate": "Keys of the vault rotated",
    "log.archive": "Old entries of the log archived",
    "log.change-key": "Signing key of the log changed",
    "log.prune": "Archived entries removed from the home",
    "log.recover": "Log opened after a crash",
    "log.reread": "Old entries read again",
    "model.import": "Base model imported",
    "model.list": "Base models listed",
    "password.change": "Password changed",
    "person.erase": "Person erased",
    "person.find": "Person looked for",
    "session.close": "Signed out",
    "session.open": "Signed in",
    "upload.receive": "File received",
    "user.create": "Account made",
    "user.list": "Accounts listed",
    "vault.seal": "Vault sealed",
    "vault.unseal": "Vault opened",
}
KINDS = {
    "account": "name typed to sign in",
    "adapter": "tuned model",
    "backup": "backup",
    "clock": "the clock",
    "configuration": "configuration",
    "dataset": "dataset",
    "door": "the web's door",
    "home": "the home",
    "job": "job",
    "log": "the log",
    "model": "base model",
    "person": "person in the data",
    "slot": "way into the vault",
    "upload": "file",
    "user": "account",
    "vault": "the vault",
}


def action(code: str) -> str:
    """Return what an action is called."""
    return ACTIONS.get(code, code)


def kind(code: str) -> str:
    """Return what a kind of object is called."""
    return KINDS.get(code, code)


def outcome(code: str) -> str:
    """Return how an act ended."""
    return OUTCOMES.get(code, code)


def when(time_us: int) -> str:
    """Return a moment (microseconds since 1970) as people read it, UTC."""
    return f"{dt.datetime.fromtimestamp(time_us / 1e6, dt.UTC):%Y-%m-%d %H:%M:%S}"


def day(time_us: int, unit: str = "day") -> str:
    """Return the label of a bucket of time."""
    moment = dt.datetime.fromtimestamp(time_us / 1e6, dt.UTC)
    return f"{moment:%d %b %H:%M}" if unit == "hour" else f"{moment:%d %b %Y}"


def who(entry: dict[str, Any]) -> str:
    """Return the name of who acted, or the id when there is no name."""
    return str(entry.get("person") or entry["actor"]["id"])


def number(value: int) -> str:
    """Return a count with thin separators."""
    return f"{value:,}".replace(",", "\u202f")


def many(value: int, one: str, more: str = "") -> str:
    """Return a count with its noun."""
    return f"{number(value)} {one if value == 1 else more or one + 's'}"
