"""The loss of a batch, exactly: completions only, the head on their positions only, the shared prefix computed once.

The prefix (the same tokens at the head of every example) goes through the model as one row; its keys and values are repeated over the
batch, and autograd sums what flows back. The result equals that of running every example whole (tests compare gradients).
"""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from appliance.training.examples import TokenizedExample


def batch_loss(causal: Any, batch: Sequence[TokenizedExample], *, prefix: int = 0) -> tuple[torch.Tensor, int]:
    """Return the summed cross-entropy (a scalar, fp32 or better) and the number of learned tokens.

    `causal` is a causal language model with `.model` (body: hidden states) and `.lm_head`. `prefix` tokens are shared by the whole batch.
    """
    device = causal.lm_head.weight.device
    rows = [example.input_ids[prefix:] for example in batch]
    width = max(len(row) for row in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    present = torch.zeros(len(rows), width, dtype=torch.long)
    learned = torch.zeros(len(rows), width, dtype=torch.bool)
    for index, example in enumerate(batch):
        length = len(rows[index])
        ids[index, :length] = torch.tensor(rows[index])
        present[index, :length] = 1
        learned[index, :length] = torch.tensor(example.loss_mask[prefix:])
    ids, present, learned = ids.to(device), present.to(device), learned.to(device)
    cache = None
    if prefix:
        cache = DynamicCache(config=causal.config)
        head = torch.tensor([batch[0].input_ids[:prefix]], device=device)
        causal.model(input_ids=head, past_key_values=cache, use_cache=True)
        cache.batch_repeat_interleave(len(rows))
        present = torch.cat([torch.ones(len(rows), prefix, dtype=torch.long, device=device), present], dim=1)
    hidden = causal.model(input_ids=ids, attention_mask=present, past_key_values=cache, use_cache=cache is not None).last_hidden_state
    targets = learned[:, 1:]
    logits = causal.lm_head(hidden[:, :-1][targets])
    wide = logits if logits.dtype is torch.float64 else logits.float()
    total = torch.nn.functional.cross_entropy(wide, ids[:, 1:][targets], reduction="sum")
    return total, int(targets.sum())
