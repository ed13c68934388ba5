"""The page's timer: it shows what changed, costs nothing while nothing does, and keeps nobody signed in."""

from typing import Any

import gradio as gr
import pytest
from driven_page import DrivenPage

from appliance.foundation.clock import SystemClock
from appliance.services.sessions import OpenSessions

MINUTE_US = 60_000_000


class Hours(SystemClock):
    """A clock that is set forward by hand."""

    def __init__(self) -> None:
        self.ahead_us = 0

    def now_us(self) -> int:
        """Return the time of day."""
        return SystemClock().now_us() + self.ahead_us

    def monotonic_us(self) -> int:
        """Return the time since some start."""
        return SystemClock().monotonic_us() + self.ahead_us


@pytest.fixture
def hours(world: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the home's clock forward at will."""
    clock = Hours()
    monkeypatch.setattr(world.context, "clock", clock)
    monkeypatch.setattr(world.context.part(OpenSessions), "_clock", clock)
    yield clock
    world.context.part(OpenSessions).forget()


def test_what_began_in_another_tab_is_shown(opened: Any, world: Any) -> None:
    one, other = opened("trainer"), opened("trainer")
    assert one.step == other.step == "Results"
    one.press("Evaluate again")
    other.tick()
    assert not other.button("Evaluating …").interactive
    assert "Stop evaluating" in other.buttons()
    world.appliance.run_queue()
    other.tick()
    assert other.button("Evaluate again").interactive


def test_a_training_that_began_in_another_tab_is_listed(opened: Any, world: Any) -> None:
    one, other = opened("trainer"), opened("trainer")
    one.turn_to("Train")
    one.press("Start training")
    began = one.field("Trainings on this appliance").value
    other.turn_to("Train")
    other.tick()
    assert began in [value for _text, value in other.field("Trainings on this appliance").choices]
    one.press("Stop and keep what was learned")


def test_while_no_job_changes_a_tick_returns_nothing_and_logs_nothing(
    wizard: DrivenPage, world: Any, hours: Hours
) -> None:
    size = world.context.log.size
    for _ in range(3):
        hours.ahead_us += 2 * MINUTE_US  # so that no look is taken for the one before
        assert wizard.tick() == set()
    assert world.context.log.size == size


def test_a_change_is_shown_once_and_the_look_at_it_is_logged(wizard: DrivenPage, world: Any, hours: Hours) -> None:
    hours.ahead_us += 2 * MINUTE_US
    job = world.do("evaluate", adapter_id=world.ids["adapter"])
    size = world.context.log.size
    assert wizard.tick()
    assert {"job.list"} == {each["action"] for each in world.entries(size)} - {"adapter.list"}
    assert wizard.tick() == set()
    world.do("job.stop", job_id=job["id"])
    assert wizard.tick()


def test_ticks_alone_keep_nobody_signed_in(wizard: DrivenPage, hours: Hours) -> None:
    """A page that is left open is signed out after half an hour, as if it were closed."""
    for _ in range(2):
        hours.ahead_us += 14 * MINUTE_US
        wizard.tick()
    hours.ahead_us += 14 * MINUTE_US
    with pytest.raises(gr.Error, match="session has ended"):
        wizard.tick()


def test_somebody_who_does_something_stays_signed_in(opened: Any, hours: Hours) -> None:
    """The same times, with presses instead of ticks."""
    wizard = opened("reviewer")
    for _ in range(3):
        hours.ahead_us += 14 * MINUTE_US
        wizard.press("Back to training")
        wizard.turn_to("Results")
    wizard.tick()
    assert wizard.text()
