"""Rules: who may do what, in Cedar policies that an auditor can read (`policies/*.cedar`)."""

from appliance.policy.rules import Principal, Rules, find_policy_folder

__all__ = ["Principal", "Rules", "find_policy_folder"]
