"""Jobs: state machine, queue, typed messages, the sandbox and the launcher of workers."""
