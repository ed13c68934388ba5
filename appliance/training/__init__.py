"""Train models: methods behind one protocol, batches, our own loop (ops/decisions/0002), sealed checkpoints."""
