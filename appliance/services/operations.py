"""The appliance as one object, and its operations by name: what a command does, whether the server runs it or the command itself."""

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from appliance.audit import Actor, ObjectRef, Outcome
from appliance.foundation.errors import ConflictError, InputError
from appliance.jobs.messages import FromWorker
from appliance.jobs.runner import JobHandler, JobRunner
from appliance.jobs.states import ENDED, Job, JobState
from appliance.services import accounts, home, read_audit
from appliance.services.chat import ChatDesk
from appliance.services.context import APPLIANCE, Caller, ServiceContext
from appliance.services.evaluate_adapter import (
    EVALUATE,
    EvaluationHandler,
    describe_adapter,
    list_adapters,
    show_answers,
    submit_evaluation,
)
from appliance.services.import_dataset import import_dataset, list_datasets, show_dataset
from appliance.services.import_model import describe_model, import_model, list_models
from appliance.services.jobs import all_jobs, resume_job, show_job, stop_job
from appliance.services.prove_isolation import prove_isolation
from appliance.services.train_adapter import TRAIN, TrainingChoice, TrainingHandler, submit_training

Parameters = dict[str, Any]
WATCH_POLL_S = 0.5


class Appliance:
    """One home with everything that works on it."""

    def __init__(self, context: ServiceContext) -> None:
        self.context = context
        self.desk = ChatDesk(context)
        handlers: dict[str, JobHandler] = {TRAIN: TrainingHandler(context), EVALUATE: EvaluationHandler(context)}
        self.runner = JobRunner(lambda: context.database, context.launcher, context.clock, handlers)
        self.serving = False
        context.after_unseal.append(self._recover)
        context.before_seal.append(self.desk.close)

    def run_queue(self, on_progress: Callable[[Job, FromWorker], None] | None = None) -> None:
        """Run what is queued, here and now (a command without a server)."""
        while self.runner.run_next(on_progress) is not None:
            pass

    def close(self) -> None:
        """Let the running job checkpoint, end the chat, forget the keys."""
        self.runner.stop()
        self.desk.close()
        self.context.seal()
        self.context.log.close()

    def _recover(self) -> None:
        """Say in the log which actions a crash interrupted, and put their jobs right."""
        log = self.context.log
        jobs = self.runner.recover()
        for entry in log.unfinished():
            if entry["action"] == "vault.unseal":
                continue  # The one that is going on now, logged by itself.
            actor, target = entry["actor"], entry["object"]
            log.append(
                Actor(actor["id"], actor["role"], actor.get("session", "")),
                entry["action"],
                ObjectRef(target["kind"], target["id"], target.get("digest", "")),
                Outcome.FAILED,
                reason="interrupted",
                request=entry["request"],
            )
        for job in jobs:
            log.append(APPLIANCE, "job.recover", ObjectRef("job", job.id), Outcome.SUCCEEDED, details={"state": str(job.state)})
        self.runner.wake()


def _train(appliance: Appliance, caller: Caller, parameters: Parameters) -> Any:
    dataset_id, model_id = parameters.pop("dataset_id"), parameters.pop("model_id")
    job = submit_training(appliance.context, caller, dataset_id=dataset_id, model_id=model_id, choice=TrainingChoice(**parameters))
    appliance.runner.wake()
    return asdict(job)


def _evaluate(appliance: Appliance, caller: Caller, parameters: Parameters) -> Any:
    job = submit_evaluation(appliance.context, caller, **parameters)
    appliance.runner.wake()
    return asdict(job)


def _resume(appliance: Appliance, caller: Caller, parameters: Parameters) -> Any:
    job = resume_job(appliance.context, caller, **parameters)
    appliance.runner.wake()
    return job


def _chat(appliance: Appliance, caller: Caller, parameters: Parameters) -> Any:
    answers: dict[str, str] = {}
    messages = [{"role": "user", "content": str(parameters["prompt"])}]
    for piece in appliance.desk.ask(caller, str(parameters["adapter_id"]), messages):
        answers[piece.contender] = answers.get(piece.contender, "") + piece.text
    return answers


def _import_model(appliance: Appliance, caller: Caller, parameters: Parameters) -> Any:
    source = parameters.get("source")
    return import_model(appliance.context, caller, source=Path(source) if source else None, name=parameters.get("name", ""))


def _needs_server(_appliance: Appliance, _caller: Caller, _parameters: Parameters) -> Any:
    raise ConflictError("This needs a running server. Start one with `appliance serve`.", code="server.absent")


def _seal(appliance: Appliance, caller: Caller, _parameters: Parameters) -> Any:
    if not appliance.serving:
        return _needs_server(appliance, caller, {})
    return home.seal_vault(appliance.context, caller)


def _unseal(appliance: Appliance, caller: Caller, parameters: Parameters) -> Any:
    if not appliance.serving:
        return _needs_server(appliance, caller, {})
    return home.unseal_vault(appliance.context, caller, parameters["passphrase"])


OPERATIONS: dict[str, Callable[[Appliance, Caller, Parameters], Any]] = {
    "status": lambda a, c, p: home.status(a.context, c, **p),
    "seal": _seal,
    "unseal": _unseal,
    "isolation.test": lambda a, c, p: prove_isolation(a.context, c, **p),
    "user.add": lambda a, c, p: accounts.add_user(a.context, c, **p),
    "user.list": lambda a, c, p: accounts.all_users(a.context, c, **p),
    "model.import": _import_model,
    "model.list": lambda a, c, p: list_models(a.context, c, **p),
    "model.show": lambda a, _c, p: describe_model(a.context, **p),
    "dataset.import": lambda a, c, p: import_dataset(a.context, c, **p),
    "dataset.list": lambda a, c, p: list_datasets(a.context, c, **p),
    "dataset.show": lambda a, c, p: show_dataset(a.context, c, **p),
    "train": _train,
    "evaluate": _evaluate,
    "job.list": lambda a, c, p: all_jobs(a.context, c, **p),
    "job.show": lambda a, c, p: show_job(a.context, c, **p),
    "job.stop": lambda a, c, p: stop_job(a.context, c, **p),
    "job.resume": _resume,
    "adapter.list": lambda a, c, p: list_adapters(a.context, c, **p),
    "adapter.show": lambda a, _c, p: describe_adapter(a.context, **p),
    "adapter.answers": lambda a, c, p: show_answers(a.context, c, **p),
    "chat": _chat,
    "audit.show": lambda a, c, p: read_audit.show_audit(a.context, c, **p),
    "audit.verify": lambda a, c, p: read_audit.verify_audit(a.context, c, **p),
    "audit.export": lambda a, c, p: read_audit.export_audit(a.context, c, **p),
}


def perform(appliance: Appliance, caller: Caller, name: str, parameters: Parameters) -> Any:
    """Do the operation `name`. Raises `InputError` for one there is not, or for parameters that it does not take."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise InputError("There is no such operation.", code="operation.unknown")
    try:
        return operation(appliance, caller, dict(parameters))
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is not None and error.__traceback__.tb_next.tb_next is None:
            raise InputError(f"The operation {name} does not take these parameters.", code="operation.parameters") from None
        raise


def wait_for_job(appliance: Appliance, caller: Caller, job_id: str) -> dict[str, Any]:
    """Block until the job has ended, and return it."""
    while True:
        job = show_job(appliance.context, caller, job_id)
        if JobState(job["state"]) in ENDED:
            return job
        time.sleep(WATCH_POLL_S)
