"""Records and JSON: dataclasses as they are stored, as they are shown, and as they are read back.

A record is a frozen dataclass. `stored` keeps messages as id and parameters; `shown` turns them into sentences in the
language of the context, for `--json` and for people. `read` takes what an older version stored: fields that it lacks
get their defaults, fields that are unknown are dropped. A record whose JSON is not its fields by name has `to_json`,
which may return messages and records, and `from_json`; where it is shown alone, marks on its fields may do instead:

    dataset: Dataset = field(metadata=BESIDE)           its own fields stand beside the others
    address: str = field(default="", metadata=OPTIONAL)  left out where it is None or ""
    damage: Message | None = field(metadata=SENTENCE)    "" where there is none
    spec: dict[str, Any] = field(metadata=SPOKEN)        stored JSON, with its messages as sentences
    report_json: str = field(metadata=HIDDEN)            not shown
"""

import contextlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from appliance.foundation.errors import IntegrityError
from appliance.foundation.messages import Message

_T = TypeVar("_T")
BESIDE, HIDDEN, OPTIONAL, SENTENCE, SPOKEN = (
    {"shown": how} for how in ("beside", "hidden", "optional", "sentence", "spoken")
)


def stored(value: Any) -> Any:
    """Return plain JSON to be kept."""
    return _plain(value, lambda said: said.to_json())


def shown(value: Any) -> Any:
    """Return plain JSON to be shown, with messages as sentences. A record may have `to_json` for this alone."""
    return _plain(value, str)


def read(kind: type[_T], value: Any) -> _T:
    """Return the record of type `kind` in plain JSON. Raises `IntegrityError` when it is not one."""
    try:
        hashable: Any = kind
        decode: Any = getattr(kind, "from_json", None) or _adapter(hashable).validate_python
        record: _T = decode(value)
        return record
    except ValidationError as error:
        names = sorted({".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False)})
        raise IntegrityError("integrity.record", kind=kind.__name__, fields=", ".join(names[:5])) from None
    except (AttributeError, LookupError, TypeError, ValueError, ArithmeticError):
        raise IntegrityError("integrity.record", kind=kind.__name__, fields="") from None


def spoken(value: Any) -> Any:
    """Return stored JSON with each message in it as a sentence in the language of the context."""
    if isinstance(value, dict):
        if value.keys() == {"id", "parameters"}:
            with contextlib.suppress(ValueError):  # data that has these two keys by chance
                return str(Message.from_json(value))
        return {name: spoken(each) for name, each in value.items()}
    return [spoken(each) for each in value] if isinstance(value, list) else value


def _plain(value: Any, say: Any) -> Any:
    if isinstance(value, Message):
        return say(value)
    if hasattr(value, "to_json") and (say is str or hasattr(value, "from_json")):
        return _plain(value.to_json(), say)
    if is_dataclass(value) and not isinstance(value, type):
        kept = ((field.name, getattr(value, field.name)) for field in fields(value))
        return _shown_fields(value) if say is str else {name: _plain(each, say) for name, each in kept}
    if isinstance(value, Mapping):
        return {str(name): _plain(each, say) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each, say) for each in value]
    return value.value if isinstance(value, Enum) else value


def _shown_fields(record: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for field in fields(record):
        value, how = getattr(record, field.name), field.metadata.get("shown")
        if how == "beside":
            plain |= shown(value)
        elif how != "hidden" and (how != "optional" or value not in (None, "")):
            plain[field.name] = (
                str(value or "") if how == "sentence" else shown(spoken(value) if how == "spoken" else value)
            )
    return plain


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
