"""Who did what to what, when and how it ended: found by any of these, read from the log, and the looking is logged."""

from collections.abc import Callable
from typing import Any

import pytest

from appliance.foundation.errors import AuthenticationError, AuthorizationError, InputError
from appliance.foundation.json_records import shown
from appliance.services.context import OPERATOR, Caller
from appliance.services.people.accounts import add_user
from appliance.services.record.search_audit import PAGE_ENTRIES, AuditDesk, moment, people_called, search_audit
from appliance.services.sessions import sign_in

AUDITOR = Caller("us_auditor", "auditor", "session")


@pytest.fixture
def find(world: Any) -> Callable[..., dict[str, Any]]:
    """Search as an auditor."""
    return lambda **asked: shown(search_audit(world.context, AUDITOR, **asked))


def test_everything_is_found_newest_first(world: Any, find: Callable[..., Any]) -> None:
    """Without a question: the whole log as it was before the search itself came into it."""
    size = world.context.log.size
    found = find(limit=500)
    assert [entry["sequence"] for entry in found["entries"]] == list(range(size - 1, -1, -1))
    assert found["total"] == size


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"action": "job.submit"}, lambda entry: entry["action"] == "job.submit"),
        ({"action": "job."}, lambda entry: entry["action"].startswith("job.")),
        ({"kind": "dataset"}, lambda entry: entry["object"]["kind"] == "dataset"),
        ({"outcome": "succeeded"}, lambda entry: entry["outcome"] == "succeeded"),
        ({"person": "operator"}, lambda entry: entry["actor"]["id"] == "operator"),
        ({"person": "anna"}, lambda entry: entry["object"]["id"].startswith("us_")),
        ({"first": 3, "last": 9}, lambda entry: 3 <= entry["sequence"] <= 9),
    ],
)
def test_each_question_finds_what_it_asks_for_and_all_of_it(
    world: Any, find: Callable[..., Any], asked: dict[str, Any], holds: Callable[[Any], bool]
) -> None:
    """Held against the log, read from its beginning."""
    found = find(**asked, limit=500)
    expected = [entry["sequence"] for entry in world.entries(0) if holds(entry) and entry["sequence"] <= found["last"]]
    assert expected
    assert [entry["sequence"] for entry in found["entries"]][::-1] == expected


def test_questions_narrow_each_other(world: Any, find: Callable[..., Any]) -> None:
    """By object, action and outcome at once: the one entry."""
    found = find(object_id=world.ids["dataset"], action="dataset.import", outcome="succeeded")
    assert found["total"] == 1
    assert found["entries"][0]["object_name"] == "staff"
    whole = find(request=found["entries"][0]["request"])
    assert [entry["outcome"] for entry in whole["entries"]] == ["succeeded", "requested"]


def test_days_and_moments(world: Any, find: Callable[..., Any]) -> None:
    """The day on which all was done has it all; the days before and after have nothing."""
    at = world.entries(0)[0]["time_us"]
    assert find(since="2020-01-01", until="2020-12-31")["total"] == 0
    assert find(since="2020-01-01")["total"] == world.context.log.size - 2
    import datetime as dt

    day = dt.datetime.fromtimestamp(at / 1e6, dt.UTC)
    assert any(
        entry["sequence"] == 0 for entry in find(since=f"{day:%Y-%m-%d}", until=f"{day:%Y-%m-%d}", last=5)["entries"]
    )
    assert find(until=f"{day:%Y-%m-%d %H:%M:%S}", last=0)["total"] == 0
    with pytest.raises(InputError, match="is not a day"):
        find(since="yesterday")
    assert moment("1970-01-02") == moment("1970-01-01", end=True) == moment("1970-01-02 02:00+02:00") == 86_400_000_000


def test_pages_do_not_move_while_the_log_grows(world: Any, find: Callable[..., Any]) -> None:
    """The second page of a search begins where its first ended, whatever came in between."""
    first = find(limit=5)
    add_user(world.context, OPERATOR, name=f"grown-{world.context.log.size}", role="reviewer")
    second = find(limit=5, page=1, last=first["last"])
    assert second["total"] == first["total"]
    assert second["entries"][0]["sequence"] == first["entries"][-1]["sequence"] - 1
    assert len(find()["entries"]) <= PAGE_ENTRIES


def test_a_name_that_was_typed_in_vain_is_found(world: Any, find: Callable[..., Any]) -> None:
    """The log has only its fingerprint, and the person who searches knows the name."""
    with pytest.raises(AuthenticationError):
        sign_in(world.context, "mallory", "guess")
    found = find(person="mallory")
    assert [(entry["action"], entry["outcome"]) for entry in found["entries"]] == [
        ("session.open", "failed"),
        ("session.open", "requested"),
    ]
    assert "mallory" not in str(world.entries(0))
    assert "mallory" in people_called(world.context, "mallory")


@pytest.mark.parametrize("role", ["trainer", "reviewer", "stranger"])
def test_other_roles_are_refused_and_the_denial_is_logged(world: Any, role: str) -> None:
    """Whatever is asked for."""
    size = world.context.log.size
    with pytest.raises(AuthorizationError):
        search_audit(world.context, Caller("us_other", role))
    assert [(entry["action"], entry["outcome"]) for entry in world.entries(size)] == [("audit.read", "denied")]


def test_looking_is_in_the_log_without_the_name_looked_for(world: Any, find: Callable[..., Any]) -> None:
    """That a person was looked for is said, who it was is not."""
    find(person="anna", action="user.create")
    entry = world.entries(world.context.log.size - 1)[0]
    assert (entry["actor"]["id"], entry["action"], entry["outcome"]) == ("us_auditor", "audit.read", "succeeded")
    assert entry["details"] == {"look": "search", "action": "user.create", "person": True}


def test_the_log_is_taken_in_in_the_background(world: Any) -> None:
    """At the start of a server; closed before it is done, it ends."""
    desk = AuditDesk(world.context)
    desk.start()
    desk.start()
    desk.close()
    assert desk.share is None
    assert desk.index().size > 0
