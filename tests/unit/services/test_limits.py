"""What the policy's limits do: keys are forgotten after idle time, and nothing is unsealed beside swap in clear."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.audit import AuditLog
from appliance.foundation.errors import IsolationError
from appliance.foundation.settings import Settings
from appliance.policy import Limits, Rules, find_policy_folder
from appliance.services.appliance import Appliance
from appliance.services.context import OPERATOR, ServiceContext
from appliance.services.data.import_dataset import all_datasets
from appliance.services.home.life import create_home

PASSPHRASE = "a passphrase for tests only"
MINUTE_US = 60 * 1_000_000


class HeldClock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.us = 1_700_000_000_000_000

    def now_us(self) -> int:
        """Return the time."""
        return self.us

    def monotonic_us(self) -> int:
        """Return the time."""
        return self.us

    def boot_id(self) -> str:
        """Return one boot."""
        return "b" * 36


@pytest.fixture
def clock() -> HeldClock:
    """Hold the time."""
    return HeldClock()


@pytest.fixture
def make(tmp_path: Path, clock: HeldClock, simulate: Any) -> Iterator[Any]:
    """Return a function that makes an appliance with limits."""
    made: list[Appliance] = []

    def build(**sections: Any) -> Appliance:
        limits = Limits.model_validate(sections)
        log = AuditLog.open(tmp_path / "home" / "audit", clock)
        rules = Rules.load(find_policy_folder())
        made.append(
            Appliance(
                ServiceContext(
                    Settings(tmp_path / "home"), clock, rules, log, simulate({}), limits, swaps=tmp_path / "swaps"
                )
            )
        )
        create_home(made[-1].context, PASSPHRASE)
        return made[-1]

    yield build
    for appliance in made:
        appliance.close()


def test_keys_are_forgotten_after_the_idle_time_and_the_log_says_so(make: Any, clock: HeldClock) -> None:
    appliance = make(vault={"reseal_after_idle_minutes": 30})
    clock.us += 30 * MINUTE_US - 1
    assert not appliance.reseal_when_idle()
    clock.us += 1
    assert appliance.reseal_when_idle()
    assert appliance.context.sealed
    entry = list(appliance.context.log.entries(0))[-1]
    assert (entry["action"], entry["outcome"], entry["actor"]["id"]) == ("vault.seal", "succeeded", "appliance")
    assert not appliance.reseal_when_idle()


def test_whoever_asks_for_anything_begins_the_time_anew(make: Any, clock: HeldClock) -> None:
    appliance = make(vault={"reseal_after_idle_minutes": 30})
    clock.us += 29 * MINUTE_US
    all_datasets(appliance.context, OPERATOR)
    clock.us += 29 * MINUTE_US
    assert not appliance.reseal_when_idle()


def test_a_job_keeps_it_open(make: Any, clock: HeldClock) -> None:
    from appliance.identity import default_project
    from appliance.jobs.states import JobState, add_job, move_job

    appliance = make(vault={"reseal_after_idle_minutes": 30})
    with appliance.context.database.begin() as connection:
        project = default_project(connection, clock)
        add_job(connection, clock, job_id="jb_1", project_id=project, kind="train", spec={}, created_by="x")
    clock.us += 90 * MINUTE_US
    assert not appliance.reseal_when_idle()
    with appliance.context.database.begin() as connection:
        move_job(connection, clock, "jb_1", JobState.STOPPED)
    clock.us += 29 * MINUTE_US
    assert not appliance.reseal_when_idle()
    clock.us += MINUTE_US
    assert appliance.reseal_when_idle()


def test_without_a_limit_it_stays_open(make: Any, clock: HeldClock) -> None:
    appliance = make()
    clock.us += 10_000 * MINUTE_US
    assert not appliance.reseal_when_idle()


@pytest.mark.parametrize(("policy", "refused"), [("refuse", True), ("warn", False)])
def test_beside_swap_in_clear_nothing_is_unsealed_when_the_policy_says_so(
    make: Any, tmp_path: Path, policy: str, refused: bool
) -> None:
    """The kernel's list is a file here: switching real swap on is not a test's to do."""
    (tmp_path / "swaps").write_text("Filename Type Size Used Priority\n", encoding="utf-8")
    appliance = make(memory={"unencrypted_swap": policy})
    appliance.context.seal()
    (tmp_path / "swaps").write_text("Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n", encoding="utf-8")
    if refused:
        with pytest.raises(IsolationError, match="does not allow the vault"):
            appliance.context.unseal(PASSPHRASE)
        assert list(appliance.context.log.entries(0))[-1]["outcome"] == "failed"
    else:
        appliance.context.unseal(PASSPHRASE)
    assert appliance.context.sealed is refused
