"""Opaque identifiers: a short prefix for the kind, and 80 random bits."""

import re
import secrets

from appliance.foundation.errors import InputError

_PATTERN = re.compile(r"[a-z]{2,3}_[0-9a-f]{20}")


def new_id(prefix: str) -> str:
    """Return a fresh identifier such as `ds_0f3c...`, which is safe as a file name and reveals nothing."""
    return f"{prefix}_{secrets.token_hex(10)}"


def is_id(value: str) -> bool:
    """Tell whether `value` has the form that `new_id` gives."""
    return _PATTERN.fullmatch(value) is not None


def verify_id(value: str) -> None:
    """Raise `InputError` unless `value` has the form that `new_id` returns (it may become a path)."""
    if not is_id(value):
        raise InputError("input:not-an-identifier")
