"""Advice before training, the rank explained, a smaller adapter, a sweep: what the control plane does around their
workers.
"""

import json
from typing import Any

import pytest
from rank_plays import SUMMARY, play_ranks, play_shrink, play_sweep
from sqlalchemy import delete, update

from appliance.foundation.errors import ConflictError, InputError, NotFoundError
from appliance.jobs.messages import Done
from appliance.jobs.starts.adapters import ShrinkStart
from appliance.models.tables import ADAPTERS, FINDINGS
from appliance.planning import MethodChoice, RowLengths, Training
from appliance.planning.memory import estimate_memory
from appliance.planning.work import COMPLETION_SHARE
from appliance.services.machine import this_machine
from appliance.services.training.advise_rank import Subject, answer_tokens


@pytest.fixture
def plays(world: Any, simulate: Any, worker_frame: Any) -> Any:
    """Let the three kinds of workers be played."""
    world.switch.current = simulate(
        {"ranks": worker_frame(play_ranks), "shrink": worker_frame(play_shrink), "sweep": worker_frame(play_sweep)}
    )
    return world.switch.current


def run(world: Any, name: str, **parameters: Any) -> dict[str, Any]:
    """Do an operation that makes a job, run it, and return the job as it then is."""
    job = world.do(name, **parameters)
    world.appliance.run_queue()
    shown: dict[str, Any] = world.do("job.show", job_id=job["id"])
    assert shown["state"] == "succeeded", shown["reason"]
    return shown


@pytest.fixture
def explained(world: Any, plays: Any) -> str:
    """Give the adapter with its rank explained."""
    run(world, "rank.explain", adapter_id=world.ids["adapter"])
    return str(world.ids["adapter"])


def test_advice_before_training_names_a_rank_a_reason_and_what_each_rank_needs(world: Any) -> None:
    """For the tiny model, whose smallest matrix has four rows, there is one choice. No worker starts."""
    started = len(world.switch.current.asked)
    found = world.do("rank.advise", dataset_id=world.ids["dataset"], model_id=world.ids["model"])
    assert found["rank"] == 4
    assert found["sentence"].startswith("Rank 4")
    assert [choice["rank"] for choice in found["choices"]] == [4]
    assert found["choices"][0]["peak_mib"] > 0
    assert any("2 bits a parameter" in source for source in found["sources"])
    assert len(world.switch.current.asked) == started


def test_advice_before_training_knows_the_budget(world: Any) -> None:
    """Too little memory for any rank is a sentence; so is a budget that cannot be, and a method without a rank."""
    ids = {"dataset_id": world.ids["dataset"], "model_id": world.ids["model"]}
    with pytest.raises(InputError, match=r"No rank fits into 107 MB"):
        world.do("rank.advise", **ids, memory_gib=0.1)
    for wrong in (0, -1, float("nan"), 1e9):
        with pytest.raises(InputError, match="memory must be"):
            world.do("rank.advise", **ids, memory_gib=wrong)
    with pytest.raises(InputError, match="full does not"):
        world.do("rank.advise", **ids, method="full")


def test_a_rank_fits_where_a_training_with_it_would_run(world: Any) -> None:
    """In smaller passes too: advice and plan are of one mind."""
    context = world.context
    with context.database.begin() as connection:
        subject = Subject.of(connection, world.ids["dataset"], world.ids["model"])
    dataset, model = subject.dataset, subject.model
    wanted = Training(subject.shape, MethodChoice("lora", 4), this_machine(context), subject.row_sizes, 1, 4)
    largest, smallest = (
        estimate_memory(wanted, 1024, checkpointing=False).needed,
        estimate_memory(wanted, 128, checkpointing=True).needed,
    )
    assert smallest < largest
    found = world.do(
        "rank.advise",
        dataset_id=dataset.id,
        model_id=model.id,
        method="lora",
        memory_gib=(largest + smallest) / 2 / 2**30,
    )
    assert found["choices"][0]["fits"]
    with pytest.raises(InputError, match="No rank fits"):
        world.do(
            "rank.advise",
            dataset_id=dataset.id,
            model_id=model.id,
            method="lora",
            memory_gib=0.99 * smallest / 2**30,
        )


