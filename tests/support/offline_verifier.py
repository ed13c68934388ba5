"""The auditor's file `ops/verify_audit.py`, loaded from its path, without the appliance."""

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("verify_audit", Path(__file__).parents[2] / "ops" / "verify_audit.py")
assert _spec is not None
assert _spec.loader is not None
verifier = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(verifier)
