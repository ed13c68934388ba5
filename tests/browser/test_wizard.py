"""The pages in a real browser, on a server in its walls, from the first sign-in to the chat."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from wizard_steps import (
    JOB_MS,
    ask_both,
    drop,
    go_to,
    onward,
    start_by_keyboard,
    take_the_advised_rank,
    try_what_cannot_be,
    verify_wide,
    write_table,
)

PASSWORD = "a password of one's own"


@pytest.fixture(scope="module")
def session(site: Any, browser: Any, first_sign_in: Any) -> Any:
    """Sign in with the one-time password, choose an own one, and give what the browser keeps."""
    context = browser.new_context(locale="en-GB")
    page = first_sign_in(context, site.user, site.password)
    page.get_by_role("heading", name="What should the model do?").wait_for(timeout=120_000)
    assert page.url == f"{site.address}/app/en/"
    kept = context.storage_state()
    context.close()
    return kept


def test_a_wrong_password_is_a_plain_sentence(site: Any, visit: Callable[..., Any], fill_sign_in: Any) -> None:
    """It does not say which of the two was wrong, and the page stays."""
    page = visit().open(site.address)
    for name in (site.user, "nobody"):
        fill_sign_in(page, name, "not the password")
        assert page.get_by_role("alert").inner_text() == "The name or the password is wrong."


def test_from_data_to_chat(site: Any, session: Any, visit: Callable[..., Any], tmp_path: Path) -> None:
    """All five steps; no error in the console, no breach of the pages' policy, no other origin."""
    seen = visit(session)
    page = seen.open(site.address)
    onward(page, "Continue to the data", "Bring your examples")
    drop(page, write_table(tmp_path))
    page.get_by_text("our questions.csv was received and encrypted.").wait_for()
    page.get_by_role("heading", name="our questions.csv").wait_for()
    page.get_by_label("Owner").fill("the desk")
    page.get_by_role("button", name="Import these rows").click()
    fix = page.get_by_role("button", name=re.compile(r"^Correct: HTML.*\(24 rows\)$"))
    fix.wait_for()
    page.get_by_role("img", name=re.compile("Tokens per row for “tiny”: 24 rows")).wait_for()
    verify_wide(page, ".report .scroll")
    assert page.locator(".talk").first.inner_text().split("\n")[-1] == "It is number 0 of <b>our</b> list."
    assert re.findall(r"\b\d+\b", page.locator(".figures").inner_text()) == ["24", "12", "6", "6"]
    fix.click()
    page.get_by_text("Version 2 was created: 24 rows changed.").wait_for()
    page.get_by_text("It is number 0 of our list.").first.wait_for()
    assert page.get_by_role("region", name="Versions of this dataset").locator("tbody tr").count() == 2
    assert page.get_by_role("combobox", name="Dataset").input_value() == "our questions (24 rows)"

    onward(page, "Continue to the model", "Which model should learn?")
    assert page.get_by_role("radio", name=re.compile("tiny")).is_checked()
    page.get_by_role(
        "img", name=re.compile(r"Memory for “tiny”.*: [\d.]+ [GM]B to [\d.]+ [GM]B of [\d.]+ GB")
    ).wait_for()
    onward(page, "Continue to training", "Train")
    page.get_by_text("A first impression").click()
    page.get_by_text("“tiny” learns from 12 rows of “our questions”").wait_for()
    try_what_cannot_be(page)
    take_the_advised_rank(page)
    start_by_keyboard(page)

    # Closing the page stops nothing, and who comes back sees where it is.
    page.close()
    page = seen.open(site.address)
    page.get_by_role("heading", name="Train", exact=True).wait_for()
    chart = page.get_by_role("img", name=re.compile(r"Training loss [\d.]+"))
    chart.wait_for(timeout=JOB_MS)
    page.get_by_role("button", name="Continue to the results").wait_for(timeout=JOB_MS)
    assert re.search(r"State\s+Finished", page.locator(".figures").last.inner_text())
    assert "Validation loss" in chart.get_attribute("aria-label")

    onward(page, "Continue to the results", "Did it help?")
    page.get_by_role("button", name="Evaluate", exact=True).click()
    page.locator(".bars").wait_for(timeout=JOB_MS)
    assert page.locator(".headline").inner_text().startswith("Right answers:")
    for contender in ("Original model", "Your model (tuned)"):
        row = page.locator(".bar-row", has_text=contender)
        assert re.search(r"\d of 6 right, likely \d+ ?%? to \d+ ?%", row.inner_text())
    page.get_by_role("button", name="Show the answers", exact=True).click()
    page.locator(".answers tbody tr").nth(5).wait_for()
    assert page.locator(".answers tbody tr").count() == 6

    ask_both(page, "What is <i>item</i> 1?")
    seen.verify_quiet(site)


