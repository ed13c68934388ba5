"""Who may cause events: the roles of a group, the appliance itself, and people who are not signed in."""

from appliance.foundation import roles
from appliance.foundation.roles import in_groups

SYSTEM, NOBODY = frozenset({"system"}), frozenset({"none"})
OPERATOR = frozenset({"operator"})
ADMINS, MAKERS, TRIERS = in_groups(roles.ADMINS), in_groups(roles.MAKERS), in_groups(roles.TRIERS)
LAWFUL, AUDITORS, SIGNED_IN = in_groups(roles.LAWFUL), in_groups(roles.AUDITORS), in_groups(roles.SIGNED_IN)
