"""Which rank before training: room for what there is to learn, and no more.

A low-rank adapter learns as well as full training while it has room for the data's information, and falls behind when
it has not ("LoRA Without Regret", Schulman et al., Thinking Machines, 2025). Both sides in bits:

room        2 bits a parameter, what language models were found to store (Allen-Zhu and Li, arXiv:2404.05405; quoted
            there). A rank adds
            the sum of (rows + columns) over all adapted matrices: see `parameters`.
to learn    the answers' tokens times the bits a token: the loss over the first pass is the data's description length,
            which bounds what
            there is to memorise (same source). About 1 bit a token for large models (there); a small one begins higher:
            5.7 bits (3.96 nats) were the mean of the first nine steps of SmolLM2-135M by QLoRA on the sample handbook,
            and the whole pass lies below. Between, a straight line in logarithms of the size.
margin      4: the two bits are what unhurried training reaches (1,000 visits of a fact; 1 bit at 100), and ours is
            short.
at least    4: the LoRA paper found ranks of 1 to 4 enough on its tasks (arXiv:2106.09685, section 7.2, table 6).
at most     what the smallest matrix can have, what fits into memory, and 256.

Ranks are powers of two. A rank that is too high costs memory and little else (QLoRA, arXiv:2305.14314, section 4 and
appendix A: with all layers adapted, the rank made no difference).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from appliance.foundation.errors import InputError
from appliance.planning.parameters import ModelShape

BITS_A_PARAMETER = 2.0
SMALL_PARAMETERS, SMALL_BITS = 135e6, 5.7
LARGE_PARAMETERS, LARGE_BITS = 7e9, 1.0
MARGIN = 4.0
RANKS = (4, 8, 16, 32, 64, 128, 256)
SOURCES = (
    "LoRA Without Regret (Schulman et al., Thinking Machines, 2025): an adapter must have room for the information in "
    "the data",
    "Physics of Language Models 3.3 (Allen-Zhu and Li, arXiv:2404.05405): about 2 bits a parameter",
    "LoRA (Hu et al., arXiv:2106.09685, section 7.2): ranks of 1 to 4 were enough on its tasks",
)


@dataclass(frozen=True)
class RankChoice:
    """One rank that could be taken.

    `room_bits` is what its parameters can hold; `fits` tells whether memory allows it.
    """

    rank: int
    parameters: int
    room_bits: float
    peak_bytes: float
    fits: bool


@dataclass(frozen=True)
class RankAdvice:
    """The recommended rank with its reason; `bits` is what there is to learn, at most."""

    rank: int
    sentence: str
    bits: float
    tokens: int
    choices: tuple[RankChoice, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, with the sources."""
        return {
            "rank": self.rank,
            "sentence": self.sentence,
            "bits_to_learn": round(self.bits),
            "answer_tokens": self.tokens,
            "choices": [
                {
                    "rank": choice.rank,
                    "parameters": choice.parameters,
                    "room_bits": round(choice.room_bits),
                    "peak_mib": round(choice.peak_bytes / 2**20),
                    "fits": choice.fits,
                }
                for choice in self.choices
            ],
            "sources": list(SOURCES),
        }


def bits_a_token(parameters: int) -> float:
    """Return how many bits a token of an answer holds for a model of this size, at most: see the module's docstring."""
    if parameters <= SMALL_PARAMETERS:
        return SMALL_BITS
    share = min(1.0, math.log(parameters / SMALL_PARAMETERS) / math.log(LARGE_PARAMETERS / SMALL_PARAMETERS))
    return SMALL_BITS + share * (LARGE_BITS - SMALL_BITS)


def advise_rank(
    shape: ModelShape, *, answer_tokens: int, peak_bytes: Callable[[int], float], budget_bytes: float
) -> RankAdvice:
    """Return the advice. `answer_tokens`: to be learned from, all rows together, once. `peak_bytes`: of a training with
    that rank.

    Raises `InputError` when there is nothing to learn, or when no rank fits into the budget.
    """
    if answer_tokens < 1:
        raise InputError("rank.nothing")
    smallest_side = min(min(sides) for sides in shape.linear_layers)
    possible = [rank for rank in RANKS if rank <= smallest_side] or [smallest_side]
    choices = []
    for rank in possible:
        parameters, peak = shape.adapter_parameters(rank), peak_bytes(rank)
        choices.append(RankChoice(rank, parameters, BITS_A_PARAMETER * parameters, peak, peak <= budget_bytes))
    fitting = [choice for choice in choices if choice.fits]
    if not fitting:
        raise InputError("rank.memory", budget_bytes=budget_bytes / 2**30, peak_bytes=choices[0].peak_bytes / 2**30)
    bits = answer_tokens * bits_a_token(shape.parameters)
    enough = next((choice for choice in choices if choice.room_bits >= MARGIN * bits), None)
    chosen = enough if enough is not None and enough.fits else fitting[-1]
    return RankAdvice(
        chosen.rank, _sentence(chosen, enough, choices, answer_tokens, bits), bits, answer_tokens, tuple(choices)
    )


def _sentence(
    chosen: RankChoice, enough: RankChoice | None, choices: list[RankChoice], tokens: int, bits: float
) -> str:
    room = (
        f"the answers hold at most {_amount(bits)} ({tokens:,} tokens), and an adapter of rank {chosen.rank} has room "
        "for "
        f"{_amount(chosen.room_bits)} ({chosen.parameters:,} parameters, 2 bits each)"
    )
    if chosen is enough and chosen is choices[0]:
        return f"Rank {chosen.rank} is enough: {room}. A higher one would cost memory and gain nothing."
    if chosen is enough:
        below = choices[choices.index(chosen) - 1]
        return (
            f"Rank {chosen.rank}: {room}. Rank {below.rank} would leave less than {MARGIN:g} times what is to be "
            "learned."
        )
    why = (
        "that is the highest that fits into memory"
        if enough or not choices[-1].fits
        else "that is the highest there is"
    )
    if chosen.room_bits >= bits:
        return f"Rank {chosen.rank}: {room}. It is less than {MARGIN:g} times what is to be learned, but {why}."
    return (
        f"Rank {chosen.rank}, and it will not hold everything: {room}; {why}. Expect it to learn the common, not every "
        "detail; "
        "training in full has more room."
    )


def _amount(bits: float) -> str:
    for size, unit in ((8e9, "GB"), (8e6, "MB"), (8e3, "kB")):
        if bits >= size:
            return f"{bits / size:,.1f} {unit} of information"
    return f"{bits / 8:,.0f} bytes of information"
