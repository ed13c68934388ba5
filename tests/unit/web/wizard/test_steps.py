"""Every handler of the wizard, called as Gradio calls it, on a home with real rows and workers played by threads."""

import itertools
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from rank_plays import play_sweep

from appliance.foundation.clock import SystemClock
from appliance.foundation.messages import verbatim
from appliance.jobs.messages import Done, Failed, Ready
from appliance.jobs.states import JobState
from appliance.services.context import OPERATOR, Caller
from appliance.services.people.accounts import add_user, set_password
from appliance.services.sessions import caller_of, sign_in
from appliance.web.door import COOKIE
from appliance.web.environment import prepare_environment
from appliance.web.wizard.chat import NOTHING, shown_turns
from appliance.web.wizard.pages import build_blocks
from appliance.web.wizard.results import draw_running, latest_evaluation
from appliance.web.wizard.train import draw_job, draw_plan, onward_label

CANARY = "zebra-quartz-41977"


class Wizard:
    """The pages of one person, without a browser."""

    def __init__(self, blocks: gr.Blocks, token: str, ids: dict[str, str]) -> None:
        self.ids = ids
        self._blocks = blocks
        self._request = SimpleNamespace(headers={"cookie": f"{COOKIE}={token}"})

    def inputs(self, name: str) -> list[Any]:
        """Return the components whose values the handler `name` takes."""
        return next(each.inputs for each in self._blocks.fns.values() if each.name == name)

    def __call__(self, name: str, *values: Any, near: str = "") -> Any:
        """Call the handler `name`; of several, the one whose inputs have a label that begins with `near`."""
        found = [
            each
            for each in self._blocks.fns.values()
            if each.name == name
            and (not near or any((getattr(item, "label", "") or "").startswith(near) for item in each.inputs))
        ]
        assert found, name
        given = found[0].fn(self._request, *values)  # type: ignore[misc]
        return list(given) if isinstance(given, Iterator) else given


def text_of(outputs: Any) -> str:
    """Return all that the outputs show, in one string."""
    return " ".join(str(each if isinstance(each, str) else getattr(each, "value", "") or "") for each in outputs)


def button(outputs: Any, start: str) -> gr.Button:
    """Return the button whose label begins with `start`."""
    found = [each for each in outputs if isinstance(each, gr.Button) and str(each.value).startswith(start)]
    assert len(found) == 1, text_of(outputs)
    return found[0]


@pytest.fixture(scope="module")
def people(world: Any, own_environment: None) -> Callable[[str], Wizard]:
    """Give the wizard of a person by name."""
    passwords = {
        "anna": world.ids["one_time"],
        "otto": add_user(world.context, OPERATOR, name="otto", role="auditor").password,
    }
    prepare_environment(world.context.home)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        blocks = build_blocks(world.appliance)
    made: dict[str, Wizard] = {}
    for name, password in passwords.items():
        found = caller_of(world.context, sign_in(world.context, name, password)[0])
        assert found is not None
        set_password(world.context, found[0], password, "a password of one's own")
        made[name] = Wizard(blocks, sign_in(world.context, name, "a password of one's own")[0], world.ids)
    return made.__getitem__


@pytest.fixture
def anna(people: Callable[[str], Wizard]) -> Wizard:
    """Give the wizard of a trainer."""
    return people("anna")


def test_the_page_opens_with_all_that_is_there(anna: Wizard, people: Any) -> None:
    shown = anna("load")
    assert "12" in text_of(shown)
    assert "Right answers: 0 of 3 before, 3 of 3 after." in text_of(shown)
    assert button(shown, "Start training").interactive
    assert button(shown, "Measure again").interactive
    assert button(shown, "Ask both").interactive
    assert "signed in as" not in text_of(shown)
    assert "signed in as auditor" in text_of(people("otto")("load"))


def test_nothing_of_a_row_is_on_the_page_before_it_is_asked_for(anna: Wizard) -> None:
    assert CANARY not in text_of(anna("load"))


