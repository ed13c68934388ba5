"""Objects are called by name or by any beginning of an id that only one has; what has to be typed is never cut."""

from pathlib import Path
from typing import Any

import pytest

from appliance.cli.printing import Printer


@pytest.fixture
def filled(shell: Any, server: Any, model_source: Path, table: bytes) -> Any:
    """Give a shell over a server with two datasets of one name, a third, a model, and an adapter."""
    server.runner.start()
    (shell.folder / "a.csv").write_bytes(table)
    for name in ("twins", "twins", "a name that is so long that it goes on in the next line of a narrow terminal"):
        shell("dataset", "import", str(shell.folder / "a.csv"), "--name", name)
    shell("model", "import", str(model_source), "--name", "Tiny")
    return shell


@pytest.mark.slow
def test_every_command_that_takes_an_object_takes_its_name(filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a beginning of its id, with or without the kind's; ambiguous, it lists the candidates."""
    first, second, third = filled.json("dataset", "list")
    model = filled.json("model", "list")[0]["id"]
    for named in (third["name"], third["id"], third["id"][:-2], third["id"][3:-2]):
        assert filled.json("dataset", "show", named)["id"] == third["id"]
    assert filled.json("model", "show", "Tiny")["id"] == filled.json("model", "show", model[:-3])["id"] == model
    refused = filled.refused("dataset", "hold", "twins", "--reason", "a lawsuit")
    assert refused["code"] == "name.ambiguous"
    assert first["id"] in refused["sentence"]
    assert second["id"] in refused["sentence"]
    assert "could be any of 2" in filled.refused("audit", "life", "twins")["sentence"]

    words = ("train", "--dataset", third["name"], "--model", "Tiny", "--preset", "quick", "--name", "clerk")
    trained = filled.json(*words)
    filled("evaluate", "--adapter", "clerk")
    assert filled.json("adapter", "show", "clerk")["id"] == trained["adapter"]
    assert filled.json("adapter", "card", trained["adapter"][:-4])["adapter"] == trained["adapter"]
    assert filled.json("chat", "--adapter", "clerk", "--prompt", "Hello?")["tuned"] == "tuned answer"
    assert filled.json("job", "show", trained["job"][:-3])["id"] == trained["job"]
    assert filled.json("audit", "life", "clerk")["id"] == trained["adapter"]
    assert filled.json("audit", "life", trained["job"][:-3])["id"] == trained["job"]

    monkeypatch.setenv("COLUMNS", "80")
    rows = filled.json("job", "list")
    assert [(row["dataset"], row["adapter"]) for row in rows] == [(third["name"], "clerk")] * 2
    assert "clerk" in filled("job", "list").stdout
    for kind in ("dataset", "model", "adapter", "job", "user", "key"):
        shown = filled(kind, "list").stdout
        assert "…" not in shown
        for row in filled.json(kind, "list"):
            assert row["id"] in shown
    assert f"job/{trained['job']}" in filled("audit", "show", "--action", "job.").stdout


def test_what_opens_the_vault_is_removed_by_its_name(shell: Any, tmp_path: Path) -> None:
    shell("init")
    (tmp_path / "second").write_text("a second passphrase", encoding="utf-8")
    words = ("key", "add-slot", "--name", "deputy", "--new-passphrase-file", str(tmp_path / "second"))
    first, second = shell.json(*words)["id"], shell.json(*words)["id"]
    refused = shell.refused("key", "remove-slot", "deputy")
    assert refused["code"] == "name.ambiguous"
    assert first in refused["sentence"]
    shell("key", "remove-slot", first[:-2])
    shell("key", "remove-slot", "deputy")
    assert second not in shell("key", "list").stdout


@pytest.mark.parametrize("columns", ["40", "80", "300"])
def test_an_id_is_whole_in_a_terminal_of_any_width(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever else stands in the row goes on in the next line."""
    monkeypatch.setenv("COLUMNS", columns)
    keys = ("id", "name", "rows", "training_rows", "test_rows", "keep_until", "hold_reason", "state")
    row = {**dict.fromkeys(keys, "many words that do not fit"), "id": "ds_0123456789abcdef0123"}
    Printer(as_json=False).table([row], keys, "")
    shown = capsys.readouterr().out
    assert row["id"] in shown
    assert "…" not in shown


def test_a_question_is_read_from_a_pipe(filled: Any) -> None:
    """Where no other user of the machine can read it; an empty one is refused."""
    filled("train", "--dataset", filled.json("dataset", "list")[0]["id"], "--model", "Tiny", "--preset", "quick")
    adapter = filled.json("adapter", "list")[0]["id"]
    assert "tuned answer" in filled("chat", "--adapter", adapter, typed="How long?\nAnd why?\n").stdout
    assert "There is no question." in filled("chat", "--adapter", adapter, typed=" \n", expect=1).stderr


def test_a_second_server_says_where_the_first_is(shell: Any, server: Any) -> None:
    """Its process and its address."""
    import os

    from appliance.services.home.life import Serving

    server.context.part(Serving).address = "http://127.0.0.1:7861/"
    refused = shell.refused("serve")
    assert refused["code"] == "home.in-use"
    assert f"process {os.getpid()}, at http://127.0.0.1:7861/" in refused["sentence"]
    assert shell.json("status")["address"] == "http://127.0.0.1:7861/"


def test_a_german_operator_is_answered_in_german(shell: Any, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the server too; JSON is English."""
    monkeypatch.setenv("APPLIANCE_LANGUAGE", "de")
    assert "Der Tresor ist offen." in shell("status").stdout
    assert "Diesen Auftrag gibt es nicht." in shell("job", "show", "jb_missing", expect=1).stderr
    assert "There is no such job." in shell("job", "show", "jb_missing", "--json", expect=1).stderr
    assert "Rolle" in shell("user", "list").stdout
    assert shell.json("user", "list")[0]["role"] == "trainer"
