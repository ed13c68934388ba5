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
JOBS = {"jobs.control.all_jobs", "jobs.control.show_job"}
PLAN = {"training.plan_training.preview_training"}
SHOWN_DATASET = {
    "data.dataset_versions.lineage",
    "data.dataset_versions.show_report",
    "data.import_dataset.all_datasets",
}
ROWS = SHOWN_DATASET | {"data.import_dataset.show_dataset"}
RANK = JOBS | {"models.artefacts.all_adapters", "models.artefacts.show_adapter"}
SEARCH = {"record.search_audit.search_audit"}
LIFE = {"record.adapter_card.show_card", "record.object_life.object_life"}
OVERVIEW = {"context.ServiceContext.verify_allowed", "record.review_audit.audit_overview"}
LOGGED: dict[str, set[str]] = {
    "audit.tabs.Life._show": LIFE,
    "audit.pages.AuditPage._find": SEARCH,
    "audit.pages.AuditPage._live": LIFE,
    "audit.pages.AuditPage._open": OVERVIEW,
    "audit.pages.AuditPage._prove": {"record.read_audit.show_proof"},
    "audit.pages.AuditPage._show": OVERVIEW,
    "audit.pages.AuditPage._sign": OVERVIEW | {"record.review_audit.sign_off"},
    "audit.tabs.Search._search": SEARCH,
    "audit.tabs.Search._to_newer": SEARCH,
    "audit.tabs.Search._to_older": SEARCH,
    "wizard.bring.BringPanel._keep": ROWS | {"data.import_dataset.import_dataset"},
    "wizard.bring.BringPanel._look": ROWS | {"data.receive_upload.preview_upload"},
    "wizard.bring.BringPanel._look_again": {"data.receive_upload.preview_upload"},
    "wizard.chat.Chat._answer": {"models.chat.ChatDesk.ask"},
    "wizard.data.DataStep._drop": ROWS | {"data.revise_dataset.revise_dataset"},
    "wizard.data.DataStep._mend.mend": ROWS | {"data.revise_dataset.revise_dataset"},
    "wizard.data.DataStep._pick": ROWS,
    "wizard.model.Learn._show_layers": {"models.artefacts.show_model"},
    "wizard.pages.Wizard._load": SHOWN_DATASET
    | RANK
    | PLAN
    | {"jobs.control.look_for_changes", "training.plan_training.models_for"},
    "wizard.pages.Wizard._tick": RANK | {"jobs.control.look_for_changes"},
    "wizard.pages.Wizard._to_models": {"training.plan_training.models_for"},
    "wizard.pages.Wizard._to_results": RANK,
    "wizard.pages.Wizard._to_training": PLAN,
    "wizard.results.RankPanel._look": RANK | {"models.findings.submit_explanation"},
    "wizard.results.RankPanel._show_smaller": RANK,
    "wizard.results.RankPanel._shrink": RANK | {"models.shrink_adapter.submit_shrink"},
    "wizard.results.RankPanel._stop_job": RANK | {"jobs.control.stop_job"},
    "wizard.results.ResultsStep._begin": RANK | {"models.findings.submit_evaluation"},
    "wizard.results.ResultsStep._pick": RANK,
    "wizard.results.ResultsStep._show_answers": {"models.findings.show_answers"},
    "wizard.results.ResultsStep._stop_measuring": RANK | {"jobs.control.stop_job"},
    "wizard.train.TrainStep._begin": JOBS | {"training.train_adapter.submit_training"},
    "wizard.train.TrainStep.draw_chosen": PLAN,
    "wizard.train.TrainStep._change_method": PLAN,
    "wizard.train.TrainStep._compare": JOBS | {"training.train_adapter.submit_sweep"},
    "wizard.train.TrainStep._pick": {"jobs.control.show_job"},
    "wizard.train.TrainStep._resume_job": {"jobs.control.resume_job", "jobs.control.show_job"},
    "wizard.train.TrainStep._stop_job": {"jobs.control.show_job", "jobs.control.stop_job"},
    "wizard.train.TrainStep._take_rank": PLAN,
}
PRESENTATIONAL = {
    "audit.pages.AuditPage._leave": "empties what was drawn",
    "audit.tabs.Search._clear": "empties a form",
    "wizard.bring.BringPanel._begin_again": "empties a form",
    "wizard.bring.BringPanel._not_imported": "a fixed text",
    "wizard.bring.BringPanel._not_read": "a fixed text",
    "wizard.chat.Chat._forget": "empties the conversation on the page, which is kept nowhere else",
    "wizard.chat.Chat._ready": "a button",
    "wizard.model.Learn._draw": "a picture of the numbers that were typed",
    "wizard.model.ModelStep._pick": "a button",
    "wizard.pages._go.show": "turns to a step",
    "wizard.task.TaskStep._pick": "fixed texts",
    "wizard.train.TrainStep._set_aside": "a button",
    "wizard.train.TrainStep._set_up": "a button",
}
# What asks the rules what a page may offer, and does nothing.
ASKS = {"operations.may", "operations.may_do"}
# Readers that log nothing themselves: whoever comes to one comes to a service that logged the same look before.
READERS: dict[str, set[str]] = {
    "models.findings.verify_explained": {"models.artefacts.show_adapter"},
    "notices.reminders": {"data.dataset_versions.show_report"},
}


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
    reached = {name: services_of(function) for name, function in handlers.items()}
    asked = {name: set(filter(_for_callers, services)) for name, services in reached.items()}
    assert {name: services for name, services in asked.items() if services} == LOGGED
    for name, services in reached.items():
        for reader in services - asked[name]:
            assert READERS[reader] & LOGGED[name], f"{name} shows what {reader} reads, and no look at it is logged"


def test_who_reaches_nothing_is_seen(appliance: Any) -> None:
    """The walk itself: through a helper of the web's, a closure and a lambda, and to nothing from nowhere."""
    from appliance.web.wizard.results import latest_job, stop_button

    def handler(caller: Any) -> Any:
        look = lambda adapter: latest_job(appliance.context, caller, "evaluate", adapter)  # noqa: E731 - what is tried
        return look("")

    handler.__module__ = latest_job.__module__
    assert services_reached(handler) == {"services.jobs.control.all_jobs", "services.jobs.control.show_job"}
    assert services_reached(lambda: None) == set()
    # To ask whether somebody may stop a job is not to stop it.
    assert services_of(stop_button) == set()
