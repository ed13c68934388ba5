"""What was done and what was refused, counted over time: each act once, by how it ended."""

import itertools
from typing import Any

import pytest

from appliance.foundation.errors import AuthorizationError
from appliance.foundation.json_records import shown
from appliance.foundation.messages import verbatim
from appliance.services.context import Caller
from appliance.services.data.import_dataset import all_datasets, show_dataset
from appliance.services.notices import LogDamage
from appliance.services.record.review_audit import MAX_BUCKETS, audit_overview

AUDITOR = Caller("us_auditor", "auditor")


def test_acts_are_counted_once_by_how_they_ended(world: Any) -> None:
    """The request and its outcome are one act; the sum is what the log says."""
    activity = shown(audit_overview(world.context, AUDITOR, days=1))["activity"]
    ended = [
        entry["outcome"] for entry in world.entries(0)[: -1 if world.entries(0)[-1]["action"] == "audit.read" else None]
    ]
    for outcome in ("succeeded", "failed", "denied"):
        assert sum(activity[outcome]) == ended.count(outcome)


@pytest.mark.parametrize(("days", "unit"), [(1, "hour"), (3, "hour"), (30, "day"), (365, "week"), (0, "hour")])
def test_the_buckets_cover_the_time_and_fit_the_page(world: Any, days: int, unit: str) -> None:
    """Hours, days or weeks; the last one has this moment in it."""
    activity = shown(audit_overview(world.context, AUDITOR, days=days))["activity"]
    assert activity["unit"] == unit
    starts = activity["starts_us"]
    assert len(starts) == len(activity["denied"]) <= MAX_BUCKETS + 1
    widths = {later - earlier for earlier, later in itertools.pairwise(starts)}
    assert len(widths) <= 1
    assert starts[-1] <= world.context.clock.now_us() < starts[-1] + (widths or {3600 * 10**6}).pop()


def test_weeks_begin_on_mondays(world: Any) -> None:
    import datetime as dt

    starts = shown(audit_overview(world.context, AUDITOR, days=365))["activity"]["starts_us"]
    assert {dt.datetime.fromtimestamp(start / 1e6, dt.UTC).weekday() for start in starts} == {0}


def test_who_is_refused_most_is_on_top(world: Any) -> None:
    """With what was tried; the name where there is one."""
    for _ in range(3):
        with pytest.raises(AuthorizationError):
            show_dataset(world.context, Caller("us_curious", "reviewer"), dataset_id=world.ids["dataset"])
    with pytest.raises(AuthorizationError):
        all_datasets(world.context, Caller("us_other", "stranger"))
    refused = shown(audit_overview(world.context, AUDITOR))["refused"]
    assert refused[0] == {
        "actor": "us_curious",
        "action": "dataset.read",
        "outcome": "denied",
        "count": 3,
        "person": "",
    }


def test_the_overview_tells_size_and_root_and_what_can_be_asked(world: Any) -> None:
    found = shown(audit_overview(world.context, AUDITOR))
    assert found["entries"] <= world.context.log.size
    assert len(found["root"]) == 64
    assert {"dataset.import", "job.submit"} <= set(found["choices"]["actions"])
    assert {"dataset", "job", "adapter"} <= set(found["choices"]["kinds"])
    assert "anna" in found["choices"]["people"]
    assert found["damage"] == ""


def test_the_overview_tells_of_damage_that_was_noticed(world: Any) -> None:
    damage = world.context.part(LogDamage)
    damage.found = verbatim("Entry 3 of the audit log was changed.")
    try:
        assert str(shown(audit_overview(world.context, AUDITOR))["damage"]) == "Entry 3 of the audit log was changed."
    finally:
        damage.found = None


@pytest.mark.parametrize("role", ["trainer", "reviewer", "stranger"])
def test_others_are_refused(world: Any, role: str) -> None:
    with pytest.raises(AuthorizationError):
        audit_overview(world.context, Caller("us_1", role))
