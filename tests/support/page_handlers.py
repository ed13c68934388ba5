"""What the handlers of Gradio's pages can reach: each operation and function of the services that their code calls, or
what it calls of the web.

Names are resolved as Python does it (globals, closures, attributes of the object that a method belongs to and of its
parts); a method of the services by its name alone: `desk.ask` is any method `ask`.
"""

import dis
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import appliance.services
from appliance.services.operations import Operation

Handler = Callable[..., Any]
SERVICES, WEB = "appliance.services.", "appliance.web."


def unwrapped(handler: Handler) -> Handler:
    """Return what `web.page.events.Page` made a handler of."""
    if isinstance(handler, FunctionType) and handler.__module__ == "appliance.web.page.events":
        closure = inspect.getclosurevars(handler).nonlocals
        return next(closure[name] for name in ("handler", "failed") if name in closure)  # type: ignore[no-any-return]
    return handler


def name_of(function: Any) -> str:
    """Return a function's module and name, below the package."""
    name = getattr(function, "__qualname__", "") or function.__name__
    return f"{function.__module__}.{name}".removeprefix("appliance.").replace(".<locals>", "")


def methods() -> dict[str, set[str]]:
    """Return the public methods of the services' classes that act for a caller, by name."""
    found: dict[str, set[str]] = {}
    for module in pkgutil.walk_packages(appliance.services.__path__, SERVICES):
        for thing in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(thing) and thing.__module__.startswith(SERVICES):
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
    """Return the services that a handler can come to, the web's own functions in between left away."""
    by_name, reached, seen = methods(), set[str](), set[Any]()
    waiting: list[Any] = [unwrapped(handler)]
    while waiting:
        thing = waiting.pop()
        owner = thing.__self__ if isinstance(thing, MethodType) else None
        function = thing.__func__ if isinstance(thing, MethodType) else thing
        if isinstance(function, Operation):
            reached.add(name_of(function))
        if not isinstance(function, FunctionType) or (id(owner), function) in seen:
            continue
        seen.add((id(owner), function))
        if function.__module__.startswith(SERVICES):
            reached.add(name_of(function))
        elif function.__module__.startswith(WEB):
            held = _held(function, owner)
            waiting += held.values()
            for code in _codes(function.__code__):
                reached |= {service for name in code.co_names for service in by_name.get(name, ())}
                waiting += _named(code, function.__globals__, held)
    return reached


def _held(function: FunctionType, owner: Any) -> dict[str, Any]:
    """Return what a function has by names of its own: its closure, and the object that it is a method of."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    held = {name: cell.cell_contents for name, cell in cells}
    return held if owner is None else {function.__code__.co_varnames[0]: owner, **held}


def _named(code: CodeType, names: Mapping[str, Any], held: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what code names: globals and what is held, and attributes of these (`self.step.draw`).

    An operation must be called: pages also ask the rules whether somebody may do it.
    """
    thing: Any = None
    for each in dis.get_instructions(code):
        if each.opname == "LOAD_GLOBAL":
            thing = names.get(each.argval)
            if isinstance(thing, Operation) and "NULL" not in each.argrepr:  # which makes room for a call
                thing = None
        elif each.opname in {"LOAD_FAST", "LOAD_DEREF"}:
            thing = held.get(each.argval)
        elif each.opname in {"LOAD_ATTR", "LOAD_METHOD"}:
            thing = _attribute(thing, each.argval)
        else:
            thing = None
        yield thing


def _attribute(holder: Any, name: str) -> Any:
    """Return an attribute of an object or a module of the web's."""
    module = holder.__name__ if isinstance(holder, ModuleType) else type(holder).__module__
    return getattr(holder, name, None) if module.startswith(WEB) else None


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code and that of what is defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
