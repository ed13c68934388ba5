"""Row lengths in tokens, from an import's histogram: of tokens, or of characters where it had no model."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# In tokenizers of 30,000 to 150,000 entries, European languages have 3 to 4.5 characters a token. The lower half is the
# safe side: it promises neither memory nor time that a training then exceeds.
CHARACTERS_A_TOKEN = 3.5


@dataclass(frozen=True)
class RowLengths:
    """Tokens of the rows that were counted, without what a system prompt adds."""

    mean: float
    longest: float


def tokens_of(characters: float) -> float:
    """Return the approximate number of tokens of a text with this many characters."""
    return characters / CHARACTERS_A_TOKEN


def row_lengths(unit: str, counts: Sequence[int], edges: Sequence[int], longest: int) -> RowLengths | None:
    """Return the lengths in a histogram: `counts` between neighbouring `edges`; None when nothing was counted.

    `unit`: "tokens" or "characters".
    """
    counted = sum(counts)
    if not counted:
        return None
    middles = ((low + high) / 2 for low, high in pairwise(edges))
    mean = sum(count * middle for count, middle in zip(counts, middles, strict=True)) / counted
    if unit == "tokens":
        return RowLengths(mean, longest)
    return RowLengths(tokens_of(mean), tokens_of(longest))
