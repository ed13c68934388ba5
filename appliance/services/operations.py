"""What can be asked for by name: one row for each operation, which commands, socket and pages read alike.

    @operation("dataset.hold", action="dataset.hold", on="dataset")
    def hold_dataset(context, caller, *, dataset_id: DatasetId, reason: str) -> Dataset: ...

The keyword-only parameters of the function are the operation's parameters. `Operation.perform` takes them as JSON: it
checks their names and types, asks the rules, and turns the name or the beginning of an id into the id of an object.
They are plain values, so a request can be stored, shown, and carried out later. A page calls the operation itself, with
ids, and gets the function's own types.

`may` and `may_do` tell what a page may offer: the rules are asked as for an act, but nothing is logged, because nothing
is done.
"""

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Concatenate, Generic, ParamSpec, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_core import ErrorDetails

from appliance import services
from appliance.audit import ObjectRef
from appliance.foundation.errors import InputError
from appliance.foundation.identifiers import is_id
from appliance.foundation.json_records import shown
from appliance.foundation.messages import Message, message, sentences
from appliance.policy import Principal
from appliance.services.context import Caller, ServiceContext
from appliance.services.object_names import Reference, resolve

P = ParamSpec("P")
R = TypeVar("R")
MAX_NAMED = 5
MAX_NAME_CHARACTERS = 64
UNKNOWN = "operation-parameter-unknown"
_MISTAKES = {  # by the types of pydantic's errors (https://docs.pydantic.dev/latest/errors/validation_errors)
    "missing": "missing",
    "extra_forbidden": "unknown",
    "unexpected_keyword_argument": "unknown",
    "is_instance_of": "list",
}
_FORMS = {"int": "int", "float": "float", "bool": "bool", "string": "text", "tuple": "list", "list": "list"}

DatasetId = Annotated[str, Reference("dataset")]
ModelId = Annotated[str, Reference("model")]
AdapterId = Annotated[str, Reference("adapter")]
JobId = Annotated[str, Reference("job")]

_OPERATIONS: dict[str, "Operation[..., Any]"] = {}


class Operation(Generic[P, R]):
    """One thing that can be asked for. `action` is what the rules are asked, `on` the kind of object it is done to."""

    def __init__(
        self, name: str, action: str, on: str, function: Callable[Concatenate[ServiceContext, Caller, P], R]
    ) -> None:
        self.name = name
        self.action = action
        self.on = on
        self.function = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self.__module__ = function.__module__
        self.parameters, self.references = _parameters(name, function)

    @property
    def label(self) -> Message:
        """Return what it is called."""
        return message(f"operation-{self.name}")

    def __call__(self, context: ServiceContext, caller: Caller, /, *args: P.args, **parameters: P.kwargs) -> R:
        """Do it, with parameters that are known to be right."""
        return self.function(context, caller, *args, **parameters)

    def perform(self, context: ServiceContext, caller: Caller, parameters: Mapping[str, Any]) -> Any:
        """Do it as somebody asked for it from outside, and return plain JSON.

        Raises `InputError` naming the parameter that is wrong, `AuthorizationError`, and what the function raises.
        """
        values = self.checked(parameters)
        context.verify_allowed(caller, self.action, self._target(values))
        for name, reference in self.references.items():
            if values.get(name):
                values[name] = resolve(context, reference.kind, values[name])
        function: Callable[..., R] = self.function
        return shown(function(context, caller, **values))

    def checked(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters with their types, those that were left out with their defaults. Raises `InputError`."""
        try:
            given = self.parameters.model_validate(dict(parameters))
        except ValidationError as error:
            problems = error.errors(include_input=False, include_url=False)
            mistakes = sorted(map(_mistake, problems), key=lambda mistake: mistake.id != UNKNOWN)
            told = sentences(*mistakes[:MAX_NAMED])
            raise InputError("operation.parameters", operation=self.name, mistakes=told, count=len(mistakes)) from None
        return {name: getattr(given, name) for name in self.parameters.model_fields}

    def _target(self, values: Mapping[str, Any]) -> ObjectRef:
        """Return what a denial is logged for: the object, when an id names it. A name that was typed is not logged."""
        for name, reference in self.references.items():
            value = values.get(name)
            if reference.kind == self.on and isinstance(value, str) and is_id(value):
                return ObjectRef(self.on, value)
        return ObjectRef(self.on, "asked")


def operation(
    name: str, *, action: str, on: str
) -> Callable[[Callable[Concatenate[ServiceContext, Caller, P], R]], Operation[P, R]]:
    """Make an operation of a function, under a name that no other has."""

    def register(function: Callable[Concatenate[ServiceContext, Caller, P], R]) -> Operation[P, R]:
        if name in _OPERATIONS:
            raise ValueError(f"two operations are called {name}")
        made = Operation(name, action, on, function)
        _OPERATIONS[name] = made
        return made

    return register


def operations() -> Mapping[str, Operation[..., Any]]:
    """Return every operation by name: those of all modules of this package."""
    for module in pkgutil.walk_packages(services.__path__, f"{services.__name__}."):
        importlib.import_module(module.name)
    return _OPERATIONS


def _parameters(name: str, function: Callable[..., Any]) -> tuple[type[BaseModel], dict[str, Reference]]:
    """Return a model of the keyword-only parameters of `function`, and which of them name an object."""
    hints = typing.get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    references = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        hint = hints[parameter.name]
        fields[parameter.name] = (hint, ... if parameter.default is inspect.Parameter.empty else parameter.default)
        for found in _metadata(hint):
            references[parameter.name] = found
    config = ConfigDict(extra="forbid", strict=False, hide_input_in_errors=True, protected_namespaces=())
    return create_model(f"Parameters of {name}", __config__=config, **fields), references


def _metadata(hint: Any) -> list[Reference]:
    parts = [hint, *typing.get_args(hint)]  # of `DatasetId | None` too
    return [found for part in parts for found in getattr(part, "__metadata__", ()) if isinstance(found, Reference)]


def _mistake(problem: ErrorDetails) -> Message:
    """Return what is wrong with a parameter, without its value."""
    name = ".".join(map(str, problem["loc"]))[:MAX_NAME_CHARACTERS]
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in _MISTAKES:
        return message(f"operation-parameter-{_MISTAKES[kind]}", name=name)
    if kind == "literal_error":
        return message("operation-parameter-choice", name=name, choices=context["expected"].replace("'", ""))
    return message(f"operation-parameter-{_FORMS.get(kind.partition('_')[0], 'invalid')}", name=name)


def may(context: ServiceContext, caller: Caller, action: str, kind: str, identifier: str = "any") -> bool:
    """Tell whether the caller may do `action` to an object."""
    return context.rules.allows(Principal(caller.user_id, caller.role), action, kind, identifier)


def may_do(context: ServiceContext, caller: Caller, operation: Operation[Any, Any], identifier: str = "any") -> bool:
    """Tell whether the caller may ask for an operation."""
    return may(context, caller, operation.action, operation.on, identifier)
