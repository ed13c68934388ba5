"""The steps Model and Train: what a training would take, its settings, and the training itself."""

import itertools
import re
import traceback
from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest
from driven_page import DrivenPage
from rank_plays import play_sweep
from sqlalchemy import event

from appliance.foundation.clock import SystemClock
from appliance.foundation.messages import verbatim
from appliance.jobs.messages import Failed, Ready

LAST_LAYERS = "Last layers"
REFUSED = "Start training: change the settings first"


@pytest.fixture
def train(wizard: DrivenPage, world: Any) -> DrivenPage:
    """The wizard at its step Train, with the first data and the quick preset."""
    return at_train(wizard, world)


def at_train(wizard: DrivenPage, world: Any) -> DrivenPage:
    """Go from data and model to the training."""
    wizard.turn_to("Data")
    wizard.choose("Dataset", world.ids["dataset"])
    wizard.press("Continue to the model")
    wizard.choose("Installed models", world.ids["model"])
    wizard.press("Continue to training")
    assert wizard.step == "Train"
    if not wizard.field("New training").open:
        wizard.unfold("New training")
    wizard.choose("How long the model practises", "quick")
    return wizard


def spec_of(world: Any, wizard: DrivenPage) -> dict[str, Any]:
    """Return the order of the training that the page shows."""
    spec: dict[str, Any] = world.do("job.show", job_id=wizard.field("Trainings on this appliance").value)["spec"]
    return spec


def test_a_model_is_picked(wizard: DrivenPage, world: Any) -> None:
    wizard.turn_to("Model")
    assert wizard.button("Continue to training").interactive
    wizard.fill("Installed models", None)
    assert not wizard.button("Continue: choose a model first").interactive
    wizard.choose("Installed models", world.ids["model"])
    assert wizard.button("Continue to training").interactive


def test_the_memory_of_a_model_is_that_of_its_plan(train: DrivenPage) -> None:
    """The bar of the step Model and the figures of the step Train, for the same data and model as it opens."""
    train.choose("How long the model practises", "balanced")
    planned = re.findall(r"[\d.]+ [KMG]B to [\d.]+ [KMG]B", train.text())
    train.press("Back")
    assert "Memory for “tiny”" in train.text()
    fits = re.findall(r"[\d.]+ [KMG]B to [\d.]+ [KMG]B", train.text())
    assert fits
    assert set(fits) == set(planned)


def test_the_review_says_what_will_be_done_and_what_it_takes(train: DrivenPage) -> None:
    said = train.text()
    assert "“tiny” learns from 4 rows of “staff”" in said
    assert "4 rows a step, because there are few rows" in said
    for part in ("Time", "Disk space", "Memory", "Trained", "Details for specialists", "FLOP"):
        assert part in said
    assert 'role="img" aria-label="Memory: ' in said
    assert train.button("Start training").interactive


def test_without_data_or_model_the_button_says_what_is_missing(wizard: DrivenPage, world: Any) -> None:
    wizard.turn_to("Model")
    wizard.fill("Installed models", None)
    wizard.turn_to("Train")
    wizard.choose("How long the model practises", "quick")
    assert not wizard.button("Start training: choose a model first").interactive
    with pytest.raises(gr.Error, match="Choose data and a model first"):
        wizard.forge("TrainStep._compare")
    wizard.turn_to("Data")
    wizard.fill("Dataset", None)
    wizard.turn_to("Train")
    wizard.choose("How long the model practises", "quick")
    assert not wizard.button("Start training: choose data first").interactive


def test_a_rank_is_advised_with_its_reason_and_is_what_automatic_takes(train: DrivenPage) -> None:
    assert "Recommended: Rank 4 is" in train.text()
    assert "2 bits each" in train.text()
    assert "It trains an adapter of rank 4 (LoRA)" in train.text()
    assert not train.button("Rank 4 is used").interactive
    assert train.button("Compare these ranks").interactive


def test_the_advised_rank_is_taken_by_a_click(train: DrivenPage) -> None:
    train.fill("Rank", 2)
    assert "It trains an adapter of rank 2 (LoRA)" in train.text()
    train.press("Use rank 4")
    assert train.field("Rank").value == 4
    assert "It trains an adapter of rank 4 (LoRA)" in train.text()
    assert not train.button("Rank 4 is used").interactive


@pytest.mark.parametrize("method", ["full", "last-layers"])
def test_without_a_rank_none_is_advised(train: DrivenPage, method: str) -> None:
    train.choose("What is trained", method)
    assert "Recommended" not in train.text()
    assert "Compare these ranks" not in train.buttons()


