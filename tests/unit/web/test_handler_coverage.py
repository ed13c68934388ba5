"""Every handler of Gradio's pages: it comes to a service that logs, or shows what was there before, from a list with
the reason.

What there is, is enumerated from the running pages. That each of the services logs before it does anything:
services/test_coverage.py. Handlers are looked at, not run (the tests of the pages run them): a service that stands
behind a condition counts.
"""

import importlib
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from page_handlers import name_of, services_reached, unwrapped

from appliance.services.operations import Operation
from appliance.web.page.environment import prepare_environment
from appliance.web.page.table import PAGES

# By handler, the services that it asks for the person who calls. `a.b.c` is `c`, defined in module `a.b`.
LOOK_AT_DATASET: set[str] = set()
LOOK_AT_RESULTS: set[str] = set()
LOOK_AT_TRAININGS: set[str] = set()
LOGGED: dict[str, set[str]] = {}
PRESENTATIONAL: dict[str, str] = {}
# What asks the rules what a page may offer, and does nothing.
ASKS = {"policy_view.may", "policy_view.may_do"}
# Readers that log nothing themselves: whoever comes to one comes to a service that logged the same look before.
READERS: dict[str, set[str]] = {}


@pytest.fixture(scope="module")
def handlers(appliance: Any, own_environment: None) -> dict[str, Callable[..., Any]]:
    """Every handler of every page, by name."""
    prepare_environment(appliance.context.home)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        from appliance.web.page.gradio_pages import build_page

        pages = [build_page(appliance.context, row, "en") for row in PAGES]
    functions = [each.fn for page in pages for each in page.fns.values() if each.fn is not None]
    return {name_of(unwrapped(function)).removeprefix("web."): function for function in functions}


def services_of(function: Callable[..., Any]) -> set[str]:
    """Return the services that a handler comes to."""
    return {service.removeprefix("services.") for service in services_reached(function)} - ASKS


def _for_callers(service: str) -> bool:
    module, names = service, []
    while True:
        module, _, name = module.rpartition(".")
        names.insert(0, name)
        try:
            thing: Any = importlib.import_module(f"appliance.services.{module}")
            break
        except ModuleNotFoundError:
            continue
    for name in names:
        thing = getattr(thing, name)
    return isinstance(thing, Operation) or "caller" in inspect.signature(inspect.unwrap(thing)).parameters


def test_every_handler_is_listed(handlers: dict[str, Any]) -> None:
    """One that nobody listed fails, and so does a line for one that is gone."""
    assert len(handlers) > 30
    assert set(handlers) == set(LOGGED) | set(PRESENTATIONAL)
    assert not set(LOGGED) & set(PRESENTATIONAL)


def test_a_handler_asks_the_services_that_are_listed_for_it(handlers: dict[str, Any]) -> None:
    for name, function in handlers.items():
        reached = services_of(function)
        assert {service for service in reached if _for_callers(service)} == LOGGED.get(name, set()), name
        for reader in (service for service in reached if not _for_callers(service)):
            assert READERS[reader] & LOGGED[name], f"{name} shows what {reader} reads, and no look at it is logged"


def test_who_reaches_nothing_is_seen(appliance: Any) -> None:
    """The walk itself: through a helper of the web's, a closure and a lambda, and to nothing from nowhere."""
    from appliance.web.wizard.jobs import latest_job, stop_button

    def handler(caller: Any) -> Any:
        look = lambda adapter: latest_job(appliance.context, caller, "evaluate", adapter)  # noqa: E731 - what is tried
        return look("")

    handler.__module__ = latest_job.__module__
    handler.__globals__.setdefault("latest_job", latest_job)
    assert services_reached(handler) == {"services.jobs.control.all_jobs", "services.jobs.control.show_job"}
    assert services_reached(lambda: None) == set()
    # To ask whether somebody may stop a job is not to stop it.
    assert services_of(stop_button) == set()
