"""Messages for people: an id and parameters now, a sentence in the reader's language when it is shown.

What the appliance says is stored and passed on as a `Message`, never as a finished sentence. The sentences are in
`appliance/catalogues/<language>/*.ftl`, in the syntax of Project Fluent (https://projectfluent.org/fluent/guide/). In
an id, "." and ":" stand for the "-" of the catalogue, so that a message can be named as its error's code is:
`dataset.origin:missing` is the message `dataset-origin-missing`, of the code `dataset.origin`.

Beside Fluent's own NUMBER, a message may use these functions:

    SIZE($bytes)        12.4 MB, 1.5 GB          SECONDS($s)         about how long: 40 seconds, 3 hours
    PERCENT($share)     0.5 is 50 %              DATE($us), TIME($us)   a day, a moment (microseconds since 1970, UTC)

The language is that of the context (`use_language`): a request, a page, a command. It is English unless set, as in the
log, in JSON and in tests.
"""

import contextlib
import importlib.resources
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
LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "de": "Deutsch"})  # each by its own name
LOCALES: Mapping[str, str] = MappingProxyType({"en": "en_GB", "de": "de_DE"})  # how numbers and days are written
TEXT = "text"  # the message that says its only parameter, `text`
SENTENCES = "sentences"  # the message that says all of its only parameter, `sentences`
MAX_DEPTH = 4  # of messages within messages
_CATALOGUES = importlib.resources.files("appliance").joinpath("catalogues")
_ENTRY = re.compile(r"^(-?[a-zA-Z][a-zA-Z0-9_-]*) *=", re.MULTILINE)
_PUNCTUATION = str.maketrans(".:", "--")
_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


