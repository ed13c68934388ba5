"""The `audit` commands, and the offline verifier on what they write."""

import base64
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from appliance.audit import AuditLog, ObjectRef, Outcome
from appliance.foundation.clock import SystemClock
from appliance.foundation.settings import Settings, load_settings
from appliance.policy import Rules, find_policy_folder
from appliance.services.context import OPERATOR, ServiceContext
from appliance.services.home.life import create_home
from appliance.services.people.accounts import set_password
from appliance.services.sessions import caller_of, sign_in

OPS = Path(__file__).parents[3] / "ops"


def verifier(*words: str | Path, program: str = "verify_audit.py") -> tuple[int, str]:
    """Run a verifier in a process that sees nothing of the appliance (-I: no path of ours); return its exit status and
    what it says.

    AUDITOR_PYTHON names another interpreter.
    """
    python = os.environ.get("AUDITOR_PYTHON", sys.executable)
    ran = subprocess.run(
        [python, "-I", str(OPS / program), *map(str, words)], capture_output=True, text=True, check=False, env={}
    )
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture
def home(shell: Any) -> Any:
    shell("init")
    return shell


def test_an_exported_log_verifies_offline_with_witnesses_through_a_change_of_the_key(home: Any, tmp_path: Path) -> None:
    out, early, late = tmp_path / "export", tmp_path / "early", tmp_path / "late"
    first = home.json("audit", "checkpoint", str(early))
    assert early.read_text() == first["checkpoint"]
    assert "hands the audit log over" in home("key", "rotate-log").stdout
    assert first["key"] not in home("audit", "checkpoint", str(late)).stdout
    done = home.json("audit", "export", "--format", "folder", str(out))
    assert sorted(path.name for path in out.iterdir()) == ["checkpoint", "tile", "verifier-key"]
    for key in (first["key"], done["key"]):
        status, said = verifier(out, "--key", key, "--witness", early, "--witness", late)
        assert (status, said.splitlines()[:2]) == (
            0,
            [
                f"WHOLE: {done['entries']} entries, root {done['root']}, signed.",
                "Signing keys: 2. Restores from a backup: 0. Witnesses that agree: 2.",
            ],
        )
    (tmp_path / "key").write_text(done["key"] + "\n")
    assert verifier(out, "--key", tmp_path / "key")[0] == 0
    status, said = verifier(out)
    assert status == 0
    assert "taken from the folder itself" in said
    assert "Without a witness" in said
    assert (
        "It extends what was taken away earlier (2 checkpoints)."
        in home("audit", "verify", "--witness", str(early), "--witness", str(late)).stdout
    )


def test_the_verifier_names_what_is_wrong(home: Any, tmp_path: Path) -> None:
    out, witness = tmp_path / "export", tmp_path / "witness"
    home("audit", "checkpoint", str(witness))
    home("audit", "export", "--format", "folder", str(out))
    (bundle,) = (out / "tile/entries/000.p").iterdir()
    good = bundle.read_bytes()
    changed = bytearray(good)
    changed[2 + int.from_bytes(good[:2], "big") + 2 + 40] ^= 1  # in entry 1
    bundle.write_bytes(changed)
    status, said = verifier(out)
    assert (status, said.splitlines()[1]) == (1, "The first bad entry is number 1.")
    bundle.write_bytes(good)
    (out / "hidden").write_text("x")
    assert verifier(out) == (1, "NOT WHOLE: The file 'hidden' does not belong to the log.\n")
    (out / "hidden").unlink()
    witness.write_text(witness.read_text().replace("\n\n", "x\n\n"))
    assert verifier(out, "--witness", witness)[0] == 1
    assert verifier(out, "--key", "no key")[0] == 2
    assert verifier(tmp_path / "absent", "--key", (out / "verifier-key").read_text())[0] == 1
    assert verifier(out, "--witness", tmp_path / "absent")[0] == 2
    (out / "verifier-key").unlink()
    assert verifier(out)[0] == 2
    (out / "checkpoint").unlink()
    assert verifier(out, "--key", home.json("audit", "checkpoint", str(tmp_path / "w2"))["key"])[0] == 1


