"""The appliance as one object, and its operations by name: what a command does, whether the server runs it or the
command itself.
"""

import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from appliance.foundation.errors import ConflictError, InputError
from appliance.jobs.messages import FromWorker
from appliance.jobs.runner import JobHandler, JobRunner
from appliance.jobs.states import ACTIVE, ENDED, Job, JobState, list_jobs
from appliance.services import accounts, export_audit, home, manage_keys, read_audit
from appliance.services.adapter_card import show_card
from appliance.services.advise_rank import advise_before
from appliance.services.archive_audit import ArchiveDesk
from appliance.services.audit_activity import audit_overview
from appliance.services.back_up import BackupDesk
from appliance.services.chat import ChatDesk
from appliance.services.confirm_audit import confirm
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_origin import hold_dataset, release_dataset, set_origin
from appliance.services.dataset_versions import lineage, show_report
from appliance.services.evaluate_adapter import (
    EVALUATE,
    EvaluationHandler,
    list_adapters,
    show_adapter,
    show_answers,
    submit_evaluation,
)
from appliance.services.explain_rank import RANKS, RanksHandler, show_ranks, submit_explanation
from appliance.services.find_person import erase_person, find_person
from appliance.services.import_dataset import import_dataset, list_datasets, show_dataset
from appliance.services.import_model import import_model, list_models, show_model, show_parameters
from appliance.services.jobs import all_jobs, resume_job, show_job, stop_job
from appliance.services.object_life import object_life
from appliance.services.plan_training import TrainingChoice, show_plan
from appliance.services.preview_upload import preview_upload
from appliance.services.prove_isolation import prove_isolation
from appliance.services.recover import Recovery
from appliance.services.refused_requests import RefusedRequests
from appliance.services.review_audit import sign_off_as
from appliance.services.revise_dataset import renew_keys, revise_dataset
from appliance.services.search_audit import AuditDesk, search_audit
from appliance.services.shred_dataset import show_certificate, shred_dataset
from appliance.services.shrink_adapter import SHRINK, ShrinkHandler, submit_shrink
from appliance.services.sweep_ranks import SWEEP, SweepHandler, submit_sweep
from appliance.services.train_adapter import TRAIN, TrainingHandler, log_failure, submit_training

Parameters = dict[str, Any]
WATCH_POLL_S = 0.5
CALL_DEPTH = 2  # frames: `perform`, and the operation that hands its parameters on


class Appliance:
    """One home with everything that works on it."""

    def __init__(self, context: ServiceContext) -> None:
        self.context = context
        self.desk = ChatDesk(context)
        self.backups = BackupDesk(context)
        self.audit = AuditDesk(context)
        self.refused = RefusedRequests(context, context.clock)
        self.archives = ArchiveDesk(context, self.audit)
        handlers: dict[str, JobHandler] = {
            TRAIN: TrainingHandler(context),
            EVALUATE: EvaluationHandler(context),
            RANKS: RanksHandler(context),
            SHRINK: ShrinkHandler(context),
            SWEEP: SweepHandler(context),
        }
        self.runner = JobRunner(
            lambda: context.database,
            context.launcher,
            context.clock,
            handlers,
            log_failure=partial(log_failure, context),
            notices=context.notices,
        )
        self.serving = False
        self._recovery = Recovery(context)
        context.after_unseal.append(self._recover)
        context.before_seal += [self.runner.stop, self.desk.close, self.backups.close, self.archives.close]

    def run_queue(self, on_progress: Callable[[Job, FromWorker], None] | None = None) -> None:
        """Run what is queued, here and now (a command without a server)."""
        while self.runner.run_next(on_progress) is not None:
            pass

    def reseal_when_idle(self) -> bool:
        """Seal when the policy's idle time is over. Tells whether it did."""
        context = self.context
        if context.sealed:
            return False
        with context.database.begin() as connection:
            busy = bool(list_jobs(connection, states=ACTIVE))
        return home.reseal_when_idle(context, busy=busy)

    def close(self) -> None:
        """Say what the door refused, let the running job checkpoint, end the chat, forget the keys."""
        self.refused.close()
        self.context.seal()
        self.audit.close()
        self.context.log.close()

    def _recover(self) -> None:
        """Say in the log which actions a crash interrupted, put their jobs right, and go on with the queue."""
        self._recovery.run(self.runner.recover())
        if self.serving:
            self.audit.start()
            self.runner.start()
        self.runner.wake()


def _train(appliance: Appliance, caller: Caller, *, dataset_id: str, model_id: str, **choice: Any) -> Any:
    chosen = TrainingChoice(**choice)
    job = submit_training(appliance.context, caller, dataset_id=dataset_id, model_id=model_id, choice=chosen)
    appliance.runner.wake()
    return asdict(job)


