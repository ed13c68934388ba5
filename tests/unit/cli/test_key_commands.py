"""`appliance key`: ways in are added, listed, removed, and a forgotten passphrase is no end."""

from pathlib import Path
from typing import Any

import pytest

from appliance.vault.secret_text import CREDENTIAL, RECOVERY, read_words

NEW = "another passphrase for tests"


@pytest.fixture
def home(shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a home, and return the folder beside it."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    shell("init")
    return tmp_path


def write(path: Path, text: str) -> str:
    """Write a file and return its name as a word."""
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_home_begins_with_one_slot_and_a_warning(shell: Any, tmp_path: Path) -> None:
    assert "loses the data" in shell("init").stdout
    (slot,) = shell.json("key", "list")
    assert slot["kind"] == "passphrase"


def test_while_there_is_no_recovery_key_each_status_says_what_that_means(shell: Any, home: Path) -> None:
    (reminder,) = shell.json("status")["reminders"]
    assert "nobody can open this home" in reminder
    shell.json("key", "recovery", "--out", str(home / "recovery"))
    assert shell.json("status")["reminders"] == []


def test_a_second_passphrase_opens_and_the_first_can_go(shell: Any, home: Path) -> None:
    new = write(home / "new", NEW)
    made = shell.json("key", "add-slot", "--name", "deputy", "--new-passphrase-file", new)
    assert (made["kind"], made["name"]) == ("passphrase", "deputy")
    first = shell.json("key", "list", "--passphrase-file", new)[0]["id"]
    (left,) = shell.json("key", "remove-slot", first)
    assert left["id"] == made["id"]
    assert shell.refused("status")["code"] == "passphrase.wrong"
    assert shell.json("status", "--passphrase-file", new)["sealed"] is False
    assert shell.json("audit", "verify", "--passphrase-file", new)["entries"] > 0


def test_the_last_slot_cannot_be_removed(shell: Any, home: Path) -> None:
    (slot,) = shell.json("key", "list")
    assert shell.refused("key", "remove-slot", slot["id"])["code"] == "slot.last"
    assert shell.refused("key", "remove-slot", "none")["code"] == "slot.absent"


def test_a_new_passphrase_is_as_long_as_the_first_has_to_be(shell: Any, home: Path) -> None:
    assert (
        shell.refused("key", "add-slot", "--new-passphrase-file", write(home / "short", "short"))["code"]
        == "passphrase.short"
    )


def test_a_credential_opens_through_systemds_folder(shell: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "credentials").mkdir()
    key = home / "credentials" / "appliance-key"
    made = shell.json("key", "add-slot", "--credential", "--out", str(key))
    assert "secret" not in made
    assert key.read_text().startswith(CREDENTIAL)
    assert key.stat().st_mode & 0o777 == 0o600
    monkeypatch.delenv("APPLIANCE_PASSPHRASE_FILE")
    assert shell.refused("status")["code"] == "passphrase.absent"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(home / "credentials"))
    assert shell.json("status")["sealed"] is False


def test_a_credential_without_a_place_to_go_to_is_not_made(shell: Any, home: Path) -> None:
    assert shell.refused("key", "add-slot", "--credential")["code"] == "key.out"
    assert len(shell.json("key", "list")) == 1


def test_a_file_that_is_there_is_never_overwritten(shell: Any, home: Path) -> None:
    there = write(home / "there", "precious")
    assert shell.refused("key", "recovery", "--out", there)["code"] == "out.exists"
    assert (home / "there").read_text() == "precious"
    assert len(shell.json("key", "list")) == 1


def test_what_was_refused_leaves_no_file(shell: Any, home: Path) -> None:
    shell.refused("key", "recovery", "--name", "x" * 65, "--out", str(home / "key"))
    assert not (home / "key").exists()


def test_a_forgotten_passphrase_is_replaced_with_the_recovery_key(shell: Any, home: Path) -> None:
    """From its file; what was lost is removed after that."""
    out = home / "recovery"
    shell("key", "recovery", "--name", "safe", "--out", str(out))
    assert out.read_text().startswith(RECOVERY)
    new = write(home / "new", NEW)
    made = shell.json("key", "recover", str(out), "--new-passphrase-file", new)
    assert made["kind"] == "passphrase"
    lost = shell.json("key", "list", "--passphrase-file", new)[0]["id"]
    shell.json("key", "remove-slot", lost, "--passphrase-file", new)
    assert shell.refused("status")["code"] == "passphrase.wrong"
    assert shell.json("status", "--passphrase-file", str(out))["sealed"] is False


def test_the_words_on_paper_are_the_key(shell: Any, home: Path) -> None:
    made = shell.json("key", "recovery")
    assert read_words(made["words"]) == read_words(made["secret"])
    words = write(home / "words", made["words"].upper())
    shell.json("key", "recover", words, "--new-passphrase-file", write(home / "new", NEW))
    printed = shell("key", "recovery").stdout.split("safe.")[1]
    assert read_words(printed)


def test_a_recovery_key_of_another_home_opens_nothing(shell: Any, home: Path) -> None:
    other = write(home / "other", f"{RECOVERY} {'00' * 32}")
    refused = shell.refused("key", "recover", other, "--new-passphrase-file", write(home / "new", NEW))
    assert refused["code"] == "recovery.wrong"


def test_a_server_that_waits_for_its_keys_takes_the_recovery_key(shell: Any, server: Any, tmp_path: Path) -> None:
    shell("key", "recovery", "--out", str(tmp_path / "recovery"))
    shell("seal")
    shell("key", "recover", str(tmp_path / "recovery"), "--new-passphrase-file", write(tmp_path / "new", NEW))
    assert shell.json("status")["sealed"] is False


def test_keys_are_rotated_and_the_log_tells_it(shell: Any, home: Path) -> None:
    assert shell.json("key", "rotate") == {"epoch": 2}
    actions = [(entry["action"], entry["outcome"]) for entry in shell.json("audit", "show")]
    assert ("key.rotate", "requested") in actions
    assert ("key.rotate", "succeeded") in actions
