"""Measure the loss of a model as it is loaded for chat and evaluation: example by example, without the fast path."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn import functional

from appliance.training.examples import TokenizedExample


@torch.no_grad()
def mean_loss(
    causal: Any, examples: Sequence[TokenizedExample], should_stop: Callable[[], bool] = lambda: False
) -> float | None:
    """Return -log p (nats), averaged over the learned tokens; None when `should_stop` became true before the end."""
    was_training = causal.training
    causal.eval()
    try:
        total, count = 0.0, 0
        for example in examples:
            if should_stop():
                return None
            learned = [place for place in range(1, len(example.input_ids)) if example.loss_mask[place]]
            input_ids = torch.tensor([example.input_ids], device=causal.device)
            targets = torch.tensor(learned, device=causal.device)
            logits = causal(input_ids=input_ids, use_cache=False, logits_to_keep=targets - 1).logits[0]
            wide = logits if logits.dtype == torch.float64 else logits.float()
            total += float(functional.cross_entropy(wide, input_ids[0, targets], reduction="sum"))
            count += len(learned)
        return total / count
    finally:
        causal.train(was_training)
