"""Every command has help, takes --json, and exits 0 done, 1 refused with a sentence, 2 wrong usage."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance import __version__
from appliance.cli.interface import build_commands
from appliance.services.operations import operations

ROOT = Path(__file__).resolve().parents[3]


class NoProgram:
    """Never called."""


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command with its words, groups too."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from walk(child, (*path, name))


COMMANDS = dict(walk(build_commands(NoProgram())))  # type: ignore[arg-type]
LEAVES = {path: command for path, command in COMMANDS.items() if not hasattr(command, "commands")}


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_takes_json(path: tuple[str, ...]) -> None:
    """For scripts."""
    assert any("--json" in parameter.opts for parameter in LEAVES[path].params)


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_no_command_takes_a_secret_as_a_word(path: tuple[str, ...]) -> None:
    """What stands in argv, every process of the machine can read: a secret is named by its file."""
    for parameter in LEAVES[path].params:
        if re.search("pass|secret|key", parameter.name or ""):
            assert parameter.name in {"passphrase_file", "new_passphrase_file", "password_file"}


def test_every_command_that_is_named_in_the_papers_exists() -> None:
    """README.md, the scripts, and every hint in a sentence of the program itself."""
    texts = [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "ops").glob("*.py"),
        ROOT / "ops" / "run",
    ]
    texts += (ROOT / "appliance").rglob("*.py")
    texts += (ROOT / "appliance" / "catalogues").rglob("*.ftl")
    named = {
        tuple(match.split())
        for path in texts
        for match in re.findall(r"`appliance ((?:[a-z]+(?:-[a-z]+)* ?)+)", path.read_text(encoding="utf-8"))
        if path != Path(__file__)
    }
    assert len(named) > 10
    for words in named:
        longest = max((path for path in COMMANDS if words[: len(path)] == path), key=len)
        assert longest in LEAVES, f"`appliance {' '.join(words)}` is named, but there is no such command"


def test_every_operation_is_reached_by_a_command() -> None:
    """None is left that only a program of one's own could ask for."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "appliance" / "cli").glob("*commands.py")]
    called = r'(?:perform\(\s*|(?:deed|listing)\(\s*"[a-z -]+",\s*)"([a-z.-]+)"'
    assert set(re.findall(called, "".join(sources))) == set(operations()) - {"audit.overview"}  # what a page opens with


@pytest.mark.parametrize(
    "words",
    [
        ("no-such-command",),
        ("status", "--no-such-option"),
        ("status", "surplus"),
        ("serve", "--port", "many"),
        ("train",),
        ("train", "--dataset", "ds_1"),
        ("chat", "--prompt", "?"),
        ("dataset", "hold", "ds_1", "--reason"),
        ("train", "--dataset", "ds_1", "--model", "md_1", "--learning-rate", "fast"),
        ("seal", "--json=yes"),
        ("model", "show"),
        ("dataset", "import"),
        ("audit", "show", "--last", "x"),
        ("user",),
        (),
    ],
)
def test_wrong_usage_is_two(shell: Any, words: tuple[str, ...]) -> None:
    """Before anything is opened."""
    shell(*words, expect=2)
    assert not (shell.folder / "home").exists()


def test_the_version_is_the_packages(shell: Any) -> None:
    """In words and as JSON."""
    assert shell("version").stdout == f"appliance {__version__}\n"
    assert shell.json("version") == {"version": __version__}


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("doctor",),
        ("serve",),
        ("train", "--dataset", "d", "--model", "m"),
        ("evaluate", "--adapter", "a"),
        ("chat", "--adapter", "a", "--prompt", "p"),
        *(path for path in LEAVES if path[-1] in {"list", "verify", "export"}),
    ],
)
def test_without_a_home_every_command_says_how_to_make_one(shell: Any, words: tuple[str, ...]) -> None:
    """Exit status 1, and the command to type."""
    error = shell.refused(*words)
    assert error["code"] == "home.absent"
    assert "`appliance init`" in error["sentence"]


@pytest.mark.parametrize("words", [("unseal",), ("seal",)])
def test_what_needs_a_server_says_so(shell: Any, words: tuple[str, ...]) -> None:
    """There is nothing to seal without one."""
    assert shell.refused(*words)["code"] == "server.absent"


def test_a_home_in_use_is_a_sentence(shell: Any, held_home: None) -> None:
    """Another process owns it."""
    (shell.folder / "home" / "keyring.json").write_bytes(b"{}")
    assert shell.refused("status")["code"] == "home.in-use"


