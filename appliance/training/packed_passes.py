"""Pack a batch into passes: the shared beginning once, no padding, and only completions for the head.

The examples of an assistant's training set all begin with the same system prompt and template. A pass is one sequence:
that beginning, then the rest of each example, one after another. Each token sees the beginning and its own example (see
`attention`), and each example's positions go on from the beginning. So the model computes exactly what it would compute
for each example alone (attention is the only place where tokens meet), the gradients are equal but for rounding, and
hardly anything is computed twice or for padding.

    positions   0 1 2 | 3 4 5 | 3 4        what the second example's last token sees:   1 1 1 | 0 0 0 | 1 1
                shared  first   second

The shared beginning ends before the first token that any example learns, because each example needs its own prediction
there.

A batch is split into passes of about `pass_tokens`, which bounds the memory of the activations; the gradients of the
passes add up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import torch

from appliance.planning import passes
from appliance.training.examples import TokenizedExample

PASS_TOKENS = passes.PASS_TOKENS[0]  # the default, without a plan
MIN_SHARED = 4


@dataclass(frozen=True)
class PackedPass:
    """One forward pass: tensors for the model, and what it must predict.

    input_ids, position_ids: (1, tokens), `shared` tokens of beginning, then the rests of `examples`, of `lengths`.
    predicting: the rows whose outputs predict `targets` (both of the same length).
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    shared: int
    examples: tuple[TokenizedExample, ...]
    predicting: torch.Tensor
    targets: torch.Tensor

    @property
    def lengths(self) -> tuple[int, ...]:
        """How many tokens each example has after the shared beginning."""
        return tuple(len(example.input_ids) - self.shared for example in self.examples)


def shared_beginning(examples: Sequence[TokenizedExample]) -> int:
    """Return how many tokens all examples begin with and can compute once; 0 when too few to be worth it."""
    if len(examples) < 2:
        return 0
    limit = min(example.first_learned for example in examples) - 1
    low, high = (select(example.input_ids for example in examples) for select in (min, max))
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(low, high, strict=False)))
    shared = min(limit, same)
    return shared if shared >= MIN_SHARED else 0


def packed_passes(
    examples: Sequence[TokenizedExample], *, shared: int, pass_tokens: int = PASS_TOKENS
) -> Iterator[PackedPass]:
    """Yield the passes of one batch. `shared`: of the whole dataset (`shared_beginning`)."""
    for group in _groups(examples, shared, pass_tokens):
        yield _pass(group, shared)


def _groups(examples: Sequence[TokenizedExample], shared: int, pass_tokens: int) -> list[list[TokenizedExample]]:
    """Split a batch evenly, into no more passes than needed."""
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


def _pass(examples: Sequence[TokenizedExample], shared: int) -> PackedPass:
    ids, positions = list(examples[0].input_ids[:shared]), list(range(shared))
    predicting: list[int] = []
    targets: list[int] = []
    for example in examples:
        offset = len(ids) - shared
        ids += example.input_ids[shared:]
        positions += range(shared, len(example.input_ids))
        learned = [place for place in range(1, len(example.input_ids)) if example.loss_mask[place]]
        predicting += [place - 1 + offset for place in learned]
        targets += [example.input_ids[place] for place in learned]
    return PackedPass(
        input_ids=torch.tensor([ids]),
        position_ids=torch.tensor([positions]),
        shared=shared,
        examples=tuple(examples),
        predicting=torch.tensor(predicting),
        targets=torch.tensor(targets),
    )
