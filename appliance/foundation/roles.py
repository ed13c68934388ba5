"""The roles: a row for each, with the groups that `policies/roles.cedar` and the catalogue of events refer to.

A new role is a row here and, for what none of its groups may do (`also`), a rule in `policies/roles.cedar`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from appliance.foundation.messages import Message, message

# Groups. Everyone who is signed in, and the operator, may see what exists.
SIGNED_IN = "signed-in"
MAKERS = "makers"  # bring data and train
TRIERS = "triers"  # read answers and try models
ADMINS = "admins"  # look after the machine
LAWFUL = "lawful"  # read the log, search for a person, put data on hold
AUDITORS = "auditors"  # sign off reviews of the log


@dataclass(frozen=True)
class Role:
    """One role. `also`: the actions that it may do besides those of its groups.

    `account`: it can be given to an account; the operator's cannot, who is at the machine itself.
    """

    name: str
    groups: frozenset[str]
    also: frozenset[str] = frozenset()
    account: bool = True

    @property
    def label(self) -> Message:
        """What it is called."""
        return message(f"role-{self.name}")


def _role(name: str, *groups: str, also: tuple[str, ...] = (), account: bool = True) -> Role:
    return Role(name, frozenset((SIGNED_IN, *groups)), frozenset(also), account)


_ROLES = (
    _role("operator", MAKERS, TRIERS, ADMINS, LAWFUL, account=False),
    _role("admin", ADMINS, LAWFUL),
    _role("trainer", MAKERS, TRIERS),
    _role("reviewer", TRIERS),
    _role("auditor", LAWFUL, AUDITORS),
)
ROLES: Mapping[str, Role] = MappingProxyType({role.name: role for role in _ROLES})
ACCOUNT_ROLES = tuple(role.name for role in _ROLES if role.account)
FIRST_ROLE = "trainer"  # of the account that a new home begins with, and of those for which none is named


def in_groups(*groups: str) -> frozenset[str]:
    """Return the names of the roles that are in one of the groups."""
    return frozenset(role.name for role in _ROLES if role.groups & set(groups))


def also_permitted(action: str) -> frozenset[str]:
    """Return the names of the roles that may do an action besides those of their groups."""
    return frozenset(role.name for role in _ROLES if action in role.also)
