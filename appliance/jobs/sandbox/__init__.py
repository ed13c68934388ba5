"""The walls around workers and the server: seccomp, Landlock, namespaces, limits (SECURITY.md, Controls).

No flag turns them off.
"""

from appliance.jobs.sandbox.confine import WorkerSandbox, confine_server, confine_worker, worker_environment
from appliance.jobs.sandbox.controls import ALL_CONTROLS, Control
from appliance.jobs.sandbox.limits import DEFAULT_PROCESSES, count_own_threads, protect_memory
from appliance.jobs.sandbox.namespaces import enter_namespaces
