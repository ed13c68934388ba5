"""A checkpoint is a C2SP signed note that public tools can read, and a changed one is refused."""

import base64
from typing import Any

import pytest

from appliance.audit import TreeHead
from appliance.audit.merkle import EMPTY_ROOT
from appliance.audit.signed_note import MAX_NOTE_BYTES, key_id, open_note, parse_checkpoint, sign_checkpoint, sign_note
from appliance.foundation.errors import AuditLogError

HEAD = TreeHead(20852163, base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="))
# The examples of the signed-note and tlog-checkpoint specifications use unpublished keys, so this one uses our own.
GOLDEN = "appliance.example/log\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— appliance.example/log {}\n"


def test_the_note_has_the_format_of_the_specification(signer: Any) -> None:
    note = sign_checkpoint(HEAD, signer)
    text = note.decode()
    blob = text.split(" ")[-1].strip()
    assert text == GOLDEN.format(blob)
    assert base64.b64decode(blob)[:4] == key_id(signer.name, signer.public_key)
    checkpoint = parse_checkpoint(note)
    assert checkpoint.head == HEAD
    checkpoint.verify(signer.public_key)


def test_the_id_of_a_published_key_is_reproduced() -> None:
    """Go's checksum database: sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8."""
    encoded = base64.b64decode("Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
    assert encoded[0] == 1
    assert key_id("sum.golang.org", encoded[1:]).hex() == "033de0ae"


def test_an_empty_log_can_be_signed(signer: Any) -> None:
    parse_checkpoint(sign_checkpoint(TreeHead(0, EMPTY_ROOT), signer)).verify(signer.public_key)


def test_another_key_is_refused(signer: Any, other_signer: Any) -> None:
    with pytest.raises(AuditLogError, match="not signed with this key"):
        parse_checkpoint(sign_checkpoint(HEAD, signer)).verify(other_signer.public_key)


def test_signatures_of_witnesses_are_ignored(signer: Any, other_signer: Any) -> None:
    note = sign_checkpoint(HEAD, signer) + "— witness.example AAAAAAAA\n".encode()
    parse_checkpoint(note).verify(signer.public_key)
    with pytest.raises(AuditLogError):
        parse_checkpoint(note).verify(other_signer.public_key)


def test_one_wrong_signature_of_the_key_invalidates_the_note(signer: Any) -> None:
    bad = base64.b64encode(key_id(signer.name, signer.public_key) + bytes(64)).decode()
    note = sign_checkpoint(HEAD, signer) + f"— {signer.name} {bad}\n".encode()
    with pytest.raises(AuditLogError, match=r"signature .* is wrong"):
        parse_checkpoint(note).verify(signer.public_key)


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
def test_every_byte_of_a_note_is_verified(signer: Any, mask: int) -> None:
    note = sign_checkpoint(HEAD, signer)
    for position in range(len(note)):
        changed = bytearray(note)
        changed[position] ^= mask
        with pytest.raises(AuditLogError):
            parse_checkpoint(bytes(changed)).verify(signer.public_key)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n\n—", "\n—"),
        ("\n20852163\n", "\n020852163\n"),
        ("\n20852163\n", "\n-1\n"),
        ("\n20852163\n", "\n\n"),
        ("\n20852163\n", "\n" + "9" * 30 + "\n"),
        ("q2I=\n", "q2I=\nextension\n"),
        ("q2I=\n", "q2J=\n"),
        ("q2I=\n", "\n"),
        ("q2I=\n", "q2I\n"),
        ("q2I=\n", "*2I=\n"),
        ("CsUYapGGPo4dkMgI", ""),
        ("appliance.example/log\n2", "\n2"),
        ("appliance.example/log\n2", "a b\n2"),
        ("appliance.example/log\n2", "a+b\n2"),
        ("— ", "- "),
        ("— appliance.example/log ", "—  "),
        ("— appliance.example/log ", "— appliance.example/log AAAA "),
        ("— appliance.example/log ", "— appliance.example/log AAAA\n— appliance.example/log "),
        ("— appliance.example/log ", "— appliance.example/log not-base64\n— appliance.example/log "),
    ],
)
def test_a_damaged_note_is_refused(signer: Any, old: str, new: str) -> None:
    text = sign_checkpoint(HEAD, signer).decode()
    assert old in text
    with pytest.raises(AuditLogError, match="checkpoint is damaged"):
        parse_checkpoint(text.replace(old, new, 1).encode())


@pytest.mark.parametrize("note", [b"", b"\n\n", b"a\n0\n", b"\xff\n\n\xff\n", b"x" * (MAX_NOTE_BYTES + 1)])
def test_other_bytes_are_not_a_note(note: bytes) -> None:
    with pytest.raises(AuditLogError, match="checkpoint is damaged"):
        parse_checkpoint(note)


@pytest.mark.parametrize("cut", [1, 2])
def test_an_incomplete_note_is_refused(signer: Any, cut: int) -> None:
    with pytest.raises(AuditLogError):
        parse_checkpoint(sign_checkpoint(HEAD, signer)[:-cut])


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak"])
def test_an_invalid_name_of_a_signer_is_refused(signer: Any, name: str) -> None:
    signer.name = name
    with pytest.raises(AuditLogError, match="name"):
        sign_checkpoint(HEAD, signer)


def test_a_faulty_signer_returns_no_checkpoint(signer: Any, other_signer: Any) -> None:
    """An invalid signature must not replace a valid checkpoint."""

    class Faulty:
        name = signer.name
        public_key = signer.public_key

        def sign(self, message: bytes) -> bytes:
            signature: bytes = other_signer.sign(message)
            return signature

    with pytest.raises(AuditLogError, match="signature"):
        sign_checkpoint(HEAD, Faulty())


def test_a_signed_line_cannot_be_confused_with_a_checkpoint(signer: Any) -> None:
    """Notes of another key, changed and incomplete ones are refused too."""
    note = sign_note(b'{"a":1}', signer)
    assert open_note(note, signer.name, signer.public_key) == b'{"a":1}'
    checkpoint = sign_checkpoint(HEAD, signer)
    for bad in (checkpoint, note.replace(b"1", b"2", 1), note[:-3], b"", note.replace(b"}", b"}\n", 1)):
        with pytest.raises(AuditLogError):
            open_note(bad, signer.name, signer.public_key)
    with pytest.raises(AuditLogError, match="another installation"):
        open_note(note, signer.name, bytes(32))
    with pytest.raises(AuditLogError):
        parse_checkpoint(note)
    for line in (b"", b"two\nlines"):
        with pytest.raises(AuditLogError, match="exactly one line"):
            sign_note(line, signer)
