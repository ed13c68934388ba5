#!/usr/bin/env python3
"""Verify that one entry is in an audit log. For anybody: one file, which needs Python 3.11 and `cryptography`, nothing
of the appliance.

    python verify_proof.py PROOF --key KEY

PROOF   what `appliance audit prove ENTRY --out PROOF` wrote, or the page's "Proof to take away": C2SP tlog-proof, with
        the entry in it
--key   the log's public key as you noted it: the text, or a file with it. It is the key that was in force when the
        proof was made.

Exit status 0: the entry is in the log, and is shown. 1: it is not; why is said. 2: it could not be checked (wrong call,
unreadable file).

What is checked. The log is a Merkle tree (RFC 6962): a leaf is SHA-256 of a zero byte and the entry, a node SHA-256 of
a one byte and its two children. The proof has the entry, its number, the hashes beside the way up to the root, and a
signed checkpoint: the log's name, how many entries it had, the root. The root that follows from entry and hashes must
be the checkpoint's, which the key must have signed. A proof says nothing about the other entries: `verify_audit.py`
does, with the whole log.
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Problem(Exception):  # noqa: N818 - a word for auditors
    """The entry is not in the log."""


def root_from(entry: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that follows (RFC 9162, section 2.1.3.2)."""
    fn, sn, root = index, size - 1, hashlib.sha256(b"\x00" + entry).digest()
    for beside in path:
        if sn == 0:
            raise Problem("The proof has more hashes than there are on the way to the root.")
        if fn & 1 or fn == sn:
            root = hashlib.sha256(b"\x01" + beside + root).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = hashlib.sha256(b"\x01" + root + beside).digest()
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Problem("The proof has fewer hashes than there are on the way to the root.")
    return root


def parse_key(text: str) -> tuple[str, bytes, bytes]:
    """Return name, id and raw Ed25519 key of `<name>+<id>+<base64>` (C2SP signed-note). Raises `ValueError`."""
    name, number, encoded = text.strip().split("+", 2)
    data = base64.b64decode(encoded, validate=True)
    key_id = hashlib.sha256(f"{name}\n".encode() + data).digest()[:4]
    if len(data) != 33 or data[0] != 1 or key_id.hex() != number:
        raise ValueError("no Ed25519 key, or mistyped")
    return name, key_id, data[1:]


def verify_signed(note: str, key_text: str) -> tuple[int, bytes]:
    """Return size and root of the checkpoint, which the key has signed under the log's name."""
    name, key_id, key = parse_key(key_text)
    text, _, tail = note.rpartition("\n\n")
    origin, size, root = text.split("\n")
    lines = [line.split(" ") for line in tail.removesuffix("\n").split("\n")]
    ours = [
        base64.b64decode(encoded, validate=True) for dash, signer, encoded in lines if (dash, signer) == ("—", name)
    ]
    signatures = [data[4:] for data in ours if data[:4] == key_id]
    if origin != name or len(signatures) != 1:
        raise Problem(
            "The checkpoint is not signed with this key: it is another log's, or from before or after a change of the "
            "key."
        )
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signatures[0], f"{text}\n".encode())
    except InvalidSignature:
        raise Problem("The checkpoint was changed: its signature does not hold.") from None
    return int(size), base64.b64decode(root, validate=True)


def verify(proof: str, key_text: str) -> str:
    head, _, note = proof.partition("\n\n")
    header, extra, place, *hashes = head.split("\n")
    if header == "c2sp.org/tlog-proof@v1" and extra.startswith("index "):
        raise Problem("This is the proof of an entry that is archived: what the entry says is not in it.")
    if header != "c2sp.org/tlog-proof@v1" or not extra.startswith("extra ") or not place.startswith("index "):
        raise ValueError("no proof with its entry")
    entry, index = base64.b64decode(extra[6:], validate=True), int(place[6:])
    size, root = verify_signed(note, key_text)
    if not 0 <= index < size:
        raise Problem(f"Entry {index} is beyond the {size} of the checkpoint.")
    if root_from(entry, index, size, [base64.b64decode(each, validate=True) for each in hashes]) != root:
        raise Problem(
            "The entry, its number or a hash was changed: the root that follows is not the one that was signed."
        )
    said = json.loads(entry)
    if said["sequence"] != index:
        raise Problem(f"The entry says that it is number {said['sequence']}, and stands at {index}.")
    return (
        f"PROVED: this is entry {index} of the log, which had {size} entries "
        f"then.\n{json.dumps(said, indent=2, ensure_ascii=False)}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify that one entry is in an audit log.")
    parser.add_argument("proof", type=Path)
    parser.add_argument("--key", required=True)
    words = parser.parse_args()
    try:
        key_text = Path(words.key).read_text("utf-8") if Path(words.key).is_file() else words.key
        parse_key(key_text)
        with words.proof.open("rb") as file:
            proof = file.read(256 * 1024)
    except (OSError, ValueError) as error:
        print(f"NOT CHECKED: {error}.", file=sys.stderr)
        return 2
    try:
        print(verify(proof.decode(), key_text))
        return 0
    except Problem as problem:
        print(f"NOT PROVED: {problem}")
    except (ValueError, KeyError, TypeError):
        print("NOT PROVED: The file is damaged: it is no proof of an entry.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
