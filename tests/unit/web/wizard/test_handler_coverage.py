"""Every handler of Gradio's pages: it comes to a service that logs, or shows what was there before, from a list with
the reason.

What there is, is enumerated from the running pages. That each of the services logs before it does anything:
services/test_coverage.py. Handlers are looked at, not run (test_steps.py and audit/test_pages.py run them): a service
that stands behind a condition counts.
"""

import importlib
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from page_handlers import name_of, services_reached, unwrapped

from appliance.web.environment import prepare_environment

# By handler, the services that it asks for the person who calls. `A.b.c` is `c`, defined in `b` of module `A`.
REPORTS = {"dataset_versions.lineage", "dataset_versions.show_report"}
LOOK_AT_DATASET = REPORTS | {"import_dataset.show_dataset"}
LOOK_AT_RESULTS = {"jobs.all_jobs", "jobs.show_job"}
LOOK_AT_PLAN = {"preview_training.preview_training"}
LOGGED: dict[str, set[str]] = {
    "audit.pages.build_audit_blocks.load": {"audit_activity.audit_overview", "context.ServiceContext.verify_allowed"},
    "audit.pages.build_audit_blocks.show": {"audit_activity.audit_overview", "context.ServiceContext.verify_allowed"},
    "audit.pages.build_audit_blocks.sign": {
        "audit_activity.audit_overview",
        "context.ServiceContext.verify_allowed",
        "review_audit.sign_off",
    },
    "audit.pages.build_audit_blocks.live": {"adapter_card.show_card", "object_life.object_life"},
    "audit.pages._wire_clicks.live_this": {"adapter_card.show_card", "object_life.object_life"},
    "audit.pages._wire_clicks.prove": {"show_proof.show_proof"},
    "audit.pages._wire_clicks.find_this": {"search_audit.search_audit"},
    "audit.search_tab.build_search_tab.find": {"search_audit.search_audit"},
    "audit.search_tab.build_search_tab.turn_newer": {"search_audit.search_audit"},
    "audit.search_tab.build_search_tab.turn_older": {"search_audit.search_audit"},
    "wizard.bring.build_bring_panel.bring": {"preview_upload.preview_upload"},
    "wizard.bring.build_bring_panel.read_again": {"preview_upload.preview_upload"},
    "wizard.bring.build_bring_panel.keep": {"import_dataset.import_dataset"},
    "wizard.data.build_data_step.brought": LOOK_AT_DATASET | {"import_dataset.list_datasets"},
    "wizard.data.build_data_step.pick": LOOK_AT_DATASET,
    "wizard.data._nth.mend_this": LOOK_AT_DATASET | {"revise_dataset.revise_dataset"},
    "wizard.data.build_data_step.drop_rows": LOOK_AT_DATASET | {"revise_dataset.revise_dataset"},
    "wizard.learn.build_learn.show_layers": {"import_model.show_model"},
    "wizard.train.wire_train_step.review": LOOK_AT_PLAN,
    "wizard.train.wire_train_step.take_rank": LOOK_AT_PLAN,
    "wizard.train.wire_train_step.compare": {"jobs.all_jobs", "jobs.show_job", "sweep_ranks.submit_sweep"},
    "wizard.train.wire_train_step.start": {"jobs.all_jobs", "jobs.show_job", "train_adapter.submit_training"},
    "wizard.train.wire_train_step.pick": {"jobs.show_job"},
    "wizard.train.wire_train_step.stop": {"jobs.show_job", "jobs.stop_job"},
    "wizard.train.wire_train_step.resume": {"jobs.resume_job", "jobs.show_job"},
    "wizard.results.wire_results_step.pick": LOOK_AT_RESULTS,
    "wizard.results.wire_results_step.measure": LOOK_AT_RESULTS | {"evaluate_adapter.submit_evaluation"},
    "wizard.results.wire_results_step.stop_measuring": LOOK_AT_RESULTS | {"jobs.stop_job"},
    "wizard.results.wire_results_step.look": {"evaluate_adapter.show_answers"},
    "wizard.rank.wire_rank_panel.explain_rank": {"explain_rank.submit_explanation", "jobs.all_jobs"},
    "wizard.rank.wire_rank_panel.make_smaller": {"jobs.all_jobs", "shrink_adapter.submit_shrink"},
    "wizard.rank.wire_rank_panel.stop_rank": {"jobs.all_jobs", "jobs.stop_job"},
    "wizard.rank.wire_rank_panel.show_smaller": LOOK_AT_RESULTS | {"evaluate_adapter.list_adapters"},
    "wizard.chat.build_chat.answer": {"chat.ChatDesk.ask"},
    "wizard.pages.build_blocks.load": REPORTS
    | LOOK_AT_RESULTS
    | {"evaluate_adapter.list_adapters", "import_dataset.list_datasets", "import_model.list_models"}
    | LOOK_AT_PLAN,
    "wizard.pages.build_blocks.tick": LOOK_AT_RESULTS,
    "wizard.pages.build_blocks.to_review": LOOK_AT_PLAN,
    "wizard.pages.build_blocks.to_results": LOOK_AT_RESULTS | {"evaluate_adapter.list_adapters"},
}
PRESENTATIONAL = {
    "audit.pages._nothing": "empties what was drawn",
    "audit.search_tab._nothing": "empties a form",
    "wizard.bring._nothing": "empties a form",
    "wizard.bring._not_imported": "a fixed text",
    "wizard.bring._not_read": "a fixed text",
    "wizard.task._chosen": "a fixed text",
    "wizard.chat.build_chat.<lambda>": "empties the question that was just asked",
    "wizard.chat.build_chat.forget": "empties the conversation on the page, which is kept nowhere else",
    "wizard.learn.build_learn.draw": "a picture of the numbers that were typed",
    "wizard.model.build_model_step.pick": "a button",
    "wizard.pages._go.show": "turns to a step",
    "wizard.train.wire_train_step.fold": "shows and hides fields",
}
# Readers that log nothing themselves: whoever comes to one comes to a service that logged the same look before.
READERS: dict[str, set[str]] = {
    "dataset_origin.reminders": {"dataset_versions.show_report"},
    "import_dataset.describe_dataset": {"dataset_versions.show_report"},
    "machine.this_machine": {"import_model.list_models"},
    "evaluate_adapter.describe_adapter": {"jobs.all_jobs"},
    "explain_rank.verify_explained": {"jobs.all_jobs"},
}


