"""Row lengths come in tokens, whatever an import counted."""

import pytest

from appliance.planning import row_lengths, tokens_of

COUNTED = {"counts": [3, 1], "edges": [0, 100, 200], "longest": 150}


def test_tokens_are_taken_as_they_were_counted() -> None:
    """The mean is that of the middles of the bins."""
    lengths = row_lengths({**COUNTED, "unit": "tokens"})
    assert lengths is not None
    assert (lengths.mean, lengths.longest) == (75.0, 150.0)


def test_characters_become_tokens() -> None:
    lengths = row_lengths({**COUNTED, "unit": "characters"})
    assert lengths is not None
    assert (lengths.mean, lengths.longest) == (pytest.approx(tokens_of(75)), pytest.approx(tokens_of(150)))
    assert 3 < 75 / lengths.mean < 4.5


@pytest.mark.parametrize(
    "histogram", [{}, {"unit": "tokens", "counts": [], "edges": []}, {"counts": [0], "edges": [0, 9]}]
)
def test_nothing_counted_has_no_lengths(histogram: dict[str, object]) -> None:
    assert row_lengths(histogram) is None
