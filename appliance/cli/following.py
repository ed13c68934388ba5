"""Follow a job to its end, or say how to."""

from typing import Any

from appliance.cli.client import Client
from appliance.cli.frame import Options
from appliance.foundation.errors import WorkerError


def follow(options: Options, client: Client, job: dict[str, Any], title: str, *, wait: bool) -> None:
    """Print the job at once, or with a progress bar when it has ended. Raises `WorkerError` when it failed, after its JSON."""
    if not wait:
        options.printer.result(job, f"The job {job['id']} is queued. `appliance job watch {job['id']}` follows it.")
        return
    with options.printer.progress() as progress:
        task = progress.add_task(title, total=None)

        def show(body: dict[str, Any]) -> None:
            loss = body["figures"].get("loss")
            text = f"{title} (loss {loss:.3f})" if loss is not None else title
            progress.update(task, completed=body["step"], total=body["steps"], description=text)

        ended = client.watch(job["id"], show)
    ended.pop("progress", None)
    result = {"job": ended["id"], "state": ended["state"], "reason": ended["reason"], **ended["result"]}
    failed = ended["state"] == "failed"
    if options.printer.as_json or not failed:
        options.printer.result(result, ended["result"].get("sentence") or f"The job is {ended['state']}. {ended['reason']}")
    if failed:
        raise WorkerError(f"The job {ended['id']} failed. {ended['reason']}", code="job.failed")
