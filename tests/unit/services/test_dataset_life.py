"""The life of a dataset: looked at, imported with its origin, mended into versions, searched for a person, held,
expired, erased.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from appliance.datasets import PARTS
from appliance.datasets.tables import DATASETS
from appliance.foundation.errors import (
    ConflictError,
    InputError,
    NotFoundError,
    StorageError,
    WorkerError,
)
from appliance.jobs.messages import Done
from appliance.models.tables import ADAPTERS
from appliance.services.notices import reminders
from appliance.services.recover import HomeRecovery

NAME, CARD = "Zofia Kwiatkowska", "4111 1111 1111 1111"
DAY_US = 86_400_000_000


def table(rows: int = 30) -> bytes:
    """Return a table: a person in one row of each part, HTML in two rows, a row twice, a card number."""
    lines = ["question,answer,split"]
    for number in range(rows):
        part = PARTS[number % 3]
        answer = (
            f"{NAME} knows."
            if number in {0, 1, 2}
            else f"It is <b>{number}</b>."
            if number in {6, 9}
            else f"It is {number}."
        )
        lines.append(f"What is number {number}?,{answer},{part}")
    lines += ["What is number 3?,It is 3.,training", f"Which card?,{CARD},training"]
    return "\n".join([*lines, ""]).encode()


@pytest.fixture
def dataset(world: Any) -> Iterator[str]:
    """Import the table; nothing holds it afterwards."""
    made = world.do("dataset.import", upload_id=world.upload(table()), filename="people.csv")
    yield made["id"]
    with world.context.database.begin() as connection:
        connection.execute(update(DATASETS).where(DATASETS.c.id == made["id"]).values(hold_reason="", keep_until=""))


def rows_of(world: Any, dataset_id: str) -> dict[int, tuple[str, str]]:
    """Return part and answer by row."""
    found = {}
    for part in PARTS:
        for row in world.do("dataset.show", dataset_id=dataset_id, part=part, rows=50)["preview"]:
            found[row["row"]] = (part, row["messages"][-1]["content"])
    return found


def part_keys(world: Any, dataset_id: str) -> set[str]:
    """Return which part keys there are of a dataset, as version/part."""
    return {
        name.partition("/")[2] for name in world.context.vault.object_ids("dataset-part") if name.startswith(dataset_id)
    }


def test_a_file_is_looked_at_before_it_is_imported_and_stays(world: Any) -> None:
    upload = world.upload(b"x;y\nq;a\n")
    (source,) = world.do("dataset.preview", upload_id=upload, filename="t.csv")["sources"]
    assert (source["columns"], source["note"], bool(source["reason"])) == (["x", "y"], "UTF-8, semicolons", True)
    roles = {"question": "x", "answer": "y"}
    (source,) = world.do("dataset.preview", upload_id=upload, filename="t.csv", roles=roles)["sources"]
    assert source["conversations"][0]["messages"][1]["content"] == "a"
    made = world.do("dataset.import", upload_id=upload, filename="t.csv", roles=roles)
    assert made["rows"] == 1
    with pytest.raises(NotFoundError):
        world.do("dataset.preview", upload_id=upload, filename="t.csv")


def test_a_split_can_be_made_again_by_its_seed(world: Any) -> None:
    rows = "question,answer\n" + "".join(f"What is number {number}?,It is {number}.\n" for number in range(40))
    parts = []
    for seed in (0, 7, 7):
        made = world.do("dataset.import", upload_id=world.upload(rows.encode()), filename="t.csv", seed=seed)
        parts.append({row: part for row, (part, _answer) in rows_of(world, made["id"]).items()})
        assert world.do("dataset.report", dataset_id=made["id"])["split"] == {"seed": seed, "shares": [80, 10, 10]}
    assert parts[1] == parts[2] != parts[0]
    for wrong in (-1, 2**31, "seven"):
        with pytest.raises(InputError, match="seed"):
            world.do("dataset.import", upload_id=world.upload(rows.encode()), filename="t.csv", seed=wrong)


def test_the_report_tells_what_was_found_and_the_policy_masked_the_card(world: Any, dataset: str) -> None:
    report = world.do("dataset.report", dataset_id=dataset)
    found = {check["code"]: check["count"] for check in report["checks"]}
    assert (found["html"], found["duplicate"]) == (2, 1)
    assert report["personal_data"] == {"card number": {"count": 1, "action": "mask"}}
    assert report["sources"][0]["source_format"] == "CSV"
    assert rows_of(world, dataset)[33] == ("training", "[card number 1]")
    assert CARD not in json.dumps(report)


def test_a_fix_makes_a_version_and_the_rows_stay_in_their_parts(world: Any, dataset: str) -> None:
    before = rows_of(world, dataset)
    made = world.do("dataset.revise", dataset_id=dataset, code="html", action="trim")
    assert (made["version"], made["changed"]) == (2, 2)
    after = rows_of(world, dataset)
    assert {row for row in before if before[row] != after[row]} == {8, 11}
    assert after[8] == (before[8][0], "It is 6.")
    made = world.do("dataset.revise", dataset_id=dataset, code="duplicate", action="drop")
    assert (made["version"], made["rows"]) == (3, 31)
    versions = world.do("dataset.versions", dataset_id=dataset)
    assert [(each["version"], each["parent"], each["change"], each["rows"]) for each in versions] == [
        (1, 0, "imported", 32),
        (2, 1, "HTML, repair: 2 rows", 32),
        (3, 2, "Same row twice, drop: one row", 31),
    ]
    report = world.do("dataset.report", dataset_id=dataset)
    assert {"html", "duplicate"} & {check["code"] for check in report["checks"]} == set()
    assert report["sources"][0]["source_format"] == "CSV"
    assert {"html", "duplicate"} <= {
        check["code"] for check in world.do("dataset.report", dataset_id=dataset, version=1)["checks"]
    }
    assert part_keys(world, dataset) == {f"{version}/{part}" for version in (1, 2, 3) for part in PARTS}


@pytest.mark.parametrize(
    ("fix", "words"),
    [
        ({"code": "html", "action": "drop", "rows": []}, None),
        ({"code": "secret", "action": "mask"}, "not change any row"),
        ({"code": "html", "action": "merge"}, "no such fix"),
        ({"code": "html", "action": "burn"}, "Give a check"),
        ({}, "Give a check"),
        ({"action": "drop", "rows": [999]}, "not change any row"),
    ],
)
def test_a_fix_that_cannot_be_leaves_no_version_and_no_key(
    world: Any, dataset: str, fix: dict[str, Any], words: str | None
) -> None:
    if words is None:
        assert world.do("dataset.revise", dataset_id=dataset, **fix)["changed"] == 2
        return
    with pytest.raises((InputError, WorkerError), match=words):
        world.do("dataset.revise", dataset_id=dataset, **fix)
    assert world.do("dataset.versions", dataset_id=dataset)[-1]["version"] == 1
    assert part_keys(world, dataset) == {f"1/{part}" for part in PARTS}
    assert not list((world.context.home / "staging").iterdir())


WRITTEN = {"digest": "d", "rows": 1, "training_rows": 1, "validation_rows": 0, "test_rows": 0}
SOURCE = {"name": "a.csv", "source_format": "CSV", "note": "UTF-8"}


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        ("preview", {"sources": "none", "unread": []}),
        ("preview", {"sources": [{**SOURCE, "note": {"id": 5, "parameters": {}}}], "unread": []}),
        ("preview", {"sources": [{**SOURCE, "conversations": [{"row": 1, "messages": ["Who?"]}]}], "unread": []}),
        ("preview", {"sources": [{**SOURCE, "rows": [{"question": {"a": 1}}]}], "unread": []}),
        ("parse", {**WRITTEN, "report": []}),
        ("parse", {**WRITTEN, "report": {"tokens": {"counts": ["x"]}}}),
        ("parse", {**WRITTEN, "report": {"checks": [{"code": "html", "count": 1}]}}),
        ("search", {}),
        ("search", {"found": [{"dataset_id": "ds_1", "version": "one"}]}),
        ("search", {"found": [{"dataset_id": "ds_1", "version": 1, "part": "test", "count": 1, "rows": [1]}]}),
    ],
)
def test_what_a_worker_says_is_refused_where_it_is_not_of_its_type(
    world: Any, simulate: Any, worker_frame: Any, kind: str, result: dict[str, Any]
) -> None:
    """A worker reads hostile files: what took it over can say only what a result consists of."""
    before = world.do("dataset.list")
    upload = world.upload(table())
    world.switch.current = simulate({kind: worker_frame(lambda _channel, _start: Done(result=result))})
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "preview": ("dataset.preview", {"upload_id": upload, "filename": "a.csv"}),
        "parse": ("dataset.import", {"upload_id": upload, "filename": "a.csv"}),
        "search": ("person.find", {"person": [NAME]}),
    }
    operation, parameters = asked[kind]
    with pytest.raises(WorkerError, match="could not be read"):
        world.do(operation, **parameters)
    assert world.do("dataset.list") == before


def test_a_failed_import_leaves_no_key(world: Any) -> None:
    before = world.context.vault.object_ids("dataset-part")
    with pytest.raises((InputError, WorkerError), match="only one column"):
        world.do("dataset.import", upload_id=world.upload(b"question\nq\n"), filename="t.csv")
    assert world.context.vault.object_ids("dataset-part") == before


def test_keys_that_a_killed_import_left_are_forgotten_at_the_next_start(world: Any, dataset: str) -> None:
    vault = world.context.vault
    vault.new_data_key("dataset-part", "ds_aaaaaaaaaaaaaaaaaaaa/1/test")
    vault.new_data_key("dataset-part", f"{dataset}/2/test")
    HomeRecovery(world.context).run([])
    assert "ds_aaaaaaaaaaaaaaaaaaaa/1/test" not in vault.object_ids("dataset-part")
    assert part_keys(world, dataset) == {f"1/{part}" for part in PARTS}


def test_what_a_killed_revision_left_is_replaced_by_the_next(world: Any, dataset: str) -> None:
    folder = world.context.home / "datasets" / dataset / "v2"
    folder.mkdir()
    (folder / "training.parquet").write_bytes(b"half")
    assert world.do("dataset.revise", dataset_id=dataset, code="html", action="drop")["version"] == 2
    assert len(rows_of(world, dataset)) == 30


def test_new_keys_are_a_version_and_the_old_ones_are_gone(world: Any, dataset: str) -> None:
    before = rows_of(world, dataset)
    made = world.do("dataset.renew-keys", dataset_id=dataset)
    assert (made["version"], made["certificate"]["versions"]) == (2, [1])
    assert rows_of(world, dataset) == before
    assert part_keys(world, dataset) == {f"2/{part}" for part in PARTS}
    assert [path.name for path in (world.context.home / "datasets" / dataset).iterdir()] == ["v2"]


def adapter_of(world: Any, dataset: str, version: int) -> str:
    """Make a row as training leaves it; return the adapter's id."""
    with world.context.database.begin() as connection:
        row = dict(connection.execute(select(ADAPTERS).where(ADAPTERS.c.id == world.ids["adapter"])).one()._mapping)
        adapter = f"ad_{dataset[3:]}"
        connection.execute(
            insert(ADAPTERS).values({**row, "id": adapter, "dataset_id": dataset, "dataset_version": version})
        )
    return adapter


