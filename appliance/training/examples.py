"""An example as the loop wants it: tokens, and which of them are to be learned."""

from dataclasses import dataclass

from appliance.foundation.errors import InputError


@dataclass(frozen=True)
class TokenizedExample:
    """A conversation in tokens. `loss_mask[i]` tells whether token i is the assistant's, so that predicting it counts.

    Several assistant turns are several stretches of True. The first token can never count: nothing comes before it.
    """

    input_ids: tuple[int, ...]
    loss_mask: tuple[bool, ...]

    def __post_init__(self) -> None:
        """Raise `InputError` for an example that teaches nothing."""
        if len(self.input_ids) != len(self.loss_mask):
            raise InputError("training.example", input_ids=len(self.input_ids), loss_mask=len(self.loss_mask))
        if not any(self.loss_mask[1:]):
            raise InputError("training.example:example-token-assistant")

    @property
    def first_learned(self) -> int:
        """The position of the first token that counts (at least 1)."""
        return self.loss_mask.index(True, 1)

    @property
    def learned(self) -> int:
        """How many tokens count."""
        return sum(self.loss_mask[1:])
