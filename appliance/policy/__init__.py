"""The rules in `policies/`, readable for auditors: who may do what (Cedar), and limits on what the appliance does."""

from appliance.policy.limits import Limits
from appliance.policy.rules import Principal, Rules, find_policy_folder, policy_files