def test_a_rewritten_log_does_not_extend_the_witness(home: Any, tmp_path: Path) -> None:
    """Another home's log, whole and signed with its own key, is not the one whose checkpoint was carried away."""
    witness = tmp_path / "witness"
    home("audit", "checkpoint", str(witness))
    note = witness.read_text().split("\n")
    note[2] = "A" * 43 + "="
    witness.write_text("\n".join(note))
    error = home.refused("audit", "verify", "--witness", str(witness))
    assert error["code"] == "audit.witness"
    assert "rewritten" in error["sentence"]
    assert home.refused("audit", "verify", "--witness", str(tmp_path / "absent"))["code"] == "audit.witness-file"
    (tmp_path / "text").write_text("not a checkpoint")
    assert home.refused("audit", "verify", "--witness", str(tmp_path / "text"))["code"] == "audit.witness-file"


def test_entries_are_exported_as_lines(home: Any, tmp_path: Path) -> None:
    for format in ("jsonl", "ocsf"):
        done = home.json("audit", "export", "--format", format, str(tmp_path / format))
        rows = [json.loads(line) for line in (tmp_path / format).read_text().splitlines()]
        assert done["entries"] == len(rows) > 0
        assert home.refused("audit", "export", "--format", format, str(tmp_path / format))["code"] == "out.exists"
    assert [row["sequence"] for row in map(json.loads, home("audit", "export").stdout.splitlines())][:3] == [0, 1, 2]
    assert home.json("audit", "export", "--format", "ocsf")[0]["class_uid"] == 3004
    assert home.refused("audit", "export", "--format", "folder")["code"] == "audit.out"
    assert home.refused("audit", "export", "--format", "folder", str(tmp_path / "jsonl"))["code"] == "out.exists"
    assert home.refused("audit", "export", "--format", "csv")["code"] == "operation.parameters"


