"""The step Results: the evaluation, the rank and the chat; and the section Learn."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from driven_page import DrivenPage

from appliance.foundation.messages import message
from appliance.jobs.messages import Done, Ready
from appliance.jobs.states import JobState
from appliance.web.wizard.chat import shown_turns

CANARY = "zebra-quartz-41977"
ORIGINAL, TUNED = "Original model", "Your model (tuned)"


@pytest.fixture
def results(wizard: DrivenPage, world: Any) -> DrivenPage:
    """The wizard at its step Results, with the first model."""
    wizard.turn_to("Results")
    wizard.choose("Model", world.ids["adapter"])
    return wizard


def test_the_page_opens_where_the_results_are(wizard: DrivenPage) -> None:
    assert wizard.step == "Results"
    assert "Right answers: 4 of 4 with your model, 0 of 4 before." in wizard.text()
    assert wizard.button("Evaluate again").interactive
    assert wizard.button("Show the answers").interactive
    assert wizard.button("Ask both").interactive


def test_evaluating_again(results: DrivenPage, world: Any) -> None:
    results.press("Evaluate again")
    assert not results.button("Evaluating …").interactive
    assert "Both models are answering the questions that were set aside …" in results.text()
    world.appliance.run_queue()
    results.tick()
    assert results.button("Evaluate again").interactive
    assert "Right answers: 4 of 4 with your model, 0 of 4 before." in results.text()


def test_evaluating_is_stopped_by_a_button_that_is_there_while_it_runs(results: DrivenPage, world: Any) -> None:
    assert "Stop evaluating" not in results.buttons()
    with pytest.raises(gr.Error, match="No evaluation is running"):
        results.forge("ResultsStep._stop_measuring")
    results.press("Evaluate again")
    results.press("Stop evaluating")
    assert "Stop evaluating" not in results.buttons()
    assert results.button("Evaluate again").interactive
    assert world.do("job.list")[-1]["state"] == JobState.STOPPED


def test_answers_are_shown_when_asked_for(results: DrivenPage) -> None:
    assert CANARY not in results.text()
    results.press("Show the answers")
    assert CANARY in results.text()


def test_without_a_tuned_model_there_is_nothing_to_evaluate(results: DrivenPage) -> None:
    for handler in (
        "ResultsStep._begin",
        "ResultsStep._show_answers",
        "RankPanel._look",
        "RankPanel._shrink",
        "RankPanel._show_smaller",
        "RankPanel._stop_job",
    ):
        with pytest.raises(gr.Error, match="Choose a model first"):
            results.forge(handler, Model=None)
    with pytest.raises(gr.Error, match="no tuned model"):
        results.forge("Chat._answer", Model=None)


def test_both_answer_and_each_keeps_its_own_memory(results: DrivenPage) -> None:
    results.fill("Your question", "What <b>is</b> it?")
    results.press("Ask both")
    assert "The models are being loaded" in results.said
    assert contents(results, ORIGINAL) == ["What &lt;b&gt;is&lt;/b&gt; it?", "original answer"]
    assert contents(results, TUNED)[1] == "tuned answer"
    assert results.field("Your question").value == ""
    assert results.button("Ask both").interactive
    results.fill("Your question", "And then?")
    results.submit("Your question")
    assert "The models are being loaded" not in results.said
    assert len(contents(results, ORIGINAL)) == 4
    results.press("New conversation")
    assert contents(results, ORIGINAL) == contents(results, TUNED) == []


def contents(wizard: DrivenPage, label: str) -> list[str]:
    """Return what stands in one window of the chat."""
    return [turn["content"] for turn in wizard.field(label).value]


def test_the_talk_with_one_model_does_not_go_on_with_another(results: DrivenPage, world: Any) -> None:
    world.do("train", dataset_id=world.ids["dataset"], model_id=world.ids["model"], choice={"preset": "quick"})
    results.fill("Your question", "Who?")
    results.press("Ask both")
    world.appliance.run_queue()
    results.open()
    other = next(value for _text, value in results.field("Model").choices if value != world.ids["adapter"])
    results.choose("Model", world.ids["adapter"])
    results.fill("Your question", "Who?")
    results.press("Ask both")
    results.choose("Model", other)
    results.fill("Your question", "Who else?")
    results.press("Ask both")
    assert len(contents(results, TUNED)) == 2


def test_an_answer_of_empty_lines_is_said_to_be_none() -> None:
    turns = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "\n \n"}]
    assert [turn["content"] for turn in shown_turns(turns)] == ["Who?", "…"]
    assert shown_turns(turns, "(No answer.)")[1]["content"] == "(No answer.)"
    assert turns[1]["content"] == "\n \n"


def test_a_question_that_cannot_be_asked(results: DrivenPage) -> None:
    results.fill("Your question", " ")
    with pytest.raises(gr.Error, match="Write a question"):
        results.press("Ask both")
    assert results.button("Ask both").interactive


KEPT = [0.6, 0.97, 1.0, 1.0]
ENOUGH = {"90": 2, "95": 2, "99": 3}
FIGURES = {"rank": 4, "matrices": 14, "used": 4, "kept": KEPT, "enough": ENOUGH, "highest": 8}
SPECTRUM = message("spectrum-too-high", rank=4, needed=2, share=0.95)


def play_look(channel: Any, _start: Any) -> Any:
    """Say what the singular values of an adapter are."""
    channel.send(Ready())
    return Done(result={**FIGURES, "effective_rank": 3.5, "stable_rank": 1.5, "sentence": "It is perfect."})


def play_smaller(channel: Any, start: Any) -> Any:
    """Write the smaller adapter."""
    channel.send(Ready())
    Path(start.smaller.folder).mkdir()
    names = ("kept", "lost_directions", "loss_before", "loss_after", "bytes_before", "bytes_after", "rows")
    figures = {**dict.fromkeys(names, 1), "rank_before": 4, "rank": start.rank}
    return Done(result={"adapter_written": True, "adapter_sha256": "ab" * 32, **figures, "sentence": "It is perfect."})


def test_a_rank_is_analysed_made_smaller_and_shown(
    results: DrivenPage, world: Any, simulate: Callable[..., Any], worker_frame: Any, ordinary_plays: Any
) -> None:
    """One button after the other; the picture comes when the job has ended, and the smaller model is chosen at the
    end.
    """
    plays = {"ranks": worker_frame(play_look), "shrink": worker_frame(play_smaller)}
    world.switch.current = simulate({**ordinary_plays, **plays})
    assert not results.button("Make it smaller: analyse the rank first").interactive
    assert "Show the smaller model" not in results.buttons()

    results.press("Analyse the rank")
    assert "The rank is being analysed …" in results.text()
    assert not results.button("Analyse the rank").interactive
    results.press("Stop")
    assert "Stop" not in results.buttons()
    with pytest.raises(gr.Error, match="Nothing is running that could be stopped"):
        results.forge("RankPanel._stop_job")
    results.press("Analyse the rank")
    world.appliance.run_queue()
    results.tick()
    assert SPECTRUM.english in results.text()
    assert "<svg" in results.text()
    assert results.button("Analyse the rank again").interactive
    assert "Show the smaller model" not in results.buttons()

    results.choose("How much of what was learned should a smaller model keep?", 0.95)
    results.press("Make it smaller")
    assert "A smaller model is being made, and both are being measured …" in results.text()
    assert not results.button("Make it smaller").interactive
    world.appliance.run_queue()
    results.tick()
    assert "Rank 4 was reduced to rank 2." in results.text()
    assert "It is perfect." not in results.text()
    results.press("Show the smaller model")
    made = results.field("Model").value
    assert made != world.ids["adapter"]
    assert world.do("adapter.show", adapter_id=made)["config"]["made_from"] == world.ids["adapter"]
    assert "Made from “" in results.text()
    world.switch.current = world.switch.ordinary


def test_a_model_without_a_rank_says_so(results: DrivenPage, world: Any) -> None:
    change = "UPDATE adapters SET method = ? WHERE id = ?"
    with world.context.database.begin() as connection:
        before = connection.exec_driver_sql(
            "SELECT method FROM adapters WHERE id = ?", (world.ids["adapter"],)
        ).scalar()
        connection.exec_driver_sql(change, ("full", world.ids["adapter"]))
    results.choose("Model", world.ids["adapter"])
    with world.context.database.begin() as connection:
        connection.exec_driver_sql(change, (before, world.ids["adapter"]))
    assert "no rank" in results.text()
    assert not results.button("This model has no rank to analyse").interactive
    assert "Show the smaller model" not in results.buttons()


def test_the_picture_of_an_adapter_counts_as_the_sliders_move(wizard: DrivenPage) -> None:
    assert "W0 with 1,000,000 parameters stays frozen; B and A with 6,000 parameters are trained." in wizard.text()
    wizard.fill("Rank r of B·A", 2)
    assert "B and A with 4,000 parameters are trained." in wizard.text()
    wizard.fill("Rows d of W0", 4)
    wizard.fill("Columns k of W0", 2000)
    wizard.fill("Rank r of B·A", 100)
    assert "A rank above 4 adds nothing" in wizard.text()
    assert "8,016" in wizard.text()


def test_a_model_is_shown_layer_by_layer(wizard: DrivenPage, world: Any) -> None:
    wizard.fill("Rank r of B·A", 64)
    wizard.press("Show the chosen model, layer by layer")
    assert "down (down_proj)" in wizard.text()
    assert "Parameters of the adapter, r = 4" in wizard.text()
    wizard.turn_to("Model")
    wizard.fill("Installed models", None)
    wizard.press("Show the chosen model, layer by layer")
    assert "Choose a model first, in step 3." in wizard.text()
