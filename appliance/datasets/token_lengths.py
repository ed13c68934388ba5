"""How long rows are in a model's tokens, and which are longer than training reads."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.datasets.blocks import Block
from appliance.datasets.conversation import Conversation

COUNTED_ROWS = 20_000  # so many make the histogram; later ones are counted only when they may be too long
LONG_CHARACTERS = 6000  # without a model: about 1,500 tokens, more than training windows usually hold
TURN_TOKENS = 5  # what a chat template writes around a turn, roughly
BINS = 20


@dataclass(frozen=True)
class TokenLimit:
    """A model's tokenizer (its `tokenizer.json`), and how many tokens of a row training reads."""

    tokenizer_path: Path
    max_tokens: int
    model_name: str


class Lengths:
    """Counts rows as they pass."""

    def __init__(self, limit: TokenLimit | None) -> None:
        self.limit = limit
        self.note = ""
        self._lengths = array("q")
        self._tokenizer: Any = None
        if limit:
            from tokenizers import Tokenizer  # noqa: PLC0415 - only where rows are checked

            try:
                self._tokenizer = Tokenizer.from_file(str(limit.tokenizer_path))
            except Exception:  # the library raises nothing more precise
                self.limit = None
                self.note = f"The tokenizer of {limit.model_name} cannot be read, so lengths are counted in characters."
            else:
                self._tokenizer.no_truncation()

    def add(self, conversation: Conversation) -> str:
        """Return the clause when the row is too long, or ""."""
        texts = [message["content"] for message in conversation.messages]
        if self.limit is None:
            length = sum(map(len, texts))
            if len(self._lengths) < COUNTED_ROWS:
                self._lengths.append(length)
            return f"has {length:,} characters; what does not fit is not learned" if length > LONG_CHARACTERS else ""
        # A token is a byte or more.
        fits = sum(len(text.encode()) + TURN_TOKENS for text in texts) <= self.limit.max_tokens
        if fits and len(self._lengths) >= COUNTED_ROWS:
            return ""
        length = self.tokens(conversation)
        if len(self._lengths) < COUNTED_ROWS:
            self._lengths.append(length)
        if length <= self.limit.max_tokens:
            return ""
        return f"has {length:,} tokens, and training reads {self.limit.max_tokens:,}; the rest is not learned"

    def add_block(self, block: Block) -> Iterator[tuple[int, str]]:
        """Yield the place and the clause of each row that is too long."""
        import numpy as np  # noqa: PLC0415 - starts threads

        if len(self._lengths) < COUNTED_ROWS:
            places = list(range(len(block)))
        else:  # a character or a token is a byte or more
            places = np.flatnonzero(block.bytes_of_text() + 2 * TURN_TOKENS > self.max_length).tolist()
        for place in places:
            if clause := self.add(block.conversation(place)):
                yield place, clause

    def tokens(self, conversation: Conversation) -> int:
        """Return the length in tokens (in characters without a model)."""
        texts = [message["content"] for message in conversation.messages]
        if self.limit is None:
            return sum(map(len, texts))
        encoded = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return sum(len(each.ids) for each in encoded) + TURN_TOKENS * len(texts)

    @property
    def max_length(self) -> int:
        """The most that fits, in the unit of `tokens`."""
        return self.limit.max_tokens if self.limit else LONG_CHARACTERS

    def histogram(self) -> dict[str, Any]:
        """Return the lengths of the first rows as plain JSON: `counts` between neighbouring `edges`."""
        import numpy as np  # noqa: PLC0415 - starts threads

        found: dict[str, Any] = {
            "unit": "tokens" if self.limit else "characters",
            "model": self.limit.model_name if self.limit else "",
            "limit": self.max_length,
            "counted": len(self._lengths),
            "edges": [],
            "counts": [],
        }
        if self._lengths:
            lengths = np.frombuffer(self._lengths, dtype=np.int64)
            width = max(1, -(-int(lengths.max() + 1) // BINS))
            counts, edges = np.histogram(lengths, bins=np.arange(0, width * BINS + 1, width))
            found |= {
                "edges": edges.tolist(),
                "counts": counts.tolist(),
                "median": int(np.median(lengths)),
                "longest": int(lengths.max()),
            }
        return found
