"""Score answers.

Text is normalised as in SQuAD (Rajpurkar et al. 2016, evaluate-v1.1): lower case, no punctuation, no articles, single
spaces.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

# The usual wordings of an answer that declines, beside those that the dataset itself has.
DECLINES = (
    "does not say",
    "doesn't say",
    "do not know",
    "don't know",
    "not mentioned",
    "no information",
    "cannot answer",
    "can't answer",
    "not stated",
)
F1_RIGHT = 0.8
_SIMILAR = 0.7
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """Return the text as SQuAD compares it: see the module."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def token_f1(answer: str, reference: str) -> float:
    """Return the harmonic mean of precision and recall over the normalised words of both: 0 to 1."""
    words, expected = normalise(answer).split(), normalise(reference).split()
    common = sum((Counter(words) & Counter(expected)).values())
    if not words or not expected or not common:
        return float(words == expected)
    precision, recall = common / len(words), common / len(expected)
    return 2 * precision * recall / (precision + recall)


def declines(answer: str, references: Sequence[str] = ()) -> bool:
    """Tell whether the answer declines, in the dataset's own wording (`references`) or a usual one (`DECLINES`)."""
    lowered = answer.lower()
    return any(phrase in lowered for phrase in DECLINES) or any(
        token_f1(answer, reference) >= _SIMILAR for reference in references
    )


def right(answer: str, *, reference: str, key_fact: str = "") -> bool:
    """Tell whether the answer is right.

    It is when it contains the key fact as whole words; without a key fact, when its F1 with the reference reaches
    `F1_RIGHT`.
    """
    if key_fact:
        return f" {normalise(key_fact)} " in f" {normalise(answer)} "
    return token_f1(answer, reference) >= F1_RIGHT
