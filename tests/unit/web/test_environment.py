"""Gradio finds everything that calls home switched off, and one private place for temporary files."""

import os
import tempfile
from pathlib import Path

import pytest

from appliance.web.environment import prepare_environment


def test_the_web_libraries_get_one_empty_private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ, "GRADIO_TEMP_DIR", "HF_HOME", "XDG_CACHE_HOME"]:
        monkeypatch.setenv(name, os.environ.get(name, ""))
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "left over").write_text("x")
    folder = prepare_environment(tmp_path)
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {os.environ[name] for name in ("GRADIO_TEMP_DIR", "TMPDIR", "HF_HOME", "HOME")} == {str(folder)}
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert tempfile.gettempdir() == str(folder)
    monkeypatch.undo()
    tempfile.tempdir = None
