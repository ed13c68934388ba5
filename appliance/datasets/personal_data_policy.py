"""What happens to each kind of personal data: it is kept and reported, masked by pseudonyms, or not let in."""

from collections.abc import Mapping

from appliance.datasets.personal_data import CARD, EMAIL, IBAN, NATIONAL_ID, PHONE
from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message

KEEP, MASK, BLOCK = ACTIONS = ("keep", "mask", "block")
_KINDS = {"email": EMAIL, "phone": PHONE, "iban": IBAN, "card": CARD, "national_id": NATIONAL_ID}
_NAMES = {kind: name for name, kind in _KINDS.items()}


class PersonalDataPolicy:
    """The action for each kind, by the names in the policy's file; a kind that it does not name is kept."""

    all_kinds = tuple(_KINDS.values())

    def __init__(self, actions: Mapping[str, str]) -> None:
        """Raises `InputError` for an unknown kind or action."""
        if not set(actions) <= set(_KINDS) or not set(actions.values()) <= set(ACTIONS):
            raise InputError("input:personal-data-policy", kinds=", ".join(_KINDS), actions=", ".join(ACTIONS))
        self._actions = {_KINDS[name]: action for name, action in actions.items()}

    def action(self, kind: str) -> str:
        """Return the action for a kind."""
        return self._actions.get(kind, KEEP)

    def kinds(self, action: str) -> tuple[str, ...]:
        """Return the kinds with this action."""
        return tuple(kind for kind in self.all_kinds if self.action(kind) == action)


def kind_name(kind: str) -> Message:
    """Return what a kind of personal data is called."""
    return message("personal-data.kind", kind=_NAMES.get(kind, kind), name=kind)


def kind_count(kind: str, count: int) -> Message:
    """Return so many pieces of a kind, in words: "2 e-mail addresses"."""
    return message("personal-data.count", kind=_NAMES[kind], count=count)