def test_the_picture_of_an_adapter_follows_the_keyboard(site: Any, session: Any, visit: Callable[..., Any]) -> None:
    """1000 x 1000: rank 3 trains 6,000 parameters; one step to the left, rank 2, 4,000."""
    seen = visit(session)
    page = seen.open(site.address)
    page.get_by_role("button", name="Learn: what is trained, and how large it is", expanded=False).click()
    page.get_by_role("button", name="Learn: what is trained, and how large it is", expanded=True).wait_for()
    said = "W0 with 1,000,000 parameters stays frozen; B and A with {} parameters are trained."
    page.get_by_role("img", name=said.format("6,000")).wait_for()
    page.get_by_role("slider", name=re.compile("Rank r")).press("ArrowLeft")
    page.get_by_role("img", name=said.format("4,000")).wait_for()
    page.get_by_role("button", name="Which models fit on which GPU").click()
    page.get_by_role("rowheader", name="71 billion").wait_for()
    seen.verify_quiet(site)


def test_a_bad_file_is_refused_with_its_reason(
    site: Any, session: Any, visit: Callable[..., Any], tmp_path: Path
) -> None:
    """The sentence says what is wrong with it; nothing breaks, and a good file may follow."""
    bad = tmp_path / "numbers.csv"
    bad.write_bytes(b"PK\x03\x04" + bytes(100))
    seen = visit(session)
    page = seen.open(site.address)
    page.get_by_role("heading", name="Did it help?").wait_for()
    go_to(page, "Data")
    page.locator("#drop-file").set_input_files(bad)
    refused = page.get_by_role("alert").filter(has_text="The file was not imported.")
    refused.wait_for()
    assert "archive is damaged" in refused.inner_text()
    seen.verify_quiet(site)


def test_every_step_fits_a_phone(site: Any, session: Any, visit: Callable[..., Any]) -> None:
    """Nothing is wider than the screen, so nobody scrolls sideways; both answers of the chat have its whole width, and
    tables are blocks that can be read.
    """
    seen = visit(session, phone=True)
    page = seen.open(site.address)
    page.get_by_role("heading", name="Did it help?").wait_for()
    page.get_by_role("button", name="Show the answers", exact=True).click()
    page.locator(".answers tbody tr").first.wait_for()
    assert [box.bounding_box()["width"] > 320 for box in page.locator(".chat-window").all()] == [True, True]
    for name in ("Results", "Train", "Model", "Data", "Task"):
        go_to(page, name)
        page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
        for table in page.locator(".scroll").filter(visible=True).all():
            assert table.evaluate("table => table.scrollWidth <= table.clientWidth")
            cells = table.locator("td[data-head]").filter(visible=True).all()
            assert all(cell.bounding_box()["width"] > 100 for cell in cells)
    seen.verify_quiet(site)


def test_signed_out_means_out(site: Any, session: Any, visit: Callable[..., Any], fill_sign_in: Any) -> None:
    """A page that was left open goes by itself to where one signs in, at its next event, and is told why."""
    del session  # which set the password
    seen = visit()
    page = seen.open(site.address)
    fill_sign_in(page, site.user, PASSWORD)
    page.get_by_role("tab", name="Data").wait_for()
    left_open = seen.open(site.address)
    left_open.get_by_role("tab", name="Data").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for()
    left_open.get_by_role("button", name="Back to training").click()
    left_open.get_by_role("button", name="Sign in").wait_for()
    left_open.get_by_text("Your session has ended.").wait_for()