LEFT_ALONE = [""] * 7  # encoding, separator, and the columns of the five roles


def sent(world: Any, data: bytes = b"", name: str = "again.csv") -> str:
    """Receive a file; return what the page's script says of it."""
    return json.dumps({"id": world.upload(data), "name": name})


def imported(anna: Wizard, message: str, *said: str, origin: tuple[str, ...] = ("", "", "", "", "")) -> Any:
    """Press the button that imports; return what the step shows then, or the refusal's sentence."""
    status, made, _panel = anna("keep", message, "You answer for us.", *(said or LEFT_ALONE), "again", *origin)[-1]
    return anna("brought", made) if isinstance(made, str) else status


def test_a_file_is_shown_as_it_would_be_read_and_imported_when_that_is_confirmed(anna: Wizard, world: Any) -> None:
    message = sent(world)
    first, last = anna("bring", message)
    assert "Looking at the file" in first[0]
    assert last[1].visible
    assert CANARY in last[2]
    assert "UTF-8, commas" in last[2]
    assert button(last, "Import these rows").interactive
    outputs = imported(anna, message)
    assert CANARY in text_of(outputs)
    assert button(outputs, "Continue to the model").interactive
    assert outputs[0].visible


def test_columns_that_cannot_be_told_are_asked_for(anna: Wizard, world: Any) -> None:
    message = sent(world, b"one;two\nq;<b>a</b>\n")
    shown = anna("bring", message)[-1]
    assert not button(shown, "Import: say which column is which first").interactive
    assert "No columns are named" in shown[2]
    assert "&lt;b&gt;a&lt;/b&gt;" in shown[2]
    assert ("one", "one") in [tuple(choice) for choice in shown[-1]["choices"]]
    said = ["", "semicolons", "one", "two", "", "", ""]
    again = anna("read_again", message, *said)
    assert button(again, "Import these rows").interactive
    assert "1" in text_of(imported(anna, message, *said))
    assert "encoding is not supported" in anna("read_again", sent(world), "rot13", *[""] * 6)[0]


def test_where_it_comes_from_is_kept_and_checked(anna: Wizard, world: Any) -> None:
    refused = imported(anna, sent(world), origin=("HR", "desk answers", "contract", "ours", "some day"))
    assert "as in 2027-12-31" in refused
    imported(anna, sent(world), origin=("HR", "desk answers", "contract", "ours", "2099-12-31"))
    made = world.do("dataset.list")[-1]
    assert (made["owner"], made["purpose"], made["legal_basis"], made["keep_until"]) == (
        "HR",
        "desk answers",
        "contract",
        "2099-12-31",
    )
    assert "must not be used any more" in text_of(
        imported(anna, sent(world), origin=("HR", "answers", "contract", "ours", "2020-01-01"))
    )


def test_what_was_found_in_the_rows_is_shown_and_mended_by_a_click(anna: Wizard, world: Any) -> None:
    table = b"question,answer\n" + b"".join(f"What is <b>{index}</b>?,It is {index}.\n".encode() for index in range(9))
    outputs = imported(anna, sent(world, table, "bold.csv"))
    found = text_of(outputs)
    assert "Row 2: Contains HTML." in found
    assert "Remove the tags" in found
    assert "<b>" not in found
    labels = [each.value for each in outputs if isinstance(each, gr.Button) and each.visible]
    assert "Mend: HTML (9 rows)" in labels
    dataset = world.do("dataset.list")[-1]["id"]
    fixes = [label for label in labels if ": " in label and "rows)" in label]
    index = fixes.index("Mend: HTML (9 rows)")
    mended = anna(f"mend_{index}", dataset)
    assert "Version 2 is made: 9 rows changed." in mended[0]
    assert "Row 2: Contains HTML." not in text_of(mended)
    assert "repair: 9 rows" in text_of(mended)