def test_settings_that_cannot_be_are_a_sentence(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every command, before anything is opened."""
    monkeypatch.setenv("APPLIANCE_PORT", "many")
    assert "APPLIANCE_PORT" in shell.refused("status")["sentence"]


def test_a_home_is_made_and_says_its_one_time_password_once(shell: Any) -> None:
    """A second time it is there already; a wrong passphrase opens nothing."""
    made = shell.json("init", "--user", "anna")
    assert made["user"] == "anna"
    assert len(made["password"]) >= 12
    assert shell.refused("init")["code"] == "home.exists"
    assert made["password"] not in shell("user", "list").stdout
    (shell.folder / "passphrase").write_text("another passphrase", encoding="utf-8")
    assert shell.refused("status")["code"] == "passphrase.wrong"


@pytest.mark.parametrize("words", [("--user", "two words")])
def test_a_name_that_cannot_be_leaves_no_home(shell: Any, words: tuple[str, ...]) -> None:
    """One can try again."""
    assert shell.refused("init", *words)["code"] == "user.name"
    shell("init")


def test_a_passphrase_that_is_too_short_makes_no_home(shell: Any) -> None:
    """It is measured when it is chosen."""
    (shell.folder / "passphrase").write_text("short", encoding="utf-8")
    assert shell.refused("init")["code"] == "passphrase.short"
    assert not (shell.folder / "home" / "keyring.json").exists()


def test_serving_takes_the_words_before_the_settings(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the passphrase where there is one: without, the vault stays sealed."""
    shell("init")
    shell("serve", "--host", "::1", "--port", "0")
    monkeypatch.delenv("APPLIANCE_PASSPHRASE_FILE")
    monkeypatch.setenv("APPLIANCE_PORT", "81")
    assert shell.json("serve") == {"serving": "Serving."}
    (first, opened), (second, sealed) = shell.program.served
    assert (first.host, first.port, opened) == ("::1", 0, "a passphrase for tests only")
    assert (second.host, second.port, sealed) == ("127.0.0.1", 81, None)


@pytest.mark.slow
def test_the_main_job_from_the_command_line(shell: Any, server: Any, model_source: Path, table: bytes) -> None:
    """Import, train, evaluate, report, chat, audit: JSON for scripts, sentences for people, at every step."""
    server.runner.start()
    file = shell.folder / "staff.csv"
    file.write_bytes(table)
    assert "no dataset yet" in shell("dataset", "list").stdout
    assert "no adapter yet" in shell("adapter", "list").stdout
    assert "no job yet" in shell("job", "list").stdout
    assert "No model is installed" in shell("model", "list").stdout
    assert "is imported, encrypted, as ds_" in shell("dataset", "import", str(file)).stdout
    dataset = shell.json(
        "dataset", "import", str(file), "--name", "[b]staff[/b]", "--question", "question", "--answer", "answer"
    )
    assert (dataset["rows"], dataset["name"]) == (12, "[b]staff[/b]")
    assert "[b]staff[/b]" in shell("dataset", "list").stdout
    assert "row " in shell("dataset", "show", dataset["id"], "--part", "test", "--rows", "2").stdout
    model = shell.json("model", "import", str(model_source), "--name", "Tiny")
    assert "Tiny" in shell("model", "list").stdout
    assert model["id"] in shell("model", "show", model["id"]).stdout
    trained = shell.json(
        "train", "--dataset", dataset["id"], "--model", model["id"], "--preset", "quick", "--name", "first"
    )
    assert {"job", "state", "adapter", "seconds", "tokens", "tokens_per_s", "train_loss", "validation_loss"} <= set(
        trained
    )
    assert trained["state"] == "succeeded"
    adapter = trained["adapter"]
    assert "Not measured yet" in shell("adapter", "show", adapter).stdout
    assert shell.refused("adapter", "show", adapter, "--answers")["code"] == "not-found"
    assert "Right answers" in shell("evaluate", "--adapter", adapter).stdout
    assert "expected: R" in shell("adapter", "show", adapter, "--answers").stdout
    assert "Right answers" in shell.json("adapter", "show", adapter)["report"]
    assert "evaluated" in shell("adapter", "list").stdout
    assert shell.json("chat", "--adapter", adapter, "--prompt", "Hello?") == {
        "original": "original answer",
        "tuned": "tuned answer",
    }
    assert "tuned:    tuned answer" in shell("chat", "--adapter", adapter, "--prompt", "Hello?").stdout
    assert "Step 1 of 1." in shell("job", "show", trained["job"]).stdout
    assert "The job is finished." in shell("job", "watch", trained["job"]).stdout
    assert shell.refused("job", "stop", trained["job"])["code"] == "job.state"
    assert shell.refused("job", "resume", trained["job"])["code"] == "job.state"
    assert "log has" in shell("status").stdout
    verified = shell("audit", "verify").stdout
    assert "verifies" in verified
    assert "job.submit" in shell("audit", "show").stdout
    assert [row["sequence"] for row in shell.json("audit", "show", "--last", "2")]
    lines = shell("audit", "export").stdout.splitlines()
    assert [json.loads(line)["sequence"] for line in lines] == list(range(len(lines)))
    assert shell.refused("audit", "export", "--format", "csv")["code"] == "operation.parameters"


def test_accounts_from_the_command_line(shell: Any, server: Any) -> None:
    """A one-time password, shown once; an odd role is refused."""
    assert "one-time password" in shell("user", "add", "bela", "--role", "auditor").stdout
    assert [(row["name"], row["role"]) for row in shell.json("user", "list")] == [
        ("admin", "trainer"),
        ("bela", "auditor"),
    ]
    assert shell.refused("user", "add", "cara", "--role", "king")["code"] == "user.role"


def test_what_cannot_be_done_is_one_with_a_sentence(shell: Any, server: Any) -> None:
    """And a code for scripts."""
    for words, code in {
        ("model", "import"): "model.which",
        ("model", "import", "--starter", str(shell.folder)): "model.which",
        ("dataset", "import", "/no/such/file.csv"): "dataset.file",
        ("dataset", "import", "/"): "dataset.file",
        ("dataset", "show", "ds_missing"): "not-found",
        ("train", "--dataset", "ds_missing", "--model", "md_missing"): "not-found",
        ("job", "watch", "jb_missing"): "not-found",
    }.items():
        assert shell.refused(*words)["code"] == code


def test_the_vault_is_sealed_and_opened_through_the_server(shell: Any, server: Any) -> None:
    """What is sealed refuses, and says what opens it."""
    assert shell("seal").stdout == "The vault is sealed.\n"
    assert "sealed" in shell("status").stdout
    assert "`appliance unseal`" in shell.refused("user", "list")["sentence"]
    assert shell("unseal").stdout == "The vault is open.\n"
    shell("user", "list")


def test_whoever_does_not_wait_is_told_how_to_follow(shell: Any, server: Any, model_source: Path, table: bytes) -> None:
    """The job is queued; the command to watch it with is named."""
    file = shell.folder / "a.csv"
    file.write_bytes(table)
    dataset, model = shell.json("dataset", "import", str(file)), shell.json("model", "import", str(model_source))
    queued = shell.json("train", "--dataset", dataset["id"], "--model", model["id"], "--no-wait")
    assert queued["state"] == "queued"
    assert "asked to stop" in shell("job", "stop", queued["id"]).stdout
    assert "`appliance job watch" in shell("job", "resume", queued["id"], "--no-wait").stdout


def test_a_job_that_fails_is_one_with_its_reason(
    shell: Any, simulate: Any, ordinary_plays: dict[str, Any], model_source: Path
) -> None:
    """The sentence is on standard error; with JSON the job itself is on standard output too."""
    shell("init")
    file = shell.folder / "a.jsonl"
    rows = [{"question": f"q {number}", "answer": f"a {number}"} for number in range(12)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    dataset, model = shell.json("dataset", "import", str(file)), shell.json("model", "import", str(model_source))
    shell.program.launcher = simulate({**ordinary_plays, "train": lambda channel, _raw: channel.receive() and 9})
    words = ("train", "--dataset", dataset["id"], "--model", model["id"])
    plain = shell(*words, expect=1)
    assert "failed. The worker ended without finishing (exit status 9)" in plain.stderr
    told = shell(*words, "--json", expect=1)
    assert json.loads(told.stdout)["state"] == "failed"
    error = json.loads(told.stderr)["error"]
    assert error["code"] == "job.failed"
    shell.program.launcher = simulate(ordinary_plays)
    resumed = shell.json("job", "resume", json.loads(told.stdout)["job"])
    assert resumed["state"] == "succeeded"
