"""What is done with each kind of personal data that is found: kept and shown, masked by pseudonyms, or not let in."""

from collections.abc import Mapping

from appliance.datasets.personal_data import CARD, EMAIL, IBAN, NATIONAL_ID, PHONE
from appliance.foundation.errors import InputError

KEEP, MASK, BLOCK = ACTIONS = ("keep", "mask", "block")
_NAMES = {"email": EMAIL, "phone": PHONE, "iban": IBAN, "card": CARD, "national_id": NATIONAL_ID}


class PersonalDataPolicy:
    """The action for each kind, by the names of the policy's file; a kind that is not named is kept."""

    all_kinds = tuple(_NAMES.values())

    def __init__(self, actions: Mapping[str, str]) -> None:
        """Raises `InputError` for an unknown kind or action."""
        if not set(actions) <= set(_NAMES) or not set(actions.values()) <= set(ACTIONS):
            raise InputError("input:policy-personal-data", names=", ".join(_NAMES), actions=", ".join(ACTIONS))
        self._actions = {_NAMES[name]: action for name, action in actions.items()}

    def action(self, kind: str) -> str:
        """Return what is done with a kind."""
        return self._actions.get(kind, KEEP)

    def kinds(self, action: str) -> tuple[str, ...]:
        """Return the kinds with which this is done."""
        return tuple(kind for kind in self.all_kinds if self.action(kind) == action)
