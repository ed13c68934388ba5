"""Every operation, every service and every worker: killed between the durable request and the act, the request is there
and the act is not.

What there is, is enumerated, not listed: an operation, a service or a kind of worker that nobody thought of here fails
these tests.
"""

import importlib
import inspect
import io
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
from any_start import STARTS
from dying_log import DyingLog, Killed, replace_log

import appliance.services
from appliance.audit import EVENTS
from appliance.jobs import messages
from appliance.planning.training_settings import TrainingChoice
from appliance.services import sessions
from appliance.services.context import OPERATOR, Caller, ServiceContext
from appliance.services.data.receive_upload import receive_file
from appliance.services.home.life import Serving, status
from appliance.services.models.findings import RANKS
from appliance.services.models.shrink_adapter import SHRINK
from appliance.services.operations import Operation, operations
from appliance.services.people.accounts import set_language, set_password
from appliance.services.record.read_audit import show_proof
from appliance.services.record.review_audit import sign_off
from appliance.services.training.plan_training import models_for, preview_training
from appliance.services.training.train_adapter import SWEEP, TRAIN

Case = Callable[[Any], dict[str, Any]]  # makes what the operation needs, and returns its parameters
AUDITOR = Caller("us_auditor", "auditor")
PASSPHRASE = "a passphrase for tests only"


def _nothing(_world: Any) -> dict[str, Any]:
    return {}


def _dataset(world: Any) -> str:
    return str(world.do("dataset.import", upload_id=world.upload(), filename="own.csv")["id"])


def _held(world: Any) -> str:
    dataset_id = _dataset(world)
    world.do("dataset.hold", dataset_id=dataset_id, reason="a lawsuit")
    return dataset_id


def _job(world: Any) -> str:
    return str(world.do("train", **_inputs(world), choice={"preset": "quick"})["id"])


def _stopped_job(world: Any) -> str:
    job_id = _job(world)
    world.do("job.stop", job_id=job_id)
    return job_id


def _sealed(world: Any) -> dict[str, Any]:
    world.context.seal()
    return {"passphrase": PASSPHRASE}


def _slot(world: Any) -> str:
    return str(world.do("key.add", passphrase="one more passphrase", name="spare")["id"])


def _unmeasured(world: Any) -> dict[str, Any]:
    (world.context.home / "machine.json").unlink(missing_ok=True)  # The import begins with a worker that measures.
    return {"source": str(world.model_source)}


def _explained(world: Any) -> str:
    world.do("rank.explain", adapter_id=world.ids["adapter"])
    world.appliance.run_queue()
    return str(world.ids["adapter"])


def _inputs(world: Any) -> dict[str, Any]:
    return {"dataset_id": world.ids["dataset"], "model_id": world.ids["model"]}


def _backup_place(world: Any) -> dict[str, Any]:
    world.do("key.recovery", name="paper")
    return {"place": "disk"}


