"""Every act is authorised, logged before it happens and after; denied, it is logged; unlogged, it does not happen."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from appliance.foundation.errors import AuthorizationError, StorageError
from appliance.planning.training_settings import TrainingChoice
from appliance.services import sessions
from appliance.services.context import OPERATOR, Caller
from appliance.services.data.dataset_origin import hold_dataset, set_origin
from appliance.services.data.dataset_versions import lineage, show_report
from appliance.services.data.find_person import erase_person, find_person
from appliance.services.data.import_dataset import all_datasets, import_dataset, show_dataset
from appliance.services.data.receive_upload import preview_upload, receive_file
from appliance.services.data.revise_dataset import renew_keys, revise_dataset
from appliance.services.data.shred_dataset import show_certificate, shred_dataset
from appliance.services.home import life, manage_keys
from appliance.services.home.at_start import prove_isolation
from appliance.services.home.life import Serving
from appliance.services.jobs.control import all_jobs, resume_job, show_job, stop_job
from appliance.services.models.artefacts import all_adapters, all_models, import_model, show_adapter, show_model
from appliance.services.models.chat import ChatDesk
from appliance.services.models.findings import show_answers, submit_evaluation, submit_explanation
from appliance.services.models.shrink_adapter import submit_shrink
from appliance.services.people import accounts
from appliance.services.record import confirm_audit, read_audit
from appliance.services.record.adapter_card import show_card
from appliance.services.training.advise_rank import advise_before
from appliance.services.training.plan_training import preview_training
from appliance.services.training.train_adapter import submit_sweep, submit_training

Act = Callable[[Any, Caller], Any]
STRANGER = Caller("us_stranger", "stranger")


def _train(world: Any, caller: Caller) -> Any:
    ids = world.ids
    return submit_training(
        world.context, caller, dataset_id=ids["dataset"], model_id=ids["model"], choice=TrainingChoice(preset="quick")
    )


def _sweep(world: Any, caller: Caller) -> Any:
    ids, choice = world.ids, TrainingChoice(preset="quick")
    return submit_sweep(
        world.context, caller, dataset_id=ids["dataset"], model_id=ids["model"], choice=choice, ranks=[1, 2]
    )


def _stop(world: Any, caller: Caller) -> Any:
    return stop_job(world.context, caller, job_id=_queued(world))


def _resume(world: Any, caller: Caller) -> Any:
    job_id = _queued(world)
    stop_job(world.context, OPERATOR, job_id=job_id)
    world.mark()
    return resume_job(world.context, caller, job_id=job_id)


def _queued(world: Any) -> str:
    job_id = str(_train(world, OPERATOR).id)
    world.mark()
    return job_id


def _import_dataset(world: Any, caller: Caller) -> Any:
    upload = world.upload()
    world.mark()
    return import_dataset(world.context, caller, upload_id=upload, filename="a.csv")


def _preview(world: Any, caller: Caller) -> Any:
    upload = world.upload()
    world.mark()
    return preview_upload(world.context, caller, upload_id=upload, filename="a.csv")


def _revise(world: Any, caller: Caller) -> Any:
    dataset_id = _own_dataset(world)
    return revise_dataset(world.context, caller, dataset_id=dataset_id, action="drop", rows=[2])


def _own_dataset(world: Any) -> str:
    made = import_dataset(world.context, OPERATOR, upload_id=world.upload(), filename="own.csv")
    world.mark()
    return made.dataset.id


# Each use case that changes something or shows data: the action as the log names it, and the call.
ACTS: dict[str, tuple[str, Act]] = {
    "add_user": ("user.create", lambda w, c: accounts.add_user(w.context, c, name=w.fresh_name(), role="reviewer")),
    "sign_out": ("session.close", lambda w, c: sessions.sign_out(w.context, c, "no such token")),
    "receive_file": ("upload.receive", lambda w, c: receive_file(w.context, c, io.BytesIO(b"some bytes"))),
    "import_dataset": ("dataset.import", _import_dataset),
    "show_dataset": ("dataset.read", lambda w, c: show_dataset(w.context, c, dataset_id=w.ids["dataset"])),
    "preview_upload": ("dataset.preview", _preview),
    "revise_dataset": ("dataset.revise", _revise),
    "renew_keys": ("dataset.renew-keys", lambda w, c: renew_keys(w.context, c, dataset_id=_own_dataset(w))),
    "set_origin": (
        "dataset.describe",
        lambda w, c: set_origin(w.context, c, dataset_id=w.ids["dataset"], owner=w.fresh_name()),
    ),
    "hold_dataset": (
        "dataset.hold",
        lambda w, c: hold_dataset(w.context, c, dataset_id=_own_dataset(w), reason="a lawsuit"),
    ),
    "find_person": ("person.find", lambda w, c: find_person(w.context, c, person=["Nobody Nowhere"])),
    "erase_person": ("person.erase", lambda w, c: erase_person(w.context, c, person=["Nobody Nowhere"])),
    "import_model": ("model.import", lambda w, c: import_model(w.context, c, source=w.model_source)),
    "submit_training": ("job.submit", _train),
    "submit_evaluation": ("job.submit", lambda w, c: submit_evaluation(w.context, c, adapter_id=w.ids["adapter"])),
    "submit_explanation": ("job.submit", lambda w, c: submit_explanation(w.context, c, adapter_id=w.ids["adapter"])),
    "submit_shrink": ("job.submit", lambda w, c: submit_shrink(w.context, c, adapter_id=w.ids["adapter"], rank=2)),
    "submit_sweep": ("job.submit", _sweep),
    "stop_job": ("job.stop", _stop),
    "resume_job": ("job.resume", _resume),
    "show_answers": ("adapter.read", lambda w, c: show_answers(w.context, c, adapter_id=w.ids["adapter"])),
    "chat": (
        "adapter.use",
        lambda w, c: list(w.context.part(ChatDesk).ask(c, w.ids["adapter"], [{"role": "user", "content": "Hello"}])),
    ),
    "show_audit": ("audit.read", lambda w, c: read_audit.show_audit(w.context, c)),
    "verify_audit": ("audit.verify", lambda w, c: read_audit.verify_audit(w.context, c)),
    "show_card": ("adapter.card", lambda w, c: show_card(w.context, c, adapter_id=w.ids["adapter"])),
    "take_checkpoint": ("audit.checkpoint", lambda w, c: read_audit.take_checkpoint(w.context, c)),
    "prove_entry": ("audit.prove", lambda w, c: read_audit.prove_entry(w.context, c, sequence=1)),
    "confirm": ("audit.confirm", lambda w, c: confirm_audit.confirm(w.context, c, name="anna")),
    "export_audit": ("audit.export", lambda w, c: read_audit.export_audit(w.context, c)),
    "export_folder": ("audit.export", lambda w, c: read_audit.export_folder(w.context, c)),
    "rotate_log_key": ("key.rotate-log", lambda w, c: manage_keys.rotate_log_key(w.context, c)),
}
# Each that only lists what there is: authorised, and logged when denied.
LOOKS: dict[str, tuple[str, Act]] = {
    "status": ("appliance.status", lambda w, c: life.status(w.context, c)),
    "all_users": ("user.list", lambda w, c: accounts.all_users(w.context, c)),
    "all_models": ("model.list", lambda w, c: all_models(w.context, c)),
    "show_model": ("model.list", lambda w, c: show_model(w.context, c, model_id=w.ids["model"])),
    "all_datasets": ("dataset.list", lambda w, c: all_datasets(w.context, c)),
    "lineage": ("dataset.list", lambda w, c: lineage(w.context, c, dataset_id=w.ids["dataset"])),
    "show_report": ("dataset.list", lambda w, c: show_report(w.context, c, dataset_id=w.ids["dataset"])),
    "advise_before": (
        "job.plan",
        lambda w, c: advise_before(w.context, c, dataset_id=w.ids["dataset"], model_id=w.ids["model"]),
    ),
    "preview_training": (
        "job.plan",
        lambda w, c: preview_training(
            w.context, c, dataset_id=w.ids["dataset"], model_id=w.ids["model"], choice=TrainingChoice(method="auto")
        ),
    ),
    "all_adapters": ("adapter.list", lambda w, c: all_adapters(w.context, c)),
    "show_adapter": ("adapter.list", lambda w, c: show_adapter(w.context, c, adapter_id=w.ids["adapter"])),
    "show_certificate": ("dataset.list", lambda w, c: show_certificate(w.context, c, dataset_id=w.ids["dataset"])),
    "all_jobs": ("job.list", lambda w, c: all_jobs(w.context, c)),
    "show_job": ("job.list", lambda w, c: show_job(w.context, c, job_id=w.ids["training"])),
}
DENIED = {
    **ACTS,
    **LOOKS,
    "shred_dataset": ("dataset.shred", lambda w, c: shred_dataset(w.context, c, dataset_id=w.ids["dataset"])),
    "seal_vault": ("vault.seal", lambda w, c: life.seal_vault(w.context, c)),
    "unseal_vault": ("vault.unseal", lambda w, c: life.unseal_vault(w.context, c, passphrase="wrong")),
    "prove_isolation": ("isolation.test", lambda w, c: prove_isolation(w.context, c)),
    "set_password": ("password.change", lambda w, c: accounts.set_password(w.context, c, "old", "new")),
}


# These first make what they act on.
MAKING = {"stop_job", "resume_job", "import_dataset", "preview_upload", "revise_dataset", "renew_keys", "hold_dataset"}


class Marked:
    """A world that remembers how it was when the act began, after what the act needed was made."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self.names = iter(range(10**6))
        self.mark()

    def mark(self) -> None:
        """Remember the state."""
        self.before, self.size = self._world.snapshot(), self._world.context.log.size

    def fresh_name(self) -> str:
        """Return a name that nobody has."""
        return f"user-{self.size}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)


