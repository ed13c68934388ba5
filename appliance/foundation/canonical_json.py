"""Canonical JSON (RFC 8785): one value, one sequence of bytes, so that hashes and signatures mean something."""

import json
from typing import Any

import rfc8785

from appliance.foundation.errors import InputError


def encode(value: Any) -> bytes:
    """Return the canonical UTF-8 bytes.

    Raises `InputError` for what RFC 8785 refuses (integers over 2^53, NaN, lone surrogates).
    """
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise InputError(f"This value has no canonical JSON form: {error}.") from error
    except UnicodeEncodeError as error:  # A lone surrogate in a key: the library sorts keys before it looks at them.
        raise InputError("This value has no canonical JSON form: a key is not valid Unicode.") from error
    except RecursionError as error:
        raise InputError("This value has no canonical JSON form here: it is nested too deep.") from error


def decode(data: bytes) -> Any:
    """Return the value of canonical `data`. Raises `InputError` when it is not JSON, or not in canonical form."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError("These bytes are not JSON.") from error
    if encode(value) != data:
        raise InputError("This JSON is not in canonical form (RFC 8785).")
    return value
