"""Which conversation is for training, for validation, for the test: fixed by a hash, so that the same row always lands in the same part.

Rows of one group (phrasings of one fact) stay together, and so do rows with the same question: otherwise the test would ask what
training has shown. A row that names its part gets it.
"""

import hashlib
from collections.abc import Iterable

from appliance.datasets.conversation import PARTS, Conversation
from appliance.foundation.errors import InputError

DEFAULT_SHARES = (80, 10, 10)  # percent: training, validation, test
_BUCKETS = 2**64


def assign(conversations: Iterable[Conversation], shares: tuple[int, int, int] = DEFAULT_SHARES) -> dict[str, list[Conversation]]:
    """Return the conversations of each part, in the order they came.

    When the shares leave validation or test without a row though three groups or more could be placed, the groups whose hashes are
    highest go there: a small dataset is measured too. Raises `InputError` when there is nothing to train on.
    """
    if sum(shares) != 100 or min(shares) < 0:
        raise InputError("The shares of training, validation and test must add up to 100 percent.", code="dataset.shares")
    placed: dict[str, list[Conversation]] = {part: [] for part in PARTS}
    free: dict[int, list[Conversation]] = {}
    everything = list(conversations)
    for conversation in everything:
        if not conversation.split:
            free.setdefault(_position(conversation), []).append(conversation)
    parts = _parts_of(sorted(free), shares)
    for conversation in everything:
        placed[conversation.split or parts[_position(conversation)]].append(conversation)
    if not placed["training"]:
        raise InputError(
            "No row is left for training. Give more rows, or set fewer aside for validation and test.", code="dataset.no-training"
        )
    return placed


def _position(conversation: Conversation) -> int:
    """Return where the row's group (or else its question) falls among 2^64 positions."""
    label = f"group:{conversation.group}" if conversation.group else f"question:{' '.join(conversation.question.casefold().split())}"
    return int.from_bytes(hashlib.sha256(label.encode()).digest()[:8], "big")


def _parts_of(positions: list[int], shares: tuple[int, int, int]) -> dict[int, str]:
    """Return the part of each position; `positions` are sorted."""
    training, validation = _BUCKETS * shares[0] // 100, _BUCKETS * (shares[0] + shares[1]) // 100
    parts = {place: "training" if place < training else "validation" if place < validation else "test" for place in positions}
    if len(positions) >= len(PARTS):
        for part, share, fallback in (
            ("test", shares[2], positions[-1]),
            ("validation", shares[1], positions[-2]),
            ("training", shares[0], positions[0]),
        ):
            if share and part not in parts.values():
                parts[fallback] = part
    return parts
