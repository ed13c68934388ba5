"""The auditor's page: search, an object's life, proofs, activity, sign-off of reviews.

It shows everything about the log, and no data.
"""

from appliance.web.audit.pages import build_audit_blocks

__all__ = ["build_audit_blocks"]
