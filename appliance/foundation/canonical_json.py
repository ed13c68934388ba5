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
        raise InputError("input:value-canonical-json", error=str(error)) from error
    except UnicodeEncodeError as error:  # A lone surrogate in a key: the library sorts keys before it looks at them.
        raise InputError("input:value-canonical-json-form") from error
    except RecursionError as error:
        raise InputError("input:value-canonical-json-form-nested") from error


def decode(data: bytes) -> Any:
    """Return the value of canonical `data`. Raises `InputError` when it is not JSON, or not in canonical form."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError("input:these-bytes-json") from error
    if encode(value) != data:
        raise InputError("input:json-canonical-form")
    return value
