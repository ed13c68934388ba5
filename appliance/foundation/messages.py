"""Messages for people: an id and parameters, turned into a sentence in the reader's language when shown.

Messages are stored and passed on as `Message`, never as finished sentences. The sentences are in
`appliance/catalogues/<language>/*.ftl`, in the syntax of Project Fluent (https://projectfluent.org/fluent/guide/).
"." and ":" in an id are "-" in the catalogue, so that a message can be named after its error's code:
`dataset.origin:missing` is the message `dataset-origin-missing` with the code `dataset.origin`.

Besides Fluent's own NUMBER, messages may use these functions:

    SIZE($bytes)        12.4 MB, 1.5 GB          SECONDS($s)            approximate duration: 40 seconds, 3 hours
    PERCENT($share)     0.5 is 50 %              DATE($us), TIME($us)   microseconds since 1970, shown in UTC

The language is that of the context (`use_language`): a request, a page, a command. The default is English, as in the
log, in JSON and in tests.
"""

import contextlib
import importlib.resources
import json
import math
import re
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Self, TypeAlias

Parameter: TypeAlias = "str | int | float | Message | tuple[Parameter, ...]"

ENGLISH = "en"
LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "de": "Deutsch"})
LOCALES: Mapping[str, str] = MappingProxyType({"en": "en_GB", "de": "de_DE"})  # for numbers and dates
TEXT = "text"  # the message that consists of its only parameter, `text`
SENTENCES = "sentences"  # the message that joins the messages in its only parameter, `sentences`
MAX_DEPTH = 4  # of nested messages
MAX_NUMBER = 1e18
_CATALOGUES = importlib.resources.files("appliance").joinpath("catalogues")
_ENTRY = re.compile(r"^(-?[a-zA-Z][a-zA-Z0-9_-]*) *=", re.MULTILINE)
_ID = re.compile(r"^[^-].{0,199}$")  # of a message; a term of the catalogues (-term) is none
# No catalogue, or an id and parameters that are none of ours.
_UNSPOKEN = (ImportError, OSError, ArithmeticError, LookupError, ValueError, TypeError)
_PUNCTUATION = str.maketrans(".:", "--")
_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