def test_plan_and_advice_estimate_the_same_tokens(world: Any) -> None:
    """Of rows that were counted in characters, with a system prompt or without."""
    with world.context.database.begin() as connection:
        subject = Subject.of(connection, world.ids["dataset"], world.ids["model"])
    rows = subject.row_sizes
    assert subject.version.report.tokens.unit == "characters"
    assert answer_tokens(subject.lengths, rows.rows) == int((rows.mean - rows.shared) * COMPLETION_SHARE * rows.rows)


def test_answers_are_counted_from_the_lengths_of_the_import() -> None:
    """Ten rows of a hundred tokens, two fifths of them the answer's."""
    assert answer_tokens(RowLengths(mean=100.0, longest=200.0), 10) == 400


def test_without_lengths_there_is_no_advice() -> None:
    with pytest.raises(InputError, match="were not counted"):
        answer_tokens(None, 10)


def test_the_worker_that_explains_a_rank_gets_the_adapter_and_nothing_else(world: Any, plays: Any) -> None:
    """No dataset, no model: it reads one folder, and writes its job's."""
    job = run(world, "rank.explain", adapter_id=world.ids["adapter"])
    (order,) = plays.asked
    assert order["read"] == (world.context.home / "adapters" / world.ids["adapter"],)
    assert order["write"] == (world.context.home / "jobs" / job["id"],)


def test_what_was_found_stands_with_the_adapter_and_the_values_are_sealed(world: Any, explained: str) -> None:
    """The summary in the database, the values in the job's folder; reading them is logged; the figures of the
    evaluation stay.
    """
    shown = world.do("adapter.show", adapter_id=explained)
    assert shown["results"]["rank"]["kept"] == SUMMARY["kept"]
    assert "Right answers" in shown["results"]["sentence"]
    size = world.context.log.size
    found = world.do("rank.show", adapter_id=explained)
    assert [(layer["name"], layer["singular_values"]) for layer in found["layers"]] == [("q_proj", [2.0, 1.0])]
    assert found["sentence"] == SUMMARY["sentence"]
    assert [(entry["action"], entry["outcome"]) for entry in world.entries(size)] == [
        ("adapter.read", "requested"),
        ("adapter.read", "succeeded"),
    ]
    sealed = world.context.home / "jobs" / found["job_id"] / "spectrum.sealed"
    assert b"q_proj" not in sealed.read_bytes()
    sealed.unlink()
    with pytest.raises(NotFoundError, match="--again"):
        world.do("rank.show", adapter_id=explained)


def test_an_evaluation_keeps_what_is_known_of_the_rank(world: Any, explained: str) -> None:
    """Both stand with the adapter, whichever came first."""
    world.switch.current = world.switch.ordinary
    run(world, "evaluate", adapter_id=explained)
    results = world.do("adapter.show", adapter_id=explained)["results"]
    assert results["rank"]["sentence"] == SUMMARY["sentence"]
    assert "Right answers" in results["sentence"]


def test_nothing_is_known_before_it_was_looked_at(world: Any) -> None:
    with world.context.database.begin() as connection:
        connection.execute(delete(FINDINGS).where(FINDINGS.c.adapter_id == world.ids["adapter"]))
    with pytest.raises(NotFoundError, match="appliance rank advise --adapter"):
        world.do("rank.show", adapter_id=world.ids["adapter"])
    with pytest.raises(InputError, match="not yet known"):
        world.do("adapter.shrink", adapter_id=world.ids["adapter"], share=0.95)


