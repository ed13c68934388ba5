"""Gradio finds everything that calls home switched off, and one private place for temporary files."""

import os
import tempfile
from pathlib import Path

import pytest

from appliance.web.page.environment import prepare_environment


@pytest.mark.usefixtures("own_environment")
def test_the_web_libraries_get_one_empty_private_folder(tmp_path: Path) -> None:
    os.environ.update({"SSL_CERT_FILE": "/absent", "all_proxy": "socks5://127.0.0.1:9"})
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "left over").write_text("x")
    folder = prepare_environment(tmp_path)
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {os.environ[name] for name in ("GRADIO_TEMP_DIR", "TMPDIR", "HF_HOME", "HOME")} == {str(folder)}
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert not {"SSL_CERT_FILE", "all_proxy"} & set(os.environ)
    assert tempfile.gettempdir() == str(folder)
