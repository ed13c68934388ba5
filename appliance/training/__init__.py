"""Training: methods behind one protocol, batches, the loop, sealed checkpoints.

Our own loop: see ops/decisions/0002.
"""