def test_a_bad_file_leaves_its_sentence(anna: Wizard, world: Any) -> None:
    outputs = anna("bring", sent(world, b"%PDF-1.7", "bad.csv"))[-1]
    assert "The file was not imported." in outputs[0]
    assert not outputs[1].visible
    assert "This upload no longer exists" in imported(anna, json.dumps({"id": "up_00000000000000000000", "name": "x"}))


def test_what_was_read_in_the_wrong_way_can_be_said(anna: Wizard, world: Any) -> None:
    """The sentence asks for the encoding, so the field for it is there, and open."""
    message = sent(world, "question,answer\nWo?,Für alle\n".encode("cp1252") + "Wann?,Ärger\n".encode(), "mixed.csv")
    outputs = anna("bring", message)[-1]
    assert "mixes two encodings" in outputs[0]
    assert outputs[1].visible
    assert [each.open for each in outputs if isinstance(each, gr.Accordion)] == [True]
    assert not button(outputs, "Import: say how").interactive
    assert button(anna("read_again", message, "Windows-1252", *[""] * 6), "Import these rows").interactive


def test_single_rows_are_dropped_by_their_numbers(anna: Wizard, world: Any) -> None:
    """So that of two answers to one question the right one can stay."""
    table = (
        b"question,answer\n"
        + b"".join(f"What is {index}?,It is {index}.\n".encode() for index in range(9))
        + b"What is 1?,No.\n"
    )
    assert "Answers the question of row 3 differently" in text_of(imported(anna, sent(world, table, "twice.csv")))
    dataset = world.do("dataset.list")[-1]["id"]
    dropped = anna("drop_rows", dataset, "11")
    assert "Version 2 is made: 1 row changed." in text_of(dropped)
    assert "differently" not in text_of(dropped)
    for wrong in ("", "eleven", "1-3"):
        with pytest.raises(gr.Error, match="Type the numbers"):
            anna("drop_rows", dataset, wrong)


@pytest.mark.parametrize("message", ["{", "[]", '{"id": 1, "name": "x"}', '{"id": "x"}'])
def test_an_upload_message_that_is_none_is_refused(anna: Wizard, message: str) -> None:
    with pytest.raises(gr.Error, match="Reload the page and send the file again"):
        anna("bring", message)


def test_another_file_is_chosen(anna: Wizard) -> None:
    ((status, panel, *_rest),) = anna("bring", "")
    assert (status, panel.visible) == ("", False)


def test_data_is_picked(anna: Wizard) -> None:
    assert CANARY in text_of(anna("pick", anna.ids["dataset"], near="Data to use"))
    assert not button(anna("pick", None, near="Data to use"), "Continue: bring").interactive


def test_a_model_is_picked(anna: Wizard) -> None:
    assert anna("pick", anna.ids["model"], near="Installed models").interactive
    assert not anna("pick", None, near="Installed models").interactive


EXPERT = ("auto", 0, False, False, 0, False, 0, 0, 0)  # as the page opens


def expert(**changes: Any) -> tuple[Any, ...]:
    """Return the expert settings, some of them changed."""
    names = ("method", "rank", "rslora", "dora", "last_layers", "head", "epochs", "batch", "rate")
    return tuple({**dict(zip(names, EXPERT, strict=True)), **changes}.values())


def test_the_review_says_what_will_be_done_and_what_it_takes(anna: Wizard) -> None:
    sentence, start, *_ = anna("review", anna.ids["dataset"], anna.ids["model"], "quick", *EXPERT)
    assert "will read 4 rows" in sentence
    assert "4 rows a step, because there are few" in sentence
    for said in ("Time", "Steps", "Learns", "Disk", "Memory", "working memory", "FLOP"):
        assert said in sentence
    assert 'role="img" aria-label="Memory: ' in sentence
    assert start.interactive
    for dataset, model, missing in ((None, anna.ids["model"], "data"), (anna.ids["dataset"], None, "a model")):
        assert anna("review", dataset, model, "quick", *EXPERT)[1].value == f"Start training: pick {missing} first"
    steps, *_ = anna("to_review", anna.ids["dataset"], anna.ids["model"], "quick", *EXPERT)
    assert steps.selected == 4