def test_ranks_are_compared_as_one_job_and_shown_as_picture_and_table(
    train: DrivenPage, world: Any, simulate: Callable[..., Any], worker_frame: Any, ordinary_plays: Any
) -> None:
    train.fill("Or try several ranks and keep the best", [4])
    with pytest.raises(gr.Error, match="2 to 8 different ranks"):
        train.press("Compare these ranks")
    train.fill("Or try several ranks and keep the best", [2, 4])
    world.switch.current = simulate({**ordinary_plays, "sweep": worker_frame(play_sweep)})
    train.press("Compare these ranks")
    trainings = train.field("Trainings on this appliance")
    assert "ranks 2 and 4" in {value: text for text, value in trainings.choices}[trainings.value]
    assert spec_of(world, train)["method"] == "lora"
    assert train.button("Stop").interactive
    world.appliance.run_queue()
    train.choose("Trainings on this appliance", trainings.value)
    assert "Rank 4 did best" in train.text()
    assert "The validation loss of each rank by step. Rank " in train.text()
    assert "Ranks that were tried, best first" in train.text()
    assert train.button("Continue to the results").interactive
    world.switch.current = world.switch.ordinary


@pytest.mark.parametrize(
    ("method", "label", "value", "said"),
    [
        ("lora", "Rank", 600, "smallest side of this model"),
        ("last-layers", LAST_LAYERS, 9, "has 2 layers, so its last 9 cannot learn"),
        ("auto", "Learning rate", 3.0, "Learning rate must be between 0.000001 and 0.1, not 3"),
        ("auto", "Rank", 4000, "Rank must be between 1 and 1,024, not 4,000"),
        ("auto", "Rank", -3, "Rank must be between 1 and 1,024, not -3"),
        ("auto", "Rank", 2.5, "Rank: 2.5 is not a whole number"),
        ("auto", "Epochs", 0.5, "Epochs: 0.5 is not a whole number"),
        ("auto", "Batch size", float("inf"), "Batch size: inf is not a whole number"),
    ],
)
def test_what_cannot_be_is_a_sentence_in_the_review_and_nothing_to_press(
    train: DrivenPage, method: str, label: str, value: float, said: str
) -> None:
    train.choose("What is trained", method)
    train.fill(label, value)
    assert said in train.text()
    assert not train.button(REFUSED).interactive
    with pytest.raises(gr.Error, match=said):
        train.forge("TrainStep._begin")
    train.fill(label, 0)
    assert said not in train.text()
    assert train.button("Start training").interactive


def test_no_field_has_bounds_of_its_own(train: DrivenPage) -> None:
    """Gradio does not call us past them, and the page would go on showing the plan from before with a button to start
    it.
    """
    train.choose("What is trained", "lora")
    fields = train.fields(gr.Number)
    train.choose("What is trained", "last-layers")
    fields = list(dict.fromkeys([*fields, *train.fields(gr.Number)]))
    assert len(fields) == 5
    assert {(each.minimum, each.maximum, each.precision) for each in fields} == {(None, None, None)}


def test_what_a_method_does_not_have_is_hidden_and_forgotten(train: DrivenPage) -> None:
    scale, head = "Scale by the square root of the rank (rsLoRA)", "Train the head too"
    train.fill("Rank", 2)
    train.fill(scale, value=True)
    train.choose("What is trained", "full")
    assert not {"Rank", scale, "Learn lengths and directions separately (DoRA)", LAST_LAYERS, head} & set(
        train.labels()
    )
    train.choose("What is trained", "qlora")
    assert (train.field("Rank").value, train.field(scale).value) == (0, False)
    train.choose("What is trained", "last-layers")
    assert {LAST_LAYERS, head} <= set(train.labels())


def test_expert_settings_reach_the_job(train: DrivenPage, world: Any) -> None:
    train.choose("What is trained", "last-layers")
    for label, value in (
        (LAST_LAYERS, 1),
        ("Train the head too", True),
        ("Epochs", 2),
        ("Batch size", 4),
        ("Learning rate", 1e-4),
    ):
        train.fill(label, value)
    train.press("Start training")
    spec = spec_of(world, train)
    names = ("method", "last_layers", "train_head", "epochs", "batch_size", "learning_rate")
    assert [spec[name] for name in names] == ["last-layers", 1, True, 2, 4, 1e-4]
    train.press("Stop and keep what was learned")