CASES: dict[str, Case] = {
    "seal": _nothing,
    "unseal": _sealed,
    "isolation.test": _nothing,
    "key.list": _nothing,
    "key.add": lambda _w: {"passphrase": "another passphrase", "name": "second"},
    "key.credential": lambda _w: {"name": "unit"},
    "key.recovery": lambda _w: {"name": "safe"},
    "key.remove": lambda w: {"slot_id": _slot(w)},
    "key.rotate": _nothing,
    "key.rotate-log": _nothing,
    "user.add": lambda _w: {"name": "somebody", "role": "reviewer"},
    "user.list": _nothing,
    "model.import": _unmeasured,
    "model.list": _nothing,
    "model.show": lambda w: {"model_id": w.ids["model"]},
    "model.parameters": lambda w: {"model_id": w.ids["model"], "rank": 4},
    "dataset.import": lambda w: {"upload_id": w.upload(), "filename": "a.csv"},
    "dataset.list": _nothing,
    "dataset.show": lambda w: {"dataset_id": w.ids["dataset"]},
    "dataset.preview": lambda w: {"upload_id": w.upload(), "filename": "a.csv"},
    "dataset.report": lambda w: {"dataset_id": _dataset(w)},
    "dataset.versions": lambda w: {"dataset_id": _dataset(w)},
    "dataset.revise": lambda w: {"dataset_id": _dataset(w), "action": "drop", "rows": [2]},
    "dataset.renew-keys": lambda w: {"dataset_id": _dataset(w)},
    "dataset.describe": lambda w: {"dataset_id": w.ids["dataset"], "owner": "somebody else"},
    "dataset.hold": lambda w: {"dataset_id": _dataset(w), "reason": "a lawsuit"},
    "dataset.release": lambda w: {"dataset_id": _held(w)},
    "person.find": lambda _w: {"person": ["Nobody Nowhere"]},
    "person.erase": lambda _w: {"person": ["Nobody Nowhere"]},
    "dataset.shred": lambda w: {"dataset_id": _dataset(w)},
    "dataset.certificate": lambda w: {"dataset_id": _dataset(w)},
    "backup.begin": _backup_place,
    "train": lambda w: {"dataset_id": w.ids["dataset"], "model_id": w.ids["model"], "choice": {"preset": "quick"}},
    "train.plan": lambda w: {**_inputs(w), "choice": {}},
    "sweep": lambda w: {**_inputs(w), "ranks": [2, 4], "choice": {"preset": "quick"}},
    "rank.advise": _inputs,
    "rank.explain": lambda w: {"adapter_id": w.ids["adapter"]},
    "rank.show": lambda w: {"adapter_id": _explained(w)},
    "adapter.shrink": lambda w: {"adapter_id": w.ids["adapter"], "rank": 2},
    "evaluate": lambda w: {"adapter_id": w.ids["adapter"]},
    "job.list": _nothing,
    "job.show": lambda w: {"job_id": w.ids["training"]},
    "job.stop": lambda w: {"job_id": _job(w)},
    "job.resume": lambda w: {"job_id": _stopped_job(w)},
    "adapter.list": _nothing,
    "adapter.show": lambda w: {"adapter_id": w.ids["adapter"]},
    "adapter.answers": lambda w: {"adapter_id": w.ids["adapter"]},
    "chat": lambda w: {"adapter_id": w.ids["adapter"], "prompt": "Hello"},
    "audit.show": _nothing,
    "audit.verify": _nothing,
    "audit.export": _nothing,
    "audit.search": lambda _w: {"action": "job."},
    "audit.life": lambda w: {"object_id": w.ids["adapter"]},
    "audit.overview": _nothing,
    "audit.reviews": _nothing,
    "audit.folder": _nothing,
    "audit.archive-plan": _nothing,
    "audit.archive-begin": _nothing,
    "audit.checkpoint": _nothing,
    "audit.prove": lambda _w: {"sequence": 0},
    "audit.confirm": lambda _w: {"name": "Nobody Nowhere"},
    "adapter.card": lambda w: {"adapter_id": w.ids["adapter"]},
}
# What is done without an operation's name: the pages' own.
DIRECT: dict[str, Callable[[Any], Any]] = {
    "sign_in": lambda w: sessions.sign_in(w.context, w.ids["user"], w.ids["one_time"]),
    "sign_out": lambda w: sessions.sign_out(w.context, OPERATOR, "no such token"),
    "set_password": lambda w: set_password(w.context, OPERATOR, "old", "new"),
    "set_language": lambda w: set_language(w.context, OPERATOR, "de"),
    "receive_file": lambda w: receive_file(w.context, OPERATOR, io.BytesIO(b"some bytes")),
    "show_proof": lambda w: show_proof(w.context, AUDITOR, sequence=0),
    "sign_off": lambda w: sign_off(w.context, AUDITOR, first=0, last=3, note="Looked at all of them."),
    "preview_training": lambda w: preview_training(
        w.context, OPERATOR, dataset_id=w.ids["dataset"], model_id=w.ids["model"], choice=TrainingChoice()
    ),
    "models_for": lambda w: models_for(w.context, OPERATOR, dataset_id=w.ids["dataset"]),
    "run_queue": lambda w: w.appliance.run_queue(),
}
LOOKS = {"preview_training", "models_for"}  # these have no outcome to wait for
EXEMPT_OPERATIONS = {
    "audit.sign-off": "signs in as the auditor first, whose request that is: sign_in and sign_off, above",
    "status": "tells that nothing can be logged, so it must work then; it shows counts, no data; denials of it are "
    "logged",
    "backup.seal": "part of the backup that backup.begin asked for; its outcome is logged by backup.finish",
    "backup.finish": "writes the outcome of what backup.begin asked for",
    "backup.abort": "writes the outcome of what backup.begin asked for",
    "audit.archive-finish": "writes the outcome of what audit.archive-begin asked for; its removal, log.prune: "
    "test_archive_audit.py",
    "audit.archive-abort": "writes the outcome of what audit.archive-begin asked for",
}
EXEMPT_SERVICES = {
    "home.back_up.BackupDesk.current": "tells which backup is being made; logs what it denies",
    "record.archive_audit.ArchiveDesk.current": "tells which archive is being written; logs what it denies",
    "context.ServiceContext.act": "logs",
    "context.ServiceContext.look": "logs",
    "context.ServiceContext.verify_allowed": "logs what it denies",
    "jobs.control.look_for_changes": "tells an open page whether to look again; logs what it denies",
    "sessions.OpenSessions.remember": "keeps in memory for a minute what the database said",
    "operations.may": "asks the rules what a page may offer; nothing is done",
    "operations.may_do": "asks the rules what a page may offer; nothing is done",
    "operations.Operation.perform": "checks the parameters and does the operation",
    "appliance.Appliance.perform": "finds the operation",
    "appliance.Appliance.wait_for_job": "asks job.show again and again",
    "data.revise_dataset.write_next_version": "part of dataset.revise, dataset.renew-keys and person.erase, "
    "which hand it their request",
    "data.shred_dataset.shred_versions": "its act, dataset.shred-versions, is within dataset.renew-keys and "
    "person.erase: tested below",
}
EXEMPT_SERVICES |= {
    f"{operations()[name].__module__}.{operations()[name].__name__}".removeprefix("appliance.services."): why
    for name, why in EXEMPT_OPERATIONS.items()
}
# What workers say: the process that started one has logged its request, and logs its outcome when it ends.
# A worker is a module that can be run.
WORKERS = {
    path.stem
    for path in (Path(messages.__file__).parents[1] / "workers").glob("*.py")
    if 'if __name__ == "__main__":' in path.read_text(encoding="utf-8")
}
EXEMPT_MESSAGES = {
    "Stop": "asked for by job.stop, which is logged before",
    "ChatRequest": "asked for by adapter.use, which is logged before",
    "Ready": "changes nothing",
    "Checkpointed": "kept with the job; the training's request is in the log",
    "Notice": "shown with the job while it runs, and changes nothing",
    "Progress": "kept with the job; the outcome's entry comes at the end",
    "ChatPiece": "an answer that adapter.use asked for",
    "Done": "becomes the outcome `succeeded`",
    "Failed": "becomes the outcome `failed`",
}


