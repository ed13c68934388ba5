"""Advise a rank before training: room for what there is to learn, and no more.

A low-rank adapter learns as well as full training while it has room for the information in the data, and falls behind
when it does not ("LoRA Without Regret", Schulman et al., Thinking Machines, 2025). Both sides in bits:

room        2 bits a parameter, as language models were found to store (Allen-Zhu and Li, arXiv:2404.05405; quoted
            there). A rank adds the sum of (rows + columns) over all adapted matrices: see `parameters`.
to learn    the answers' tokens times the bits a token: the loss over the first pass is the data's description length,
            which bounds what there is to memorise (same source). About 1 bit a token for large models (there); a small
            one begins higher: 5.7 bits (3.96 nats) was the mean of the first nine steps of SmolLM2-135M with QLoRA on
            the sample handbook, and the mean of the whole pass is lower. Between the two sizes: a straight line over
            the logarithm of the size.
margin      4: unhurried training reaches two bits (1,000 visits of a fact; 1 bit at 100), and ours is short.
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
from appliance.foundation.messages import Message, message, sentences
from appliance.planning.parameters import ModelShape

BITS_A_PARAMETER = 2.0
SMALL_PARAMETERS, SMALL_BITS = 135e6, 5.7
LARGE_PARAMETERS, LARGE_BITS = 7e9, 1.0
MARGIN = 4.0
RANKS = (4, 8, 16, 32, 64, 128, 256)
SOURCES = (message("rank.source-room"), message("rank.source-bits"), message("rank.source-small-ranks"))


@dataclass(frozen=True)
class RankChoice:
    """A possible rank. `room_bits`: what its parameters can hold. `fits`: whether memory allows it."""

    rank: int
    parameters: int
    room_bits: float
    peak_bytes: float
    fits: bool


@dataclass(frozen=True)
class RankAdvice:
    """The advised rank with its reason. `bits`: what there is to learn, at most."""

    rank: int
    sentence: Message
    bits: float
    tokens: int
    choices: tuple[RankChoice, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as it is shown, with the sources."""
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
            "sources": SOURCES,
        }


def bits_a_token(parameters: int) -> float:
    """Return how many bits a token of an answer holds at most, for a model of this size: see the module."""
    if parameters <= SMALL_PARAMETERS:
        return SMALL_BITS
    share = min(1.0, math.log(parameters / SMALL_PARAMETERS) / math.log(LARGE_PARAMETERS / SMALL_PARAMETERS))
    return SMALL_BITS + share * (LARGE_BITS - SMALL_BITS)


def advise_rank(
    shape: ModelShape, *, answer_tokens: int, peak_bytes: Callable[[int], float], budget_bytes: float
) -> RankAdvice:
    """Return the advice.

    `answer_tokens`: of all rows together, each counted once. `peak_bytes`: the memory that training with a rank takes.
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
        raise InputError("rank.memory", budget=budget_bytes, needed=choices[0].peak_bytes)
    bits = answer_tokens * bits_a_token(shape.parameters)
    enough = next((choice for choice in choices if choice.room_bits >= MARGIN * bits), None)
    chosen = enough if enough is not None and enough.fits else fitting[-1]
    sentence = _sentence(chosen, enough, choices, answer_tokens, bits)
    return RankAdvice(chosen.rank, sentence, bits, answer_tokens, tuple(choices))


def _sentence(
    chosen: RankChoice, enough: RankChoice | None, choices: list[RankChoice], tokens: int, bits: float
) -> Message:
    room = message(
        "rank.room",
        rank=chosen.rank,
        to_learn=bits / 8,
        tokens=tokens,
        room=chosen.room_bits / 8,
        parameters=chosen.parameters,
        bits=BITS_A_PARAMETER,
    )
    if chosen is enough and chosen is choices[0]:
        return sentences(message("rank.enough", rank=chosen.rank), room, message("rank.higher-gains-nothing"))
    advised = message("rank.advised", rank=chosen.rank)
    if chosen is enough:
        below = choices[choices.index(chosen) - 1]
        return sentences(advised, room, message("rank.lower-is-tight", rank=below.rank, margin=MARGIN))
    limit = message("rank.highest-in-memory" if enough or not choices[-1].fits else "rank.highest")
    if chosen.room_bits >= bits:
        return sentences(advised, room, message("rank.tight", margin=MARGIN), limit)
    return sentences(message("rank.too-small", rank=chosen.rank), room, limit, message("rank.learns-the-common"))