@pytest.mark.parametrize("operation", ["rank.explain", "adapter.shrink"])
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"method": "full"}, "with full, which has no rank"),
        ({"method": "last-layers"}, "with last-layers, which has no rank"),
        ({"use_dora": True}, "trained with DoRA"),
    ],
)
def test_what_has_no_rank_is_refused_with_the_reason(
    world: Any, operation: str, change: dict[str, Any], sentence: str
) -> None:
    """Before any job: full and last-layers training leave no factors, DoRA more than two."""
    adapter = world.do("adapter.show", adapter_id=world.ids["adapter"])
    before = len(world.do("job.list"))
    of_this = update(ADAPTERS).where(ADAPTERS.c.id == adapter["id"])
    columns = {name: value for name, value in change.items() if name == "method"}
    with world.context.database.begin() as connection:
        connection.execute(of_this.values(config=json.dumps({**adapter["config"], **change}), **columns))
    try:
        extra = {"rank": 2} if operation == "adapter.shrink" else {}
        with pytest.raises(InputError, match=sentence):
            world.do(operation, adapter_id=adapter["id"], **extra)
    finally:
        with world.context.database.begin() as connection:
            connection.execute(of_this.values(method=adapter["method"], config=json.dumps(adapter["config"])))
    assert len(world.do("job.list")) == before


def test_a_retired_adapter_is_not_made_smaller(world: Any) -> None:
    """It learned from somebody who was erased; a smaller one would have too."""
    of_this = update(ADAPTERS).where(ADAPTERS.c.id == world.ids["adapter"])
    with world.context.database.begin() as connection:
        connection.execute(of_this.values(state="retired"))
    try:
        with pytest.raises(ConflictError, match="retired"):
            world.do("adapter.shrink", adapter_id=world.ids["adapter"], rank=2)
    finally:
        with world.context.database.begin() as connection:
            connection.execute(of_this.values(state="evaluated"))


def test_an_evaluation_does_not_bring_a_retired_adapter_back(world: Any) -> None:
    """It was asked for before the adapter was retired, and ends afterwards."""
    of_this = update(ADAPTERS).where(ADAPTERS.c.id == world.ids["adapter"])
    world.do("evaluate", adapter_id=world.ids["adapter"])
    with world.context.database.begin() as connection:
        connection.execute(of_this.values(state="retired"))
    try:
        world.appliance.run_queue()
        assert world.do("adapter.show", adapter_id=world.ids["adapter"])["state"] == "retired"
    finally:
        with world.context.database.begin() as connection:
            connection.execute(of_this.values(state="trained"))


def test_a_smaller_adapter_is_a_new_one_that_says_what_it_was_made_from(world: Any, explained: str, plays: Any) -> None:
    """By the share to keep: 95 % takes rank 3. Both adapters are there; the log has the new one's digest."""
    job = run(world, "adapter.shrink", adapter_id=explained, share=0.95)
    made = world.do("adapter.show", adapter_id=job["result"]["adapter"])
    parent = world.do("adapter.show", adapter_id=explained)
    assert made["id"] != explained
    assert (made["rank"], made["config"]["rank"], made["config"]["made_from"]) == (3, 3, explained)
    assert made["name"] == f"{parent['name']} (rank 3)"
    for same in ("model_id", "dataset_id", "dataset_version", "method", "project_id"):
        assert made[same] == parent[same]
    assert made["config"]["shrink"]["loss_after"] == 1.01
    assert made["results"] == {}
    assert (world.context.home / "adapters" / made["id"] / "adapter.sealed").is_file()
    entry = [entry for entry in world.entries(0) if entry["action"] == "adapter.create"][-1]
    assert (entry["object"]["id"], entry["object"]["digest"]) == (made["id"], "cd" * 32)
    order = plays.asked[-1]
    assert {path.parent.name for path in order["read"]} == {"models", "datasets", "adapters"}
    assert order["write"] == (world.context.home / "jobs" / job["id"],)


