"""The main job through the services: what each worker gets to read, write and know, and what becomes of what it
made.
"""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from appliance.foundation.errors import AuthorizationError, ConflictError, InputError, NotFoundError, WorkerError
from appliance.foundation.messages import verbatim
from appliance.jobs.messages import ChatPiece, Done, Ready
from appliance.jobs.states import JobState
from appliance.models.tables import ADAPTERS
from appliance.services.context import OPERATOR, Caller
from appliance.services.models.chat import ChatDesk
from appliance.services.operations import Operation, operations

SOON_S = 20.0


def asked(world: Any, kind: str) -> dict[str, Any]:
    """Return the last order for a worker of this kind."""
    found: dict[str, Any] = next(order for order in reversed(world.switch.ordinary.asked) if order["kind"] == kind)
    return found


def ask(world: Any, *contents: str) -> list[Any]:
    """Return the pieces of both answers."""
    return list(
        world.appliance.context.part(ChatDesk).ask(
            OPERATOR, world.ids["adapter"], [{"role": "user", "content": each} for each in contents]
        )
    )


def test_a_table_becomes_a_dataset_and_its_upload_is_gone(world: Any) -> None:
    """Rows are counted by part, the parts are encrypted, and neither upload nor staging folder remains."""
    shown = world.do("dataset.show", dataset_id=world.ids["dataset"], rows=2)
    assert (shown["rows"], shown["training_rows"], shown["validation_rows"], shown["test_rows"]) == (12, 4, 4, 4)
    assert (shown["name"], shown["source_format"], shown["state"]) == ("staff", "CSV", "ready")
    assert len(shown["preview"]) == 2
    assert "zebra-quartz" in shown["preview"][0]["messages"][-1]["content"]
    home = world.context.home
    assert not list((home / "staging").iterdir())
    for path in home.rglob("*"):
        assert not path.is_file() or b"zebra-quartz" not in path.read_bytes()


def test_the_parser_reads_the_upload_and_writes_the_staging_folder_and_no_more(world: Any) -> None:
    """Its places are those two."""
    order = asked(world, "parse")
    home = world.context.home
    assert [path.parent for path in order["read"]] == [home / "uploads"]
    assert [path.parent for path in order["write"]] == [home / "staging"]


@pytest.mark.parametrize(("kind", "parts"), [("train", {"training", "validation"}), ("evaluate", {"test"})])
def test_a_worker_gets_the_keys_of_its_own_parts_only(
    world: Any, simulate: Any, worker_frame: Any, kind: str, parts: set[str]
) -> None:
    """Training never sees the held-out questions, and evaluation nothing else; each writes into its job's folder
    alone.
    """
    seen: list[Any] = []

    def work(_channel: Any, start: Any) -> Done:
        seen.append(start)
        raise InputError("Enough.", code="enough")

    world.switch.current = simulate(worker_frame(work))
    ids = world.ids
    choice = (
        {"dataset_id": ids["dataset"], "model_id": ids["model"]} if kind == "train" else {"adapter_id": ids["adapter"]}
    )
    job = world.do(kind, **choice)
    world.appliance.run_queue()
    (start,) = seen
    assert set(start.dataset.part_keys) == parts
    assert start.job.key == world.context.vault.data_key("job", job["id"])
    assert [order["write"] for order in world.switch.current.asked] == [(world.context.home / "jobs" / job["id"],)]
    ended = world.do("job.show", job_id=job["id"])
    assert (ended["state"], ended["reason"]) == ("failed", "Enough.")
    outcomes = [entry["outcome"] for entry in world.entries(0) if entry["request"] == job["id"]]
    assert outcomes == ["requested", "failed"]


@pytest.mark.parametrize(
    ("operation", "about"),
    [
        ("train", {"dataset_id": "ds_none", "model_id": "md_none"}),
        ("sweep", {"dataset_id": "ds_none", "model_id": "md_none", "ranks": []}),
        ("evaluate", {"adapter_id": "ad_none"}),
        ("rank.explain", {"adapter_id": "ad_none"}),
        ("adapter.shrink", {"adapter_id": "ad_none"}),
    ],
)
def test_who_may_queue_no_job_is_told_no_more_than_that(world: Any, operation: str, about: dict[str, Any]) -> None:
    """Not what is missing, or why it could not be planned; and the attempt is in the log."""
    before = world.context.log.size
    with pytest.raises(AuthorizationError, match="may not do this"):
        world.appliance.perform(Caller("us_auditor", "auditor"), operation, about)
    assert [(entry["action"], entry["outcome"]) for entry in world.entries(before)] == [("job.submit", "denied")]


