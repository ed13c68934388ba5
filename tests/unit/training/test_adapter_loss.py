"""The loss of a served model is the loss that training measures."""

import pytest
import torch
from tiny_llama import make_examples
from torch.nn import functional

from appliance.training.adapter_loss import mean_loss


def test_it_is_the_mean_over_the_learned_tokens(adapted):
    """As in a naive loop over all logits, in float64, with several turns."""
    loaded = adapted()
    examples = make_examples(7)
    total, count = 0.0, 0
    with torch.no_grad():
        for example in examples:
            ids = torch.tensor([example.input_ids])
            logits = loaded.causal(input_ids=ids).logits[0]
            losses = functional.cross_entropy(logits[:-1], ids[0, 1:], reduction="none")
            mask = torch.tensor(example.loss_mask[1:])
            total, count = total + float(losses[mask].sum()), count + int(mask.sum())
    assert mean_loss(loaded.causal, examples) == pytest.approx(total / count, rel=1e-12)


def test_it_leaves_the_model_unchanged_and_can_be_stopped(adapted):
    loaded = adapted()
    loaded.causal.train()
    assert mean_loss(loaded.causal, make_examples(3), lambda: True) is None
    assert mean_loss(loaded.causal, make_examples(3)) is not None
    assert loaded.causal.training
