"""Look at the log, verify it, prove what is in it, and ask it about a file or a name. Looking is logged too."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from sqlalchemy import select

from appliance.audit import ObjectRef, SignedCheckpoint, parse_checkpoint, verifier_key
from appliance.audit.proofs import inclusion_proof, proof_text
from appliance.foundation.errors import AuditLogError, InputError
from appliance.identity.tables import USERS
from appliance.services.accounts import account_ref
from appliance.services.context import Caller, ServiceContext
from appliance.services.person_key import known_person
from appliance.services.receive_upload import file_fingerprint

LOG = ObjectRef("log", "audit")
MAX_WITNESSES = 100
SHA256_HEX_DIGITS = 64


def verify_audit(context: ServiceContext, caller: Caller, *, witnesses: Sequence[str] = ()) -> dict[str, Any]:
    """Recompute the whole log against its signed checkpoint, the remembered head, and checkpoints that were carried away (signed notes).

    Raises `AuditLogError` naming the first bad entry, `InputError` for a witness that is no checkpoint.
    """
    notes = _witnesses(witnesses)
    with context.act(caller, "audit.verify", LOG, {"witnesses": len(notes)}):
        verified = context.log.verify(public_key=context.vault.signer.public_key, remembered=context.vault.heads.load(), witnesses=notes)
    return {
        "verified": True,
        "entries": verified.size,
        "root": verified.root.hex(),
        "signed_entries": verified.signed_size,
        "witnesses": len(notes),
        "archived": verified.archived,
    }


def show_audit(context: ServiceContext, caller: Caller, *, last: int = 50) -> list[dict[str, Any]]:
    """Return the last entries, oldest first."""
    with context.act(caller, "audit.read", LOG, {"entries": last}):
        start = max(0, context.log.size - max(1, last))
        return list(islice(context.log.entries_here(start), max(1, last)))


def take_checkpoint(context: ServiceContext, caller: Caller) -> dict[str, Any]:
    """Return the signed checkpoint over the log as it is, for an auditor to carry away, and the key that verifies it."""
    with context.act(caller, "audit.checkpoint", LOG):
        note, head, _tiles = context.log.provable()
    return {"checkpoint": note.decode(), "entries": head.size, "root": head.root.hex(), "key": log_key(context)}


def prove_entry(context: ServiceContext, caller: Caller, *, sequence: int) -> dict[str, Any]:
    """Return an entry as the log has it (canonical JSON), and the proof that it is there (C2SP `tlog-proof`). Raises `InputError`.

    Of an entry that is archived the hash alone is here, which is what the proof is about; `entry` is empty then.
    """
    with context.act(caller, "audit.prove", LOG, {"entry": sequence}):
        note, head, tiles = context.log.provable()
        if not 0 <= sequence < head.size:
            raise InputError(f"There is no such entry: the log has {head.size}, from 0 on.", code="audit.entry")
        ((leaf, raw),) = context.log.leaves(sequence, sequence + 1)
        proof = proof_text(sequence, inclusion_proof(tiles, sequence, head.size), note)
    return {
        "entry": (raw or b"").decode(),
        "leaf_hash": leaf.hex(),
        "archived": raw is None,
        "proof": proof,
        "key": log_key(context),
        "entries": head.size,
    }


def confirm(context: ServiceContext, caller: Caller, *, sha256: str = "", name: str = "") -> dict[str, Any]:
    """Tell whether the log speaks of the file with this SHA-256, or of this name or address, and in which entries.

    An account's name leads to its id; a person who was looked for in the data, to their key. Of who was erased, nothing is known any more.
    What is archived is not looked at, and said. Raises `InputError` unless it is asked for one of the two.
    """
    if bool(sha256) == bool(name) or (sha256 and (len(sha256) != SHA256_HEX_DIGITS or set(sha256) - set("0123456789abcdef"))):
        raise InputError("Ask for a file (its SHA-256), or for a name.", code="audit.confirm")
    with context.act(caller, "audit.confirm", LOG, {"about": "file" if sha256 else "name"}) as recorded:
        matches = _about_file(context, sha256) if sha256 else _about_name(context, name)
        recorded.details = {**recorded.details, "entries": sum(len(each["entries"]) for each in matches)}
    return {"found": bool(matches), "matches": matches, "archived": context.log.archives.told()}


def log_key(context: ServiceContext) -> str:
    """Return the log's public key, as signed-note writes it."""
    signer = context.vault.signer
    return verifier_key(signer.name, signer.public_key)


def _witnesses(notes: Sequence[str]) -> list[SignedCheckpoint]:
    if isinstance(notes, str) or len(notes) > MAX_WITNESSES or not all(isinstance(note, str) for note in notes):
        raise InputError(f"At most {MAX_WITNESSES} checkpoints are compared at once.", code="audit.witnesses")
    try:
        return [parse_checkpoint(note.encode("utf-8", "replace")) for note in notes]
    except AuditLogError:
        raise InputError(
            "This is no checkpoint of an audit log. Take one with `appliance audit checkpoint OUT`.", code="audit.witness-file"
        ) from None


def _about_file(context: ServiceContext, sha256: str) -> list[dict[str, Any]]:
    """Return the uploads that were this file, each with the entries that speak of it."""
    fingerprint = file_fingerprint(context, sha256)
    uploads: dict[str, list[int]] = {}
    made: dict[str, list[int]] = {}
    for entry in context.log.entries_here():
        if entry["object"]["digest"] == fingerprint:
            uploads.setdefault(entry["object"]["id"], []).append(entry["sequence"])
        elif entry["action"] == "dataset.import" and (upload := entry["details"].get("upload")) in uploads:
            uploads[upload].append(entry["sequence"])
            made.setdefault(upload, []).append(entry["object"]["id"])
    return [
        {"as": "upload", "id": upload, "datasets": list(dict.fromkeys(made.get(upload, []))), "entries": entries}
        for upload, entries in uploads.items()
    ]


def _about_name(context: ServiceContext, name: str) -> list[dict[str, Any]]:
    """Return the account of this name, and the person, each with the entries that speak of them; `named_in` have an HMAC of the name."""
    with context.database.begin() as connection:
        account = connection.execute(select(USERS.c.id).where(USERS.c.name == name)).scalar()
    tried = account_ref(context, name).id
    person = known_person(context, name)
    wanted = {("account", tried): "sign-in"}
    if account is not None:
        wanted[("user", str(account))] = "account"
    terms: set[Any] = set()
    if person is not None:
        wanted[("person", person.target.id)] = "person"
        terms = set(person.terms)
    matches: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in context.log.entries_here():
        for place in {(entry["object"]["kind"], entry["object"]["id"]), ("user", entry["actor"]["id"])} & wanted.keys():
            match = matches.setdefault(place, {"as": wanted[place], "id": place[1], "entries": [], "named_in": []})
            match["entries"].append(entry["sequence"])
            if place[0] == "person" and terms & set(entry["details"].values()):
                match["named_in"].append(entry["sequence"])
    return list(matches.values())
