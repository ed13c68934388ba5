"""A file goes from the connection to the disk without ever being readable there."""

from pathlib import Path
from typing import Any

CANARY = b"canary-7f3e-the-salary-of-the-director"


def files_holding(home: Path, needle: bytes) -> list[Path]:
    """Return the files below `home` that hold `needle` in clear."""
    return [path for path in home.rglob("*") if path.is_file() and needle in path.read_bytes()]


def test_an_upload_is_sealed_as_it_comes_in(site: Any, appliance: Any, token_of: Any) -> None:
    answer = site.ask("PUT", "/upload?name=staff%20list.csv", token=token_of("trainer"), body=CANARY * 60_000)
    assert answer.status == 200
    uploads = appliance.context.home / "uploads"
    assert [path.name.encode() in answer.body for path in uploads.iterdir()] == [True]
    assert files_holding(appliance.context.home, CANARY) == []
    assert files_holding(appliance.context.home, b"staff list") == []
    next(uploads.iterdir()).unlink()


def test_a_connection_that_breaks_leaves_nothing(site: Any, appliance: Any, token_of: Any) -> None:
    site.disconnect_during("/upload?name=a.csv", [CANARY * 40_000, CANARY], token=token_of("trainer"))
    assert list((appliance.context.home / "uploads").iterdir()) == []


def test_a_role_that_may_not_import_is_refused_before_the_first_byte(site: Any, appliance: Any, token_of: Any) -> None:
    answer = site.ask("PUT", "/upload?name=a.csv", token=token_of("auditor"), body=b"x")
    assert answer.status == 403
    assert b"policy.denied" in answer.body
    assert list((appliance.context.home / "uploads").glob("*")) == []


def test_an_upload_needs_a_name(site: Any, token_of: Any) -> None:
    for path in ("/upload", "/upload?name=", "/upload?name=" + "a" * 300):
        assert site.ask("PUT", path, token=token_of("trainer"), body=b"x").status == 400
