"""An example that teaches nothing is refused."""

import pytest

from appliance.foundation.errors import InputError
from appliance.training.examples import TokenizedExample


@pytest.mark.parametrize(
    ("ids", "mask"), [((1, 2), (False, False)), ((1, 2), (True, False)), ((1,), (True,)), ((), ()), ((1, 2), (True,))]
)
def test_nothing_to_learn_is_an_error(ids: tuple[int, ...], mask: tuple[bool, ...]) -> None:
    """An answer without tokens, a first token alone, or a mask of another length."""
    with pytest.raises(InputError):
        TokenizedExample(ids, mask)


def test_learned_tokens_are_counted_from_the_second_on() -> None:
    """No token predicts the first."""
    example = TokenizedExample((1, 2, 3, 4), (True, False, True, True))
    assert (example.first_learned, example.learned) == (2, 2)
