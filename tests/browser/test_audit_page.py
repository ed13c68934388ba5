"""The auditor's page in a real browser: search, proof, life and sign-off; quiet, ours alone, and not for others."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def dataset(site: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a dataset with a beginning and an end."""
    table = tmp_path_factory.mktemp("table") / "claims.csv"
    table.write_text(
        "question,answer\n" + "".join(f"What is claim {each}?,It is {each}.\n" for each in range(12)), encoding="utf-8"
    )
    made: str = site.home("dataset", "import", str(table))["id"]
    site.home("dataset", "shred", made)
    return made


@pytest.fixture(scope="module")
def session(site: Any, browser: Any, dataset: str, first_sign_in: Any) -> Any:
    """Sign in as an auditor, who is led to the log, and give what the browser keeps."""
    password = site.home("user", "add", "audrey", "--role", "auditor")["password"]
    context = browser.new_context(locale="en-GB")
    page = first_sign_in(context, "audrey", password)
    page.get_by_role("heading", level=1, name="Audit log").wait_for(timeout=120_000)
    assert page.url == f"{site.address}/audit/en/"
    kept = context.storage_state()
    context.close()
    return kept


def opened(site: Any, seen: Any) -> Any:
    """Open the page and wait until it is drawn."""
    page = seen.open(f"{site.address}/audit/en/")
    page.locator(".figures").first.wait_for()
    return page


def test_from_a_search_to_a_proof_that_is_carried_away(
    site: Any, session: Any, visit: Callable[..., Any], dataset: str
) -> None:
    """No error in the console, no breach of the pages' policy, no other origin."""
    seen = visit(session)
    page = opened(site, seen)
    page.get_by_role("img", name=re.compile(r"Activity, actions per day: \d+ done")).wait_for()
    page.get_by_role("tab", name="Search").click()
    page.get_by_label("Object (name or id)").filter(visible=True).fill(dataset)
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_text("4 entries, newest first").wait_for()
    row = page.locator(".found tbody tr").first
    assert "Data shredded" in row.inner_text()
    row.get_by_role("button", name="Proof").click()
    page.get_by_text("the proof holds").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the proof").click()
    proof = Path(download.value.path()).read_text(encoding="utf-8")
    assert proof.startswith("c2sp.org/tlog-proof@v1\nextra ")
    page.get_by_role("button", name="Show the request and its outcome").click()
    page.get_by_text("2 entries, newest first").wait_for()
    seen.verify_quiet(site)


def test_a_life_from_beginning_to_end(site: Any, session: Any, visit: Callable[..., Any], dataset: str) -> None:
    """Reached by a click on the object, drawn as a timeline."""
    seen = visit(session)
    page = opened(site, seen)
    page.get_by_role("tab", name="Search").click()
    page.get_by_role("button", name="Search", exact=True).click()
    page.locator(f'.found [data-life="{dataset}"]').first.click()
    page.locator(".timeline").wait_for()
    assert page.locator(".timeline h3").all_inner_texts() == ["Data", "Shredding"]
    assert page.locator("#parts [role=tab][aria-selected=true]").inner_text() == "History"
    seen.verify_quiet(site)


def test_a_review_is_signed_off(site: Any, session: Any, visit: Callable[..., Any]) -> None:
    """What is open is offered; signed, it is closed, and stands in the list with its note as text."""
    seen = visit(session)
    page = opened(site, seen)
    page.get_by_role("tab", name="Reviews").click()
    page.get_by_label("To entry (inclusive)").fill("3")
    page.get_by_label("Note").fill("Read all of them: <b>nothing</b>.")
    page.get_by_role("button", name="Sign off this review").click()
    page.get_by_text("Entries 0 to 3 were signed off (4 entries).").wait_for()
    page.get_by_role("cell", name="Read all of them: <b>nothing</b>.").wait_for()
    assert page.get_by_label("From entry").filter(visible=True).input_value() == "4"
    seen.verify_quiet(site)


def test_every_part_fits_a_phone(site: Any, session: Any, visit: Callable[..., Any], dataset: str) -> None:
    """Nothing is wider than the screen, and no part is behind a menu."""
    seen = visit(session, phone=True)
    page = opened(site, seen)
    for name in ("Overview", "Search", "History", "Reviews"):
        page.get_by_role("tab", name=name).click()
        if name == "Search":
            page.get_by_role("button", name="Search", exact=True).click()
            page.locator(".found").wait_for()
        if name == "History":
            page.get_by_label("Object (name or id)").filter(visible=True).fill(dataset)
            page.get_by_role("button", name="Show the history").click()
            page.locator(".timeline").wait_for()
        page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    seen.verify_quiet(site)


def test_who_may_not_read_the_log_is_told_so(site: Any, browser: Any, first_sign_in: Any) -> None:
    """Page and proof; and the attempt is in the log."""
    password = site.home("user", "add", "rita", "--role", "reviewer")["password"]
    context = browser.new_context(locale="en-GB")
    page = first_sign_in(context, "rita", password)
    page.wait_for_url(re.compile("/app/en/"))
    for address in ("/audit/", "/audit/en/", "/audit-proof/0"):
        answer = page.goto(site.address + address)
        assert answer.status == 403
        assert "may not do this" in page.inner_text("main")
    context.close()
    denied = site.home("audit", "show", "--outcome", "denied", "--person", "rita")
    assert {(entry["action"], entry["reason"]) for entry in denied} == {
        ("audit.read", "policy.denied"),
        ("audit.prove", "policy.denied"),
    }
