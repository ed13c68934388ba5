# States
state-queued = waiting
state-running = running
state-stopping = stopping
state-stopped = stopped
state-failed = failed
state-succeeded = finished

# Jobs
not-found-job = There is no such job. `appliance job list` shows the jobs.
job-state = The job is { $state } and cannot become { $target }.
job-kind = This version of the appliance cannot run jobs of the kind { $kind }.
job-stopped = Stopped.
job-goes-on = The appliance was stopped. This job continues from its last checkpoint when the appliance is running again.
job-interrupted = The appliance stopped while this job was running. It continues from its last checkpoint.
fault = The job failed because of a fault in the appliance ({ $kind }).

# Workers
worker-stop = The worker did not stop when asked to and was killed. The last checkpoint is kept.
worker-died-unfinished = The worker closed its channel without finishing and was killed.
worker-died-killed = The worker was killed from outside (signal 9), as the system does when memory runs out. The last checkpoint is kept, and the job can be resumed.
worker-died-crashed = The worker crashed (signal { $number }: { $name }). The last checkpoint is kept, and the job can be resumed.
worker-died-ended = The worker ended without finishing (exit status { $status }). The last checkpoint is kept, and the job can be resumed.
worker-message = The worker sent a message that was too long and was killed.
worker-message-outgoing = A message of { NUMBER($line) } bytes is over the limit of { NUMBER($max_message_bytes) }.
worker-message-version = A message could not be read (field: version).
worker-message-fields = A message could not be read (fields: { $value }).

# Isolation
isolation-unproven = The isolation of workers has not been proven, so none is started.
isolation-worker-kind = There is no worker of the kind { $kind }.
isolation-worker-start = The worker ended before it was isolated.
isolation-outside-home = The launcher was asked to give a worker access to a path outside the home, and refused.
isolation-whole-home = The launcher was asked to give a worker access to the whole home, and refused.
isolation-launcher = The launcher, which starts workers, has ended. Restart the appliance.
isolation-launcher-incomplete = The launcher's answer was incomplete.
isolation-launcher-fault = The launcher failed ({ $fault }).
isolation-server-threads = The server already runs { $threads } threads, which the restrictions would not reach. Restrict it before starting any.
isolation-server-home = The server was given no folder to write to. It needs its home.
isolation-worker-limit = The kernel refused a limit for the worker ({ $error }).
isolation-server-limit = The kernel refused a limit for the server ({ $error }).
isolation-no-landlock = This kernel has no Landlock, which restricts access to files. Use Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK and landlock in the lsm= list.
isolation-landlock = The kernel refused the Landlock rules ({ $error }).
isolation-libseccomp = The installed libseccomp does not know the system call { $name }, so it cannot refuse it. Install libseccomp 2.5.4 or newer.
isolation-seccomp = The kernel refused the seccomp filter ({ $strerror }). It must be built with CONFIG_SECCOMP_FILTER.
isolation-dumpable = The kernel still lets other processes read this process's memory after PR_SET_DUMPABLE.
isolation-memory = The process's memory could not be protected ({ $error }).
isolation-not-held = The isolation failed: { $got_through } got through. Nothing is started.
isolation-probe-target = The process that the self-test tries to reach has ended.
isolation-probe-files = The self-test could not open the files it uses: { $refused }
isolation-probe-ended = The probing worker ended at the probe { $name } (exit status { $status }).
isolation-probe-answer = The probing worker did not answer to { $name } ({ $error }).
isolation-probe-nothing = The self-test of the { $side } could not try anything on this machine, so it proves nothing.