def test_a_trained_adapter_is_kept_and_known(world: Any) -> None:
    """Moved out of the job's folder, with its figures, and logged with its digest."""
    shown = world.do("adapter.show", adapter_id=world.ids["adapter"])
    assert (shown["job_id"], shown["method"], shown["state"]) == (world.ids["training"], "qlora", "evaluated")
    assert (world.context.home / "adapters" / shown["id"] / "adapter.sealed").is_file()
    assert not (world.context.home / "jobs" / world.ids["training"] / "adapter").exists()
    assert [row["id"] for row in world.do("adapter.list")] == [shown["id"]]
    (entry,) = [entry for entry in world.entries(0) if entry["action"] == "adapter.create"]
    assert entry["object"]["digest"] == "ab" * 32


@pytest.mark.parametrize("lost", ["nothing", "the row"])
def test_a_training_that_was_killed_after_it_kept_its_adapter_can_run_again(world: Any, lost: str) -> None:
    """What the first run left, in the folder or in the table, is replaced and does not fail the second."""
    job = world.do("train", dataset_id=world.ids["dataset"], model_id=world.ids["model"], choice={"preset": "quick"})
    world.appliance.run_queue()
    adapter = world.do("job.show", job_id=job["id"])["result"]["adapter"]
    if lost == "the row":
        with world.context.database.begin() as connection:
            connection.execute(delete(ADAPTERS).where(ADAPTERS.c.id == adapter))
    with (
        world.context.database.begin() as connection
    ):  # As a crash before the last step leaves it, and recovery finds it.
        connection.exec_driver_sql("UPDATE jobs SET state = 'running' WHERE id = ?", (job["id"],))
    world.appliance.runner.recover()
    assert world.appliance.runner.run_next().state is JobState.SUCCEEDED
    assert world.do("adapter.show", adapter_id=adapter)["state"] == "trained"
    assert (world.context.home / "adapters" / adapter / "adapter.sealed").is_file()
    shutil.rmtree(world.context.home / "adapters" / adapter)
    with world.context.database.begin() as connection:
        connection.execute(delete(ADAPTERS).where(ADAPTERS.c.id == adapter))


def test_answers_are_shown_from_their_seal(world: Any) -> None:
    """After an evaluation; before one it says what to do."""
    shown = world.do("adapter.answers", adapter_id=world.ids["adapter"], limit=2)
    assert [row["tuned"] for row in shown] == ["R", "R"]
    assert "Right answers" in world.do("adapter.show", adapter_id=world.ids["adapter"])["results"]["sentence"]


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"choice": {"seed": -1}}, "seed"),
        ({"choice": {"seed": 2**31}}, "seed"),
        ({"choice": {"rank": 0}}, "Rank must be between 1 and 1,024, not 0"),
        ({"choice": {"learning_rate": float("nan")}}, "Learning rate must be a finite number"),
        ({"choice": {"method": "magic", "preset": "none"}}, "method.*preset"),
        ({"dataset_id": "ds_missing"}, "no such dataset"),
        ({"model_id": "md_missing"}, "no such model"),
    ],
)
def test_a_training_that_cannot_be_is_refused_before_it_is_queued(
    world: Any, choice: dict[str, Any], sentence: str
) -> None:
    """With a sentence, at once."""
    before = len(world.do("job.list"))
    with pytest.raises((InputError, NotFoundError), match=sentence):
        world.do("train", **{"dataset_id": world.ids["dataset"], "model_id": world.ids["model"], **choice})
    assert len(world.do("job.list")) == before


@pytest.mark.parametrize(
    ("state", "called"),
    [("running", "running"), ("queued", "waiting"), ("succeeded", "finished"), ("stopping", "stopping")],
)
def test_only_what_has_stopped_or_failed_is_resumed(world: Any, state: str, called: str) -> None:
    """A running job put back into the queue would run twice."""
    job_id = world.ids["training"]
    with world.context.database.begin() as connection:
        connection.exec_driver_sql("UPDATE jobs SET state = ? WHERE id = ?", (state, job_id))
    with pytest.raises(ConflictError, match=f"is {called}"):
        world.do("job.resume", job_id=job_id)
    with world.context.database.begin() as connection:
        connection.exec_driver_sql("UPDATE jobs SET state = 'succeeded' WHERE id = ?", (job_id,))


def test_a_job_is_stopped_once(world: Any) -> None:
    """Queued, it never begins; asked again, or when it is over, that is a conflict."""
    job = world.do("evaluate", adapter_id=world.ids["adapter"])
    assert world.do("job.stop", job_id=job["id"])["state"] == "stopped"
    for job_id in (job["id"], world.ids["training"]):
        with pytest.raises(ConflictError):
            world.do("job.stop", job_id=job_id)
    with world.context.database.begin() as connection:
        connection.exec_driver_sql("UPDATE jobs SET state = 'running' WHERE id = ?", (job["id"],))
    assert world.do("job.stop", job_id=job["id"])["state"] == "stopping"
    with pytest.raises(ConflictError, match="already"):
        world.do("job.stop", job_id=job["id"])
    assert world.appliance.runner.recover()[0].state is JobState.STOPPED