def test_an_entry_is_proved_and_a_file_confirmed(home: Any, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("question,answer\n" + "".join(f"What is {number}?,It is {number}.\n" for number in range(12)))
    home("dataset", "import", str(table))
    proof = tmp_path / "proof"
    proved = home.json("audit", "prove", "2", "--out", str(proof))
    assert proof.read_text() == proved["proof"]
    assert proved["proof"].startswith("c2sp.org/tlog-proof@v1\nextra ")
    assert '"sequence":2' in home("audit", "prove", "2").stdout
    assert "Yes: upload" in home("audit", "confirm", "--file", str(table)).stdout
    assert "Yes: account" in home("audit", "confirm", "--name", "trainer").stdout
    assert "does not mention it" in home("audit", "confirm", "--name", "nobody at all").stdout
    assert home.refused("audit", "confirm", "--file", str(tmp_path / "absent"))["code"] == "audit.file-read"
    assert home.refused("audit", "confirm")["code"] == "audit.confirm"


def proof_of(home: Any, entry: int, path: Path) -> list[str]:
    """Take the proof of an entry; return its lines."""
    home("audit", "prove", str(entry), "--out", str(path))
    return path.read_text().split("\n")


def test_a_stranger_verifies_a_proof_with_nothing_but_the_key(home: Any, tmp_path: Path) -> None:
    """The first, the last and one between, also when the log went on; not under another key, nor under one that came
    later.
    """
    key = home.json("audit", "checkpoint", str(tmp_path / "note"))["key"]
    (tmp_path / "key").write_text(f"{key}\n")
    for entry in (0, 3, len(home.json("audit", "show", "--last", "500"))):
        proof = tmp_path / f"proof-{entry}"
        proof_of(home, entry, proof)
        for given in (key, tmp_path / "key"):
            status, said = verifier(proof, "--key", given, program="verify_proof.py")
            assert (status, said.splitlines()[0][:28]) == (0, f"PROVED: this is entry {entry} of the"[:28])
        assert json.loads(said.split("\n", 1)[1])["sequence"] == entry
    home("key", "rotate-log")
    later = home.json("audit", "checkpoint", str(tmp_path / "later"))["key"]
    status, said = verifier(tmp_path / "proof-3", "--key", later, program="verify_proof.py")
    assert (status, "not signed with this key" in said) == (1, True)
    assert verifier(tmp_path / "proof-3", "--key", key[:-2] + "xx", program="verify_proof.py")[0] == 2
    assert verifier(tmp_path / "absent", "--key", key, program="verify_proof.py")[0] == 2


def test_a_proof_that_was_tampered_with_proves_nothing(home: Any, tmp_path: Path) -> None:
    """Each line changed in each way: the entry, its number, each hash, size, root, name, signature; lines gone,
    doubled, swapped.
    """
    key, proof = home.json("audit", "checkpoint", str(tmp_path / "note"))["key"], tmp_path / "proof"
    lines = proof_of(home, 5, proof)
    other = base64.b64encode(
        json.dumps({**json.loads(base64.b64decode(lines[1][6:])), "action": "job.stop"}).encode()
    ).decode()
    changed = [
        [*lines[:1], f"extra {other}", *lines[2:]],
        [*lines[:2], "index 4", *lines[3:]],
        [*lines[:2], f"index {10**6}", *lines[3:]],
    ]
    for number, line in enumerate(lines):
        changed += [[*lines[:number], *lines[number + 1 :]], [*lines[:number], line, *lines[number:]]] if line else []
        for place in range(0, len(line) - 4, 7):
            flipped = line[:place] + ("B" if line[place] != "B" else "C") + line[place + 1 :]
            changed.append([*lines[:number], flipped, *lines[number + 1 :]])
    swapped = [lines.copy() for _ in range(3)]
    for number, each in enumerate(swapped):
        each[3 + number], each[4 + number] = each[4 + number], each[3 + number]
    assert len(changed) > 60
    verify = runpy.run_path(str(OPS / "verify_proof.py"))
    for tampered in [*changed, *swapped]:
        with pytest.raises((verify["Problem"], ValueError)):
            verify["verify"]("\n".join(tampered), key)
    for tampered in (changed[0], changed[1], []):
        proof.write_text("\n".join(tampered))
        status, said = verifier(proof, "--key", key, program="verify_proof.py")
        assert (status, said[:11]) == (1, "NOT PROVED:")
    assert len((OPS / "verify_proof.py").read_text().splitlines()) <= 140


def test_an_auditor_signs_off_by_command_with_a_password_of_their_own(home: Any, tmp_path: Path) -> None:
    """As on the page: from the first entry that nobody reviewed on; and nobody else can, the operator included."""
    one_time = home.json("user", "add", "otto", "--role", "auditor")["password"]
    password = tmp_path / "password"
    password.write_text(one_time)
    words = ("audit", "sign-off", "otto", "--note", "Looked at all denials.", "--password-file", str(password))
    assert home.refused(*words)["code"] == "password.one-time"
    password.write_text("a password of one's own")
    with home.program.own_home(load_settings()) as appliance:
        appliance.context.unseal("a passphrase for tests only")
        found = caller_of(appliance.context, sign_in(appliance.context, "otto", one_time)[0])
        set_password(appliance.context, found[0], one_time, "a password of one's own")
    assert "Nobody has reviewed entries 0 to" in home("audit", "reviews").stdout
    done = home.json(*words, "--last", "6")
    assert (done["first"], done["last"], done["entries"]) == (0, 6, 7)
    assert home.json(*words)["first"] == 7
    listed = home.json("audit", "reviews")["reviews"]
    assert [(each["who"], each["first"], each["note_state"]) for each in listed] == [
        ("otto", 7, "as signed"),
        ("otto", 0, "as signed"),
    ]
    password.write_text("not the password")
    assert home.refused(*words)["code"] == "password.wrong"
    trainer = home.json("user", "add", "tina", "--role", "admin")["password"]
    password.write_text(trainer)
    assert (
        home.refused("audit", "sign-off", "tina", "--note", "x", "--password-file", str(password))["code"]
        == "password.one-time"
    )


def test_entries_are_shown_by_who_did_what_to_what_and_when(home: Any, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("question,answer\n" + "".join(f"What is {number}?,It is {number}.\n" for number in range(12)))
    dataset = home.json("dataset", "import", str(table))["id"]
    shown = home.json(
        "audit", "show", "--object", dataset, "--outcome", "succeeded", "--action", "dataset.", "--person", "operator"
    )
    assert [(row["action"], row["object"]["id"]) for row in shown] == [("dataset.import", dataset)]
    both = home.json("audit", "show", "--object", dataset, "--last", "2")
    assert [row["outcome"] for row in both] == ["requested", "succeeded"]
    assert home.json("audit", "show", "--until", "2020-01-01") == []
    assert "There is no such entry." in home("audit", "show", "--person", "nobody at all").stdout
    assert home.refused("audit", "show", "--since", "yesterday")["code"] == "audit.moment"


def test_an_objects_life_is_told(home: Any, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("question,answer\n" + "".join(f"What is {number}?,It is {number}.\n" for number in range(12)))
    dataset = home.json("dataset", "import", str(table))["id"]
    told = home.json("audit", "life", dataset)
    assert [step["action"] for step in told["steps"]] == ["upload.receive", "dataset.import"]
    assert "dataset.import" in home("audit", "life", dataset).stdout
    assert "does not name" in home.refused("audit", "life", "ds_none")["sentence"]


class LastYear(SystemClock):
    """The system's clock, over a year ago."""

    def now_us(self) -> int:
        return super().now_us() - 400 * 24 * 3600 * 1_000_000


@pytest.fixture
def old_home(shell: Any, tmp_path: Path) -> Any:
    """A home that was made over a year ago, with 512 entries of then and a few of now."""
    clock = LastYear()
    log = AuditLog.open(tmp_path / "home" / "audit", clock)
    rules = Rules.load(find_policy_folder())
    context = ServiceContext(Settings(tmp_path / "home"), clock, rules, log, None)  # type: ignore[arg-type]
    create_home(context, "a passphrase for tests only")
    context.seal()
    while log.size < 530:
        log.append(OPERATOR.actor, "dataset.list", ObjectRef("dataset", "all"), Outcome.SUCCEEDED)
    log.close()
    return shell


def test_archiving_moves_old_entries_and_every_command_says_where_they_are(old_home: Any, tmp_path: Path) -> None:
    home, disk = old_home, tmp_path / "disk"
    assert home.refused("audit", "archive")["code"] == "archive.place"
    assert home.refused("audit", "archive", "--to", str(tmp_path / "home" / "x"))["code"] == "archive.place"
    assert "512 of those from 0 to 511 would be archived" in home("audit", "archive", "--dry-run").stdout
    said = "Entries 0 to 511 are archived"
    assert said in home("audit", "archive", "--to", str(disk)).stdout
    assert "Nothing in the log is older than" in home("audit", "archive", "--dry-run").stdout
    assert home.refused("audit", "archive", "--to", str(disk))["code"] == "archive.nothing"
    assert f"{said}: their hashes are here" in home("audit", "verify").stdout
    with_archive = home("audit", "verify", "--archive", str(disk)).stdout
    assert "512 archived entries are unchanged." in with_archive
    assert said not in with_archive
    for words in (("show", "--action", "log."), ("life", "all"), ("confirm", "--name", "anna"), ("export",)):
        assert said in home("audit", *words).stderr
    assert (
        f"{said}: their hashes are here, their content is in the archives. They are not included."
        in home("audit", "export", str(tmp_path / "lines")).stdout
    )
    assert json.loads((tmp_path / "lines").read_text().splitlines()[0])["sequence"] == 512
    assert "--archive FOLDER" in home("audit", "export", "--format", "folder", str(tmp_path / "export")).stdout
    status, told = verifier(tmp_path / "export", "--archive", disk)
    assert (status, "Archived" in told) == (0, False)
    assert "Entry 3 is archived. Its hash, which is proved here" in home("audit", "prove", "3").stdout


def test_an_archive_that_cannot_be_written_leaves_all_as_it_was(old_home: Any, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    (disk / "entries-0-511").mkdir(parents=True)
    assert old_home.refused("audit", "archive", "--to", str(disk))["code"] == "storage.refused"
    assert [row["reason"] for row in old_home.json("audit", "show", "--action", "log.archive")] == [
        "",
        "storage.refused",
    ] * 2
    assert old_home.json("audit", "verify")["archived"] is None


def test_the_offline_verifier_can_be_read_in_ten_minutes() -> None:
    lines = (OPS / "verify_audit.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 400
    assert max(map(len, lines)) <= 120
