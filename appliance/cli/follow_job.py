"""Print a job that a command has put into the queue, or follow it to its end."""

from typing import Any

from appliance.cli.client import Client
from appliance.cli.frame import Options
from appliance.foundation.errors import WorkerError


def watch_job(options: Options, client: Client, job: dict[str, Any], title: str) -> dict[str, Any]:
    """Show a progress bar until the job has ended, and return it."""
    with options.printer.progress() as progress:
        task = progress.add_task(title, total=None)

        def show(body: dict[str, Any]) -> None:
            loss = body["figures"].get("loss")
            text = f"{title} (loss {loss:.3f})" if loss is not None else title
            progress.update(task, completed=body["step"], total=body["steps"], description=text)

        return client.watch(job["id"], show)


def verify_succeeded(ended: dict[str, Any]) -> None:
    """Raise `WorkerError` when the job failed."""
    if ended["state"] == "failed":
        raise WorkerError("job.failed", identifier=ended["id"], reason=ended["reason"])


def follow_job(options: Options, client: Client, job: dict[str, Any], title: str, *, wait: bool) -> None:
    """Print the job at once, or with a progress bar when it has ended.

    Raises `WorkerError` when it failed, after its JSON.
    """
    if not wait:
        options.printer.result(job, f"The job {job['id']} is queued. `appliance job watch {job['id']}` follows it.")
        return
    ended = watch_job(options, client, job, title)
    result = {"job": ended["id"], "state": ended["state"], "reason": ended["reason"], **ended["result"]}
    if options.printer.as_json or ended["state"] != "failed":
        options.printer.result(
            result, ended["result"].get("sentence") or f"The job is {ended['state']}. {ended['reason']}"
        )
    verify_succeeded(ended)