def test_both_models_answer_piece_by_piece_from_one_worker(world: Any) -> None:
    """The worker stays for the next question, and ends with the desk."""
    started = len(world.switch.ordinary.workers)
    answers = world.do("chat", adapter_id=world.ids["adapter"], prompt="Hello?")
    assert answers == {"original": "original answer", "tuned": "tuned answer"}
    assert [piece.contender for piece in ask(world, "Again?")] == ["original"] * 3 + ["tuned"] * 3
    assert len(world.switch.ordinary.workers) == started + 1
    worker = world.switch.ordinary.workers[-1]
    world.appliance.context.part(ChatDesk).close()
    assert worker.wait(SOON_S) is not None
    assert [path.parent for path in asked(world, "serve")["write"]] == [world.context.home / "staging"]


@pytest.mark.parametrize("contents", [[], ["x" * 8001], ["x"] * 41])
def test_a_conversation_has_bounds(world: Any, contents: list[str]) -> None:
    """Nothing, or too much, is refused before any worker starts."""
    with pytest.raises(InputError, match="Write a question"):
        ask(world, *contents)


def test_a_reader_who_leaves_disturbs_nobody(world: Any) -> None:
    """The rest of the answer is dropped: it is not the beginning of the next one. The worker stays."""
    pieces = world.appliance.context.part(ChatDesk).ask(
        OPERATOR, world.ids["adapter"], [{"role": "user", "content": "Hello?"}]
    )
    next(pieces)
    started = len(world.switch.ordinary.workers)
    pieces.close()
    assert [piece.text for piece in ask(world, "Hello?")] == ["original", " answer", "", "tuned", " answer", ""]
    assert len(world.switch.ordinary.workers) == started
    world.appliance.context.part(ChatDesk).close()


@pytest.mark.parametrize("fault", ["fails", "is done", "dies", "talks nonsense"])
def test_a_model_that_cannot_be_loaded_for_chatting_is_a_sentence_and_no_worker(
    world: Any, simulate: Any, fault: str
) -> None:
    """And the next question may work."""

    def play(channel: Any, raw: Any) -> None:
        channel.receive()
        if fault == "fails":
            raise InputError(verbatim("The adapter does not fit."))
        if fault == "is done":
            channel.send(Done())
        if fault == "talks nonsense":
            raw.sendall(b"hello\n")
        if fault != "dies":
            raw.recv(1)

    world.appliance.context.part(ChatDesk).close()
    world.switch.current = simulate(play)
    with pytest.raises(WorkerError):
        ask(world, "Hello?")
    assert world.switch.current.workers[-1].wait(SOON_S) is not None
    world.switch.current = world.switch.ordinary
    assert len(ask(world, "Hello?")) == 6
    world.appliance.context.part(ChatDesk).close()


def test_a_worker_that_dies_in_an_answer_is_replaced_for_the_next(world: Any, simulate: Any) -> None:
    """The sentence says how it ended."""

    def play(channel: Any, _raw: Any) -> int:
        channel.receive()
        channel.send(Ready())
        request = channel.receive()
        channel.send(ChatPiece(request_id=request.request_id, contender="original", text="Hel", last=False))
        return 9

    world.switch.current = simulate(play)
    with pytest.raises(WorkerError, match="exit status 9"):
        ask(world, "Hello?")
    world.switch.current = world.switch.ordinary
    assert len(ask(world, "Hello?")) == 6
    world.appliance.context.part(ChatDesk).close()


def test_a_model_comes_in_once_however_often_it_is_imported(world: Any) -> None:
    """The same content is the same model, under its first name; nothing stays in the staging folder."""
    again = world.do("model.import", source=str(world.model_source), name="another name")
    assert (again["id"], again["name"]) == (world.ids["model"], "tiny")
    assert [row["id"] for row in world.do("model.list")] == [world.ids["model"]]
    assert world.do("model.show", model_id=again["id"])["manifest"]["id"] == again["id"]
    with pytest.raises(InputError):
        world.do("model.import", source=str(world.context.home / "audit"))
    assert not list((world.context.home / "staging").iterdir())


@pytest.mark.parametrize("upload", ["up_00000000000000000000", "../keyring.json", "ds_00000000000000000000"])
def test_an_upload_that_is_not_there_is_a_sentence(world: Any, upload: str) -> None:
    """A path is no identifier."""
    with pytest.raises((InputError, NotFoundError)):
        world.do("dataset.import", upload_id=upload, filename="a.csv")


