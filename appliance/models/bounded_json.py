"""JSON from a model's folder: bounded in size and depth, no key twice, no NaN. Errors name the file and the key."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from appliance.foundation.errors import InputError

MAX_DEPTH = 32


def decode_object(data: bytes, name: str, max_bytes: int) -> dict[str, Any]:
    """Return the JSON object in `data`. Raises `InputError` naming the file."""
    if len(data) > max_bytes:
        raise InputError("model.too-large:file", name=shown(name), max_bytes=max_bytes)
    try:
        value = json.loads(data.decode(), object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError("model.json:invalid", name=shown(name)) from error
    if not isinstance(value, dict) or _depth(value) > MAX_DEPTH:
        raise InputError("model.json:not-object", name=shown(name))
    return value


def shown(name: str) -> str:
    """Return a name from outside in a form that is safe in a message: printable, quoted when unusual, and short."""
    plain = name if name.isprintable() and name.isascii() else ascii(name)
    return plain if len(plain) <= 100 else plain[:100] + "…"


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key appears twice")
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _depth(value: Any) -> int:
    """Return the depth of nested lists and objects, walking level by level so that depth needs no stack."""
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


def integer(low: int, high: int) -> Check:
    """Return a check for an integer within bounds (a bool is not one)."""
    return lambda value: type(value) is int and low <= value <= high


def number(low: float, high: float) -> Check:
    """Return a check for a number within bounds."""
    return lambda value: type(value) in (int, float) and low <= value <= high


def one_of(*values: Any) -> Check:
    """Return a check for one of the values, of the same type."""
    return lambda value: any(type(value) is type(choice) and value == choice for choice in values)


def text(max_characters: int) -> Check:
    """Return a check for text of up to so many characters."""
    return lambda value: isinstance(value, str) and len(value) <= max_characters


def optional(check: Check) -> Check:
    """Return a check that also accepts null."""
    return lambda value: value is None or check(value)


def anything(_value: Any) -> bool:
    """Accept any value of a key that is dropped."""
    return True


def allow(
    value: Mapping[str, Any], name: str, kept: Mapping[str, Check], dropped: Mapping[str, Check]
) -> dict[str, Any]:
    """Return the keys of `value` that are in `kept`.

    Raises `InputError` for a key that is neither kept nor dropped, or a value that its check refuses.
    """
    for key, item in value.items():
        check = kept.get(key) or dropped.get(key)
        if check is None:
            raise InputError("model.unknown-key", name=shown(name), key=shown(key))
        if not check(item):
            raise InputError("model.value:not-accepted", name=shown(name), key=shown(key))
    return {key: item for key, item in value.items() if key in kept}
