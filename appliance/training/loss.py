"""The loss of a pass: cross-entropy of the tokens to be learned, with logits at those places only."""

from typing import Any

import torch
from torch.nn import functional

from appliance.training.packed_passes import PackedPass, additive_mask


def summed_loss(model: Any, packed: PackedPass) -> torch.Tensor:
    """Return the sum, not the mean, of -log p over `packed.targets`, so that a batch's passes add up. `model`: a causal language model."""
    device = model.device
    attention = None if packed.allowed is None else additive_mask(packed.allowed.to(device), model.dtype)
    logits = model(
        input_ids=packed.input_ids.to(device),
        position_ids=packed.position_ids.to(device),
        attention_mask=attention,
        use_cache=False,
        logits_to_keep=packed.predicting.to(device),
    ).logits[0]
    targets = packed.targets.to(device)
    wide = logits if logits.dtype == torch.float64 else logits.float()
    return functional.cross_entropy(wide, targets, reduction="sum")