def _plan(appliance: Appliance, caller: Caller, *, dataset_id: str, model_id: str, **choice: Any) -> Any:
    return show_plan(
        appliance.context, caller, dataset_id=dataset_id, model_id=model_id, choice=TrainingChoice(**choice)
    ).to_json()


def _evaluate(appliance: Appliance, caller: Caller, *, adapter_id: str) -> Any:
    job = submit_evaluation(appliance.context, caller, adapter_id=adapter_id)
    appliance.runner.wake()
    return asdict(job)


def _explain(appliance: Appliance, caller: Caller, *, adapter_id: str) -> Any:
    job = submit_explanation(appliance.context, caller, adapter_id=adapter_id)
    appliance.runner.wake()
    return asdict(job)


def _shrink(
    appliance: Appliance, caller: Caller, *, adapter_id: str, rank: int | None = None, share: float | None = None
) -> Any:
    job = submit_shrink(appliance.context, caller, adapter_id=adapter_id, rank=rank, share=share)
    appliance.runner.wake()
    return asdict(job)


def _sweep(
    appliance: Appliance, caller: Caller, *, dataset_id: str, model_id: str, ranks: list[int], **choice: Any
) -> Any:
    chosen = TrainingChoice(**choice)
    job = submit_sweep(appliance.context, caller, dataset_id=dataset_id, model_id=model_id, ranks=ranks, choice=chosen)
    appliance.runner.wake()
    return asdict(job)


def _resume(appliance: Appliance, caller: Caller, *, job_id: str, learning_rate: float | None = None) -> Any:
    job = resume_job(appliance.context, caller, job_id, learning_rate=learning_rate)
    appliance.runner.wake()
    return job


def _chat(appliance: Appliance, caller: Caller, *, adapter_id: str, prompt: str) -> Any:
    answers: dict[str, str] = {}
    messages = [{"role": "user", "content": prompt}]
    for piece in appliance.desk.ask(caller, adapter_id, messages):
        answers[piece.contender] = answers.get(piece.contender, "") + piece.text
    return answers


def _import_model(appliance: Appliance, caller: Caller, *, source: str | None = None, name: str = "") -> Any:
    return import_model(appliance.context, caller, source=Path(source) if source else None, name=name)


def _seal(appliance: Appliance, caller: Caller) -> Any:
    _verify_serving(appliance)
    return home.seal_vault(appliance.context, caller)


def _unseal(appliance: Appliance, caller: Caller, *, passphrase: str) -> Any:
    _verify_serving(appliance)
    return home.unseal_vault(appliance.context, caller, passphrase)


def _verify_serving(appliance: Appliance) -> None:
    if not appliance.serving:
        raise ConflictError("server.absent")


