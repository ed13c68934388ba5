"""The loss of a model as it is loaded for chat and evaluation: one example after the other, no tricks of the training
loop.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn import functional

from appliance.training.examples import TokenizedExample


@torch.no_grad()
def mean_loss(
    causal: Any, examples: Sequence[TokenizedExample], should_stop: Callable[[], bool] = lambda: False
) -> float | None:
    """Return -log p (nats), averaged over the tokens that count; None when `should_stop` turned true before the end."""
    was_training = causal.training
    causal.eval()
    try:
        total, count = 0.0, 0
        for example in examples:
            if should_stop():
                return None
            predicting = [place - 1 for place in range(1, len(example.input_ids)) if example.loss_mask[place]]
            ids = torch.tensor([example.input_ids], device=causal.device)
            keep = torch.tensor(predicting, device=causal.device)
            logits = causal(input_ids=ids, use_cache=False, logits_to_keep=keep).logits[0]
            wide = logits if logits.dtype == torch.float64 else logits.float()
            total += float(functional.cross_entropy(wide, ids[0, keep + 1], reduction="sum"))
            count += len(predicting)
        return total / count
    finally:
        causal.train(was_training)
