"""Each shredding starts a new epoch, so that today's keys do not open what remains in an older database or keyring."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlcipher3
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import text

from appliance.audit import TreeHead
from appliance.audit.signed_note import sign_checkpoint
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import IntegrityError, NotFoundError
from appliance.vault import Vault
from appliance.vault.keyring import Keyring
from appliance.vault.keys import associated_data, unwrap_key
from appliance.vault.vault import WRAPPING_VERSION

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    """Create a vault."""
    vault = Vault.create(tmp_path / "home", PASSPHRASE, SystemClock())
    yield vault
    vault.close()


def wrapping(vault: Vault, object_id: str) -> tuple[int, bytes]:
    """Return the epoch of an object's wrapped key, and the wrapped key."""
    with vault.database.begin() as connection:
        row = connection.execute(
            text("SELECT epoch, wrapped FROM wrapped_keys WHERE object_id = :id"), {"id": object_id}
        ).one()
    return int(row.epoch), bytes(row.wrapped)


def test_other_keys_are_rewrapped_and_still_open(vault: Vault) -> None:
    """This holds for every object, version and epoch."""
    keys = {
        (name, version): vault.new_data_key("dataset", name, version) for name in ("a", "b", "c") for version in (1, 2)
    }
    for epoch, name in enumerate(("a", "b"), start=2):
        vault.shred(("dataset", name))
        for version in (1, 2):
            with pytest.raises(NotFoundError):
                vault.data_key("dataset", name, version)
        with vault.database.begin() as connection:
            epochs = {row.epoch for row in connection.execute(text("SELECT epoch FROM wrapped_keys"))}
        assert epochs == {epoch}
    assert {version: vault.data_key("dataset", "c", version) for version in (1, 2)} == {
        version: keys["c", version] for version in (1, 2)
    }


def test_an_old_database_with_todays_keyring_does_not_restore_a_shredded_key(vault: Vault, tmp_path: Path) -> None:
    """The wrapped key and its context are known, but the epoch's key is gone."""
    vault.new_data_key("dataset", "a")
    epoch, wrapped = wrapping(vault, "a")
    vault.shred(("dataset", "a"))
    vault.close()
    _, keys = Keyring.open(tmp_path / "home", PASSPHRASE)
    assert epoch not in keys.epochs
    context = associated_data("appliance data key", WRAPPING_VERSION, "dataset", "a", 1)
    for key in keys.named().values():
        with pytest.raises(IntegrityError):
            unwrap_key(key, wrapped, context)


@pytest.mark.slow
def test_a_complete_older_copy_still_opens(vault: Vault, tmp_path: Path) -> None:
    """This documents what shredding cannot reach, so that nobody promises it."""
    key = vault.new_data_key("dataset", "a")
    vault.close()
    shutil.copytree(tmp_path / "home", tmp_path / "copy")
    again = Vault.open(tmp_path / "home", PASSPHRASE)
    again.shred(("dataset", "a"))
    again.close()
    copy = Vault.open(tmp_path / "copy", PASSPHRASE)
    assert copy.data_key("dataset", "a") == key
    copy.close()


@pytest.mark.slow
def test_shredding_a_missing_object_changes_no_other_object(vault: Vault) -> None:
    """Shredding may be requested twice."""
    key = vault.new_data_key("dataset", "a")
    vault.shred(("dataset", "none"))
    vault.shred(("dataset", "none"))
    assert vault.data_key("dataset", "a") == key


def test_kinds_versions_and_ids_are_not_confused(vault: Vault) -> None:
    """Each combination has its own key, and the associated data includes the lengths."""
    keys = {
        vault.new_data_key(kind, name, version) for kind in ("ab", "a") for name in ("c", "bc") for version in (1, 2)
    }
    assert len(keys) == 8
    assert associated_data("ab", "c") != associated_data("a", "bc")
    assert associated_data(1) == associated_data((1).to_bytes(8, "big"))


