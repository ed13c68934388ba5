"""Base models, jobs, adapters and accounts."""

from pathlib import Path
from typing import Any

from appliance.cli.client import within_reach
from appliance.cli.command_table import Session, arg, command, deed, listing, named, opt, state_sentence
from appliance.cli.new_file import NewFile, keep
from appliance.foundation.errors import InputError
from appliance.foundation.messages import message
from appliance.foundation.roles import ACCOUNT_ROLES, FIRST_ROLE
from appliance.reports import run_report

WAIT = opt("wait", bool, True)
ADAPTER = opt("adapter", required=True)


listing("model list", "model.list", "id name parameters licence")
listing("adapter list", "adapter.list", "id name method rank state")
listing("job list", "job.list", "id kind about state reason")
listing("user list", "user.list", "id name role")
deed("job stop", "job.stop", arg("job"), examples=("jb_4f2a",))
deed(
    "user add",
    "user.add",
    arg("name", help=message("option-user")),
    opt("role", default=FIRST_ROLE, choices=ACCOUNT_ROLES),
    examples=("bela", "cara --role auditor"),
)


@command(
    "model import",
    arg("path", Path, required=False),
    opt("starter", bool),
    opt("name"),
    examples=("--starter", "models/Qwen3-0.6B --name qwen"),
)
def _import_model(session: Session, *, path: Path | None, starter: bool, name: str) -> None:
    if starter == (path is not None):
        raise InputError("model.which")
    if path is None:
        model = session.perform("model.import", source=None, name=name)
    else:
        source = path.resolve()
        client = session.connect(read=(source,))
        with within_reach(client, session.settings.home, source) as place:
            model = client.perform("model.import", source=str(place), name=name or source.name)
    session.result(model, message("done-model-import", **named(model, "name", "id", "parameters")))


@command("model show", arg("model"), examples=("SmolLM2", "md_5e1c"))
def _show_model(session: Session, *, model: str) -> None:
    found = session.perform("model.show", model_id=model)
    told = message("model-shown", **named(found, "id", "name", "architecture", "parameters", "licence"))
    files = found["manifest"]["files"]
    session.result(found, told, *(f"  {files[name]}  {name}" for name in sorted(files)))


@command("job show", arg("job"), examples=("jb_4f2a",))
def _show_job(session: Session, *, job: str) -> None:
    found = session.perform("job.show", job_id=job)
    last = found["progress"][-1]["body"] if found["progress"] else None
    step = [message("job-step", step=last["step"], steps=last["steps"])] if last else []
    session.result(found, state_sentence(found), *step)


@command("job watch", arg("job"), examples=("jb_4f2a",))
def _watch_job(session: Session, *, job: str) -> None:
    session.follow(session.perform("job.show", job_id=job), "progress-job", wait=True)


@command(
    "job resume", arg("job"), opt("learning_rate", float), WAIT, examples=("jb_4f2a", "jb_4f2a --learning-rate 1e-4")
)
def _resume_job(session: Session, *, job: str, learning_rate: float | None, wait: bool) -> None:
    resumed = session.perform("job.resume", job_id=job, learning_rate=learning_rate)
    session.follow(resumed, "progress-job", wait=wait)


@command("evaluate", ADAPTER, WAIT, examples=("--adapter staff", "--adapter ad_77 --no-wait"))
def _evaluate(session: Session, *, adapter: str, wait: bool) -> None:
    session.follow(session.perform("evaluate", adapter_id=adapter), "progress-evaluate", wait=wait)


@command("adapter show", arg("adapter"), opt("answers", bool), examples=("staff", "ad_77 --answers"))
def _show_adapter(session: Session, *, adapter: str, answers: bool) -> None:
    found = session.perform("adapter.show", adapter_id=adapter)
    report = run_report(found, session.perform("job.show", job_id=found["job_id"]))
    if answers:
        found["answers"] = session.perform("adapter.answers", adapter_id=found["id"])
        report = "\n\n".join([report, *map(_answer, found["answers"])])
    session.result({**found, "report": report}, report)


def _answer(row: dict[str, Any]) -> str:
    return str(message("answer", **named(row, "question", "reference", "original", "tuned")))


@command("adapter card", arg("adapter"), opt("out", Path), examples=("staff", "staff --out card.md"))
def _show_card(session: Session, *, adapter: str, out: Path | None) -> None:
    with NewFile(out) as file:
        found = session.perform("adapter.card", adapter_id=adapter)
        keep(file, found["card"])
    session.result(found, found["card"] if out is None else message("done-adapter-card", out=str(out)))


@command(
    "adapter shrink",
    arg("adapter"),
    opt("rank", int),
    opt("keep", float),
    WAIT,
    examples=("staff --rank 4", "staff --keep 95"),
)
def _shrink_adapter(session: Session, *, adapter: str, rank: int | None, keep: float | None, wait: bool) -> None:
    share = None if keep is None else keep / 100
    job = session.perform("adapter.shrink", adapter_id=adapter, rank=rank, share=share)
    session.follow(job, "progress-shrink", wait=wait)
