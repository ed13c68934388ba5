"""Canonical JSON (RFC 8785): each value has exactly one byte sequence, so it can be hashed and signed."""

import json
from typing import Any

import rfc8785

from appliance.foundation.errors import InputError


def encode(value: Any) -> bytes:
    """Return the canonical UTF-8 bytes. Raises `InputError` for integers over 2^53, NaN, lone surrogates (RFC 8785)."""
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise InputError("input:no-canonical-form", reason=str(error)) from error
    except UnicodeEncodeError as error:  # A lone surrogate in a key: the library sorts keys before it checks them.
        raise InputError("input:key-not-unicode") from error
    except RecursionError as error:
        raise InputError("input:nested-too-deeply") from error


def decode(data: bytes) -> Any:
    """Return the value of canonical `data`. Raises `InputError` if it is not JSON or not in canonical form."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError("input:not-json") from error
    if encode(value) != data:
        raise InputError("input:not-canonical")
    return value
