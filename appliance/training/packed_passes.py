"""A batch as packed passes: what the examples share is computed once, nothing is padded, and the head sees completions only.

Training sets of assistants begin every example with the same system prompt and template. A pass is one sequence: that beginning, then the
rest of each example, one after another. A mask lets every token see the beginning and its own example, nothing else; positions
go on from the beginning for each. So the model computes exactly what it would compute for each example alone (attention is the only
place where tokens meet), the gradients are equal but for rounding, and next to nothing is computed twice or for padding.

    positions   0 1 2 | 3 4 5 | 3 4        mask of the second example's last token:   1 1 1 | 0 0 0 | 1 1
                shared  first   second

The shared beginning ends before the first token that any example learns from, because each example needs its own prediction there.

Attention costs the square of a pass's length, so a batch is split into passes of about `PASS_TOKENS`; the gradients of its passes add up.
A model whose tokens meet elsewhere (a sliding window shorter than the example, state-space layers) gets one example a pass, unmasked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import torch

from appliance.training.examples import TokenizedExample

PASS_TOKENS = 512  # measured: at 135 M parameters the masked attention costs a fifth of the step there
MIN_SHARED = 4


@dataclass(frozen=True)
class PackedPass:
    """One forward pass: tensors for the model, and what it must predict.

    input_ids, position_ids: (1, length). allowed: (length, length) of bool, or None for plain causal. predicting: positions whose
    output predicts `targets` (both of one length). tokens: of the examples, shared ones counted each time, as without packing.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    allowed: torch.Tensor | None
    predicting: torch.Tensor
    targets: torch.Tensor
    tokens: int


def shared_beginning(examples: Sequence[TokenizedExample]) -> int:
    """Return how many tokens all examples begin with and may compute once; 0 when too few to be worth it."""
    if len(examples) < 2:
        return 0
    limit = min(example.first_learned for example in examples) - 1
    low, high = (select(example.input_ids for example in examples) for select in (min, max))
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(low, high, strict=False)))
    shared = min(limit, same)
    return shared if shared >= MIN_SHARED else 0


def can_pack(config: Any, longest: int) -> bool:
    """Tell whether tokens of a model with this configuration meet in full attention only, for examples up to `longest` tokens."""
    window = getattr(config, "sliding_window", None)
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    if kinds == {"full_attention"} and not window:
        return True
    return kinds <= {"full_attention", "sliding_attention"} and window is not None and int(window) >= longest


def packed_passes(
    examples: Sequence[TokenizedExample], *, shared: int, pass_tokens: int = PASS_TOKENS, pack: bool = True
) -> Iterator[PackedPass]:
    """Yield the passes of one batch. `shared` is what `shared_beginning` returned for the whole data set."""
    if not pack:
        for example in examples:
            yield _pass([example], 0, plain=True)
        return
    for group in _groups(examples, shared, pass_tokens):
        yield _pass(group, shared if len(group) > 1 else 0, plain=len(group) == 1)


def additive_mask(allowed: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return the mask as transformers takes it: (1, 1, length, length), 0 where allowed, the type's lowest value elsewhere."""
    mask = torch.zeros(allowed.shape, dtype=dtype, device=allowed.device)
    return mask.masked_fill_(~allowed, torch.finfo(dtype).min)[None, None]


def _groups(examples: Sequence[TokenizedExample], shared: int, pass_tokens: int) -> list[list[TokenizedExample]]:
    """Split a batch evenly: no more passes than needed, and passes of like length."""
    rests = [len(example.input_ids) - shared for example in examples]
    room = max(pass_tokens - shared, pass_tokens // 2, 1)
    count = min(len(examples), -(-sum(rests) // room))
    groups: list[list[TokenizedExample]] = [[] for _ in range(count)]
    filled = [0] * count
    for index in sorted(range(len(examples)), key=lambda index: -rests[index]):
        target = filled.index(min(filled))
        groups[target].append(examples[index])
        filled[target] += rests[index]
    return groups


def _pass(examples: Sequence[TokenizedExample], shared: int, *, plain: bool) -> PackedPass:
    ids, positions = list(examples[0].input_ids[:shared]), list(range(shared))
    owners = [-1] * shared
    predicting: list[int] = []
    targets: list[int] = []
    for number, example in enumerate(examples):
        offset = len(ids) - shared
        ids += example.input_ids[shared:]
        positions += range(shared, len(example.input_ids))
        owners += [number] * (len(example.input_ids) - shared)
        learned = [place for place in range(1, len(example.input_ids)) if example.loss_mask[place]]
        predicting += [place - 1 + offset for place in learned]
        targets += [example.input_ids[place] for place in learned]
    allowed = None
    if not plain:
        owner, place = torch.tensor(owners), torch.arange(len(ids))
        allowed = ((owner[None, :] == owner[:, None]) | (owner[None, :] == -1)) & (place[None, :] <= place[:, None])
    return PackedPass(
        input_ids=torch.tensor([ids]),
        position_ids=torch.tensor([positions]),
        allowed=allowed,
        predicting=torch.tensor(predicting),
        targets=torch.tensor(targets),
        tokens=sum(len(example.input_ids) for example in examples),
    )