def test_the_worker_that_shrinks_gets_the_validation_part_alone(world: Any, simulate: Any, worker_frame: Any) -> None:
    """It measures on rows set aside; the questions for the evaluation stay unseen."""
    seen: list[ShrinkStart] = []

    def work(channel: Any, start: ShrinkStart) -> Done:
        seen.append(start)
        return Done(stopped=True)

    world.switch.current = simulate(worker_frame(work))
    job = world.do("adapter.shrink", adapter_id=world.ids["adapter"], rank=2)
    world.appliance.run_queue()
    assert set(seen[0].dataset.part_keys) == {"validation"}
    assert seen[0].max_length == world.do("adapter.show", adapter_id=world.ids["adapter"])["config"]["max_length"]
    ended = world.do("job.show", job_id=job["id"])
    assert (ended["state"], ended["result"]["adapter"]) == ("stopped", "")


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({}, "either a rank or the share"),
        ({"rank": 2, "share": 0.9}, "either a rank or the share"),
        ({"rank": 16}, "from 1 to 3, not 16"),
        ({"rank": 0}, "from 1 to 3, not 0"),
        ({"share": 1.5}, "between 0 and 1"),
        ({"share": 0.0}, "between 0 and 1"),
        ({"share": float("nan")}, "between 0 and 1"),
        ({"adapter_id": "ad_missing", "rank": 2}, "no such adapter"),
    ],
)
def test_a_smaller_rank_that_cannot_be_is_refused_before_it_is_queued(
    world: Any, explained: str, choice: dict[str, Any], sentence: str
) -> None:
    before = len(world.do("job.list"))
    with pytest.raises((InputError, NotFoundError), match=sentence):
        world.do("adapter.shrink", **{"adapter_id": explained, **choice})
    assert len(world.do("job.list")) == before


def test_a_sweep_keeps_the_winner_with_the_table_of_all(world: Any, plays: Any) -> None:
    """One job, one adapter: its rank is the winner's."""
    ids = world.ids
    job = run(
        world, "sweep", dataset_id=ids["dataset"], model_id=ids["model"], ranks=[4, 2, 2], choice={"preset": "quick"}
    )
    made = world.do("adapter.show", adapter_id=job["result"]["adapter"])
    assert (made["rank"], made["config"]["rank"], made["config"]["lora_alpha"]) == (4, 4, 8)
    assert (
        made["config"]["trained_parameters"] == world.do("model.parameters", model_id=ids["model"], rank=4)["adapter"]
    )
    assert [trial["rank"] for trial in made["config"]["sweep"]["trials"]] == [2, 4]
    assert "candidates" not in made["config"]
    assert made["dataset_version"] == world.do("dataset.show", dataset_id=ids["dataset"])["version"]
    assert plays.asked[-1]["write"] == (world.context.home / "jobs" / job["id"],)


def test_a_sweep_is_computed_as_its_largest_rank_and_counted_by_its_winner(
    world: Any, simulate: Any, worker_frame: Any
) -> None:
    """The largest needs the most memory; whichever wins, what its adapter says of itself is its own."""
    ids, seen = world.ids, list[Any]()

    def work(channel: Any, start: Any) -> Done:
        seen.append(start)
        play: Done = play_sweep(channel, start.model_copy(update={"candidates": start.candidates[::-1]}))
        return play

    world.switch.current = simulate(worker_frame(work))
    job = run(world, "sweep", dataset_id=ids["dataset"], model_id=ids["model"], ranks=[2, 4])
    assert seen[0].training.settings.rank == 4
    made = world.do("adapter.show", adapter_id=job["result"]["adapter"])
    assert (made["rank"], made["config"]["lora_alpha"]) == (2, 4)
    assert (
        made["config"]["trained_parameters"] == world.do("model.parameters", model_id=ids["model"], rank=2)["adapter"]
    )
    assert made["config"]["flop"] < job["spec"]["flop"]


def test_a_sweep_that_was_killed_after_it_kept_its_adapter_can_run_again(
    world: Any, plays: Any, simulate: Any, worker_frame: Any
) -> None:
    """The worker finds its record complete and writes nothing; the adapter is in its place already."""
    ids = world.ids
    job = run(world, "sweep", dataset_id=ids["dataset"], model_id=ids["model"], ranks=[2, 4])
    adapter, result = job["result"]["adapter"], job["result"]
    with world.context.database.begin() as connection:
        connection.execute(delete(ADAPTERS).where(ADAPTERS.c.id == adapter))
        connection.exec_driver_sql("UPDATE jobs SET state = 'running' WHERE id = ?", (job["id"],))
    world.appliance.runner.recover()
    world.switch.current = simulate(worker_frame(lambda _channel, _start: Done(result=result)))
    assert world.appliance.runner.run_next().state == "succeeded"
    assert world.do("adapter.show", adapter_id=adapter)["rank"] == 4
    assert (world.context.home / "adapters" / adapter / "adapter.sealed").is_file()