@pytest.fixture
def marked(world: Any) -> Iterator[Marked]:
    """Give the world; the queue is empty again afterwards."""
    world.context.part(Serving).on = True  # what only a server does is tried too
    yield Marked(world)
    world.context.part(Serving).on = False
    world.appliance.run_queue()


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_in_the_log_before_and_after(marked: Marked, name: str) -> None:
    """Requested and succeeded, by whoever asked, under one request."""
    action, act = ACTS[name]
    act(marked, OPERATOR)
    written = [entry for entry in marked.entries(marked.size) if entry["action"] == action]
    assert [entry["outcome"] for entry in written] == ["requested", "succeeded"]
    assert len({entry["request"] for entry in written}) == 1
    assert written[0]["request"]
    assert {entry["actor"]["id"] for entry in written} == {"operator"}


@pytest.mark.parametrize("name", DENIED)
def test_a_denial_is_logged_and_nothing_is_done(marked: Marked, name: str) -> None:
    """Somebody whose role may not: one entry that says so, and no change."""
    action, act = DENIED[name]
    with pytest.raises(AuthorizationError, match="may not do this"):
        act(marked, STRANGER)
    written = marked.entries(marked.size)
    expected = {"receive_file": "dataset.import"}.get(name, action)
    assert [(entry["action"], entry["outcome"], entry["reason"], entry["actor"]["id"]) for entry in written] == [
        (expected, "denied", "policy.denied", "us_stranger")
    ]
    assert marked.snapshot() == marked.before


