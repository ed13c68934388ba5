"""Events of the log itself."""

from appliance.audit.event_kinds import Event, Recovery
from appliance.audit.event_table.groups import ADMINS, AUDITORS, LAWFUL, SYSTEM

ROWS = (
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
        recovery=Recovery.NOTED,
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
