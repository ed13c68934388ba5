"""Events of the home, its vault and its accounts, and requests that the web server refused."""

from collections.abc import Iterator, Mapping

from appliance.audit.event_kinds import Event, Recovery
from appliance.audit.event_table.groups import ADMINS, NOBODY, OPERATOR, SIGNED_IN, SYSTEM


def _refusals(whose: Mapping[str, str]) -> Iterator[Event]:
    """Yield an event for each kind of refusal: the first at once, then a count each minute (refused_requests.py)."""
    details = {"count": int, "seconds": int, "source": str}
    for kind, what in whose.items():
        meaning = f"Refused: a request that {what}. `count` of them in `seconds`, from `source` or by the account."
        yield Event(f"door.refuse-{kind}", ("door",), NOBODY | SIGNED_IN, meaning, details)


ROWS = (
    # The home and its vault
    Event("home.create", ("home",), OPERATOR, "A home was created, with its keys and its first account."),
    Event(
        "home.restore",
        ("home",),
        OPERATOR,
        "The home was restored from a backup. `size` and `root` are the head of the log before this entry, as the "
        "backup had it.",
        {"size": int, "root": str, "backup": str, "taken_us": int, "why": str},
        recovery=Recovery.DONE,
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
    Event("key.list", ("vault",), ADMINS, "The key slots were listed.", look=True),
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
    Event(
        "backup.create",
        ("backup",),
        ADMINS,
        "A backup was made. The digest is that of its manifest.",
        recovery=Recovery.FINISHED,
    ),
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
    Event(
        "language.change",
        ("user",),
        SIGNED_IN,
        "Someone chose the language of the pages for their account.",
        {"language": str},
    ),
    Event("user.create", ("user",), ADMINS, "An account was created.", {"role": str}),
    Event("user.list", ("user",), ADMINS, "The accounts were listed.", look=True),
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
)
