"""An example as the training loop reads it: its tokens, and which of them are learned."""

from dataclasses import dataclass

from appliance.foundation.errors import InputError


@dataclass(frozen=True)
class TokenizedExample:
    """A conversation in tokens. `loss_mask[i]`: whether token i is the assistant's, so that its prediction counts.

    Each turn of the assistant is a stretch of True. The first token never counts: no token predicts it.
    """

    input_ids: tuple[int, ...]
    loss_mask: tuple[bool, ...]

    def __post_init__(self) -> None:
        """Raise `InputError` for an example that teaches nothing."""
        if len(self.input_ids) != len(self.loss_mask):
            raise InputError("training.example", input_ids=len(self.input_ids), loss_mask=len(self.loss_mask))
        if not any(self.loss_mask[1:]):
            raise InputError("training.example:nothing-to-learn")

    @property
    def first_learned(self) -> int:
        """The position of the first learned token (at least 1)."""
        return self.loss_mask.index(True, 1)

    @property
    def learned(self) -> int:
        """How many tokens are learned."""
        return sum(self.loss_mask[1:])
