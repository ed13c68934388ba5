"""What people do in the wizard, and what they can see of it then."""

from pathlib import Path
from typing import Any

JOB_MS = 300_000
ROWS = 24


def write_table(folder: Path) -> Path:
    """Write a small CSV: half of its rows to practise, a quarter to watch progress, a quarter to measure."""
    path = folder / "our questions.csv"
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
    """Press a button that leads to another step, and see that it is there, from its top, and announced."""
    page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("heading", name=heading, exact=True).and_(page.locator(":focus")).wait_for()
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
    page.get_by_text("The last layers of the model itself").click()
    layers = page.get_by_role("spinbutton", name="Last layers")
    layers.fill("9")
    layers.press("Tab")
    page.get_by_text("The model has 2 layers, so its last 9 cannot learn.").wait_for()
    assert page.get_by_role("button", name="Start training: change the settings first").is_disabled()
    page.get_by_text("An adapter of the recommended rank").click()
    page.get_by_role("button", name="Rank 4 is used").wait_for()


def take_the_advised_rank(page: Any) -> None:
    """One click fills it in, and the plan is of it."""
    rank = page.get_by_role("spinbutton", name="Rank", exact=False).first
    rank.fill("2")
    rank.press("Tab")
    page.get_by_role("button", name="Use rank 4").click()
    page.get_by_role("button", name="Rank 4 is used").wait_for()
    assert rank.input_value() == "4"
    assert page.get_by_role("button", name="Rank 4 is used").is_disabled()


def start_by_keyboard(page: Any) -> None:
    """The button that was pressed is folded away; the keyboard goes on at the fold."""
    page.get_by_role("button", name="Start training", exact=True, disabled=False).press("Enter")
    page.get_by_role("button", name="Stop and keep what was learned").wait_for()
    page.get_by_role("button", name="New training", expanded=False).and_(page.locator(":focus")).wait_for()


def verify_wide(page: Any, places: str) -> None:
    """Fail when one of these lies folded to nothing, so that nobody can read it."""
    assert min(place.bounding_box()["width"] for place in page.locator(places).all()) > 500


def ask_both(page: Any, question: str) -> None:
    """Ask in the chat, and wait for both answers."""
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")
    for name in ("Original model", "Your model (tuned)"):
        window = page.locator(".chat-window", has_text=name)
        window.filter(has_text=question).first.wait_for(timeout=JOB_MS)
    page.get_by_role("button", name="Ask both", disabled=False, exact=True).wait_for(timeout=JOB_MS)
