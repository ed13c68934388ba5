"""Signed checkpoints: C2SP `tlog-checkpoint` in C2SP `signed-note`, with Ed25519 (RFC 8032); and other signed texts.

    <origin>\\n<size>\\n<base64 root>\\n\\n— <key name> <base64(key id || signature)>\\n

The signature covers the text up to and including the newline before the blank line.
Key id = the first 4 bytes of SHA-256(key name || 0x0A || 0x01 || 32-byte public key); the key name is the origin.
Signatures of other keys (witnesses) are kept and ignored, as the specification requires. There are no extension lines.
The signature type byte serves as the format's version. A checkpoint's text has three lines, any other text signed with
this key has one (enforced by `sign_note`), so neither can pass for the other. The holder of the key can sign another
history; only an outside witness, or a `TreeHead` remembered elsewhere, can reveal that.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance.audit.merkle import HASH_BYTES, TreeHead
from appliance.foundation.errors import AuditLogError
from appliance.foundation.messages import Message

MAX_NOTE_BYTES = 64 * 1024
_KEY_ID_BYTES = 4
_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+\x00-\x1f]{1,256}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


class Signer(Protocol):
    """Signs checkpoints with a named Ed25519 key."""

    @property
    def name(self) -> str:
        """Return the key name, which is also the log's origin."""

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes of the public key."""

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature (64 bytes) of `message`."""


@dataclass(frozen=True)
class SignedCheckpoint:
    """A parsed checkpoint. Its claims are not trusted before `verify`."""

    origin: str
    head: TreeHead
    text: bytes
    signatures: tuple[tuple[str, bytes], ...]

    def verify(self, public_key: bytes) -> None:
        """Raise `AuditLogError` unless this key signed this text under the origin's name."""
        _verify_signed(self.text, self.signatures, self.origin, public_key, "checkpoint")


def key_id(name: str, public_key: bytes) -> bytes:
    """Return the 4 bytes that identify a key besides its name (signed-note, Ed25519 signatures)."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:_KEY_ID_BYTES]


def sign_checkpoint(head: TreeHead, signer: Signer) -> bytes:
    """Return the signed checkpoint of `head`. Raises `AuditLogError` if the signer's name or signature is invalid."""
    if not _NAME.fullmatch(signer.name):
        raise AuditLogError("audit.key:signer-name")
    return _signed(f"{signer.name}\n{head.size}\n{base64.b64encode(head.root).decode()}\n".encode(), signer)


def sign_note(line: bytes, signer: Signer) -> bytes:
    """Return the signed note of one line (UTF-8, without a newline). Raises `AuditLogError`."""
    if b"\n" in line or not line:
        raise AuditLogError("audit.note:not-one-line")
    return _signed(line + b"\n", signer)


def open_note(note: bytes, name: str, public_key: bytes) -> bytes:
    """Return the line that the key `name` signed. Raises `AuditLogError` for another key, several lines, or damage."""
    try:
        text, signatures = _parse_note(note)
    except AuditLogError:
        text, signatures = b"", ()
    if text.count(b"\n") != 1:
        raise AuditLogError("audit.note:damaged")
    _verify_signed(text, signatures, name, public_key, "note")
    return text[:-1]


def _signed(text: bytes, signer: Signer) -> bytes:
    public_key, signature = signer.public_key, signer.sign(text)
    verify_signature(public_key, signature, text)  # A faulty signer must not replace a good checkpoint.
    blob = base64.b64encode(key_id(signer.name, public_key) + signature).decode()
    return text + f"\n— {signer.name} {blob}\n".encode()


def _verify_signed(
    text: bytes, signatures: tuple[tuple[str, bytes], ...], origin: str, public_key: bytes, kind: str
) -> None:
    identifier = key_id(origin, public_key)
    ours = [blob[_KEY_ID_BYTES:] for name, blob in signatures if name == origin and blob[:_KEY_ID_BYTES] == identifier]
    if not ours:
        raise AuditLogError("audit.key:not-signed", kind=kind)
    for signature in ours:
        verify_signature(public_key, signature, text, kind)


def verify_signature(public_key: bytes, signature: bytes, text: bytes, kind: str = "text") -> None:
    """Raise `AuditLogError` unless the signature (64 bytes) of `text` is by the raw Ed25519 key (32 bytes).

    `kind` is "checkpoint", "note" or "text", for the message.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (InvalidSignature, ValueError) as error:  # ValueError: a key of another length.
        raise AuditLogError("audit.signature", kind=kind) from error


def verifier_key(name: str, public_key: bytes) -> str:
    """Return the key in signed-note's format: `<name>+<key id in hex>+<base64 of the type byte and the key>`."""
    return f"{name}+{key_id(name, public_key).hex()}+{base64.b64encode(_ED25519 + public_key).decode()}"


def _damaged(mistake: str, **parameters: int) -> AuditLogError:
    return AuditLogError("audit.checkpoint", mistake=Message(mistake, parameters))


def _decode_base64(text: str) -> bytes:
    """Decode the canonical form only, or a changed byte could go unnoticed. Raises `ValueError`."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not in canonical base64")
    return data


def parse_checkpoint(note: bytes) -> SignedCheckpoint:
    """Parse a note without trusting it (see `SignedCheckpoint.verify`). Raises `AuditLogError`."""
    text, signatures = _parse_note(note)
    lines = text.decode("utf-8").split("\n")
    if len(lines) != 4 or not _NAME.fullmatch(lines[0]) or not _SIZE.fullmatch(lines[1]):
        raise _damaged("mistake:note-lines")
    try:
        root = _decode_base64(lines[2])
    except ValueError as error:
        raise _damaged("mistake:note-root") from error
    if len(root) != HASH_BYTES:
        raise _damaged("mistake:note-root")
    return SignedCheckpoint(lines[0], TreeHead(int(lines[1]), root), text, signatures)


def _parse_note(note: bytes) -> tuple[bytes, tuple[tuple[str, bytes], ...]]:
    """Return the text with its last newline, and the unverified signatures."""
    if len(note) > MAX_NOTE_BYTES:
        raise _damaged("mistake:note-length", max_bytes=MAX_NOTE_BYTES)
    text, separator, tail = note.rpartition(b"\n\n")
    if not separator or not tail.endswith(b"\n"):
        raise _damaged("mistake:note-end")
    try:
        text.decode("utf-8")
        signature_lines = tail.decode("utf-8")[:-1].split("\n")
    except UnicodeDecodeError as error:
        raise _damaged("mistake:not-utf-8") from error
    return text + b"\n", tuple(_parse_signature(line) for line in signature_lines)


def _parse_signature(line: str) -> tuple[str, bytes]:
    dash, name, encoded = (*line.split(" "), "", "", "")[:3]
    if line != f"— {name} {encoded}" or dash != "—" or not _NAME.fullmatch(name):
        raise _damaged("mistake:note-signature")
    try:
        blob = _decode_base64(encoded)
    except ValueError as error:
        raise _damaged("mistake:note-signature") from error
    if len(blob) <= _KEY_ID_BYTES:
        raise _damaged("mistake:note-signature")
    return name, blob
