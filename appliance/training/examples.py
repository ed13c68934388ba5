"""Tokenised examples, and the prefix that all of them share."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TokenizedExample:
    """One conversation as tokens. `loss_mask[i]` says that token i is to be learned: it is predicted from what stands before it."""

    input_ids: tuple[int, ...]
    loss_mask: tuple[bool, ...]

    @property
    def learned_tokens(self) -> int:
        """Return how many tokens are learned. The first token of all is never: nothing stands before it."""
        return sum(self.loss_mask[1:])


def shared_prefix_length(examples: Sequence[TokenizedExample]) -> int:
    """Return how many leading tokens all examples share and none learns, leaving at least one token of each example outside.

    Training sets of assistants begin with the same system prompt and template; that part is computed once a step (loop.py).
    The token after the prefix may be learned, for it is predicted from the prefix's last state: so the prefix ends one token early.
    """
    if len(examples) < 2:
        return 0
    first = examples[0]
    length = min(len(example.input_ids) for example in examples) - 1
    for example in examples:
        common = 0
        while common < length and example.input_ids[common] == first.input_ids[common] and not example.loss_mask[common]:
            common += 1
        length = common
    return max(0, length - 1)
