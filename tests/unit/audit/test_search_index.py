"""The index contains exactly the entries of the log, and notices when the files change."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from log_parts import StillClock

from appliance.audit import Actor, AuditLog, ObjectRef, Outcome
from appliance.audit.search_index import BLOCK, Query, SearchIndex
from appliance.foundation.errors import AuditLogError

OPERATOR = Actor("operator", "operator")
TEXTS = st.text(max_size=20) | st.sampled_from(
    ['"', "\\", '","kind":"log"},"outcome":"denied"', "ds_1", "us_é", "\ud800", "\n", "x" * 512]
)


def _fill(log: AuditLog, count: int) -> None:
    for number in range(count):
        action = ("dataset.list", "job.list", "adapter.list")[number % 3]
        kind = action.partition(".")[0]
        outcome = (Outcome.SUCCEEDED, Outcome.DENIED)[number % 2]
        log.append(Actor(f"us_{number % 5}", "operator"), action, ObjectRef(kind, f"{kind}-{number % 7}"), outcome)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditLog]:
    """Return a log of 300 entries, some in tiles and some in the journal, which no test changes."""
    log = AuditLog.open(tmp_path_factory.mktemp("filled") / "audit", StillClock())
    _fill(log, 280)
    with log.still():
        pass
    _fill(log, 20)
    yield log
    log.close()


def _expected(log: AuditLog, query: Query) -> list[int]:
    return [entry["sequence"] for entry in log.entries() if query.matches(entry)]


@pytest.mark.parametrize(
    "query",
    [
        Query(),
        Query(people=frozenset({"us_1", "us_4"})),
        Query(people=frozenset({"dataset-3"})),
        Query(objects=frozenset({"job-1"})),
        Query(kind="adapter"),
        Query(action="job.list"),
        Query(action="job."),
        Query(outcome="denied"),
        Query(since_us=1_700_000_000_000_100, until_us=1_700_000_000_000_400),
        Query(first=17, last=211),
        Query(first=290, last=280),
        Query(people=frozenset({"us_1"}), outcome="denied", action="dataset.", first=20),
        Query(people=frozenset({"nobody"})),
        Query(outcome="forgotten"),
        Query(kind="", action="x.y"),
    ],
)
def test_it_finds_the_same_entries_as_a_full_scan(filled: AuditLog, query: Query) -> None:
    index = SearchIndex(filled)
    assert index.catch_up()
    assert index.find(query).tolist() == _expected(filled, query)
    assert index.root == filled.head.root


@pytest.mark.slow
@settings(max_examples=40)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS, st.sampled_from(list(Outcome))), min_size=1, max_size=8))
def test_hostile_texts_are_indexed_correctly(tmp_path_factory: Any, rows: list[tuple[str, str, str, Outcome]]) -> None:
    """Quotes, escapes and texts that look like fields do not move a value into another column."""
    log = AuditLog.open(tmp_path_factory.mktemp("log") / "audit", StillClock())
    for actor, target, reason, outcome in rows:
        request = "rq_1" if outcome is Outcome.REQUESTED else target[:8]
        log.append(
            Actor(actor or "x", "operator"),
            "dataset.list",
            ObjectRef("dataset", target),
            outcome,
            reason=reason,
            request=request,
        )
    index = SearchIndex(log)
    index.catch_up()
    for entry in log.entries():
        query = Query(
            people=frozenset({entry["actor"]["id"]}),
            objects=frozenset({entry["object"]["id"]}),
            outcome=entry["outcome"],
            request=entry["request"],
        )
        assert index.find(query).tolist() == _expected(log, query)
    log.close()


def test_it_follows_a_growing_log(tmp_path: Path) -> None:
    """Adding entries step by step has the same result as adding all at once."""
    log = AuditLog.open(tmp_path / "audit", StillClock())
    index = SearchIndex(log)
    for _ in range(3):
        _fill(log, 20)
        index.catch_up()
        assert index.find(Query(outcome="denied")).tolist() == _expected(log, Query(outcome="denied"))
    assert index.size == 60 < BLOCK
    log.close()


def test_catching_up_can_be_stopped(tmp_path: Path) -> None:
    log = AuditLog.open(tmp_path / "audit", StillClock())
    _fill(log, 3)
    index = SearchIndex(log)
    assert not index.catch_up(lambda: True)
    assert index.size == 0
    assert index.find(Query()).tolist() == []
    log.close()


def test_sources_and_products_of_objects_are_found(tmp_path: Path) -> None:
    """Links are details and jobs' ids in requests, but not people, other requests or searches of the log."""
    log = AuditLog.open(tmp_path / "audit", StillClock())
    upload, data, job, adapter = (
        f"{prefix}_{'0' * 19}{number}" for number, prefix in enumerate(("up", "ds", "jb", "ad"))
    )
    append = log.append
    append(
        OPERATOR,
        "dataset.import",
        ObjectRef("dataset", data),
        Outcome.REQUESTED,
        request="rq_" + "1" * 20,
        details={"upload": upload},
    )
    append(OPERATOR, "job.submit", ObjectRef("job", job), Outcome.SUCCEEDED, details={"kind": "train", "dataset": data})
    append(Actor("us_1", "system"), "adapter.create", ObjectRef("adapter", adapter), Outcome.SUCCEEDED, request=job)
    append(
        Actor("us_1", "auditor"),
        "audit.read",
        ObjectRef("log", "audit"),
        Outcome.SUCCEEDED,
        details={"look": "life", "object": data},
    )
    index = SearchIndex(log)
    index.catch_up()
    assert index.makes(upload) == {data, job, adapter}
    assert index.made_from(adapter) == {job, data, upload}
    assert index.made_from("nothing") == set()
    log.close()


def test_an_entry_that_changes_after_indexing_is_not_shown(tmp_path: Path) -> None:
    """The index has the right hash, and the disk another entry."""
    log = AuditLog.open(tmp_path / "audit", StillClock())
    _fill(log, 260)
    with log.still():  # which writes the journal out
        pass
    index = SearchIndex(log)
    index.catch_up()
    assert [entry["sequence"] for entry in index.read([7, 3, 259])] == [7, 3, 259]
    bundle = tmp_path / "audit" / "tile" / "entries" / "000"
    data = bundle.read_bytes()
    bundle.chmod(0o600)
    bundle.write_bytes(data.replace(b'"us_1"', b'"us_2"', 1))
    with pytest.raises(AuditLogError, match="Entry 1 of the audit log was changed") as raised:
        index.read([0, 1])
    assert raised.value.entry == 1
    assert index.read([0, 2, 255])[2]["sequence"] == 255
    log.close()


@pytest.mark.parametrize("change", ["flip", "cut"])
def test_a_change_of_the_files_is_an_error(tmp_path: Path, change: str) -> None:
    """An entry that changed since the log was opened gives another root, or cannot be read."""
    folder = tmp_path / "audit"
    log = AuditLog.open(folder, StillClock())
    _fill(log, 260)
    with log.still():  # which writes the journal out
        pass
    bundle = folder / "tile" / "entries" / "000"
    data = bundle.read_bytes()
    bundle.chmod(0o600)
    bundle.write_bytes(data.replace(b'"us_1"', b'"us_2"', 1) if change == "flip" else data[:-100])
    with pytest.raises(AuditLogError):
        SearchIndex(log).catch_up()
    log.close()
