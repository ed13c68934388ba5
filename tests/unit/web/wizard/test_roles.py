"""Nobody is offered what they may not do, and nobody can do it without being offered it."""

from typing import Any

import gradio as gr
import pytest

ROLES = ("reviewer", "auditor", "admin")
BRINGS = {"Drop these rows", "Import these rows", "Choose another file"}
TRAINS = {"Start training", "Compare these ranks", "Stop and keep what was learned", "Resume"}
EVALUATES = {"Evaluate", "Evaluate again", "Stop evaluating", "Analyse the rank", "Make it smaller"}


def offered(wizard: Any, step: str) -> set[str]:
    """Return what is on the buttons of a step."""
    wizard.turn_to(step)
    return set(wizard.buttons())


@pytest.mark.parametrize(
    ("role", "called"), [("reviewer", "reviewer"), ("auditor", "auditor"), ("admin", "administrator")]
)
def test_somebody_who_only_looks_is_told_so(opened: Any, role: str, called: str) -> None:
    assert f"You are signed in as {called}. You can look around here" in opened(role).text()


def test_a_trainer_is_offered_everything(opened: Any) -> None:
    wizard = opened("anna")
    assert "You are signed in as" not in wizard.text()
    assert {"Drop these rows"} <= offered(wizard, "Data")
    assert "Choose a file" in wizard.text()
    assert {"Start training", "Compare these ranks"} <= offered(wizard, "Train")
    assert {"Evaluate again", "Analyse the rank", "Show the answers"} <= offered(wizard, "Results")
    assert wizard.button("Ask both").interactive


@pytest.mark.parametrize("role", ROLES)
def test_nobody_else_is_offered_to_bring_train_or_evaluate(opened: Any, world: Any, role: str) -> None:
    wizard = opened(role)
    assert not BRINGS & offered(wizard, "Data")
    assert "Choose a file" not in wizard.text()
    wizard.choose("Dataset", world.ids["dataset"])
    assert "For training" in wizard.text()
    assert not BRINGS & set(wizard.buttons())
    assert not TRAINS & offered(wizard, "Train")
    assert "New training" not in wizard.labels()
    assert wizard.field("Trainings on this appliance").value == world.ids["training"]
    results = offered(wizard, "Results")
    assert not EVALUATES & results
    assert not any(label.startswith(("Make it smaller", "Analyse")) for label in results)


@pytest.mark.parametrize(("role", "may"), [("reviewer", True), ("auditor", False), ("admin", False)])
def test_answers_and_chat_are_for_those_who_may_read_them(opened: Any, role: str, may: bool) -> None:
    wizard = opened(role)
    assert ("Show the answers" in offered(wizard, "Results")) is may
    assert wizard.button("Ask both").interactive is may


@pytest.mark.parametrize("role", ROLES)
def test_rows_are_shown_to_nobody_who_may_not_read_them(opened: Any, world: Any, role: str) -> None:
    wizard = opened(role)
    wizard.turn_to("Data")
    wizard.choose("Dataset", world.ids["dataset"])
    assert "zebra-quartz-41977" not in wizard.text()


def test_what_is_not_offered_is_refused_and_changes_nothing(opened: Any, world: Any) -> None:
    otto = opened("auditor")
    otto.tick()
    before = world.snapshot()
    for handler in (
        "DataStep._drop",
        "TrainStep._begin",
        "TrainStep._compare",
        "TrainStep._stop_job",
        "TrainStep._resume_job",
        "ResultsStep._begin",
        "ResultsStep._show_answers",
        "RankPanel._look",
        "RankPanel._shrink",
        "Chat._answer",
    ):
        with pytest.raises(gr.Error, match="may not"):
            otto.forge(handler, **{"Drop rows by number": "2", "Your question": "Who?"})
    assert world.snapshot() == before
