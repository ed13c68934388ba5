"""The compute plane: one process a job, started by module name in a sandbox, never imported by the control plane."""