class HurriedClock(SystemClock):
    """Two minutes pass whenever somebody looks, so that no look is taken for the one before."""

    def __init__(self) -> None:
        self._times = itertools.count(SystemClock().monotonic_us(), 120_000_000)

    def monotonic_us(self) -> int:
        """Return a time that is later by two minutes each time."""
        return next(self._times)


def test_one_change_of_the_settings_is_one_look_and_logged(
    train: DrivenPage, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plan and advice together: it tells how many rows there are, and how long."""
    monkeypatch.setattr(world.context, "clock", HurriedClock())
    size = world.context.log.size
    train.fill("Rank", 2)
    assert "It trains an adapter of rank 2 (LoRA)" in train.text()
    assert "Recommended: Rank 4" in train.text()
    assert [(each["action"], each["object"]["id"]) for each in world.entries(size)] == [
        ("job.plan", world.ids["dataset"])
    ]


def test_one_change_of_the_settings_is_one_transaction(train: DrivenPage, world: Any) -> None:
    """Data, version and model as they are at one moment. Within a minute, nobody writes session or look anew."""
    begun: list[str] = []

    def note(_connection: Any) -> None:
        begun.append("".join(traceback.format_stack(limit=14)))

    train.fill("Rank", 2)
    event.listen(world.context.database._engine, "begin", note)
    try:
        train.fill("Rank", 3)
    finally:
        event.remove(world.context.database._engine, "begin", note)
    assert "It trains an adapter of rank 3 (LoRA)" in train.text()
    assert len(begun) == 1, "\n\n".join(begun)


def test_one_button_stands_out(train: DrivenPage, world: Any) -> None:
    """While a training is set up, it is the one that starts it; once that is folded away, the one that goes on."""
    train.choose("Trainings on this appliance", world.ids["training"])
    assert train.buttons(unfolded=True, variant="primary") == ["Start training"]
    train.unfold("New training")
    assert train.buttons(unfolded=True, variant="primary") == ["Continue to the results"]
    train.unfold("New training")
    assert train.buttons(unfolded=True, variant="primary") == ["Start training"]
    train.press("Start training")
    assert train.buttons(unfolded=True, variant="primary") == ["Results: available when training is finished"]
    train.press("Stop and keep what was learned")
    train.open()
    train.turn_to("Train")
    assert len(train.buttons(unfolded=True, variant="primary")) == 1


def test_training_from_start_to_results(train: DrivenPage, world: Any) -> None:
    train.press("Start training")
    job_id = train.field("Trainings on this appliance").value
    assert not train.field("New training").open
    assert "Waiting" in train.text()
    assert "<dt>Jobs ahead</dt><dd>None</dd>" in train.text()
    assert train.button("Stop and keep what was learned").interactive
    train.unfold("New training")
    train.press("Start training")
    assert train.field("Trainings on this appliance").value != job_id
    assert "<dt>Jobs ahead</dt><dd>1</dd>" in train.text()
    train.press("Stop and keep what was learned")
    train.choose("Trainings on this appliance", job_id)
    train.press("Stop and keep what was learned")
    assert "Stopped" in train.text()
    train.press("Resume")
    assert not train.button("Results: available when training is finished").interactive
    world.appliance.run_queue()
    train.tick()
    assert "Finished" in train.text()
    assert "50 tokens/s" in train.text()
    train.press("Continue to the results")
    assert train.step == "Results"
    assert "Not evaluated yet." in train.text()
    assert not train.button("Show the answers: evaluate first").interactive


def test_a_worker_that_fails_leaves_its_sentence(train: DrivenPage, world: Any, simulate: Any) -> None:
    def fail(channel: Any, _raw: Any) -> int:
        channel.receive()
        channel.send(Ready())
        channel.send(Failed(code="worker.broken", message=verbatim("The training did not go on.")))
        return 1

    world.switch.current = simulate(fail)
    train.press("Start training")
    world.appliance.run_queue()
    train.tick()
    assert "The training did not go on." in train.text()
    assert train.button("Resume").interactive
    world.switch.current = world.switch.ordinary


def test_the_page_of_somebody_who_comes_back_shows_the_training_that_runs(train: DrivenPage, world: Any) -> None:
    train.press("Start training")
    job_id = train.field("Trainings on this appliance").value
    train.open()
    assert train.step == "Train"
    assert train.field("Trainings on this appliance").value == job_id
    assert not train.field("New training").open
    train.press("Stop and keep what was learned")