def test_the_logs_public_key_verifies_its_signatures(vault: Vault) -> None:
    """The vault provides the log's signer."""
    from appliance.audit.signed_note import parse_checkpoint

    note = sign_checkpoint(TreeHead(3, bytes(32)), vault.signer)
    parse_checkpoint(note).verify(vault.signer.public_key)


FRAME_HEADER_BYTES = 24
LOG_HEADER_BYTES = 32
RESERVED_BYTES = 80  # at the end of each page of SQLCipher 4: the initialisation vector (16), then the page's HMAC


def decrypted(page: bytes, key: bytes, *, first: bool = False) -> bytes:
    """Return a page's content as seen by someone with the key, even if SQLite no longer uses the page."""
    start = 16 if first else 0  # the salt
    vector = page[-RESERVED_BYTES : -RESERVED_BYTES + 16]
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    return decryptor.update(page[start:-RESERVED_BYTES]) + decryptor.finalize()


def test_deleted_pages_and_shortened_journals_do_not_restore_a_shredded_key(vault: Vault, tmp_path: Path) -> None:
    """The old wrapped keys are still in pages and in rows that reappear, but no current key opens them."""
    parts = ("training", "validation", "test")
    before: dict[str, bytes] = {}
    for dataset in ("shredded", "kept"):
        for part in parts:
            before[f"{dataset}/{part}"] = vault.new_data_key("dataset-part", f"{dataset}/{part}")
    old = {part: wrapping(vault, f"shredded/{part}")[1] for part in parts}
    vault.shred(*(("dataset-part", f"shredded/{part}") for part in parts))
    home = tmp_path / "home"
    _, keys = Keyring.open(home, PASSPHRASE)
    disk, journal = (home / "appliance.db").read_bytes(), (home / "appliance.db-wal").read_bytes()
    page_bytes = int.from_bytes(journal[8:12], "big")
    stride = FRAME_HEADER_BYTES + page_bytes
    frames = (len(journal) - LOG_HEADER_BYTES) // stride
    pages = [decrypted(disk[:page_bytes], keys.database, first=True)]
    pages += [decrypted(disk[at : at + page_bytes], keys.database) for at in range(page_bytes, len(disk), page_bytes)]
    for number in range(frames):
        at = LOG_HEADER_BYTES + number * stride + FRAME_HEADER_BYTES
        first = int.from_bytes(journal[at - FRAME_HEADER_BYTES : at - FRAME_HEADER_BYTES + 4], "big") == 1
        pages.append(decrypted(journal[at : at + page_bytes], keys.database, first=first))
    assert all(any(wrapped in page for page in pages) for wrapped in old.values())  # deleted, but still recoverable

    def opened(object_id: str, wrapped: bytes) -> bytes | None:
        context = associated_data("appliance data key", WRAPPING_VERSION, "dataset-part", object_id, 1)
        for key in (keys.root, *keys.named().values()):
            with contextlib.suppress(IntegrityError):
                return unwrap_key(key, wrapped, context)
        return None

    assert not any(opened(f"shredded/{part}", wrapped) for part, wrapped in old.items())
    returned = kept = 0
    for count in range(frames + 1):
        copy = tmp_path / f"cut-{count}"
        copy.mkdir()
        (copy / "appliance.db").write_bytes(disk)
        (copy / "appliance.db-wal").write_bytes(journal[: LOG_HEADER_BYTES + count * stride])
        connection = sqlcipher3.connect(str(copy / "appliance.db"))
        connection.execute(f"PRAGMA key = \"x'{keys.database.hex()}'\"")
        with contextlib.suppress(sqlcipher3.DatabaseError):  # before the first tables existed
            for object_id, wrapped in connection.execute("SELECT object_id, wrapped FROM wrapped_keys").fetchall():
                if object_id.startswith("shredded"):
                    returned += 1
                    assert opened(object_id, wrapped) is None
                else:
                    kept += opened(object_id, wrapped) == before[object_id]
        connection.close()
    assert returned > 0
    assert kept > 0