@pytest.fixture(scope="module")
def handlers(appliance: Any, own_environment: None) -> dict[str, Callable[..., Any]]:
    """Every handler of both pages, by name."""
    prepare_environment(appliance.context.home)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        from appliance.web.audit import build_audit_blocks
        from appliance.web.wizard import build_blocks

        functions = [each.fn for build in (build_audit_blocks, build_blocks) for each in build(appliance).fns.values()]
    return {
        name_of(unwrapped(function)).removeprefix("web."): function for function in functions if function is not None
    }


def _for_callers(service: str) -> bool:
    module, _, name = service.partition(".")
    thing: Any = importlib.import_module(f"appliance.services.{module}")
    for part in name.split("."):
        thing = getattr(thing, part)
    return "caller" in inspect.signature(inspect.unwrap(thing)).parameters


def test_every_handler_is_listed(handlers: dict[str, Any]) -> None:
    """One that nobody listed fails, and so does a line for one that is gone."""
    assert len(handlers) > 30
    assert set(handlers) == set(LOGGED) | set(PRESENTATIONAL)
    assert not set(LOGGED) & set(PRESENTATIONAL)


def test_a_handler_asks_the_services_that_are_listed_for_it(handlers: dict[str, Any]) -> None:
    for name, function in handlers.items():
        reached = {service.removeprefix("services.") for service in services_reached(function)}
        assert {service for service in reached if _for_callers(service)} == LOGGED.get(name, set()), name
        for reader in (service for service in reached if not _for_callers(service)):
            assert READERS[reader] & LOGGED[name], f"{name} shows what {reader} reads, and no look at it is logged"


def test_who_reaches_nothing_is_seen(appliance: Any) -> None:
    """The walk itself: through a helper of the web's, a closure and a lambda, and to nothing from nowhere."""
    from appliance.web.wizard.train import job_dropdown

    def handler(caller: Any) -> Any:
        look = lambda job: job_dropdown(appliance, caller, job)  # noqa: E731 - a lambda is what is tried
        return look(None)

    handler.__module__ = job_dropdown.__module__
    assert services_reached(handler) == {"services.jobs.all_jobs"}
    assert services_reached(lambda: None) == set()
