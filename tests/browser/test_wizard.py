"""The pages in a real browser, on a server in its walls, from the first sign-in to the chat."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
PASSWORD = "a password of one's own"
JOB_MS = 300_000
ROWS = 24


def fill_sign_in(page: Any, name: str, password: str) -> None:
    """Fill in the form and send it."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture(scope="module")
def session(site: Any, browser: Any) -> Any:
    """Sign in with the one-time password, choose an own one, and give what the browser keeps."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.address)
    fill_sign_in(page, site.user, site.password)
    page.get_by_text("Choose your own now").wait_for()
    page.get_by_label("Present password").fill(site.password)
    page.get_by_label("New password, 12 characters or more").fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Keep the new password").click()
    page.get_by_role("heading", name="What should the model do?").wait_for(timeout=120_000)
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Give a small CSV: half of its rows to practise, a quarter to watch progress, a quarter to measure."""
    path = tmp_path / "our questions.csv"
    lines = ["question,answer,group,split"]
    for index in range(ROWS):
        part = ("training", "training", "validation", "test")[index % 4]
        lines.append(f"What is item {index}?,It is number {index} of <b>our</b> list.,g{index},{part}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def drop(page: Any, path: Path) -> None:
    """Drop a file onto the area, as a mouse would."""
    transfer = page.evaluate_handle(
        "([name, text]) => { const held = new DataTransfer(); held.items.add(new File([text], name)); return held; }",
        [path.name, path.read_text(encoding="utf-8")],
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})


def onward(page: Any, name: str, heading: str) -> None:
    """Press a button that leads to another step, and see that it is there, from its top."""
    page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("heading", name=heading).wait_for()
    page.wait_for_function("window.scrollY === 0")


def go_to(page: Any, name: str) -> None:
    """Press the name of a step that was done, and see that it is there."""
    page.get_by_role("tab", name=name).click()
    page.locator('#steps [role="tab"][aria-selected="true"]').and_(page.get_by_role("tab", name=name)).wait_for()


def try_what_cannot_be(page: Any) -> None:
    """Ask for what the model has not: a sentence where the plan was, and on the button what to do.

    Taken back, the plan is there again.
    """
    page.get_by_role("button", name="For experts").click()
    page.get_by_text("The end of the model itself learns").click()
    layers = page.get_by_label("Last layers that learn")
    layers.fill("9")
    layers.press("Tab")
    page.get_by_text("The model has 2 layers, so its last 9 cannot learn.").wait_for()
    assert page.get_by_role("button", name="Start training: change the settings first").is_disabled()
    page.get_by_text("An adapter, packed to 4 bits if the memory needs it").click()
    take_the_advised_rank(page)


def take_the_advised_rank(page: Any) -> None:
    """One click fills it in, and the plan is of it."""
    page.get_by_role("button", name="Take rank 4").click()
    page.get_by_text("an adapter (LoRA) of rank 4,").wait_for()
    assert page.get_by_label("Rank", exact=True).input_value() == "4"
    assert page.get_by_role("button", name="Rank 4 is taken").is_disabled()


def start_by_keyboard(page: Any) -> None:
    """The button that was pressed is folded away; the keyboard goes on at the fold."""
    page.get_by_role("button", name="Start training", exact=True, disabled=False).press("Enter")
    page.get_by_role("button", name="Stop and keep what it learned").wait_for()
    page.get_by_role("button", name="A new training", expanded=False).and_(page.locator(":focus")).wait_for()


def verify_wide(page: Any, places: str) -> None:
    """Fail when one of these lies folded to nothing, so that nobody can read it."""
    assert min(place.bounding_box()["width"] for place in page.locator(places).all()) > 500


def test_a_wrong_password_is_a_plain_sentence(site: Any, visit: Callable[..., Any]) -> None:
    """It does not say which of the two was wrong, and the page stays."""
    page = visit().open(site.address)
    for name in (site.user, "nobody"):
        fill_sign_in(page, name, "not the password")
        assert page.get_by_role("alert").inner_text() == "The name or the password is wrong."