@pytest.mark.parametrize("name", [*ACTS, "seal_vault", "set_password", "shred_dataset"])
def test_what_cannot_be_logged_is_not_done(marked: Marked, name: str) -> None:
    """The log's folder is gone: the act is refused, and everything is as it was. Back again, it works."""
    _action, act = {**ACTS, **DENIED}[name]
    audit = marked.context.home / "audit"
    aside = marked.context.home.parent / "audit-aside"
    mark = marked.mark

    def mark_and_break() -> None:
        mark()
        audit.rename(aside)

    try:
        if name in {
            "stop_job",
            "resume_job",
            "import_dataset",
            "preview_upload",
            "revise_dataset",
            "renew_keys",
            "hold_dataset",
        }:  # These first make what they act on.
            count = {"resume_job": 2}.get(name, 1)
            calls = iter([mark] * (count - 1) + [mark_and_break])

            def mark_in_turn() -> None:
                next(calls)()

            marked.mark = mark_in_turn  # type: ignore[method-assign]
        else:
            mark_and_break()
        with pytest.raises(StorageError):
            act(marked, OPERATOR)
    finally:
        if audit.exists():
            audit.rmdir()
        aside.rename(audit)
    assert marked.snapshot() == marked.before
    if name == "import_dataset":
        return  # Its upload waits; the next one sends another.
    marked.mark = mark  # type: ignore[method-assign]
    if name not in {"seal_vault", "set_password", "shred_dataset"}:
        act(marked, OPERATOR)


def test_a_failure_is_logged_with_its_code_and_not_its_text(marked: Marked) -> None:
    """What a sentence quotes is nothing for the log."""
    with pytest.raises(Exception, match="name has"):
        accounts.add_user(marked.context, OPERATOR, name="canary name", role="reviewer")
    written = marked.entries(marked.size)
    assert [(entry["outcome"], entry["reason"]) for entry in written] == [("requested", ""), ("failed", "user.name")]
    assert "canary" not in str(written)


def test_no_name_question_or_row_is_in_the_log(world: Any) -> None:
    """Neither people's names nor data nor what the dataset is called."""
    text = str(world.entries(0))
    for secret in ("anna", "staff", "zebra", "What is item", world.ids["one_time"], "tiny"):
        assert secret not in text
