"""What the handlers of Gradio's pages can reach: each function of the services that their code names, or what it calls
of the web.

Names are resolved as Python does it (globals, closures), attributes by their name alone: `desk.ask` is any
method `ask`.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

import appliance.services

Handler = Callable[..., Any]


def unwrapped(handler: Handler) -> Handler:
    """Return what `web.wizard.events.Events` made a handler of."""
    if isinstance(handler, FunctionType) and handler.__module__ == "appliance.web.wizard.events":
        return inspect.getclosurevars(handler).nonlocals["handler"]  # type: ignore[no-any-return]
    return handler


def name_of(function: Any) -> str:
    """Return a function's module and name, below the package."""
    return f"{function.__module__}.{function.__qualname__}".removeprefix("appliance.").replace(".<locals>", "")


def methods() -> dict[str, set[str]]:
    """Return the public methods of the services' classes that act for a caller, by name."""
    found: dict[str, set[str]] = {}
    for module in pkgutil.iter_modules(appliance.services.__path__):
        for thing in vars(importlib.import_module(f"appliance.services.{module.name}")).values():
            if inspect.isclass(thing) and thing.__module__.startswith("appliance.services."):
                for name, method in vars(thing).items():
                    function = inspect.unwrap(method) if callable(method) else method
                    if (
                        inspect.isfunction(function)
                        and not name.startswith("_")
                        and "caller" in inspect.signature(function).parameters
                    ):
                        found.setdefault(name, set()).add(name_of(function))
    return found


def services_reached(handler: Handler) -> set[str]:
    """Return the functions of the services that a handler can come to, the web's own functions in between left away."""
    by_name, reached, seen = methods(), set[str](), set[Any]()
    waiting: list[Any] = [unwrapped(handler)]
    while waiting:
        function = waiting.pop()
        if not isinstance(function, FunctionType) or function in seen:
            continue
        seen.add(function)
        if function.__module__.startswith("appliance.services."):
            reached.add(name_of(function))
        elif function.__module__.startswith("appliance.web."):
            for code in _codes(function.__code__):
                for name in code.co_names:
                    reached |= by_name.get(name, set())
                    waiting.append(function.__globals__.get(name))
            waiting += [cell.cell_contents for cell in function.__closure__ or ()]
    return reached


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code and that of what is defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
