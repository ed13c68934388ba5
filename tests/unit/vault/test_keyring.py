"""The content of keyring.json is bounded: parameters that are too weak or too strong are refused before use."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.foundation import canonical_json
from appliance.foundation.errors import HomeError, IntegrityError, StorageError
from appliance.vault.keyring import (
    FILE_NAME,
    MAX_KEYRING_BYTES,
    MAX_KEYS,
    MAX_SLOTS,
    Keyring,
    Keys,
)
from appliance.vault.slots import (
    ITERATIONS,
    LANES,
    MAX_ITERATIONS,
    MAX_LANES,
    MAX_MEMORY_KIB,
    MAX_NAME_CHARACTERS,
    MEMORY_KIB,
)

PASSPHRASE = "correct horse battery staple"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the content of a valid keyring."""
    home = tmp_path_factory.mktemp("home")
    keys = Keys.generate()
    Keyring.create(PASSPHRASE, bytes(32), 0).write(home, keys)
    value: dict[str, Any] = json.loads((home / FILE_NAME).read_bytes())
    return value


def put(home: Path, value: Any) -> None:
    """Write a keyring."""
    (home / FILE_NAME).write_bytes(canonical_json.encode(value))


def slot(value: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the keyring with changes to its slot."""
    return {**value, "slots": [{**value["slots"][0], **changes}]}


def test_a_new_slot_is_as_strong_as_the_bounds_require(written: dict[str, Any]) -> None:
    """64 MiB, three passes, four lanes."""
    (new,) = written["slots"]
    assert (new["memory_kib"], new["iterations"], new["lanes"]) == (MEMORY_KIB, ITERATIONS, LANES) == (65536, 3, 4)
    assert set(written["keys"]) == {"database", "audit_hmac", "signing", "epoch-1"}


@pytest.mark.parametrize(
    "changes",
    [
        {"memory_kib": MEMORY_KIB - 1},
        {"memory_kib": MAX_MEMORY_KIB + 1},
        {"memory_kib": 0},
        {"memory_kib": -1},
        {"iterations": ITERATIONS - 1},
        {"iterations": MAX_ITERATIONS + 1},
        {"lanes": 0},
        {"lanes": MAX_LANES + 1},
        {"salt": "AAAAAAAAAAAAAAAAAAAA"},
        {"salt": "A" * 88},
        {"private_key": "A" * 76},
        {"private_key": "A" * 84},
        {"public_key": "A" * 1620},
        {"sealed_root": "A" * 1560},
        {"name": "x" * (MAX_NAME_CHARACTERS + 1)},
        {"created_us": -1},
        {"id": ""},
        {"id": "x" * 65},
        {"kind": "recovery"},
        {"kind": "credential"},
        {"kind": "fingerprint"},
        {"kind": None},
        {"surprise": 1},
    ],
    ids=str,
)
def test_a_slot_out_of_bounds_is_damage(tmp_path: Path, written: dict[str, Any], changes: dict[str, Any]) -> None:
    """Parameters that are too weak, or that would exhaust the machine, are never used."""
    put(tmp_path, slot(written, **changes))
    with pytest.raises(IntegrityError, match="damaged"):
        Keyring.open(tmp_path, PASSPHRASE)


@pytest.mark.parametrize(
    "changes",
    [
        {"slots": []},
        {"version": 0},
        {"version": "2"},
        {"version": None},
        {"epoch": 0},
        {"epoch": -1},
        {"keys": {}},
        {"keys": None},
        {"audit_public_key": "AAAA"},
    ],
    ids=str,
)
def test_a_keyring_out_of_bounds_is_damage(tmp_path: Path, written: dict[str, Any], changes: dict[str, Any]) -> None:
    """Each field has limits, and none may be absent."""
    put(tmp_path, {**written, **changes})
    with pytest.raises(IntegrityError):
        Keyring.open(tmp_path, PASSPHRASE)
    put(tmp_path, {name: value for name, value in written.items() if name not in changes})
    if "version" not in changes:
        with pytest.raises(IntegrityError):
            Keyring.open(tmp_path, PASSPHRASE)


def test_a_keyring_without_key_pairs_is_not_reported_as_damage(tmp_path: Path, written: dict[str, Any]) -> None:
    """The error says that it is from an early version."""
    put(tmp_path, {**written, "version": 1})
    with pytest.raises(HomeError, match="early version"):
        Keyring.open(tmp_path, PASSPHRASE)


def test_the_number_of_slots_and_keys_is_bounded(tmp_path: Path, written: dict[str, Any]) -> None:
    """Each slot costs a key derivation."""
    put(tmp_path, {**written, "slots": written["slots"] * (MAX_SLOTS + 1)})
    with pytest.raises(IntegrityError, match="damaged"):
        Keyring.open(tmp_path, PASSPHRASE)
    many = {f"epoch-{number}": written["keys"]["epoch-1"] for number in range(MAX_KEYS + 1)}
    put(tmp_path, {**written, "keys": many})
    with pytest.raises(IntegrityError, match="damaged"):
        Keyring.open(tmp_path, PASSPHRASE)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """It is not parsed."""
    (tmp_path / FILE_NAME).write_bytes(b" " * (MAX_KEYRING_BYTES + 1))
    with pytest.raises(IntegrityError, match="is larger than"):
        Keyring.open(tmp_path, PASSPHRASE)


def test_an_unreadable_file_is_a_storage_error(tmp_path: Path) -> None:
    """A folder has its name."""
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(StorageError, match=r"keyring\.json"):
        Keyring.open(tmp_path, PASSPHRASE)


def test_a_key_moved_to_another_name_does_not_open(tmp_path: Path, written: dict[str, Any]) -> None:
    """Each wrapped key is bound to its purpose."""
    keys = written["keys"]
    put(tmp_path, {**written, "keys": {**keys, "database": keys["signing"], "signing": keys["database"]}})
    with pytest.raises(IntegrityError):
        Keyring.open(tmp_path, PASSPHRASE)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damaged_byte_is_handled(tmp_path: Path, written: dict[str, Any], data: st.DataObject) -> None:
    """The file is refused as damaged or as another version, or the public key can still be read."""
    text = bytearray(canonical_json.encode(written))
    place = data.draw(st.integers(0, len(text) - 1))
    text[place] ^= data.draw(st.integers(1, 255))
    (tmp_path / FILE_NAME).write_bytes(bytes(text))
    try:
        key = Keyring.audit_public_key(tmp_path)
    except (IntegrityError, HomeError):
        return
    assert len(key) == 32