OPERATIONS: dict[str, Callable[..., Any]] = {
    "status": lambda a, c, /, **p: home.status(a.context, c, **p),
    "seal": _seal,
    "unseal": _unseal,
    "isolation.test": lambda a, c, /, **p: prove_isolation(a.context, c, **p),
    "key.list": lambda a, c, /, **p: manage_keys.list_slots(a.context, c, **p),
    "key.add": lambda a, c, /, **p: manage_keys.add_passphrase(a.context, c, **p),
    "key.credential": lambda a, c, /, **p: manage_keys.add_credential(a.context, c, **p),
    "key.recovery": lambda a, c, /, **p: manage_keys.add_recovery(a.context, c, **p),
    "key.remove": lambda a, c, /, **p: manage_keys.remove_slot(a.context, c, **p),
    "key.rotate": lambda a, c, /, **p: manage_keys.rotate_keys(a.context, c, **p),
    "key.rotate-log": lambda a, c, /, **p: manage_keys.rotate_log_key(a.context, c, **p),
    "user.add": lambda a, c, /, **p: accounts.add_user(a.context, c, **p),
    "user.list": lambda a, c, /, **p: accounts.all_users(a.context, c, **p),
    "model.import": _import_model,
    "model.list": lambda a, c, /, **p: list_models(a.context, c, **p),
    "model.show": lambda a, c, /, **p: show_model(a.context, c, **p),
    "dataset.import": lambda a, c, /, **p: import_dataset(a.context, c, **p),
    "dataset.list": lambda a, c, /, **p: list_datasets(a.context, c, **p),
    "dataset.show": lambda a, c, /, **p: show_dataset(a.context, c, **p),
    "dataset.preview": lambda a, c, /, **p: preview_upload(a.context, c, **p),
    "dataset.report": lambda a, c, /, **p: show_report(a.context, c, **p),
    "dataset.versions": lambda a, c, /, **p: lineage(a.context, c, **p),
    "dataset.revise": lambda a, c, /, **p: revise_dataset(a.context, c, **p),
    "dataset.renew-keys": lambda a, c, /, **p: renew_keys(a.context, c, **p),
    "dataset.describe": lambda a, c, /, **p: set_origin(a.context, c, **p),
    "dataset.hold": lambda a, c, /, **p: hold_dataset(a.context, c, **p),
    "dataset.release": lambda a, c, /, **p: release_dataset(a.context, c, **p),
    "person.find": lambda a, c, /, **p: find_person(a.context, c, **p),
    "person.erase": lambda a, c, /, **p: erase_person(a.context, c, **p),
    "dataset.shred": lambda a, c, /, **p: shred_dataset(a.context, c, **p),
    "dataset.certificate": lambda a, c, /, **p: show_certificate(a.context, c, **p),
    "backup.begin": lambda a, c, /, **p: a.backups.begin(c, **p),
    "backup.seal": lambda a, c, /, **p: a.backups.seal(c, **p),
    "backup.finish": lambda a, c, /, **p: a.backups.finish(c, **p),
    "backup.abort": lambda a, c, /, **p: a.backups.abort(c, **p),
    "train": _train,
    "train.plan": _plan,
    "model.parameters": lambda a, c, /, **p: show_parameters(a.context, c, **p),
    "evaluate": _evaluate,
    "sweep": _sweep,
    "rank.advise": lambda a, c, /, **p: advise_before(a.context, c, **p),
    "rank.explain": _explain,
    "rank.show": lambda a, c, /, **p: show_ranks(a.context, c, **p),
    "job.list": lambda a, c, /, **p: all_jobs(a.context, c, **p),
    "job.show": lambda a, c, /, **p: show_job(a.context, c, **p),
    "job.stop": lambda a, c, /, **p: stop_job(a.context, c, **p),
    "job.resume": _resume,
    "adapter.list": lambda a, c, /, **p: list_adapters(a.context, c, **p),
    "adapter.show": lambda a, c, /, **p: show_adapter(a.context, c, **p),
    "adapter.shrink": _shrink,
    "adapter.card": lambda a, c, /, **p: show_card(a.audit, c, **p),
    "adapter.answers": lambda a, c, /, **p: show_answers(a.context, c, **p),
    "chat": _chat,
    "audit.show": lambda a, c, /, **p: read_audit.show_audit(a.context, c, **p),
    "audit.search": lambda a, c, /, **p: search_audit(a.audit, c, **p),
    "audit.life": lambda a, c, /, **p: object_life(a.audit, c, **p),
    "audit.verify": lambda a, c, /, **p: read_audit.verify_audit(a.context, c, **p),
    "audit.checkpoint": lambda a, c, /, **p: read_audit.take_checkpoint(a.context, c, **p),
    "audit.prove": lambda a, c, /, **p: read_audit.prove_entry(a.context, c, **p),
    "audit.confirm": lambda a, c, /, **p: confirm(a.audit, c, **p),
    "audit.reviews": lambda a, c, /, **p: audit_overview(a.audit, c, **p)["reviews"],
    "audit.sign-off": lambda a, _c, /, **p: sign_off_as(a.audit, **p),
    "audit.export": lambda a, c, /, **p: export_audit.export_audit(a.context, c, **p),
    "audit.archive-plan": lambda a, c, /, **p: a.archives.plan(c, **p),
    "audit.archive-begin": lambda a, c, /, **p: a.archives.begin(c, **p),
    "audit.archive-finish": lambda a, c, /, **p: a.archives.finish(c, **p),
    "audit.archive-abort": lambda a, c, /, **p: a.archives.abort(c, **p),
    "audit.folder": lambda a, c, /, **p: export_audit.export_folder(a.context, c, **p),
}


def perform(appliance: Appliance, caller: Caller, name: str, parameters: Parameters) -> Any:
    """Do the operation `name`. Raises `InputError` for one there is not, or for parameters that it does not take."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise InputError("operation.unknown")
    try:
        return operation(appliance, caller, **parameters)
    except TypeError as error:
        # Raised by the call itself (of the operation, or of what it calls first): wrong parameters. Deeper down it is a
        # fault of ours.
        depth = sum(1 for _frame in traceback.walk_tb(error.__traceback__))
        if depth <= CALL_DEPTH:
            raise InputError("operation.parameters", name=name) from None
        raise


def wait_for_job(appliance: Appliance, caller: Caller, job_id: str) -> dict[str, Any]:
    """Block until the job has ended, and return it."""
    while True:
        job = show_job(appliance.context, caller, job_id)
        if JobState(job["state"]) in ENDED:
            return job
        time.sleep(WATCH_POLL_S)