@pytest.mark.slow
def test_a_person_is_found_across_versions_and_erased_with_the_adapters_that_learned(world: Any, dataset: str) -> None:
    adapter = adapter_of(world, dataset, 1)
    world.do("dataset.revise", dataset_id=dataset, code="html", action="trim")
    start = world.context.log.size
    found = world.do("person.find", person=["zofia  kwiatkowska"])
    mine = next(each for each in found["datasets"] if each["id"] == dataset)
    assert sorted((place["version"], place["part"], place["rows"]) for place in mine["places"]) == [
        (version, part, [row]) for version in (1, 2) for part, row in (("test", 4), ("training", 2), ("validation", 3))
    ]
    assert adapter in {each["id"] for each in found["adapters"]}
    done = world.do("person.erase", person=[NAME])
    assert {each["certificate"]["object"]["id"] for each in done["certificates"]} >= {dataset}
    assert {2, 3, 4} & set(rows_of(world, dataset)) == set()
    assert len(rows_of(world, dataset)) == 29
    versions = world.do("dataset.versions", dataset_id=dataset)
    assert [(each["version"], each["state"]) for each in versions] == [(1, "shredded"), (2, "shredded"), (3, "ready")]
    assert versions[2]["change"] == "a person's data erased: 3 rows"
    assert part_keys(world, dataset) == {f"3/{part}" for part in PARTS}
    assert world.do("person.find", person=[NAME])["datasets"] == []
    for operation, parameters in {
        "chat": {"adapter_id": adapter, "prompt": "Who?"},
        "evaluate": {"adapter_id": adapter},
    }.items():
        with pytest.raises(ConflictError, match="retired"):
            world.do(operation, **parameters)
    told = json.dumps(world.entries(start)).casefold()
    assert "zofia" not in told
    assert "person.erase" in told


