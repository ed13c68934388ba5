"""What comes in wrong, or stands wrong, is refused with a sentence that says why, and nothing of it stays."""

import json
import os
import pickle  # noqa: TID251 - made here, to be refused
import shutil
import socket
import subprocess

import pytest
from driven_home import PASSPHRASE, write_table

from appliance.foundation import canonical_json
from appliance.vault import Vault

FILES = [
    ("empty.csv", b"", "is empty"),
    ("one.csv", b"question\nWhat?\n", "only one column"),
    ("encoding.csv", b"question,answer\nWas?,F\xfcnf\nWas?,F\xc3\xbcnf\n", "mixes two encodings"),
    ("zip.csv", b"PK\x03\x04" + bytes(100), "damaged or incomplete"),
    ("table.xlsx", b"%PDF-1.7\n", "PDF"),
    ("cut.parquet", b"PAR1" + bytes(100) + b"PAR1", "Parquet file is damaged"),
    ("deep.json", b"[" * 100_000, "not valid JSON"),
]


def test_bad_files_are_refused_with_their_reasons_and_leave_nothing(home, tmp_path) -> None:
    """Each has a sentence of its own; a good file is imported afterwards."""
    for name, content, words in FILES:
        path = tmp_path / name
        path.write_bytes(content)
        error = home.refused("dataset", "import", str(path))
        assert words in error["sentence"], (name, error)
        assert error["code"].startswith("dataset.")
        assert not any((home.folder / "uploads").iterdir())
        assert not any((home.folder / "staging").iterdir())
    assert home.refused("dataset", "import", str(tmp_path / "absent.csv"))["code"] == "dataset.file"
    assert [dataset["id"] for dataset in home("dataset", "list")] == [home.dataset]
    assert [path.name for path in (home.folder / "datasets").iterdir()] == [home.dataset]
    outcomes = [entry["outcome"] for entry in home.log() if entry["action"] == "dataset.import"]
    assert outcomes == ["requested", "succeeded", *["requested", "failed"] * len(FILES)]


def test_hostile_model_folders_are_refused_and_leave_nothing(home, tiny_model, tmp_path) -> None:
    """Pickle under another name, code by `auto_map`, code as a file."""

    def folder(name: str):
        shutil.copytree(tiny_model, tmp_path / name)
        return tmp_path / name

    disguised, mapped, code = folder("pickle"), folder("auto_map"), folder("code")
    (disguised / "model.safetensors").write_bytes(pickle.dumps({"weights": [1.0] * 100}))
    config = json.loads((mapped / "config.json").read_text(encoding="utf-8"))
    config["auto_map"] = {"AutoModelForCausalLM": "code.Model"}
    (mapped / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (code / "modeling_tiny.py").write_text("print('no')", encoding="utf-8")
    for source, words in ((disguised, "model.safetensors"), (mapped, "auto_map"), (code, "modeling_tiny.py")):
        assert words in home.refused("model", "import", str(source))["sentence"]
    assert [model["id"] for model in home("model", "list")] == [home.model]
    assert [path.name for path in (home.folder / "models").iterdir()] == [home.model]


def test_a_wrong_passphrase_is_refused_and_logged(home) -> None:
    """Under its own reason; the right one opens afterwards."""
    home.passphrase_file.write_text("something else entirely", encoding="utf-8")
    assert home.refused("status")["code"] == "passphrase.wrong"
    home.passphrase_file.write_text(PASSPHRASE, encoding="utf-8")
    failed = [(entry["action"], entry["reason"]) for entry in home.log() if entry["outcome"] == "failed"]
    assert failed == [("vault.unseal", "passphrase.wrong")]


@pytest.mark.parametrize("part", ["keyring", "database"])
def test_a_home_of_a_newer_version_is_left_alone(home, part) -> None:
    """It is not damaged, and the sentence does not say so."""
    keyring = home.folder / "keyring.json"
    if part == "keyring":
        content = json.loads(keyring.read_bytes())
        keyring.write_bytes(
            canonical_json.encode({**content, "version": content["version"] + 1, "more": "of a later time"})
        )
    else:
        vault = Vault.open(home.folder, PASSPHRASE)
        with vault.database.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        vault.close()
    before = keyring.read_bytes()
    error = home.refused("status")
    assert error["code"] == "home.newer"
    assert "newer version" in error["sentence"]
    assert keyring.read_bytes() == before


def test_without_a_home_every_command_says_how_to_make_one(new_home) -> None:
    """And a home is not made twice."""
    home = new_home(empty=True)
    for words in (("status",), ("serve", "--port", "0"), ("dataset", "list")):
        assert home.refused(*words)["code"] == "home.absent"
    assert not home.folder.exists()


def test_a_taken_port_is_a_sentence(home) -> None:
    """Whoever has it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        error = home.refused("serve", "--port", str(taken.getsockname()[1]))
    assert error["code"] == "serve.port"
    assert "--port" in error["sentence"]
    assert home.refused("serve", "--host", "0.0.0.0", "--port", "0")["code"] == "serve.tls"  # noqa: S104 - to be refused


def test_a_full_disk_is_a_sentence_and_loses_nothing(new_home, tmp_path) -> None:
    """The log comes first: where it cannot be written, nothing is done. With space again, everything goes on."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    home = new_home()
    disk = tmp_path / "d"  # short: a socket's path has at most 107 bytes
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(disk)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this machine does not let tests mount a file system")
    try:
        shutil.copytree(home.folder, disk / "home")
        home.folder = disk / "home"
        home.environment["APPLIANCE_HOME"] = str(home.folder)
        table = tmp_path / "wide.csv"
        write_table(table, rows=400)
        fill = disk / "fill"
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        for left in (0, 48 * 1024):
            fill.write_bytes(b"x" * (free - left))
            error = home.refused("dataset", "import", str(table))
            assert error["code"].startswith("storage."), error
            assert "full" in error["sentence"]
            fill.unlink()
            assert home("audit", "verify")["verified"]
        assert len(home("dataset", "list")) == 1
        assert home("dataset", "import", str(table))["rows"] == 400
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