def test_a_sweep_goes_on_at_the_rate_at_which_it_began(world: Any, simulate: Any, worker_frame: Any) -> None:
    """A lower one for the ranks that are left would compare unlike with like."""
    world.switch.current = simulate(worker_frame(lambda _channel, _start: Done(stopped=True)))
    job = world.do("sweep", dataset_id=world.ids["dataset"], model_id=world.ids["model"], ranks=[2, 4])
    world.appliance.run_queue()
    with pytest.raises(InputError, match="Only a training has a learning rate"):
        world.do("job.resume", job_id=job["id"], learning_rate=1e-5)
    assert world.do("job.resume", job_id=job["id"])["state"] == "queued"
    world.appliance.run_queue()


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"ranks": [4]}, "2 to 8 different ranks to compare, not 1"),
        ({"ranks": list(range(1, 10))}, "2 to 8 different ranks to compare, not 9"),
        ({"ranks": [4, 0]}, "Rank must be between 1 and 1,024, not 0"),
        ({"ranks": [4, 10**6]}, "Rank must be between 1 and 1,024, not 1,000,000"),
        ({"ranks": [4, 8], "choice": {"method": "full"}}, "full does not"),
        ({"ranks": [4, 8], "choice": {"seed": -1}}, "seed"),
        ({"ranks": [4, 8], "dataset_id": "ds_missing"}, "no such dataset"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_before_it_is_queued(
    world: Any, choice: dict[str, Any], sentence: str
) -> None:
    before = len(world.do("job.list"))
    with pytest.raises((InputError, NotFoundError), match=sentence):
        world.do("sweep", **{"dataset_id": world.ids["dataset"], "model_id": world.ids["model"], **choice})
    assert len(world.do("job.list")) == before


@pytest.mark.parametrize("operation", ["sweep", "adapter.shrink"])
def test_without_rows_set_aside_nothing_can_be_compared(world: Any, operation: str) -> None:
    """A dataset without a validation part is refused with a sentence."""
    ids = world.ids
    with world.context.database.begin() as connection:
        connection.exec_driver_sql("UPDATE datasets SET validation_rows = 0 WHERE id = ?", (ids["dataset"],))
    choice = (
        {"dataset_id": ids["dataset"], "model_id": ids["model"], "ranks": [2, 4]}
        if operation == "sweep"
        else {"adapter_id": ids["adapter"], "rank": 2}
    )
    try:
        with pytest.raises(InputError, match="no validation rows"):
            world.do(operation, **choice)
    finally:
        with world.context.database.begin() as connection:
            connection.exec_driver_sql("UPDATE datasets SET validation_rows = 4 WHERE id = ?", (ids["dataset"],))


@pytest.mark.parametrize("operation", ["rank.explain", "adapter.shrink", "sweep"])
def test_a_worker_that_fails_leaves_a_sentence_and_no_adapter(
    world: Any, simulate: Any, worker_frame: Any, operation: str
) -> None:
    """The job says why, the log too."""

    def work(_channel: Any, _start: Any) -> Done:
        raise InputError("Enough.", code="enough")

    world.switch.current = simulate(worker_frame(work))
    ids, adapters = world.ids, len(world.do("adapter.list"))
    choices = {
        "rank.explain": {"adapter_id": ids["adapter"]},
        "adapter.shrink": {"adapter_id": ids["adapter"], "rank": 2},
        "sweep": {"dataset_id": ids["dataset"], "model_id": ids["model"], "ranks": [2, 4]},
    }
    job = world.do(operation, **choices[operation])
    world.appliance.run_queue()
    ended = world.do("job.show", job_id=job["id"])
    assert (ended["state"], ended["reason"]) == ("failed", "Enough.")
    assert len(world.do("adapter.list")) == adapters
    outcomes = [
        (entry["outcome"], entry.get("reason", "")) for entry in world.entries(0) if entry["request"] == job["id"]
    ]
    assert outcomes == [("requested", ""), ("failed", "enough")]
