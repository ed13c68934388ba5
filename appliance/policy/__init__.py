"""What an auditor can read in `policies/`: who may do what (Cedar), and what the appliance does by itself or refuses
(limits).
"""

from appliance.policy.limits import Limits
from appliance.policy.rules import Principal, Rules, find_policy_folder, policy_files

__all__ = ["Limits", "Principal", "Rules", "find_policy_folder", "policy_files"]