@pytest.fixture(scope="module")
def entered() -> set[str]:
    """Collect which functions of the services the cases went into."""
    return set()


@pytest.fixture(scope="module")
def mortal(world: Any) -> Any:
    """The world with a log that can die."""
    world.appliance.context.part(Serving).on = True
    world.appliance.runner.start = lambda: None  # The queue runs when a test says so.
    replace_log(world.context)
    return world


def state(world: Any) -> Any:
    """Return all that an act could have changed: rows, files, the keyring."""
    if world.context.sealed:
        return "sealed"
    return world.snapshot(), (world.context.home / "keyring.json").read_bytes(), len(world.switch.current.asked)


@contextmanager
def watched(entered: set[str]) -> Iterator[None]:
    """Note the functions of services that are called meanwhile."""

    def profile(frame: Any, event: str, _argument: Any) -> None:
        module = frame.f_globals.get("__name__", "")
        if event == "call" and module.startswith("appliance.services."):
            entered.add(f"{module.removeprefix('appliance.services.')}.{frame.f_code.co_qualname}")

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)


def killed(world: Any, act: Callable[[], Any], entered: set[str]) -> list[dict[str, Any]]:
    """Do the act with a log that dies; return what the log then has of it. Nothing may have changed."""
    log: DyingLog = world.context.log
    world.context._looks.clear()
    before, size = state(world), log.size
    log.armed = True
    try:
        with watched(entered), pytest.raises(Killed):
            act()
        assert log.dead, "the act logged nothing"
    finally:
        log.rise()
    assert state(world) == before, "something was done although the process was gone"
    return world.entries(size)


