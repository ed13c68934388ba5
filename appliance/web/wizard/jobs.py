"""The jobs that work on the chosen adapter."""

import gradio as gr

from appliance.foundation.errors import InputError
from appliance.jobs.states import ACTIVE, JobState
from appliance.services.context import Caller, ServiceContext
from appliance.services.jobs.control import WatchedJob, all_jobs, show_job, stop_job
from appliance.services.policy_view import may_do
from appliance.web.page.layout import button


def chosen_adapter(adapter_id: str | None) -> str:
    """Return the id of the adapter that somebody chose. Raises `InputError` when there is none."""
    if not adapter_id:
        raise InputError("input:choose-model")
    return adapter_id


def latest_job(context: ServiceContext, caller: Caller, kind: str, adapter_id: str) -> WatchedJob | None:
    """Return the newest job of a kind that works on an adapter."""
    jobs = (job for job in reversed(all_jobs(context, caller)) if job.kind == kind)
    found = next((job for job in jobs if job.spec.get("adapter_id") == adapter_id), None)
    return show_job(context, caller, job_id=found.id) if found is not None else None


def stop_button(context: ServiceContext, caller: Caller, watched: WatchedJob | None, label: str) -> gr.Button:
    """Return the button that stops a job: there while the job runs or waits, and dead once it was pressed."""
    if watched is None or watched.job.state not in ACTIVE or not may_do(context, caller, stop_job, watched.job.id):
        return gr.Button(visible=False)
    return button(label, visible=True, interactive=watched.job.state is not JobState.STOPPING)
