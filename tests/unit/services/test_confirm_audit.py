"""What is asked of the log is found by the index, read from the log, and the same while the index is not ready."""

import copy
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from appliance.audit import ObjectRef, Outcome
from appliance.foundation.errors import ConflictError
from appliance.foundation.json_records import shown
from appliance.services.context import OPERATOR
from appliance.services.record.adapter_card import show_card
from appliance.services.record.confirm_audit import confirm
from appliance.services.record.search_audit import AuditDesk, search_audit

FILLER = 1500


class ReadLog:
    """A log that counts how many entries are read, and lets the index's thread wait at its first until it is told to go
    on.
    """

    def __init__(self, log: Any) -> None:
        self._log = log
        self.read = 0
        self.going_on = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def raw_entries(self, *places: int) -> Iterator[bytes]:
        """Count what is read."""
        for raw in self._log.raw_entries(*places):
            self.read += 1
            yield raw

    def leaves(self, *places: int) -> Iterator[tuple[bytes, bytes | None]]:
        """The same, for what the index takes in."""
        if threading.current_thread().name == "audit index":
            self.going_on.wait()
        for leaf in self._log.leaves(*places):
            self.read += 1
            yield leaf


@pytest.fixture(scope="module")
def filled(world: Any) -> Any:
    """The world, whose log has much more than what is asked for."""
    for number in range(FILLER):
        world.context.log.append(
            OPERATOR.actor, "dataset.read", ObjectRef("dataset", f"ds_{number:020x}"), Outcome.SUCCEEDED
        )
    return world


@pytest.fixture
def desk(filled: Any) -> AuditDesk:
    """A desk of its own over a log that counts."""
    context = copy.copy(filled.context)
    context.log = ReadLog(filled.context.log)
    context._parts = {}
    return context.part(AuditDesk)


def ask(desk: AuditDesk, ids: dict[str, str], sha256: str) -> list[Any]:
    """Ask for a person, an account, a file, an adapter's card; leave away the entries that asking itself made."""
    size = desk.context.log.size
    found = [
        confirm(desk.context, OPERATOR, name="anna"),
        confirm(desk.context, OPERATOR, name="Jane Doe"),
        confirm(desk.context, OPERATOR, sha256=sha256),
    ]
    matches = [
        [{**each, "entries": [at for at in each["entries"] if at < size]} for each in one["matches"]]
        for one in map(shown, found)
    ]
    return [*matches, show_card(desk.context, OPERATOR, adapter_id=ids["adapter"])]


@pytest.fixture(scope="module")
def sha256(filled: Any) -> str:
    """A file that was imported, and a person who was looked for."""
    import hashlib

    data = filled.table + b"one more?,yes,g99,training\n"
    filled.do("dataset.import", upload_id=filled.upload(data), filename="asked.csv")
    filled.do("person.find", person=["Jane Doe"])
    return hashlib.sha256(data).hexdigest()


@pytest.mark.slow
def test_while_the_log_is_taken_in_the_answers_are_the_same_and_a_search_says_how_far_it_is(
    desk: AuditDesk, filled: Any, sha256: str
) -> None:
    """A search does not hang: it would have to wait for all of a million entries."""
    desk.start()
    try:
        assert desk.share == 0
        slow = ask(desk, filled.ids, sha256)
        with pytest.raises(ConflictError, match="being read: 0% so far"):
            search_audit(desk.context, OPERATOR)
    finally:
        desk.context.log.going_on.set()
        desk.close()
    assert desk.share is None
    assert ask(desk, filled.ids, sha256) == slow
    assert [[each["as"] for each in one] for one in slow[:3]] == [["account"], ["person"], ["upload"]]
    assert slow[2][0]["datasets"]
    assert shown(search_audit(desk.context, OPERATOR))["total"] > FILLER


@pytest.mark.parametrize(
    "question",
    [
        lambda desk, _ids, _sha: shown(confirm(desk.context, OPERATOR, name="anna")),
        lambda desk, _ids, sha: shown(confirm(desk.context, OPERATOR, sha256=sha)),
        lambda desk, ids, _sha: show_card(desk.context, OPERATOR, adapter_id=ids["adapter"]),
    ],
)
def test_a_question_reads_no_more_of_the_log_than_it_needs(
    desk: AuditDesk, filled: Any, sha256: str, question: Callable[[AuditDesk, dict[str, str], str], Any]
) -> None:
    """The index has taken the log in once; the question then reads around its entries, by the bundle."""
    desk.index()
    desk.context.log.read = 0
    question(desk, filled.ids, sha256)
    assert desk.context.log.read < FILLER / 2
