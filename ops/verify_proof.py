#!/usr/bin/env python3
"""Verify that one entry is in an audit log. A single file that needs only Python 3.11 and the package `cryptography`.

    python verify_proof.py PROOF --key KEY

PROOF   the output of `appliance audit prove ENTRY --out PROOF` or a proof from the audit page: C2SP tlog-proof, with
        the entry in it
--key   the log's public key as you noted it, as text or in a file; the key that was in force when the proof was made

Exit status 0: the entry is in the log, and is shown. 1: it is not, and the reason is given. 2: it could not be verified
(wrong usage, unreadable file).

What is verified. The log is a Merkle tree (RFC 6962): a leaf is SHA-256 of a zero byte and the entry, a node is SHA-256
of a one byte and its two children. The proof has the entry, its number, the hashes next to the path to the root, and a
signed checkpoint with the log's name, its number of entries and the root. The root computed from entry and hashes must
be that of the checkpoint, which the key must have signed. A proof says nothing about other entries: verify those with
`verify_audit.py` and the whole log.
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
    """Return the computed root (RFC 9162, section 2.1.3.2)."""
    fn, sn, root = index, size - 1, hashlib.sha256(b"\x00" + entry).digest()
    for sibling in path:
        if sn == 0:
            raise Problem("The proof has too many hashes.")
        if fn & 1 or fn == sn:
            root = hashlib.sha256(b"\x01" + sibling + root).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = hashlib.sha256(b"\x01" + root + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Problem("The proof has too few hashes.")
    return root


def parse_key(text: str) -> tuple[str, bytes, bytes]:
    """Return name, id and raw Ed25519 key of `<name>+<id>+<base64>` (C2SP signed-note). Raises `ValueError`."""
    name, number, encoded = text.strip().split("+", 2)
    data = base64.b64decode(encoded, validate=True)
    key_id = hashlib.sha256(f"{name}\n".encode() + data).digest()[:4]
    if len(data) != 33 or data[0] != 1 or key_id.hex() != number:
        raise ValueError("the key is invalid or mistyped")
    return name, key_id, data[1:]


def verify_signed(note: str, key_text: str) -> tuple[int, bytes]:
    """Return size and root of the checkpoint, which the key must have signed under the log's name."""
    name, key_id, key = parse_key(key_text)
    text, _, tail = note.rpartition("\n\n")
    origin, size, root = text.split("\n")
    lines = [line.split(" ") for line in tail.removesuffix("\n").split("\n")]
    ours = [
        base64.b64decode(encoded, validate=True) for dash, signer, encoded in lines if (dash, signer) == ("—", name)
    ]
    signatures = [data[4:] for data in ours if data[:4] == key_id]
    if origin != name or len(signatures) != 1:
        raise Problem("The checkpoint is not signed with this key, but by another log or another key of the log.")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signatures[0], f"{text}\n".encode())
    except InvalidSignature:
        raise Problem("The checkpoint was changed: its signature is invalid.") from None
    return int(size), base64.b64decode(root, validate=True)


def verify(proof: str, key_text: str) -> str:
    head, _, note = proof.partition("\n\n")
    header, extra, place, *hashes = head.split("\n")
    if header == "c2sp.org/tlog-proof@v1" and extra.startswith("index "):
        raise Problem("The entry is archived: this proof does not contain it.")
    if header != "c2sp.org/tlog-proof@v1" or not extra.startswith("extra ") or not place.startswith("index "):
        raise ValueError("not a proof with its entry")
    entry, index = base64.b64decode(extra[6:], validate=True), int(place[6:])
    size, root = verify_signed(note, key_text)
    if not 0 <= index < size:
        raise Problem(f"Entry {index} is beyond the {size} entries of the checkpoint.")
    if root_from(entry, index, size, [base64.b64decode(sibling, validate=True) for sibling in hashes]) != root:
        raise Problem("The entry, its number or a hash was changed: the computed root is not the signed one.")
    content = json.loads(entry)
    if content["sequence"] != index:
        raise Problem(f"The entry has number {content['sequence']}, but is in position {index}.")
    shown = json.dumps(content, indent=2, ensure_ascii=False)
    return f"PROVED: this is entry {index} of the log, which had {size} entries then.\n{shown}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify that one entry is in an audit log.")
    parser.add_argument("proof", type=Path)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()
    try:
        key_text = Path(options.key).read_text("utf-8") if Path(options.key).is_file() else options.key
        parse_key(key_text)
        with options.proof.open("rb") as file:
            proof = file.read(256 * 1024)
    except (OSError, ValueError) as error:
        print(f"NOT VERIFIED: {error}.", file=sys.stderr)
        return 2
    try:
        print(verify(proof.decode(), key_text))
        return 0
    except Problem as problem:
        print(f"NOT PROVED: {problem}")
    except (ValueError, KeyError, TypeError):
        print("NOT PROVED: The file is damaged: it is not the proof of an entry.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