def advice(outputs: Any) -> list[Any]:
    """Return column, advice, take and compare of a drawn plan: its last four outputs."""
    return list(outputs)[-4:]


def test_a_rank_is_advised_with_its_reason_and_taken_by_a_click(anna: Wizard) -> None:
    ids = anna.ids["dataset"], anna.ids["model"]
    column, said, take, compare = advice(anna("review", *ids, "quick", *EXPERT))
    assert column.visible
    assert "Advised: Rank 4" in said
    assert "2 bits each" in said
    assert (take.value, take.interactive, compare.interactive) == ("Take rank 4", True, True)
    rank, sentence, _start, *_ = anna("take_rank", *ids, "quick", *expert(rank=2))
    assert rank.value == 4
    assert "of rank 4" in sentence
    assert not advice(anna("review", *ids, "quick", *expert(rank=4)))[2].interactive


@pytest.mark.parametrize("settings", [expert(method="full"), expert(method="last-layers")])
def test_without_a_rank_none_is_advised(anna: Wizard, settings: Any) -> None:
    column, said, *_ = advice(anna("review", anna.ids["dataset"], anna.ids["model"], "quick", *settings))
    assert (column.visible, said) == (False, "")
    assert not advice(anna("review", None, anna.ids["model"], "quick", *EXPERT))[0].visible


def test_ranks_are_compared_as_one_job_and_shown_as_picture_and_table(
    anna: Wizard, world: Any, simulate: Callable[..., Any], worker_frame: Any, ordinary_plays: Any
) -> None:
    ids = anna.ids["dataset"], anna.ids["model"]
    with pytest.raises(gr.Error, match="Pick data and a model first"):
        anna("compare", [2, 4], None, None, "quick", *EXPERT)
    with pytest.raises(gr.Error, match="2 to 8 different ranks to compare, not 1"):
        anna("compare", [4], *ids, "quick", *EXPERT)
    world.switch.current = simulate({**ordinary_plays, "sweep": worker_frame(play_sweep)})
    queued = anna("compare", [2, 4], *ids, "quick", *EXPERT)
    job_id = queued[1].value
    assert any("ranks 2, 4" in name for name, _ in queued[1].choices)
    assert world.do("job.show", job_id=job_id)["spec"]["method"] == "lora"
    world.appliance.run_queue()
    shown = anna("pick", job_id, near="Trainings")
    assert "Rank 4 did best." in text_of(shown)
    assert "Loss on rows not practised by rank; rank 2 did best" in text_of(shown)
    assert "Ranks that were tried, best first" in text_of(shown)
    assert button(shown, "Continue to the results").interactive
    world.switch.current = world.switch.ordinary


class HurriedClock(SystemClock):
    """Two minutes pass whenever somebody looks, so that no look is taken for the one before."""

    def __init__(self) -> None:
        self._times = itertools.count(SystemClock().monotonic_us(), 120_000_000)

    def monotonic_us(self) -> int:
        """Return a time that is later by two minutes each time."""
        return next(self._times)