def test_a_person_in_every_row_or_on_hold_changes_nothing(world: Any, dataset: str) -> None:
    only = world.do("dataset.import", upload_id=world.upload(b"question,answer\nWho?,Ada Nowak\n"), filename="one.csv")[
        "id"
    ]
    with pytest.raises(InputError, match="Every row"):
        world.do("person.erase", person=["Ada Nowak"])
    world.do("dataset.shred", dataset_id=only)
    world.do("dataset.hold", dataset_id=dataset, reason="a lawsuit")
    with pytest.raises(ConflictError, match="legal hold"):
        world.do("person.erase", person=[NAME])
    assert world.do("dataset.versions", dataset_id=dataset)[-1]["version"] == 1
    with pytest.raises(InputError, match="known of the person"):
        world.do("person.find", person=[])


def test_an_erasure_that_fails_midway_has_retired_the_adapters_and_goes_on_when_asked_again(
    world: Any, dataset: str
) -> None:
    """Once the rows are gone, nobody would find what learned from them."""
    adapter = adapter_of(world, dataset, 1)
    in_the_way = world.context.home / "datasets" / dataset / "v2"  # what a crash left there is replaced, but not a file
    in_the_way.write_bytes(b"not a folder")
    with pytest.raises(StorageError):
        world.do("person.erase", person=[NAME])
    with world.context.database.begin() as connection:
        assert connection.execute(select(ADAPTERS.c.state).where(ADAPTERS.c.id == adapter)).scalar() == "retired"
    in_the_way.unlink()
    assert world.do("person.erase", person=[NAME])["certificates"]
    assert world.do("person.find", person=[NAME])["datasets"] == []


