"""JSON from a model's folder: bounded in size and depth, no key twice, no NaN; every refusal names the file and the
key.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from appliance.foundation.errors import InputError

MAX_DEPTH = 32


def decode_object(data: bytes, name: str, limit_bytes: int) -> dict[str, Any]:
    """Return the JSON object in `data`. Raises `InputError` naming the file."""
    if len(data) > limit_bytes:
        raise InputError("model.too-large", name=shown(name), limit_bytes=limit_bytes)
    try:
        value = json.loads(data.decode(), object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError("model.json:valid-json-utf", name=shown(name)) from error
    if not isinstance(value, dict) or _depth(value) > MAX_DEPTH:
        raise InputError("model.json", name=shown(name))
    return value


def shown(name: str) -> str:
    """Return a name from outside in a form that is safe in a sentence: printable, quoted when odd, and short."""
    plain = name if name.isprintable() and name.isascii() else ascii(name)
    return plain if len(plain) <= 100 else plain[:100] + "…"


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _depth(value: Any) -> int:
    """Return how deep lists and objects are nested, walking level by level so that depth costs no stack."""
    depth, level = 0, [value]
    while level:
        level = [
            item
            for parent in level
            for item in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(item, dict | list)
        ]
        depth += 1
        if depth > MAX_DEPTH:
            break
    return depth


Check = Callable[[Any], bool]
Keep = Literal["keep", "drop"]


def integer(low: int, high: int) -> Check:
    """Return a check for an integer within bounds (a bool is none)."""
    return lambda value: type(value) is int and low <= value <= high


def number(low: float, high: float) -> Check:
    """Return a check for a number within bounds."""
    return lambda value: type(value) in (int, float) and low <= value <= high


def one_of(*values: Any) -> Check:
    """Return a check for one of the values, of the same type."""
    return lambda value: any(type(value) is type(choice) and value == choice for choice in values)


def text(limit: int) -> Check:
    """Return a check for text of up to `limit` characters."""
    return lambda value: isinstance(value, str) and len(value) <= limit


def optional(check: Check) -> Check:
    """Return a check that also takes null."""
    return lambda value: value is None or check(value)


def anything(_value: Any) -> bool:
    """Accept what is never kept: nothing reads it."""
    return True


def allow(
    value: Mapping[str, Any], name: str, kept: Mapping[str, Check], dropped: Mapping[str, Check]
) -> dict[str, Any]:
    """Return the keys of `value` that are in `kept`.

    Raises `InputError` for a key in neither list, or a value that its check refuses.
    """
    for key, item in value.items():
        check = kept.get(key) or dropped.get(key)
        if check is None:
            raise InputError("model.unknown-key", name=shown(name), key=shown(key))
        if not check(item):
            raise InputError("model.value:gives-value-appliance", name=shown(name), key=shown(key))
    return {key: item for key, item in value.items() if key in kept}
