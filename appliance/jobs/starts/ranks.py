"""Look at an adapter's rank."""

from typing import Literal

from appliance.jobs.access import AdapterAccess, JobAccess, StartMessage


class RanksStart(StartMessage):
    """Find the singular values of an adapter's update, and seal them into `job_folder`."""

    type: Literal["ranks"] = "ranks"
    job: JobAccess
    adapter: AdapterAccess