def test_while_a_job_needs_the_rows_nothing_is_changed(world: Any, dataset: str) -> None:
    other = world.do("dataset.import", upload_id=world.upload(table()), filename="other.csv")["id"]
    job = world.do("train", dataset_id=other, model_id=world.ids["model"])["id"]
    with pytest.raises(ConflictError, match=job):
        world.do("person.erase", person=[NAME])
    assert [each["version"] for each in world.do("dataset.versions", dataset_id=dataset)] == [1]
    world.do("job.stop", job_id=job)
    world.do("dataset.shred", dataset_id=other)


def test_the_origin_is_kept_checked_and_can_be_required(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = {"purpose": "answers at the desk", "owner": "HR", "legal_basis": "contract", "keep_until": "2099-01-31"}
    made = world.do("dataset.import", upload_id=world.upload(table()), filename="t.csv", origin=origin)
    assert {name: made[name] for name in origin} == origin
    told = world.do("dataset.describe", dataset_id=made["id"], licence="ours")
    assert (told["licence"], told["owner"]) == ("ours", "HR")
    for wrong in ({"legal_basis": "because"}, {"keep_until": "soon"}, {"owner": "x" * 501}, {"shoe": "size"}):
        with pytest.raises(InputError):
            world.do("dataset.import", upload_id=world.upload(table()), filename="t.csv", origin=wrong)
    limits = world.context.limits
    strict = limits.model_copy(update={"datasets": limits.datasets.model_copy(update={"require_origin": True})})
    monkeypatch.setattr(world.context, "limits", strict)
    with pytest.raises(InputError, match="Add: owner and legal basis"):
        world.do("dataset.import", upload_id=world.upload(table()), filename="t.csv", origin={"purpose": "x"})


def test_what_is_past_its_day_is_not_trained_on_and_there_is_a_reminder_before(
    world: Any, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = world.context.clock
    now = clock.now_us()
    world.do("dataset.describe", dataset_id=dataset, keep_until="2026-12-31")
    job = world.do("train", dataset_id=dataset, model_id=world.ids["model"], choice={})["id"]
    world.do("job.stop", job_id=job)

    def at(day_us: int) -> None:
        monkeypatch.setattr(type(clock), "now_us", lambda _self: day_us)

    last_day = 1_798_675_200_000_000 + DAY_US // 2  # noon of 2026-12-31, UTC
    at(last_day - 40 * DAY_US)
    assert not reminders(world.context, dataset)
    at(last_day - 20 * DAY_US)
    assert any("people" in sentence and "20 more days" in sentence for sentence in world.do("status")["reminders"])
    at(last_day)
    world.do("job.stop", job_id=world.do("train", dataset_id=dataset, model_id=world.ids["model"], choice={})["id"])
    at(last_day + DAY_US)
    for operation, parameters in {
        "train": {"dataset_id": dataset, "model_id": world.ids["model"], "choice": {}},
        "job.resume": {"job_id": job},
    }.items():
        with pytest.raises(ConflictError, match="could be used until"):
            world.do(operation, **parameters)
    assert any("until yesterday" in sentence for sentence in world.do("status")["reminders"])
    assert rows_of(world, dataset)
    at(now)


def test_a_hold_keeps_a_dataset_until_it_is_released(world: Any, dataset: str) -> None:
    with pytest.raises(InputError, match="Give a reason"):
        world.do("dataset.hold", dataset_id=dataset, reason=" ")
    world.do("dataset.hold", dataset_id=dataset, reason="a lawsuit")
    for operation in ("dataset.shred", "dataset.renew-keys"):
        with pytest.raises(ConflictError, match="legal hold"):
            world.do(operation, dataset_id=dataset)
    assert rows_of(world, dataset)
    world.do("dataset.release", dataset_id=dataset)
    with pytest.raises(ConflictError, match="not on hold"):
        world.do("dataset.release", dataset_id=dataset)
    world.do("dataset.shred", dataset_id=dataset)


def test_rows_are_counted_in_a_models_tokens(world: Any) -> None:
    with pytest.raises(NotFoundError, match="no such model"):
        world.do("dataset.import", upload_id=world.upload(table()), filename="t.csv", model_id="md_missing")


def test_nothing_readable_lies_in_the_home(world: Any, dataset: str) -> None:
    world.do("dataset.revise", dataset_id=dataset, code="html", action="drop")
    for path in Path(world.context.home).rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"Kwiatkowska" not in data
            assert "Kwiatkowska".encode("utf-16-le") not in data