@pytest.mark.parametrize("name", CASES)
def test_an_operation_killed_after_its_request_did_nothing(mortal: Any, entered: set[str], name: str) -> None:
    parameters = CASES[name](mortal)
    try:
        written = killed(mortal, lambda: mortal.appliance.perform(OPERATOR, name, parameters), entered)
    finally:
        if mortal.context.sealed:
            mortal.context.unseal(PASSPHRASE)
        for entry in mortal.context.log.unfinished():  # As the next start would say.
            job = [entry["object"]["id"]] if entry["action"] == "job.start" else []
            assert not job
    assert len(written) == 1
    assert written[0]["outcome"] in {"requested", "succeeded"}
    assert written[0]["actor"]["id"] == "operator"
    assert EVENTS[written[0]["action"]]


@pytest.mark.parametrize("name", DIRECT)
def test_what_the_pages_do_is_killed_after_its_request_too(mortal: Any, entered: set[str], name: str) -> None:
    if name == "run_queue":
        _job(mortal)
        log: DyingLog = mortal.context.log
        log.armed, asked = True, len(mortal.switch.current.asked)
        with pytest.raises(Killed):
            DIRECT[name](mortal)
        log.rise()
        assert len(mortal.switch.current.asked) == asked, "a worker was started although the process was gone"
        mortal.appliance.run_queue()
        return
    (written,) = killed(mortal, lambda: DIRECT[name](mortal), entered)
    assert written["outcome"] == ("succeeded" if name in LOOKS else "requested")


def test_every_operation_is_tried_or_says_why_not() -> None:
    assert set(CASES) | set(EXEMPT_OPERATIONS) == set(operations())
    assert not set(CASES) & set(EXEMPT_OPERATIONS)


def services() -> Iterator[str]:
    """Enumerate every function and method of the services that acts for a caller."""
    for found in pkgutil.walk_packages(appliance.services.__path__, "appliance.services."):
        module = importlib.import_module(found.name)
        place = found.name.removeprefix("appliance.services.")
        for name, thing in vars(module).items():
            thing = thing.function if isinstance(thing, Operation) else thing  # noqa: PLW2901 - what it does is meant
            if getattr(thing, "__module__", "") != module.__name__ or name.startswith("_"):
                continue
            if inspect.isfunction(thing) and "caller" in inspect.signature(thing).parameters:
                yield f"{place}.{name}"
            elif inspect.isclass(thing):
                for method, function in vars(thing).items():
                    function = inspect.unwrap(function) if callable(function) else function  # noqa: PLW2901 - what it wraps is meant
                    named = method == "__init__" or not method.startswith("_")
                    if named and inspect.isfunction(function) and "caller" in inspect.signature(function).parameters:
                        yield f"{place}.{name}.{method}"


def test_every_service_was_entered_by_one_of_them(mortal: Any, entered: set[str]) -> None:
    """Comes after them, and needs them all (alone it says what is missing)."""
    assert sorted(set(services()) - entered - set(EXEMPT_SERVICES)) == []


