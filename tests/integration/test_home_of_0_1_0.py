"""A home that version 0.1.0 made and used opens: all of it is there, its log verifies, and work goes on.

How it was made: tests/fixtures/README.md.
"""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from driven_home import Home

from appliance.audit.catalogue import EVENTS
from appliance.foundation.messages import LANGUAGES, use_language

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
THEN: dict[str, Any] = json.loads((FIXTURES / "home-0.1.0.json").read_text(encoding="utf-8"))
KNOWN: dict[str, str] = THEN["known"]
LISTS = {
    "users": ("user", "list"),
    "datasets": ("dataset", "list"),
    "versions": ("dataset", "versions", KNOWN["letters"]),
    "models": ("model", "list"),
    "adapters": ("adapter", "list"),
    "jobs": ("job", "list"),
    "keys": ("key", "list"),
    "log": ("audit", "show", "--last", "100000"),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the home, its backup, its archive, a checkpoint that was carried away, and its recovery key."""
    folder = tmp_path_factory.mktemp("kept")
    with tarfile.open(FIXTURES / "home-0.1.0.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def old(kept: Path) -> Home:
    """Open it with this version, which migrates it."""
    home = Home(kept)
    home.passphrase_file.write_text(THEN["passphrase"], encoding="utf-8")
    home("status")
    return home


def _contains(now: Any, then: Any, place: str) -> None:
    """Fail unless `now` has all that `then` has: fields may be new, but none is gone or has another value."""
    if isinstance(then, dict):
        assert isinstance(now, dict), place
        for key, value in then.items():
            assert key in now, f"{place}.{key}"
            _contains(now[key], value, f"{place}.{key}")
    elif isinstance(then, list):
        assert isinstance(now, list), place
        assert len(now) == len(then), place
        for number, (one, other) in enumerate(zip(now, then, strict=True)):
            _contains(one, other, f"{place}[{number}]")
    else:
        assert now == then, place


@pytest.mark.parametrize("name", LISTS)
def test_everything_is_listed_as_it_was(old: Home, name: str) -> None:
    then, now = THEN["told"][name], old(*LISTS[name])
    if name == "log":  # It goes on; the beginning is as it was.
        now = [entry for entry in now if entry["sequence"] <= then[-1]["sequence"]]
    else:
        assert then
    _contains(now, then, name)


def test_the_reviews_of_its_auditor_are_there(old: Home) -> None:
    """And the notes are those that were signed off."""
    (review,) = old("audit", "reviews")["reviews"]
    _contains(review, THEN["told"]["reviews"][0], "review")
    assert review["note_state"] == "as signed"


def test_its_log_verifies_here_and_by_the_verifiers_alone(old: Home, kept: Path, tmp_path: Path) -> None:
    """With the checkpoint that was carried away, the archive, a new key in between, and entries of today at the end."""
    words = ("--witness", str(kept / "witness"), "--archive", str(kept / "archive"))
    verified = old("audit", "verify", *words)
    assert verified["verified"]
    assert (verified["archived"], verified["archived_seen"]) == (None, 256)

    export, proof = tmp_path / "export", tmp_path / "proof"
    old("audit", "export", "--format", "folder", str(export))
    key = old("audit", "checkpoint", str(tmp_path / "now"))["key"]
    said = _alone("verify_audit.py", export, "--key", key, *words)
    assert said.startswith("WHOLE: ")
    assert "Signing keys: 2." in said
    first = THEN["told"]["log"][-1]["sequence"]
    old("audit", "prove", str(first), "--out", str(proof))
    _alone("verify_proof.py", proof, "--key", key)


def _alone(name: str, *words: str | Path) -> str:
    """Run a verifier as an auditor does, isolated and in an empty environment; it must find nothing wrong."""
    python = os.environ.get("AUDITOR_PYTHON", sys.executable)
    command = [python, "-I", str(ROOT / "ops" / name), *map(str, words)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={})
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    return ran.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_in_its_log_has_a_label(language: str) -> None:
    actions = {entry["action"] for entry in THEN["told"]["log"]}
    assert len(actions) > 25
    with use_language(language):
        labels = {action: str(EVENTS[action].label) for action in actions}
    assert len(set(labels.values())) == len(actions)


def test_its_lives_cards_and_certificates_can_still_be_read(old: Home) -> None:
    """The evaluation was not bound to its adapter's figures alone: the card says what the log proves of it."""
    stages = {step["stage"] for step in old("audit", "life", KNOWN["adapter"])["steps"]}
    assert {"training", "evaluation", "use"} <= {stage.lower() for stage in stages}
    facts = {fact["name"]: fact["value"] for fact in old("adapter", "card", KNOWN["adapter"])["facts"]}
    assert facts["data.bound"] is facts["training.bound"] is True
    assert facts["evaluation.questions"] == 6
    assert old("dataset", "certificate", KNOWN["brief"])["note"] == KNOWN["certificate"]
    assert old.refused("dataset", "show", KNOWN["brief"])["code"]
    assert old("adapter", "show", KNOWN["adapter"], "--answers")["answers"]


def test_work_goes_on_with_what_it_made(old: Home) -> None:
    """A training on its dataset, an evaluation of its adapter, and an account of its own signs off a review."""
    trained = old("train", "--model", KNOWN["model"], "--dataset", KNOWN["staff"], "--method", "lora", "--epochs", "1")
    assert trained["state"] == "succeeded"
    assert old("evaluate", "--adapter", KNOWN["small"])["state"] == "succeeded"
    facts = {fact["name"]: fact["value"] for fact in old("adapter", "card", trained["adapter"])["facts"]}
    assert facts["training.bound"] is True
    assert old("chat", "--adapter", KNOWN["adapter"], "--prompt", "What is item 3?")["tuned"] is not None
    assert old("audit", "verify")["verified"]


def test_its_backup_is_restored_by_this_version(kept: Path, tmp_path: Path) -> None:
    restored = Home(tmp_path)
    done = restored(
        "restore", str(kept / "backup"), "--recovery-file", str(kept / "recovery-key"),
        "--new-passphrase-file", str(restored.passphrase_file),
    )  # fmt: skip
    assert done["files"]
    _contains(restored("dataset", "list"), THEN["told"]["datasets"], "datasets")
    _contains(restored("adapter", "list"), THEN["told"]["adapters"], "adapters")
    assert restored("audit", "verify", "--archive", str(kept / "archive"))["verified"]