def test_from_data_to_chat(site: Any, session: Any, visit: Callable[..., Any], table: Path) -> None:
    """All five steps; no error in the console, no breach of the pages' policy, no other origin."""
    seen = visit(session)
    page = seen.open(site.address)
    onward(page, "Continue to the data", "Bring your examples")
    drop(page, table)
    page.get_by_text("our questions.csv was received, encrypted.").wait_for()
    page.get_by_role("heading", name="our questions.csv").wait_for()
    page.get_by_label("Owner").fill("the desk")
    page.get_by_role("button", name="Import these rows").click()
    page.get_by_role("button", name="Mend: HTML (24 rows)").wait_for()
    page.get_by_role("img", name=re.compile("Length of a row in tokens of tiny: 24 rows")).wait_for()
    verify_wide(page, ".report .scroll")
    assert page.locator(".talk").first.inner_text().split("\n")[-1] == "It is number 0 of <b>our</b> list."
    assert re.findall(r"\b\d+\b", page.locator(".figures").inner_text()) == ["24", "12", "6", "6"]
    page.get_by_role("button", name="Mend: HTML (24 rows)").click()
    page.get_by_text("Version 2 is made: 24 rows changed.").wait_for()
    page.get_by_text("It is number 0 of our list.").first.wait_for()
    page.get_by_role("cell", name="html: 24 rows trimmed").wait_for()

    onward(page, "Continue to the model", "Which model should learn?")
    assert page.get_by_role("radio", name=re.compile("tiny")).is_checked()
    onward(page, "Continue to training", "Train")
    page.get_by_text("A first impression").click()
    page.get_by_text("will read 12 rows of “our questions”").wait_for()
    page.get_by_role("img", name=re.compile(r"Memory: [\d.]+ [GM]B to [\d.]+ GB of [\d.]+ GB")).wait_for()
    try_what_cannot_be(page)
    start_by_keyboard(page)

    # Closing the page stops nothing, and who comes back sees where it is.
    page.close()
    page = seen.open(site.address)
    page.get_by_role("heading", name="Train").wait_for()
    chart = page.get_by_role("img", name=re.compile(r"Training loss [\d.]+"))
    chart.wait_for(timeout=JOB_MS)
    page.get_by_role("button", name="Continue to the results").wait_for(timeout=JOB_MS)
    assert re.search(r"State\s+Done", page.locator(".figures").last.inner_text())
    assert "validation loss" in chart.get_attribute("aria-label")

    onward(page, "Continue to the results", "Did it help?")
    page.get_by_role("button", name="Measure it now").click()
    page.locator(".bars").wait_for(timeout=JOB_MS)
    assert page.locator(".headline").inner_text().startswith("Right answers:")
    for contender in ("Before (original)", "Your model (tuned)"):
        row = page.locator(".bar-row", has_text=contender)
        assert re.search(r"\d of 6 right, likely \d+ to \d+ %", row.inner_text())
    page.get_by_role("button", name="Show the answers", exact=True).click()
    page.locator(".plain-table tbody tr").nth(5).wait_for()
    assert page.locator(".plain-table tbody tr").count() == 6

    page.get_by_label("Your question").fill("What is <i>item</i> 1?")
    page.get_by_label("Your question").press("Enter")
    for name in ("Original", "Your model (tuned)"):
        window = page.locator(".chat-window", has_text=name)
        window.filter(has_text="What is <i>item</i> 1?").first.wait_for(timeout=JOB_MS)
    page.get_by_role("button", name="Ask both", disabled=False, exact=True).wait_for(timeout=JOB_MS)
    seen.verify_quiet(site)


def test_the_picture_of_an_adapter_follows_the_keyboard(site: Any, session: Any, visit: Callable[..., Any]) -> None:
    """1000 x 1000: rank 3 learns 6,000 numbers; one step to the left, rank 2, 4,000."""
    seen = visit(session)
    page = seen.open(site.address)
    page.get_by_role("button", name="Learn: what is trained, and how large it is", expanded=False).click()
    page.get_by_role("button", name="Learn: what is trained, and how large it is", expanded=True).wait_for()
    page.get_by_role(
        "img", name="W0 with 1,000,000 numbers stays as it is; B and A with 6,000 numbers learn."
    ).wait_for()
    page.get_by_role("slider", name=re.compile("Rank r")).press("ArrowLeft")
    page.get_by_role(
        "img", name="W0 with 1,000,000 numbers stays as it is; B and A with 4,000 numbers learn."
    ).wait_for()
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
    """Nothing is wider than the screen, so nobody scrolls sideways; and both answers of the chat have its whole
    width.
    """
    seen = visit(session, phone=True)
    page = seen.open(site.address)
    page.get_by_role("heading", name="Did it help?").wait_for()
    page.get_by_role("button", name="Show the answers", exact=True).click()
    page.locator(".plain-table").wait_for()
    assert [box.bounding_box()["width"] > 320 for box in page.locator(".chat-window").all()] == [True, True]
    for name in ("Results", "Train", "Model", "Data", "Task"):
        go_to(page, name)
        page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    seen.verify_quiet(site)


def test_signed_out_means_out(site: Any, visit: Callable[..., Any]) -> None:
    """A page that was left open goes by itself to where one signs in again, at its next event."""
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