def test_a_table_that_is_refused_leaves_nothing(world: Any) -> None:
    """Neither upload nor staging folder nor dataset; the sentence says why."""
    before = world.do("dataset.list")
    with pytest.raises(WorkerError):
        world.do("dataset.import", upload_id=world.upload(b"only one column\nx\n"), filename="a.csv")
    assert world.do("dataset.list") == before
    assert not [
        path
        for path in (world.context.home / "uploads").iterdir()
        if path.stat().st_mtime > time.time() - 60 and path.is_dir()
    ]
    assert not list((world.context.home / "staging").iterdir())


def test_the_parts_of_a_dataset_are_named(world: Any) -> None:
    """Another is refused; a preview has at most fifty rows, and at least none."""
    with pytest.raises(InputError, match="no such part"):
        world.do("dataset.show", dataset_id=world.ids["dataset"], part="all")
    assert world.do("dataset.show", dataset_id=world.ids["dataset"], part="test", rows=-5)["preview"] == []
    assert len(world.do("dataset.show", dataset_id=world.ids["dataset"], part="test", rows=10**9)["preview"]) == 4


@pytest.mark.parametrize("kind", ["dataset", "model", "adapter", "job"])
def test_what_is_not_there_is_not_found(world: Any, kind: str) -> None:
    """Each says how to see what there is."""
    with pytest.raises(NotFoundError, match=f"appliance {kind} list"):
        world.do(f"{kind}.show", **{f"{kind}_id": "xx_0"})


@pytest.mark.parametrize("name", operations())
def test_an_unknown_parameter_is_named(world: Any, name: str) -> None:
    """Names of our own too: they are no parameters."""
    for wrong in ("surprise", "a", "caller", "context"):
        with pytest.raises(InputError, match=f"parameters of “{name}” are wrong.*no parameter {wrong}"):
            world.appliance.perform(OPERATOR, name, {wrong: 1})


@pytest.mark.parametrize("name", operations())
def test_a_missing_parameter_is_named(world: Any, name: str) -> None:
    needed = [key for key, field in operations()[name].parameters.model_fields.items() if field.is_required()]
    if needed:
        with pytest.raises(InputError, match=" ".join(f"{key} is missing\\." for key in needed[:5])):
            world.do(name)


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("job.show", {"job_id": "jb", "after_step": "soon"}, "after_step must be a whole number"),
        ("dataset.show", {"dataset_id": 7}, "dataset_id must be a text"),
        ("dataset.revise", {"dataset_id": "ds", "rows": 3}, "rows must be a list"),
        ("train", {"dataset_id": "ds", "model_id": "md", "choice": {"rank": "many"}}, "choice.rank must be a whole"),
        ("train", {"dataset_id": "ds", "model_id": "md", "choice": {"shoe": 42}}, "no parameter choice.shoe"),
    ],
)
def test_a_parameter_of_the_wrong_type_is_named(
    world: Any, name: str, parameters: dict[str, Any], sentence: str
) -> None:
    """With what it should be, and without its value."""
    with pytest.raises(InputError, match=sentence) as caught:
        world.do(name, **parameters)
    assert "soon" not in caught.value.sentence
    assert "many" not in caught.value.sentence


def test_a_fault_deeper_down_is_not_blamed_on_the_parameters(world: Any) -> None:
    """A `TypeError` of our own code stays one, wherever it is raised: in the operation itself too."""

    def broken(context: Any, caller: Any, *, job_id: str) -> None:
        raise TypeError(f"broken() got an unexpected keyword argument '{job_id}'")

    with pytest.raises(TypeError, match="unexpected keyword"):
        Operation("broken", "job.list", "job", broken).perform(world.context, OPERATOR, {"job_id": "jb"})


def test_every_result_is_json(world: Any) -> None:
    """Whatever the socket would send."""
    for name in ("status", "user.list", "model.list", "dataset.list", "adapter.list", "job.list", "audit.show"):
        found = world.do(name)
        assert json.loads(json.dumps(found)) == found, name
    for kind in ("dataset", "model", "adapter"):
        found = world.do(f"{kind}.show", **{f"{kind}_id": world.ids[kind]})
        assert json.loads(json.dumps(found)) == found, kind


def test_the_log_verifies_after_all_of_it(world: Any) -> None:
    """Every entry is signed and recomputed; an export has them all."""
    found = world.do("audit.verify")
    assert found["verified"]
    assert found["entries"] == found["signed_entries"]
    assert len(world.do("audit.export")["rows"]) == world.context.log.size - 1
    assert [entry["sequence"] for entry in world.do("audit.show", last=3)] == [
        world.context.log.size - number for number in (4, 3, 2)
    ]
    assert Path(world.do("status")["home"]) == world.context.home
