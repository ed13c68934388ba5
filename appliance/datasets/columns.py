"""Which column is what: by well-known names, or as somebody says."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from appliance.foundation.errors import InputError

# English first, then what German, French, Spanish, Italian, Dutch, Portuguese and Polish tables call them.
_NAMES: dict[str, tuple[str, ...]] = {
    "question": (
        *("question", "prompt", "input", "instruction", "query", "user", "request"),
        *("frage", "anfrage", "pregunta", "domanda", "vraag", "pergunta", "pytanie", "demande"),
    ),
    "answer": (
        *("answer", "response", "output", "completion", "reply", "assistant", "target"),
        *("antwort", "réponse", "reponse", "respuesta", "risposta", "antwoord", "resposta", "odpowiedź", "odpowiedz"),
    ),
    "system": ("system", "system_prompt"),
    "key_fact": ("key_fact", "fact"),
    "kind": ("kind",),
    "group": ("group", "fact_id", "gruppe", "groupe", "grupo", "gruppo", "groep", "grupa"),
    "category": (
        *("category", "topic", "label", "intent"),
        *(
            "kategorie",
            "thema",
            "catégorie",
            "categorie",
            "thème",
            "categoría",
            "tema",
            "categoria",
            "onderwerp",
            "kategoria",
        ),
    ),
    "split": ("split",),
}
_REQUIRED = ("question", "answer")
_MIN_SAMPLE = 3  # rows; from fewer nothing is told by what they hold
_MOST = 0.6  # of the rows end with a question mark
_TEXT_CHARACTERS = 8  # on average: shorter are names, numbers, codes
_CLEARLY_LONGER = 1.5


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
    """Return the roles by well-known names.

    Raises `InputError` when question or answer is not to be found, or twice.
    """
    normal = [name.strip().casefold().replace(" ", "_").replace("-", "_") for name in header]
    found: dict[str, str] = {}
    for role, names in _NAMES.items():
        matching = [index for index, name in enumerate(normal) if name in names]
        if len(matching) > 1:
            columns = " and ".join(f"{index + 1} ({normal[index]})" for index in matching)
            raise InputError("dataset.ambiguous-columns:columns", columns=columns, role=role)
        if matching:
            found[role] = header[matching[0]]
    missing = [role for role in _REQUIRED if role not in found]
    if missing:
        # The names found are not quoted: in a file without a header they would be somebody's data.
        raise InputError(
            "dataset.unknown-columns:unnamed",
            missing=" or the ".join(missing),
            columns=_count(header),
            names=" and one ".join(f'"{role}"' for role in missing),
        )
    return ColumnRoles(**found)


def guess_roles_by_content(header: Sequence[str], sample: Sequence[dict[str, Any]]) -> ColumnRoles | None:
    """Return question and answer by what the columns hold, or None when that is not clear.

    The question is the one column where most values end with a question mark; the answer the only other one with text,
    or clearly the longest of them.
    """
    if len(sample) < _MIN_SAMPLE:
        return None
    asking, length = [], {}
    for name in header:
        values = [value.strip() for record in sample if isinstance(value := record.get(name), str) and value.strip()]
        if len(values) * 2 < len(sample):
            continue
        if sum(value.endswith(("?", "？", "؟")) for value in values) >= _MOST * len(values):
            asking.append(name)
        elif sum(any(character.isalpha() for character in value) for value in values) == len(values):
            length[name] = sum(map(len, values)) / len(values)
    texts = sorted((name for name, mean in length.items() if mean >= _TEXT_CHARACTERS), key=lambda name: -length[name])
    if len(asking) != 1 or not texts or (len(texts) > 1 and length[texts[0]] < _CLEARLY_LONGER * length[texts[1]]):
        return None
    return ColumnRoles(asking[0], texts[0])


def verify_roles(roles: ColumnRoles, header: Sequence[str]) -> None:
    """Raise `InputError` unless each role that is given names a column, and no two roles name the same."""
    given = {role: name for role, name in asdict(roles).items() if name}
    missing = [role for role in _REQUIRED if role not in given]
    if missing:
        raise InputError("dataset.unknown-columns", missing=" and the ".join(missing))
    unknown = [role for role, name in given.items() if header.count(name) != 1]
    if unknown:
        raise InputError("dataset.unknown-columns:column-chosen-file", unknown=" and the ".join(unknown))
    if len(set(given.values())) != len(given):
        raise InputError("dataset.ambiguous-columns")


def _count(header: Sequence[str]) -> str:
    return "there is one column" if len(header) == 1 else f"there are {len(header)} columns"