@dataclass(frozen=True)
class Message:
    """What is to be said. A parameter that is a message is said in the same language; a tuple is said as a list."""

    id: str
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        """Return the sentence in the language of the context."""
        return _sentence(self, _language.get())

    @property
    def english(self) -> str:
        """Return the sentence in English: for the log, for JSON, for tests."""
        return _sentence(self, ENGLISH)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, from which `from_json` makes the message again."""
        return {"id": self.id, "parameters": {name: _to_json(value) for name, value in self.parameters.items()}}

    @classmethod
    def from_json(cls, value: Any, depth: int = 0) -> Self:
        """Return the message in `value`; a text is one that an older version stored as a finished sentence.

        Raises `ValueError` for anything else.
        """
        if isinstance(value, str):
            return cls(TEXT, {"text": value})
        if not isinstance(value, dict) or value.keys() != {"id", "parameters"} or depth > MAX_DEPTH:
            raise ValueError("not a message")
        identifier, parameters = value["id"], value["parameters"]
        if not isinstance(identifier, str) or not isinstance(parameters, dict):
            raise ValueError("not a message")
        return cls(identifier, {str(name): _from_json(each, depth) for name, each in parameters.items()})

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        """Let a message be a field of what is sent between processes."""
        from pydantic_core import core_schema  # noqa: PLC0415 - loaded by then

        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.from_json(value),
            serialization=core_schema.plain_serializer_function_ser_schema(cls.to_json),
        )


def message(identifier: str, /, **parameters: Parameter) -> Message:
    """Return the message `identifier` with its parameters."""
    return Message(identifier, parameters)


def verbatim(text: str) -> Message:
    """Return a message that says `text` as it is, in every language: a name, or words that are not ours."""
    return Message(TEXT, {"text": text})


def sentences(*messages: Message) -> Message:
    """Return a message that says several, one after the other."""
    return Message(SENTENCES, {"sentences": messages})


def t(identifier: str, /, **parameters: Parameter) -> str:
    """Return the sentence of a message at once, in the language of the context."""
    return _sentence(Message(identifier, parameters), _language.get())


def said(value: Any) -> str:
    """Return the sentence of a stored message (see `Message.from_json`), in the language of the context."""
    return str(Message.from_json(value))


def with_sentences(value: Any) -> Any:
    """Return JSON with each message in it (see `Message.to_json`) replaced by its sentence."""
    if isinstance(value, dict):
        with contextlib.suppress(ValueError):
            return said(value)
        return {name: with_sentences(item) for name, item in value.items()}
    return [with_sentences(item) for item in value] if isinstance(value, list) else value


def language() -> str:
    """Return the language of the context."""
    return _language.get()


@contextlib.contextmanager
def use_language(code: str) -> Iterator[None]:
    """Say everything in this language meanwhile; in English when it is none of `LANGUAGES`."""
    token = _language.set(code if code in LANGUAGES else ENGLISH)
    try:
        yield
    finally:
        _language.reset(token)


def negotiated_language(accept_language: str) -> str:
    """Return the first of `LANGUAGES` that an Accept-Language header (RFC 9110, section 12.5.4) asks for, else ""."""
    wanted = []
    for place, part in enumerate(accept_language[:500].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        with contextlib.suppress(ValueError):
            wanted.append((-float(quality or 1), place, tag.partition("-")[0].lower()))
    return next((tag for weight, _, tag in sorted(wanted) if weight < 0 and tag in LANGUAGES), "")


def has_message(identifier: str, code: str = ENGLISH) -> bool:
    """Tell whether the catalogue of a language has the message."""
    return identifier.translate(_PUNCTUATION) in _catalogue(code).entries


def _sentence(said: Message, code: str) -> str:
    """Return the sentence. Where no catalogue can be read (a process behind its walls), the id and the parameters."""
    try:
        return _catalogue(code).format(said)
    except (ImportError, OSError):
        return f"{said.id} {dict(said.parameters)}" if said.parameters else said.id


def _to_json(value: Parameter) -> Any:
    if isinstance(value, Message):
        return value.to_json()
    return [_to_json(each) for each in value] if isinstance(value, tuple) else value


def _from_json(value: Any, depth: int) -> Parameter:
    if isinstance(value, dict):
        return Message.from_json(value, depth + 1)
    if isinstance(value, list) and depth <= MAX_DEPTH:
        return tuple(_from_json(each, depth + 1) for each in value)
    if not isinstance(value, str | int | float):
        raise ValueError("not a message")
    return value


class _Catalogue:
    """The messages of one language. A message is parsed when it is first said: reading all of them takes a second."""

    def __init__(self, code: str) -> None:
        from fluent.runtime import FluentBundle  # noqa: PLC0415 - a worker that says nothing does without

        from appliance.foundation import formats  # noqa: PLC0415 - as above

        self.code = code
        self.entries: dict[str, str] = {}
        for file in sorted(_CATALOGUES.joinpath(code).iterdir(), key=lambda path: path.name):
            text = file.read_text(encoding="utf-8")
            begins = [found.start() for found in _ENTRY.finditer(text)]
            for begin, end in pairwise([*begins, len(text)]):
                entry = text[begin:end]
                self.entries[entry.partition("=")[0].strip()] = entry
        functions = {name: _in_language(function, LOCALES[code]) for name, function in formats.FUNCTIONS.items()}
        self._bundle = FluentBundle([LOCALES[code].replace("_", "-")], functions=functions, use_isolating=False)
        self._parsed: set[str] = set()

    def format(self, said: Message) -> str:
        """Return the sentence; what this catalogue lacks is said in English, and what that lacks as its id."""
        if said.id == TEXT:
            return str(said.parameters["text"])
        if said.id == SENTENCES:
            told = said.parameters["sentences"]
            return " ".join(str(self._value(each)) for each in (told if isinstance(told, tuple) else (told,)))
        identifier = said.id.translate(_PUNCTUATION)
        if identifier not in self.entries:
            return said.id if self.code == ENGLISH else _sentence(said, ENGLISH)
        values = {name: self._value(value) for name, value in said.parameters.items()}
        self._parse(identifier)
        pattern = self._bundle.get_message(identifier).value
        assert pattern is not None  # it has only messages with a value
        return str(self._bundle.format_pattern(pattern, values)[0])

    def _parse(self, identifier: str) -> None:
        """Give the bundle this message and those that it refers to."""
        from fluent.runtime import FluentResource  # noqa: PLC0415 - as in __init__

        if identifier in self._parsed or identifier not in self.entries:
            return
        self._parsed.add(identifier)
        entry = self.entries[identifier]
        self._bundle.add_resource(FluentResource(entry))
        for referred in re.findall(r"\{\s*(-?[a-z][a-zA-Z0-9_-]*)", entry):
            self._parse(referred)

    def _value(self, value: Parameter) -> str | int | float:
        if isinstance(value, Message):
            return _sentence(value, self.code)
        if isinstance(value, tuple):
            from appliance.foundation import formats  # noqa: PLC0415 - as above

            return formats.listed([str(self._value(each)) for each in value], LOCALES[self.code])
        return value


def _in_language(function: Any, code: str) -> Any:
    def call(value: Any) -> str:
        return str(function(value, code))

    return call


@cache
def _catalogue(code: str) -> _Catalogue:
    return _Catalogue(code)