@dataclass(frozen=True)
class Message:
    """An id and parameters. Messages in parameters appear in the same language; tuples appear as written lists."""

    id: str
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        """Return the sentence in the language of the context."""
        return _sentence(self, _language.get())

    @property
    def english(self) -> str:
        """Return the sentence in English, for the log, for JSON and for tests."""
        return _sentence(self, ENGLISH)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, from which `from_json` restores the message."""
        return {"id": self.id, "parameters": {name: _to_json(value) for name, value in self.parameters.items()}}

    @classmethod
    def from_json(cls, value: Any, depth: int = 0) -> Self:
        """Return the message in `value`. A plain text, as older versions stored it, becomes a verbatim message.

        Raises `ValueError` for anything else.
        """
        if isinstance(value, str):
            return cls(TEXT, {"text": value})
        if not isinstance(value, dict) or value.keys() != {"id", "parameters"} or depth > MAX_DEPTH:
            raise ValueError("not a message")
        identifier, parameters = value["id"], value["parameters"]
        if not isinstance(identifier, str) or not _ID.match(identifier) or not isinstance(parameters, dict):
            raise ValueError("not a message")
        return cls(identifier, {str(name): _from_json(item, depth) for name, item in parameters.items()})

    def to_text(self) -> str:
        """Return the message as it is kept in a column of text."""
        return json.dumps(self.to_json())

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """Return the message in a column of text: None for "", and the words themselves that an older version kept."""
        if not text:
            return None
        return cls.from_json(json.loads(text) if text.startswith('{"id": ') else text)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        """Allow messages as fields of pydantic models."""
        from pydantic_core import core_schema  # noqa: PLC0415 - already loaded when pydantic calls this

        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.from_json(value),
            serialization=core_schema.plain_serializer_function_ser_schema(cls.to_json),
        )


def message(identifier: str, /, **parameters: Parameter) -> Message:
    """Return a message."""
    return Message(identifier, parameters)


def verbatim(text: str) -> Message:
    """Return a message that is `text` in every language: a name, or text from outside the appliance."""
    return Message(TEXT, {"text": text})


def sentences(*messages: Message) -> Message:
    """Return one message that joins several with spaces."""
    return Message(SENTENCES, {"sentences": messages})


def t(identifier: str, /, **parameters: Parameter) -> str:
    """Return the sentence of a message in the language of the context."""
    return _sentence(Message(identifier, parameters), _language.get())


def language() -> str:
    """Return the language of the context."""
    return _language.get()


@contextlib.contextmanager
def use_language(code: str) -> Iterator[None]:
    """Use this language in the block, or English if it is not one of `LANGUAGES`."""
    token = _language.set(code if code in LANGUAGES else ENGLISH)
    try:
        yield
    finally:
        _language.reset(token)


def negotiated_language(accept_language: str) -> str:
    """Return the preferred one of `LANGUAGES` in an Accept-Language header (RFC 9110, section 12.5.4), or ""."""
    preferences = []
    for position, part in enumerate(accept_language[:500].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        with contextlib.suppress(ValueError):
            preferences.append((-float(quality or 1), position, tag.partition("-")[0].lower()))
    return next((tag for weight, _, tag in sorted(preferences) if weight < 0 and tag in LANGUAGES), "")


def has_message(identifier: str, code: str = ENGLISH) -> bool:
    """Return whether the catalogue of a language has the message."""
    return identifier.translate(_PUNCTUATION) in _catalogue(code).entries


def _sentence(message: Message, code: str) -> str:
    """Return the sentence, or id and parameters where there is none (in a sandboxed process without the catalogue)."""
    try:
        return _catalogue(code).format(message)
    except _UNSPOKEN:
        return f"{message.id} {dict(message.parameters)}" if message.parameters else message.id


def _to_json(value: Parameter) -> Any:
    if isinstance(value, Message):
        return value.to_json()
    return [_to_json(item) for item in value] if isinstance(value, tuple) else value


def _from_json(value: Any, depth: int) -> Parameter:
    if isinstance(value, dict):
        return Message.from_json(value, depth + 1)
    if isinstance(value, list) and depth <= MAX_DEPTH:
        return tuple(_from_json(item, depth + 1) for item in value)
    if not isinstance(value, str | int | float):
        raise ValueError("not a message")
    return value


class _Catalogue:
    """The messages of one language. Each is parsed on first use, because parsing all of them takes a second."""

    def __init__(self, code: str) -> None:
        from fluent.runtime import FluentBundle  # noqa: PLC0415 - not needed by workers without messages

        from appliance.foundation import formats  # noqa: PLC0415 - as above

        self.code = code
        self.entries: dict[str, str] = {}
        for file in sorted(_CATALOGUES.joinpath(code).iterdir(), key=lambda path: path.name):
            text = file.read_text(encoding="utf-8")
            starts = [match.start() for match in _ENTRY.finditer(text)]
            for start, end in pairwise([*starts, len(text)]):
                entry = text[start:end]
                self.entries[entry.partition("=")[0].strip()] = entry
        functions = {name: _in_language(function, LOCALES[code]) for name, function in formats.FUNCTIONS.items()}
        functions["NUMBER"] = _number
        self._bundle = FluentBundle([LOCALES[code].replace("_", "-")], functions=functions, use_isolating=False)
        self._parsed: set[str] = set()

    def format(self, message: Message) -> str:
        """Return the sentence: in English if this catalogue lacks it, and the id if the English one lacks it too."""
        if message.id == TEXT:
            return str(message.parameters.get("text", ""))
        if message.id == SENTENCES:
            parts = message.parameters.get("sentences", ())
            return " ".join(str(self._value(part)) for part in (parts if isinstance(parts, tuple) else (parts,)))
        identifier = message.id.translate(_PUNCTUATION)
        if identifier not in self.entries or identifier.startswith("-"):  # a term of the catalogue is no message
            return message.id if self.code == ENGLISH else _sentence(message, ENGLISH)
        values = {name: self._value(value) for name, value in message.parameters.items()}
        self._parse(identifier)
        pattern = self._bundle.get_message(identifier).value
        assert pattern is not None  # Every message of our catalogues has a value.
        return str(self._bundle.format_pattern(pattern, values)[0])

    def _parse(self, identifier: str) -> None:
        """Add this message and those that it refers to to the bundle."""
        from fluent.runtime import FluentResource  # noqa: PLC0415 - as in __init__

        if identifier in self._parsed or identifier not in self.entries:
            return
        self._parsed.add(identifier)
        entry = self.entries[identifier]
        self._bundle.add_resource(FluentResource(entry))
        for reference in re.findall(r"\{\s*(-?[a-z][a-zA-Z0-9_-]*)", entry):
            self._parse(reference)

    def _value(self, value: Parameter) -> str | int | float:
        if isinstance(value, Message):
            return _sentence(value, self.code)
        if isinstance(value, tuple):
            from appliance.foundation import formats  # noqa: PLC0415 - as above

            return formats.listed([str(self._value(item)) for item in value], LOCALES[self.code])
        if isinstance(value, int | float) and not abs(value) < MAX_NUMBER:
            return _large(value)  # Fluent and babel format no more digits, and finite numbers only
        return value


def _large(value: float) -> str:
    try:
        return f"{float(value):g}"
    except OverflowError:  # an integer beyond the range of floats
        return f"{'-' if value < 0 else ''}10^{int(math.log10(abs(value)))}"


def _number(value: Any, **options: Any) -> Any:
    """Fluent's NUMBER, which takes no text: what is not a finite number is one by then (see `_value`)."""
    from fluent.runtime.builtins import BUILTINS  # noqa: PLC0415 - as in `_Catalogue`

    return value if isinstance(value, str) else BUILTINS["NUMBER"](value, **options)


def _in_language(function: Any, code: str) -> Any:
    def call(value: Any) -> str:
        return str(function(value, code))

    return call


@cache
def _catalogue(code: str) -> _Catalogue:
    return _Catalogue(code)
