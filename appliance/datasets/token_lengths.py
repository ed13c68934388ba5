"""How long rows are in a model's tokens, and which are longer than training reads."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from appliance.datasets.blocks import Block
from appliance.datasets.conversation import Conversation
from appliance.datasets.report import LengthHistogram
from appliance.foundation.messages import Message, message

COUNTED_ROWS = 20_000  # in the histogram; later rows are counted only when they may be too long
LONG_CHARACTERS = 6000  # without a model: about 1,500 tokens, more than most training windows hold
TURN_TOKENS = 5  # what a chat template writes around a turn, roughly
BINS = 20


@dataclass(frozen=True)
class TokenLimit:
    """A model's tokenizer (its `tokenizer.json`), and how many tokens of a row training reads."""

    tokenizer_path: Path
    max_tokens: int
    model_name: str


class Lengths:
    """Counts rows as they pass, in tokens, or in characters without a model (or a readable tokenizer: see `note`)."""

    def __init__(self, limit: TokenLimit | None) -> None:
        self.limit = limit
        self.note: Message | None = None
        self._lengths = array("q")
        self._tokenizer: Any = None
        if limit:
            from tokenizers import Tokenizer  # noqa: PLC0415 - only where rows are checked

            try:
                self._tokenizer = Tokenizer.from_file(str(limit.tokenizer_path))
            except Exception:  # the library raises nothing more precise
                self.limit = None
                self.note = message("note.unreadable-tokenizer", model=limit.model_name)
            else:
                self._tokenizer.no_truncation()

    def add(self, conversation: Conversation) -> Message | None:
        """Count a row; return the finding when it is too long."""
        is_counted = len(self._lengths) < COUNTED_ROWS
        if not is_counted and self.limit and self._fits_by_bytes(conversation):
            return None
        length = self.tokens(conversation)
        if is_counted:
            self._lengths.append(length)
        if length <= self.max_length:
            return None
        if self.limit:
            return message("finding.too-many-tokens", tokens=length, max_tokens=self.max_length)
        return message("finding.too-many-characters", characters=length)

    def add_block(self, block: Block) -> Iterator[tuple[int, Message]]:
        """Count the rows of a block; yield the index and the finding of each that is too long."""
        import numpy as np  # noqa: PLC0415 - starts threads

        if len(self._lengths) < COUNTED_ROWS:
            indices = list(range(len(block)))
        else:  # a character or a token is one byte or more
            indices = np.flatnonzero(block.bytes_of_text() + 2 * TURN_TOKENS > self.max_length).tolist()
        for index in indices:
            if finding := self.add(block.conversation(index)):
                yield index, finding

    def tokens(self, conversation: Conversation) -> int:
        """Return the length in tokens (in characters without a model)."""
        texts = [turn["content"] for turn in conversation.messages]
        if self.limit is None:
            return sum(map(len, texts))
        encodings = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return sum(len(encoding.ids) for encoding in encodings) + TURN_TOKENS * len(texts)

    @property
    def max_length(self) -> int:
        """The longest row that fits, in the unit of `tokens`."""
        return self.limit.max_tokens if self.limit else LONG_CHARACTERS

    def histogram(self) -> LengthHistogram:
        """Return the lengths of the first rows."""
        import numpy as np  # noqa: PLC0415 - starts threads

        histogram = LengthHistogram(
            unit="tokens" if self.limit else "characters",
            model=self.limit.model_name if self.limit else "",
            limit=self.max_length,
            counted=len(self._lengths),
        )
        if not self._lengths:
            return histogram
        lengths = np.frombuffer(self._lengths, dtype=np.int64)
        width = max(1, -(-int(lengths.max() + 1) // BINS))
        counts, edges = np.histogram(lengths, bins=np.arange(0, width * BINS + 1, width))
        return replace(
            histogram,
            edges=tuple(edges.tolist()),
            counts=tuple(counts.tolist()),
            median=int(np.median(lengths)),
            longest=int(lengths.max()),
        )

    def _fits_by_bytes(self, conversation: Conversation) -> bool:
        # A token is one byte or more.
        sizes = (len(turn["content"].encode()) + TURN_TOKENS for turn in conversation.messages)
        return sum(sizes) <= self.max_length
