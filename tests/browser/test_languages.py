"""The wizard for people who read German, for those who change the language, and for those who do not see it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from wizard_steps import drop, onward, write_table

from appliance.foundation.messages import t, use_language

TITLE = "Train a model on your examples"
FAULTS = """() => {
  const seen = (each) => each.checkVisibility() && !each.closest("[aria-hidden=true]");
  const name = (each) => (each.getAttribute("aria-label") || each.innerText || each.value || each.title || "").trim();
  const faults = [];
  for (const each of document.querySelectorAll("button, a[href], [role=tab], [role=img], svg[role=img]"))
    if (seen(each) && !name(each)) faults.push("no name: " + each.outerHTML.slice(0, 120));
  for (const each of document.querySelectorAll("input:not([type=hidden]), textarea"))
    if (seen(each) && !each.labels?.length && !each.getAttribute("aria-label") && !each.getAttribute("aria-labelledby"))
      faults.push("no label: " + each.outerHTML.slice(0, 120));
  for (const each of document.querySelectorAll("th"))
    if (seen(each) && !each.innerText.trim()) faults.push("empty head: " + each.outerHTML.slice(0, 120));
  return faults;
}"""


@pytest.fixture(scope="module")
def session(site: Any, browser: Any, first_sign_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Sign somebody in who has no language of their own yet, where there is some data."""
    site.home("dataset", "import", str(write_table(tmp_path_factory.mktemp("table"))))
    password = site.home("user", "add", "lena", "--role", "trainer")["password"]
    context = browser.new_context(locale="en-GB")
    page = first_sign_in(context, "lena", password)
    page.get_by_role("heading", level=1, name=TITLE).wait_for(timeout=120_000)
    kept = context.storage_state()
    context.close()
    return kept


def test_the_wizard_in_german(site: Any, session: Any, visit: Callable[..., Any], tmp_path: Path) -> None:
    """Who prefers German gets it, from the first step to the start of a training; nothing is said in English."""
    seen = visit(session, locale="de-DE")
    page = seen.open(site.address)
    page.wait_for_url(f"{site.address}/app/de/")
    with use_language("de"):
        page.get_by_role("heading", level=1, name=t("page-app-title")).wait_for()
        page.get_by_role("tab", name=t("wizard-step-task")).click()
        onward(page, t("wizard-task-go-on"), t("wizard-data-title"))
        drop(page, write_table(tmp_path))
        page.get_by_text(t("wizard-received", name="our questions.csv")).wait_for()
        page.get_by_role("button", name=t("wizard-import"), exact=True).click()
        page.get_by_text(t("wizard-imported")).wait_for()
        onward(page, t("wizard-data-go-on"), t("wizard-model-title"))
        onward(page, t("wizard-model-go-on"), t("wizard-train-title"))
        page.get_by_role("button", name=t("wizard-start"), exact=True, disabled=False).wait_for()
        assert t("plan-disk") in page.inner_text("body")
        page.get_by_role("button", name=t("learn-title")).click()
        page.get_by_text(t("learn-show-layers")).wait_for()
    shown = page.inner_text("body")
    for identifier in ("wizard-start", "wizard-back", "page-sign-out", "wizard-train-intro", "page-footer"):
        assert t(identifier) not in shown
    seen.verify_quiet(site)


def test_who_changes_the_language_stays_on_the_page(site: Any, session: Any, visit: Callable[..., Any]) -> None:
    """The switch counts more than the browser's languages, and is remembered.

    (Gradio complains in the console of the events that the browser breaks off when it leaves a page.)
    """
    seen = visit(session)
    page = seen.open(site.address)
    page.get_by_role("heading", level=1, name=TITLE).wait_for()
    page.get_by_role("button", name="Deutsch").click()
    page.wait_for_url(f"{site.address}/app/de/")
    with use_language("de"):
        page.get_by_role("heading", level=1, name=t("page-app-title")).wait_for()
    assert page.evaluate("document.documentElement.lang") == "de"
    again = seen.open(site.address)
    again.wait_for_url(f"{site.address}/app/de/")
    page.get_by_role("button", name="English").click()
    page.wait_for_url(f"{site.address}/app/en/")
    page.get_by_role("heading", level=1, name=TITLE).wait_for()


def test_the_page_can_be_heard(site: Any, session: Any, visit: Callable[..., Any]) -> None:
    """One first heading, landmarks, and a name on everything; a step is called with the number that is seen."""
    seen = visit(session)
    page = seen.open(site.address)
    page.get_by_role("heading", level=1, name=TITLE).wait_for()
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("main").count() == 1
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Models").wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_role("tab", name="1 Task").wait_for()
    for tab in page.get_by_role("tab").all():
        number = tab.inner_text().split()[0]
        assert number in tab.get_attribute("aria-label").split()
    assert page.evaluate(FAULTS) == []
    page.get_by_role("tab", name="1 Task").click()
    onward(page, "Continue to the data", "Bring your examples")
    assert page.evaluate("document.activeElement.tagName") == "H2"
    page.get_by_role("region", name="Versions of this dataset").wait_for()
    assert page.evaluate(FAULTS) == []
    onward(page, "Continue to the model", "Which model should learn?")
    onward(page, "Continue to training", "Train")
    assert page.evaluate(FAULTS) == []
