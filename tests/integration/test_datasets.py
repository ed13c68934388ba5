"""A dataset through the real command and its sandboxed workers: an Excel workbook in, mended, searched, erased."""

import shutil
from pathlib import Path

from canary_scan import scan

FILES = Path(__file__).parents[1] / "vectors" / "datasets"
PERSON = "Wilhelmina Brockhagen"


def test_files_of_every_kind_are_read_behind_the_walls(home, tmp_path: Path) -> None:
    """The parsers' libraries work with what the sandbox leaves them."""
    for path in sorted(FILES.iterdir()):
        if path.suffix == ".md":
            continue
        shown = home("dataset", "preview", str(path))["sources"]
        assert shown[0]["conversations"], path.name
        made = home("dataset", "import", str(path), "--name", path.name)
        assert made["rows"] > 0
        assert made["report"]["sources"][0]["source_format"] == shown[0]["source_format"]
    packed = shutil.make_archive(str(tmp_path / "all"), "zip", FILES)
    assert len(home("dataset", "import", packed)["report"]["sources"]) == 7
    assert not any((home.folder / "uploads").iterdir())


def test_a_dataset_is_mended_held_and_a_person_erased(home, tmp_path: Path) -> None:
    """Each by its command; the log names no one, and nothing of it lies in clear."""
    table = tmp_path / "people.csv"
    lines = [f"What is number {number}?,It is <i>{number}</i>." for number in range(12)] + [
        f"Who knows?,{PERSON} knows."
    ]
    table.write_text("\n".join(["question,answer", *lines, ""]), encoding="utf-8")
    origin = ("--owner", "HR", "--purpose", "answers", "--legal-basis", "contract", "--keep-until", "2099-12-31")
    dataset = home("dataset", "import", str(table), *origin)["id"]
    assert [check["code"] for check in home("dataset", "check", dataset)["checks"]] == ["html"]
    assert home("dataset", "fix", dataset, "--check", "html", "--action", "trim")["changed"] == 12
    assert home("dataset", "fix", dataset, "--row", "2", "--row", "3")["changed"] == 2
    home("dataset", "hold", dataset, "--reason", "a lawsuit")
    assert home.refused("person", "erase", PERSON)["code"] == "dataset.on-hold"
    home("dataset", "release", dataset)
    assert [place["version"] for place in home("person", "find", PERSON)["datasets"][0]["places"]] == [1, 2, 3]
    assert len(home("person", "erase", PERSON)["certificates"]) == 1
    assert home("person", "find", PERSON)["datasets"] == []
    assert [each["state"] for each in home("dataset", "versions", dataset)] == [
        "shredded",
        "shredded",
        "shredded",
        "ready",
    ]
    assert home("dataset", "renew-keys", dataset)["version"] == 5
    assert home("dataset", "origin", dataset, "--keep-until", "2020-01-01")["keep_until"] == "2020-01-01"
    assert home.refused("train", "--dataset", dataset, "--model", home.model)["code"] == "dataset.expired"
    assert "The dataset people could be used until 2020-01-01" in str(home("doctor")["reminders"])
    assert home("audit", "verify")["verified"]
    assert PERSON not in str(home("audit", "show", "--last", "200"))
    assert scan(PERSON, home.places) == []
