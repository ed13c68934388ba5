"""Which column holds what: by well-known names, by its content, or as the user chose."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from appliance.foundation.errors import InputError
from appliance.foundation.messages import message

# English first, then German, French, Spanish, Italian, Dutch, Portuguese and Polish.
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
        *("category", "topic", "label", "intent", "kategorie", "thema", "catégorie", "categorie", "thème"),
        *("categoría", "tema", "categoria", "onderwerp", "kategoria"),
    ),
    "split": ("split",),
}
_REQUIRED = ("question", "answer")
_MIN_SAMPLE = 3  # rows: fewer say too little
_QUESTION_SHARE = 0.6  # of a column's values end with a question mark
_TEXT_CHARACTERS = 8  # on average: shorter values are names, numbers, codes
_CLEARLY_LONGER = 1.5


@dataclass(frozen=True)
class ColumnRoles:
    """The column of each role, named as in the header; "" where the table has none."""

    question: str = ""
    answer: str = ""
    system: str = ""
    key_fact: str = ""
    kind: str = ""
    group: str = ""
    category: str = ""
    split: str = ""


def guess_roles(header: Sequence[str]) -> ColumnRoles:
    """Return the roles by well-known names.

    Raises `InputError` when a role has two columns, or the question or the answer has none.
    """
    normal_names = [name.strip().casefold().replace(" ", "_").replace("-", "_") for name in header]
    roles: dict[str, str] = {}
    for role, known_names in _NAMES.items():
        matching = [index for index, name in enumerate(normal_names) if name in known_names]
        if len(matching) > 1:
            columns = tuple(f"{index + 1} ({normal_names[index]})" for index in matching)
            raise InputError("dataset.ambiguous-columns:role", columns=columns, role=message("column-role", role=role))
        if matching:
            roles[role] = header[matching[0]]
    if missing := _missing(roles):
        # The header is not quoted: in a file without one, the first row is data.
        raise InputError("dataset.unknown-columns:unnamed", missing=missing, columns=len(header))
    return ColumnRoles(**roles)


def guess_roles_by_content(header: Sequence[str], sample: Sequence[dict[str, Any]]) -> ColumnRoles | None:
    """Return question and answer by what the columns hold, or None when that is not clear.

    The question is the one column where most values end with a question mark. The answer is the only other column of
    text, or the one that is clearly the longest.
    """
    if len(sample) < _MIN_SAMPLE:
        return None
    questions, mean_lengths = [], {}
    for name in header:
        values = [value.strip() for record in sample if isinstance(value := record.get(name), str) and value.strip()]
        if len(values) * 2 < len(sample):
            continue
        if sum(value.endswith(("?", "？", "؟")) for value in values) >= _QUESTION_SHARE * len(values):
            questions.append(name)
        elif sum(any(character.isalpha() for character in value) for value in values) == len(values):
            mean_lengths[name] = sum(map(len, values)) / len(values)
    answers = sorted(
        (name for name, mean in mean_lengths.items() if mean >= _TEXT_CHARACTERS), key=lambda name: -mean_lengths[name]
    )
    if len(questions) != 1 or not answers:
        return None
    if len(answers) > 1 and mean_lengths[answers[0]] < _CLEARLY_LONGER * mean_lengths[answers[1]]:
        return None
    return ColumnRoles(questions[0], answers[0])


def verify_roles(roles: ColumnRoles, header: Sequence[str]) -> None:
    """Raise `InputError` unless every given role names a column, and no two roles name the same one."""
    given = {role: name for role, name in asdict(roles).items() if name}
    if missing := _missing(given):
        raise InputError("dataset.unknown-columns:not-chosen", missing=missing)
    unknown = tuple(message("column-role", role=role) for role, name in given.items() if header.count(name) != 1)
    if unknown:
        raise InputError("dataset.unknown-columns:not-in-file", roles=unknown)
    if len(set(given.values())) != len(given):
        raise InputError("dataset.ambiguous-columns:chosen-twice")


def _missing(roles: dict[str, str]) -> str:
    """Return which required role has no column: "question", "answer", "both", or ""."""
    missing = [role for role in _REQUIRED if role not in roles]
    return "both" if len(missing) > 1 else "".join(missing)
