"""Signed checkpoints: C2SP `tlog-checkpoint` inside C2SP `signed-note`, with Ed25519 (RFC 8032); and other texts signed
so.

    <origin>\\n<size>\\n<base64 root>\\n\\n— <key name> <base64(key id || signature)>\\n

The signature covers the text up to and including the newline before the blank line.
Key id = the first 4 bytes of SHA-256(key name || 0x0A || 0x01 || 32-byte public key); the key name is the origin.
Signatures of other keys (witnesses) are carried and ignored, as the specification asks. No extension lines. The format
carries no version: its signature type byte is its version. A checkpoint's text has three lines, any other text that
this key signs has one (`sign_note` sees to that), so neither passes for the other. Whoever holds the key can sign
another history; only an outside witness, or a `TreeHead` remembered elsewhere, shows that.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance.audit.merkle import HASH_BYTES, TreeHead
from appliance.foundation.errors import AuditLogError

MAX_NOTE_BYTES = 64 * 1024
_KEY_ID_BYTES = 4
_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+\x00-\x1f]{1,256}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


class Signer(Protocol):
    """Who signs checkpoints: a key name, a raw Ed25519 public key (32 bytes), and the signing itself."""

    @property
    def name(self) -> str:
        """Return the key name, which is also the log's origin."""
        ...

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes of the public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature (64 bytes) of `message`."""
        ...


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint as it was read: what it claims, and the signatures that `verify` has not looked at yet."""

    origin: str
    head: TreeHead
    text: bytes
    signatures: tuple[tuple[str, bytes], ...]

    def verify(self, public_key: bytes) -> None:
        """Raise `AuditLogError` unless this key signed this text under the origin's name."""
        _verify_signed(self.text, self.signatures, self.origin, public_key, "audit log's checkpoint")


def key_id(name: str, public_key: bytes) -> bytes:
    """Return the 4 bytes that name a key beside its name (signed-note, Ed25519 signatures)."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:_KEY_ID_BYTES]


def sign_checkpoint(head: TreeHead, signer: Signer) -> bytes:
    """Return the signed note over `head`. Raises `AuditLogError` when the signer's name or signature is unusable."""
    if not _NAME.fullmatch(signer.name):
        raise AuditLogError("audit.key:signer-name-stand")
    return _signed(f"{signer.name}\n{head.size}\n{base64.b64encode(head.root).decode()}\n".encode(), signer)


def sign_note(line: bytes, signer: Signer) -> bytes:
    """Return the signed note over one line (UTF-8, no newline in it): canonical JSON, for instance.

    Raises `AuditLogError`.
    """
    if b"\n" in line or not line:
        raise AuditLogError("audit.note")
    return _signed(line + b"\n", signer)


def open_note(note: bytes, name: str, public_key: bytes) -> bytes:
    """Return the one line that the key `name` signed.

    Raises `AuditLogError` unless it did, for more than a line, for damage.
    """
    try:
        text, signatures = _parse_note(note)
    except AuditLogError:
        text, signatures = b"", ()
    if text.count(b"\n") != 1:
        raise AuditLogError("audit.note:signed-note-damaged")
    _verify_signed(text, signatures, name, public_key, "note")
    return text[:-1]


def _signed(text: bytes, signer: Signer) -> bytes:
    public_key, signature = signer.public_key, signer.sign(text)
    verify_signature(
        public_key, signature, text, "text just signed"
    )  # A faulty signer must not replace a good checkpoint.
    blob = base64.b64encode(key_id(signer.name, public_key) + signature).decode()
    return text + f"\n— {signer.name} {blob}\n".encode()


def _verify_signed(
    text: bytes, signatures: tuple[tuple[str, bytes], ...], origin: str, public_key: bytes, what: str
) -> None:
    wanted = key_id(origin, public_key)
    ours = [blob[_KEY_ID_BYTES:] for name, blob in signatures if name == origin and blob[:_KEY_ID_BYTES] == wanted]
    if not ours:
        raise AuditLogError("audit.key:signed-key-belongs", what=what)
    for signature in ours:
        verify_signature(public_key, signature, text, what)


def verify_signature(public_key: bytes, signature: bytes, text: bytes, what: str = "text") -> None:
    """Raise `AuditLogError` unless the raw Ed25519 key (32 bytes) made the signature (64 bytes) of `text`."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (InvalidSignature, ValueError) as error:  # A key of another length is a ValueError.
        raise AuditLogError("audit.signature", what=what) from error


def verifier_key(name: str, public_key: bytes) -> str:
    """Return the key as signed-note's verifiers take it:

    `<name>+<key id in hex>+<base64 of the type byte and the key>`.
    """
    return f"{name}+{key_id(name, public_key).hex()}+{base64.b64encode(_ED25519 + public_key).decode()}"


def _damaged(what: str) -> AuditLogError:
    return AuditLogError("audit.checkpoint", what=what)


def _decode_base64(text: str, what: str) -> bytes:
    """Decode strictly: the one canonical spelling, or a changed byte could go unnoticed."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _damaged(f"{what} is not base64") from error
    if base64.b64encode(data).decode() != text:
        raise _damaged(f"{what} is not in canonical base64")
    return data


def parse_checkpoint(note: bytes) -> SignedCheckpoint:
    """Read a note without believing it yet (see `SignedCheckpoint.verify`). Raises `AuditLogError`."""
    text, signatures = _parse_note(note)
    lines = text.decode("utf-8").split("\n")
    if len(lines) != 4 or not _NAME.fullmatch(lines[0]) or not _SIZE.fullmatch(lines[1]):
        raise _damaged("it must have an origin, a size, a root and nothing else")
    root = _decode_base64(lines[2], "the root")
    if len(root) != HASH_BYTES:
        raise _damaged("the root is not 32 bytes")
    return SignedCheckpoint(lines[0], TreeHead(int(lines[1]), root), text, signatures)


def _parse_note(note: bytes) -> tuple[bytes, tuple[tuple[str, bytes], ...]]:
    """Return the text, its last newline included, and the signatures, none of them verified."""
    if len(note) > MAX_NOTE_BYTES:
        raise _damaged(f"it is longer than {MAX_NOTE_BYTES} bytes")
    text, separator, tail = note.rpartition(b"\n\n")
    if not separator or not tail.endswith(b"\n"):
        raise _damaged("it does not end with a signature")
    try:
        text.decode("utf-8")
        signature_lines = tail.decode("utf-8")[:-1].split("\n")
    except UnicodeDecodeError as error:
        raise _damaged("it is not UTF-8") from error
    return text + b"\n", tuple(_parse_signature(line) for line in signature_lines)


def _parse_signature(line: str) -> tuple[str, bytes]:
    dash, name, encoded = (*line.split(" "), "", "", "")[:3]
    if line != f"— {name} {encoded}" or dash != "—" or not _NAME.fullmatch(name):
        raise _damaged("a signature line is not of the form '— name base64'")
    blob = _decode_base64(encoded, "a signature")
    if len(blob) <= _KEY_ID_BYTES:
        raise _damaged("a signature is too short")
    return name, blob
