"""Which column is what: by well-known names, or as somebody says."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from appliance.foundation.errors import InputError

_NAMES: dict[str, tuple[str, ...]] = {
    "question": ("question", "prompt", "input", "instruction", "query", "user", "request"),
    "answer": ("answer", "response", "output", "completion", "reply", "assistant", "target"),
    "system": ("system", "system_prompt"),
    "key_fact": ("key_fact", "fact"),
    "kind": ("kind",),
    "group": ("group", "fact_id"),
    "category": ("category", "topic", "label", "intent"),
    "split": ("split",),
}
_REQUIRED = ("question", "answer")


@dataclass(frozen=True)
class ColumnRoles:
    """The name of the column that holds each role, as the header spells it; "" where the table has none."""

    question: str
    answer: str
    system: str = ""
    key_fact: str = ""
    kind: str = ""
    group: str = ""
    category: str = ""
    split: str = ""


def guess_roles(header: Sequence[str]) -> ColumnRoles:
    """Return the roles by well-known names. Raises `InputError` when question or answer is not to be found, or twice."""
    normal = [name.strip().casefold().replace(" ", "_").replace("-", "_") for name in header]
    found: dict[str, str] = {}
    for role, names in _NAMES.items():
        matching = [index for index, name in enumerate(normal) if name in names]
        if len(matching) > 1:
            columns = " and ".join(f"{index + 1} ({normal[index]})" for index in matching)
            raise InputError(f"Columns {columns} could each be the {role}. Say which one it is.", code="dataset.ambiguous-columns")
        if matching:
            found[role] = header[matching[0]]
    missing = [role for role in _REQUIRED if role not in found]
    if missing:
        # The names found are not quoted: in a file without a header they would be somebody's data.
        raise InputError(
            f"No column is named as the {' or the '.join(missing)} ({_count(header)}). Name one column "
            + " and one ".join(f'"{role}"' for role in missing)
            + " in the first row, or say which column it is.",
            code="dataset.unknown-columns",
        )
    return ColumnRoles(**found)


def verify_roles(roles: ColumnRoles, header: Sequence[str]) -> None:
    """Raise `InputError` unless each role that is given names a column, and no two roles name the same."""
    given = {role: name for role, name in asdict(roles).items() if name}
    missing = [role for role in _REQUIRED if role not in given]
    if missing:
        raise InputError(f"No column was chosen for the {' and the '.join(missing)}. Choose one.", code="dataset.unknown-columns")
    unknown = [role for role, name in given.items() if header.count(name) != 1]
    if unknown:
        raise InputError(
            f"The column chosen for the {' and the '.join(unknown)} is not in the file exactly once. Choose one of the first row.",
            code="dataset.unknown-columns",
        )
    if len(set(given.values())) != len(given):
        raise InputError("One column was chosen for two roles. Choose a column for each.", code="dataset.ambiguous-columns")


def _count(header: Sequence[str]) -> str:
    return "there is one column" if len(header) == 1 else f"there are {len(header)} columns"
