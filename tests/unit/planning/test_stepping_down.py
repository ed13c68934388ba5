"""First smaller passes, then activation checkpointing, then nothing; each step says what it costs."""

import pytest

from appliance.planning import Footprint, step_down
from appliance.planning.passes import LEAST_PASS_TOKENS


def test_the_steps_down_from_the_usual_passes() -> None:
    """512, 256, 128, then checkpointing; the sentences name both sizes, and what stays the same."""
    now, sentences = Footprint(512, activation_checkpointing=False), []
    footprints = [now]
    while (lower := step_down(now)) is not None:
        now = lower.footprint
        footprints.append(now)
        sentences.append(str(lower.sentence))
    assert [(footprint.pass_tokens, footprint.activation_checkpointing) for footprint in footprints] == [
        (512, False),
        (256, False),
        (128, False),
        (128, True),
    ]
    assert "at most 256 tokens instead of 512" in sentences[0]
    assert "stay the same" in sentences[1]
    assert "activation checkpointing" in sentences[2]
    assert all(sentence.startswith("Memory ran out") and "last checkpoint" in sentence for sentence in sentences)


@pytest.mark.parametrize("pass_tokens", [1, LEAST_PASS_TOKENS, 1000, 131_072])
@pytest.mark.parametrize("checkpointing", [True, False])
def test_stepping_down_always_ends(pass_tokens: int, checkpointing: bool) -> None:
    """Without giving up anything twice."""
    seen = set()
    now = Footprint(pass_tokens, checkpointing)
    while (lower := step_down(now)) is not None:
        assert lower.footprint not in seen
        seen.add(lower.footprint)
        now = lower.footprint
    assert now.activation_checkpointing
    assert now.pass_tokens < max(2 * LEAST_PASS_TOKENS, pass_tokens + 1)