def test_one_change_of_the_settings_is_one_look_and_logged(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan and advice together: it tells how many rows there are, and how long."""
    monkeypatch.setattr(world.context, "clock", HurriedClock())
    size = world.context.log.size
    looker = Caller("us_looker", "trainer", "a session of its own")
    shown = draw_plan(world.appliance, looker, world.ids["dataset"], world.ids["model"], "quick")
    assert "Advised: Rank 4" in text_of(shown)
    assert [(each["action"], each["object"]["id"]) for each in world.entries(size)] == [
        ("job.plan", world.ids["dataset"]),
    ]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (expert(method="lora", rank=600), "smallest side of this model"),
        (expert(method="last-layers", last_layers=9), "has 2 layers, so its last 9 cannot learn"),
        (expert(rate=3.0), "The learning rate is 3, but must be between 0.000001 and 0.1"),
        (expert(rank=4000), "The rank is 4,000, but must be between 1 and 1,024"),
        (expert(rank=-3), "The rank is -3"),
        (expert(rank=2.5), "Rank: 2.5 is no whole number"),
        (expert(epochs=0.5), "Times through the data: 0.5 is no whole number"),
        (expert(batch=float("inf")), "Rows a step: inf is no whole number"),
    ],
)
def test_what_cannot_be_is_a_sentence_in_the_review_and_nothing_to_press(
    anna: Wizard, settings: Any, said: str
) -> None:
    sentence, start, *_ = anna("review", anna.ids["dataset"], anna.ids["model"], "quick", *settings)
    assert said in sentence
    assert not start.interactive
    assert start.value == "Start training: change the settings first"
    with pytest.raises(gr.Error, match=said):
        anna("start", anna.ids["dataset"], anna.ids["model"], "quick", *settings)


def test_no_field_has_bounds_of_its_own(anna: Wizard) -> None:
    """Gradio does not call us past them, and the page would go on showing the plan from before with a button to start
    it.
    """
    fields = [each for each in anna.inputs("review") if isinstance(each, gr.Number)]
    assert len(fields) == 5
    assert {(each.minimum, each.maximum, each.precision) for each in fields} == {(None, None, None)}


def test_what_a_method_does_not_have_is_hidden_and_forgotten(anna: Wizard) -> None:
    rank, rslora, dora, last_layers, head, *_ = anna("fold", "full")
    assert [each.visible for each in (rank, rslora, dora, last_layers, head)] == [False] * 5
    assert (rank.value, rslora.value) == (0, False)
    assert anna("fold", "last-layers")[3].visible
    assert anna("fold", "qlora")[0].visible


def test_expert_settings_reach_the_job(anna: Wizard, world: Any) -> None:
    settings = expert(method="last-layers", last_layers=1, head=True, epochs=2, batch=4, rate=1e-4)
    job_id = anna("start", anna.ids["dataset"], anna.ids["model"], "quick", *settings)[1].value
    spec = world.do("job.show", job_id=job_id)["spec"]
    assert {
        name: spec[name] for name in ("method", "last_layers", "train_head", "epochs", "batch_size", "learning_rate")
    } == {
        "method": "last-layers",
        "last_layers": 1,
        "train_head": True,
        "epochs": 2,
        "batch_size": 4,
        "learning_rate": 1e-4,
    }
    anna("stop", job_id)


def test_a_models_card_says_whether_it_fits(anna: Wizard) -> None:
    assert "Memory for tiny, as it is" in text_of(anna("load"))


def test_the_picture_of_an_adapter_counts_as_the_sliders_move(anna: Wizard) -> None:
    assert "1000 x 3".replace("1000", "1,000") in anna("draw", 1000, 1000, 3)
    assert "6,000" in anna("draw", 1000, 1000, 3)
    assert "4,000" in anna("draw", 1000, 1000, 2)
    wide = anna("draw", 4, 2000, 100)
    assert "A rank over 4 adds nothing" in wide
    assert "8,016" in wide


def test_a_model_is_shown_layer_by_layer(anna: Wizard) -> None:
    shown = anna("show_layers", anna.ids["model"], 64)
    assert "down (down_proj)" in shown
    assert "Of the adapter, r = 4" in shown
    assert "Pick a model first" in anna("show_layers", None, 3)


def test_training_from_start_to_results(anna: Wizard, world: Any) -> None:
    with pytest.raises(gr.Error, match="Pick data and a model first"):
        anna("start", None, None, "quick", *EXPERT)
    queued = anna("start", anna.ids["dataset"], anna.ids["model"], "quick", *EXPERT)
    job_id = queued[1].value
    assert "Waiting for its turn" in text_of(queued)
    assert "<dt>Before it</dt><dd>nothing</dd>" in text_of(queued)
    assert button(queued, "Stop").interactive
    second = anna("start", anna.ids["dataset"], anna.ids["model"], "quick", *EXPERT)
    assert "<dt>Before it</dt><dd>1 job</dd>" in text_of(second)
    anna("stop", second[1].value)
    stopped = anna("stop", job_id)
    assert "Stopped" in text_of(stopped)
    resumed = anna("resume", job_id)
    assert not button(resumed, "Results: when").interactive
    world.appliance.run_queue()
    shown = anna("pick", job_id, near="Trainings")
    assert "Done" in text_of(shown)
    assert "50 tokens/s" in text_of(shown)
    assert button(shown, "Continue to the results").interactive
    page = anna("to_results", job_id)
    assert page[0].selected == 5
    assert "Not measured yet" in text_of(page)
    assert not button(page, "Show the answers: measure").interactive
    assert not button(anna("tick", None, None), "Results: when").interactive


def test_a_worker_that_fails_leaves_its_sentence(anna: Wizard, world: Any, simulate: Any) -> None:
    def fail(channel: Any, _raw: Any) -> int:
        channel.receive()
        channel.send(Ready())
        channel.send(Failed(code="worker.broken", message=verbatim("The training did not go on.")))
        return 1

    world.switch.current = simulate(fail)
    job_id = anna("start", anna.ids["dataset"], anna.ids["model"], "quick", *EXPERT)[1].value
    world.appliance.run_queue()
    shown = anna("tick", job_id, None)
    assert "The training did not go on." in text_of(shown)
    assert any(
        each.visible for each in shown if isinstance(each, gr.Button) and each.value == "Resume where it stopped"
    )
    world.switch.current = world.switch.ordinary


@pytest.mark.parametrize(
    ("state", "said"), [("running", "Training"), ("stopping", "Stopping"), ("failed", "Failed"), ("stopped", "Stopped")]
)
def test_a_job_says_its_state_time_and_speed(state: str, said: str) -> None:
    points = [
        {
            "step": 5,
            "body": {"step": 5, "steps": 10, "figures": {"loss": 1.5, "seconds_left": 90, "tokens_per_s": 1234.0}},
        }
    ]
    shown = draw_job({"kind": "train", "state": state, "progress": points, "result": {}, "reason": "Why it is so."})
    assert said in shown
    assert "5 of 10" in shown
    assert "Why it is so." in shown
    assert ("1,234 tokens/s" in shown) is (state in {"running", "stopping"})


def test_what_changes_with_every_figure_is_not_spoken_each_time() -> None:
    points = [{"step": step, "body": {"step": step, "steps": 9, "figures": {"loss": 9.0 - step}}} for step in (1, 2, 3)]
    shown = draw_job({"kind": "train", "state": "running", "progress": points, "result": {}, "reason": ""})
    assert '<div class="box info">Its error (loss) on the rows it practises fell' in shown


def test_a_resumed_training_does_not_call_its_first_model_the_result() -> None:
    assert onward_label(JobState.RUNNING, adapter=True) == "Results of the model so far"
    assert onward_label(JobState.SUCCEEDED, adapter=True) == "Continue to the results"
    assert onward_label(JobState.RUNNING, adapter=False) == "Results: when training is done"


def test_measuring_again(anna: Wizard, world: Any) -> None:
    with pytest.raises(gr.Error, match="Pick a model first"):
        anna("measure", None)
    queued = anna("measure", anna.ids["adapter"])
    assert not button(queued, "Measuring").interactive
    job = latest_evaluation(world.appliance, OPERATOR, anna.ids["adapter"])
    assert job is not None
    assert "Both models answer" in draw_running(job)
    world.appliance.run_queue()
    assert button(anna("pick", anna.ids["adapter"], near="Model"), "Measure again").interactive


def test_measuring_is_stopped_by_a_button_that_is_there_while_it_runs(anna: Wizard, world: Any) -> None:
    with pytest.raises(gr.Error, match="Nothing is being measured"):
        anna("stop_measuring", anna.ids["adapter"])
    assert button(anna("measure", anna.ids["adapter"]), "Stop measuring").visible
    stopped = anna("stop_measuring", anna.ids["adapter"])
    assert not button(stopped, "Stop measuring").visible
    assert button(stopped, "Measure").interactive
    job = latest_evaluation(world.appliance, OPERATOR, anna.ids["adapter"])
    assert job is not None
    assert job["state"] == JobState.STOPPED


def test_answers_are_shown_when_asked_for(anna: Wizard) -> None:
    assert CANARY in anna("look", anna.ids["adapter"])


def test_without_a_tuned_model_there_is_nothing_to_measure(anna: Wizard) -> None:
    outputs = anna("pick", None, near="Model")
    assert "There is no tuned model yet" in text_of(outputs)
    with pytest.raises(gr.Error):
        anna("look", "ad_0")


def test_both_answer_and_each_keeps_its_own_memory(anna: Wizard, world: Any) -> None:
    empty = anna("forget")[2]
    outputs = anna("answer", "What <b>is</b> it?", anna.ids["adapter"], empty)
    original, tuned, kept, _, ask = outputs[-1]
    assert [turn["content"] for turn in original] == ["What &lt;b&gt;is&lt;/b&gt; it?", "original answer"]
    assert tuned[1]["content"] == "tuned answer"
    assert ask.interactive
    again = anna("answer", "And then?", anna.ids["adapter"], kept)[-1]
    assert len(again[0]) == 4
    other = anna("answer", "Else?", anna.ids["adapter"], {**kept, "adapter": "ad_other"})[-1]
    assert len(other[1]) == 2


def test_an_answer_of_empty_lines_is_said_to_be_none() -> None:
    turns = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "\n \n"}]
    assert [turn["content"] for turn in shown_turns(turns)] == ["Who?", "…"]
    assert shown_turns(turns, NOTHING)[1]["content"] == "(It answered nothing.)"
    assert turns[1]["content"] == "\n \n"


@pytest.mark.parametrize(
    ("question", "picked", "said"), [(" ", True, "Write a question"), ("Who?", False, "no tuned model")]
)
def test_a_question_that_cannot_be_asked(anna: Wizard, question: str, picked: bool, said: str) -> None:
    with pytest.raises(gr.Error, match=said):
        anna("answer", question, anna.ids["adapter"] if picked else None, anna("forget")[2])


def test_an_auditor_may_not_change_anything(people: Callable[[str], Wizard], world: Any) -> None:
    otto = people("otto")
    memory = otto("forget")[2]  # and his session was seen just now: within a minute, nobody writes that again
    before = world.snapshot()
    for name, values in (
        ("start", (world.ids["dataset"], world.ids["model"], "quick", *EXPERT)),
        ("measure", (world.ids["adapter"],)),
        ("look", (world.ids["adapter"],)),
        ("answer", ("Who?", world.ids["adapter"], memory)),
    ):
        with pytest.raises(gr.Error, match="may not"):
            otto(name, *values)
    assert world.snapshot() == before


def panel(outputs: Any) -> list[Any]:
    """Return view, look, smaller, show and stop of the panel about the rank: the last five outputs."""
    return list(outputs)[-5:]


def test_a_rank_is_looked_at_made_smaller_and_shown(
    anna: Wizard, world: Any, simulate: Callable[..., Any], worker_frame: Any, ordinary_plays: Any
) -> None:
    """One button after the other; the picture comes when the job has ended, and the smaller model is picked at the
    end.
    """
    adapter = world.ids["adapter"]
    kept = [0.6, 0.97, *([1.0] * 14)]
    figures = {"rank": 16, "matrices": 14, "used": 16, "kept": kept, "enough": {"90": 2, "95": 2, "99": 3}}
    summary = {
        **figures,
        "effective_rank": 3.5,
        "stable_rank": 1.5,
        "sentence": "16 was more than needed: 2 directions carry 95 %.",
    }

    def look(channel: Any, _start: Any) -> Any:
        channel.send(Ready())
        return Done(result=summary)

    def shrink(channel: Any, start: Any) -> Any:
        channel.send(Ready())
        Path(start.smaller.folder).mkdir()
        names = ("kept", "lost_directions", "loss_before", "loss_after", "bytes_before", "bytes_after", "rows")
        result = {
            **dict.fromkeys(names, 1),
            "rank_before": 16,
            "rank": start.rank,
            "sentence": f"Rank 16 became rank {start.rank}.",
        }
        return Done(result={"adapter_written": True, "adapter_sha256": "ab" * 32, **result})

    world.switch.current = simulate({**ordinary_plays, "ranks": worker_frame(look), "shrink": worker_frame(shrink)})
    view, look_button, smaller, show, _stop = panel(anna("pick", adapter, near="Model"))
    assert (view, look_button.value, look_button.interactive) == ("", "Look at the rank", True)
    assert (smaller.interactive, show.visible) == (False, False)

    view, look_button, smaller, _show, stop = panel(anna("explain_rank", adapter))
    assert "Looking at what it learned" in view
    assert stop.visible
    assert [each.visible for each in panel(anna("stop_rank", adapter))[3:]] == [False, False]
    with pytest.raises(gr.Error, match="Nothing runs that could be stopped"):
        anna("stop_rank", adapter)
    anna("explain_rank", adapter)
    assert not look_button.interactive
    world.appliance.run_queue()
    view, look_button, smaller, show, _stop = panel(anna("pick", adapter, near="Model"))
    assert "16 was more than needed: 2 directions carry 95 %." in view
    assert "<svg" in view
    assert (look_button.value, smaller.value, smaller.interactive, show.visible) == (
        "Look again",
        "Make it smaller",
        True,
        False,
    )

    view, _look, smaller, _show, _stop = panel(anna("make_smaller", adapter, 0.95))
    assert "Making it smaller, and measuring both" in view
    assert not smaller.interactive
    world.appliance.run_queue()
    view, _look, smaller, show, _stop = panel(anna("pick", adapter, near="Model"))
    assert "Rank 16 became rank 2." in view
    assert show.visible
    shown = anna("show_smaller", adapter)
    made = shown[0].value
    assert world.do("adapter.show", adapter_id=made)["config"]["made_from"] == adapter
    assert f"Made from {adapter}. Rank 16 became rank 2." in panel(shown)[0]


def test_a_rank_that_is_not_there_is_a_sentence_and_no_button(anna: Wizard, world: Any) -> None:
    """Nothing picked, a method without a rank, a job that failed."""
    nothing = panel(anna("pick", None, near="Model"))
    assert (nothing[0], nothing[1].interactive, nothing[2].interactive) == ("", False, False)
    for name, values in (
        ("explain_rank", (None,)),
        ("make_smaller", (None, 0.95)),
        ("show_smaller", (None,)),
        ("stop_rank", (None,)),
    ):
        with pytest.raises(gr.Error, match="Pick a model first"):
            anna(name, *values)
    adapter = world.ids["adapter"]
    change = "UPDATE adapters SET method = ? WHERE id = ?"
    with world.context.database.begin() as connection:
        connection.exec_driver_sql(change, ("full", adapter))
    view, look_button, smaller, show, _stop = panel(anna("pick", adapter, near="Model"))
    with world.context.database.begin() as connection:
        connection.exec_driver_sql(change, ("qlora", adapter))
    assert "which has no rank" in view
    assert [each.interactive for each in (look_button, smaller)] == [False, False]
    assert not show.visible