def test_no_exemption_is_left_over() -> None:
    assert set(EXEMPT_SERVICES) <= set(services())
    assert set(EXEMPT_MESSAGES) <= {name for name, thing in vars(messages).items() if inspect.isclass(thing)}


def test_versions_are_not_shredded_unlogged(mortal: Any, entered: set[str]) -> None:
    from appliance.services.data.shred_dataset import shred_versions

    dataset_id = _dataset(mortal)
    mortal.do("dataset.revise", dataset_id=dataset_id, action="drop", rows=[2])
    act = lambda: shred_versions(mortal.context, OPERATOR, dataset_id=dataset_id, versions=[1])  # noqa: E731 - as in the table above
    (written,) = killed(mortal, act, entered)
    assert (written["action"], written["outcome"]) == ("dataset.shred-versions", "requested")


def test_every_message_starts_what_was_asked_for_or_says_why_not() -> None:
    """A start message names its kind of worker; the kinds are those that the next test sees started."""
    talk = {kind.__name__ for kind in (*get_args(messages.ToWorker), *get_args(messages.FromWorker))}
    assert talk == set(EXEMPT_MESSAGES)
    assert set(STARTS) | {"probe"} == WORKERS  # A probe is told nothing: its launch is all there is.


# Kinds that only real processes play: the starter's conversion and the self-test; what asks for them is killed above.
STARTED_ELSEWHERE = {"convert": "model.import", "probe": "isolation.test"}


def test_no_worker_starts_before_its_request_is_in_the_log(mortal: Any) -> None:
    """At the moment of each start there is a request without an outcome, on whose behalf it is."""
    context: ServiceContext = mortal.context
    asked: dict[str, list[str]] = {}
    ordinary = mortal.switch.current

    class Watching:
        def __getattr__(self, name: str) -> Any:
            return getattr(ordinary, name)

        def launch(self, kind: str, **places: Any) -> Any:
            asked.setdefault(kind, []).append(context.log.unfinished()[-1]["action"])
            return ordinary.launch(kind, **places)

    mortal.switch.current = Watching()
    dataset_id = _dataset(mortal)
    mortal.do("dataset.preview", upload_id=mortal.upload(), filename="a.csv")
    mortal.do("dataset.revise", dataset_id=dataset_id, action="drop", rows=[2])
    mortal.do("person.find", person=["Nobody Nowhere"])
    mortal.do("evaluate", adapter_id=mortal.ids["adapter"])
    _job(mortal)
    mortal.appliance.run_queue()
    mortal.do("chat", adapter_id=mortal.ids["adapter"], prompt="Hello")
    mortal.do("model.import", **_unmeasured(mortal))
    mortal.do("sweep", **_inputs(mortal), ranks=[2, 4], choice={"preset": "quick"})
    mortal.do("adapter.shrink", adapter_id=_explained(mortal), rank=2)
    mortal.appliance.run_queue()
    expected = {
        "parse": "dataset.import",
        "preview": "dataset.preview",
        "revise": "dataset.revise",
        "search": "person.find",
        "evaluate": "job.start",
        TRAIN.name: "job.start",
        "serve": "adapter.use",
        "measure": "model.import",
        SWEEP.name: "job.start",
        SHRINK.name: "job.start",
        RANKS.name: "job.start",
    }
    assert {kind: set(actions) for kind, actions in asked.items()} == {
        kind: {action} for kind, action in expected.items()
    }
    assert set(expected) | set(STARTED_ELSEWHERE) == WORKERS


def test_a_look_is_logged_once_while_it_goes_on(world: Any) -> None:
    """A page that polls does not fill the log; another session, or another object, is another look."""
    context = world.context
    context._looks.clear()
    size = context.log.size
    for _look in range(3):
        world.do("dataset.list")
        world.do("job.show", job_id=world.ids["training"])
    status(context, OPERATOR)
    assert [(entry["action"], entry["outcome"]) for entry in world.entries(size)] == [
        ("dataset.list", "succeeded"),
        ("job.list", "succeeded"),
    ]
