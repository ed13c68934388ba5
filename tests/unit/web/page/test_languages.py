"""Every text on a page is a message: laid out in a language whose sentences stand in brackets, no word is outside."""

import html.parser
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import gradio as gr
import pytest
from driven_page import DrivenPage, texts

from appliance.datasets.sources.text import ENCODINGS
from appliance.foundation import messages
from appliance.foundation.messages import LANGUAGES, t, use_language
from appliance.web.page.gradio_pages import build_page
from appliance.web.page.table import PAGES

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # Gradio makes event loops and forgets them.
SAID = ("aria-label", "title", "alt", "placeholder", "data-head", "data-sending", "data-received", "data-failed")
UNITS = "kB MB GB TB seconds second minutes minute hours hour days day FLOP and CSV"
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Sept Oct Nov Dec"
WORD = re.compile(r"[^\W\d_]{2,}")
IDENTIFIER = re.compile(r"\b[a-z]{2,3}_[0-9a-z]+|\b[0-9a-f]{8,}")
ID_ENDING = re.compile(r"· [0-9a-f]{4}\b")  # of a training or a model, in a list


class Reader(html.parser.HTMLParser):
    """What somebody sees of HTML, and what is spoken of it beside that."""

    def __init__(self, drawn: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.spoken: list[str] = []
        self._silent = False
        self.feed(drawn)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the attributes that are read out."""
        self._silent = tag in {"style", "script"}
        self.spoken += [value for name, value in attrs if name in SAID and value]

    def handle_endtag(self, _tag: str) -> None:
        """Go on after what nobody sees."""
        self._silent = False

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if not self._silent:
            self.texts += [data, " "]


def literals(drawn: str) -> set[str]:
    """Return the words that are in no message. A sentence may have a command in it, drawn as such."""
    reader = Reader(drawn)
    return {word for said in ("".join(reader.texts), *reader.spoken) for word in _outside(said)}


def _outside(said: str) -> list[str]:
    depth, outside = 0, ""
    for character in said:
        depth += (character == "⟦") - (character == "⟧")
        outside += character if depth == 0 else " "
    assert depth == 0, f"a sentence is cut: {said}"
    return WORD.findall(ID_ENDING.sub("", IDENTIFIER.sub("", outside)))


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every sentence stand in brackets."""
    sentence = messages._sentence
    monkeypatch.setattr(messages, "_sentence", lambda said, code: f"⟦{sentence(said, code)}⟧")


@pytest.fixture
def unknown(world: Any, table: bytes) -> Callable[[Iterable[str]], dict[str, str]]:
    """Give the words that are in no message and are no data, unit or language's name, each with where it is."""
    listed = [each for what in ("dataset", "model", "adapter", "job") for each in world.do(f"{what}.list")]
    data = [
        table.decode(),
        "staff csv tiny again anna auditor",
        *(each["id"] for each in listed),
        *(each["id"][-4:] for each in listed),
    ]
    data += [each.get("name", "") for each in listed]
    known = set(WORD.findall(" ".join([*data, UNITS, MONTHS, *ENCODINGS, *LANGUAGES.values()])))

    return lambda said: {word: drawn for drawn in said for word in literals(drawn) - known}


def everything(page: DrivenPage) -> Iterator[str]:
    """Yield every text of every component, also of those that nobody sees yet."""
    for block, props in page._props.items():
        if not isinstance(block, gr.State | gr.Chatbot):
            yield from texts(props)


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_every_text_of_a_page_is_a_message(
    world: Any, laid_out: Any, token: Any, bracketed: None, unknown: Any, row: Any
) -> None:
    page = DrivenPage(build_page(world.context, row, "en"), token("auditor" if row.name == "audit" else "anna"))
    assert unknown([*everything(page), page._blocks.title]) == {}


def test_what_the_wizard_draws_is_made_of_messages(
    world: Any, laid_out: Any, token: Any, bracketed: None, unknown: Any
) -> None:
    page = DrivenPage(build_page(world.context, next(row for row in PAGES if row.name == "app"), "en"), token("anna"))
    page.press(t("wizard-answers"))
    page.press(t("wizard-measure-again"))
    page.press(t("wizard-stop-measuring"))
    page.press(t("wizard-rank-look"))
    said = [page.said]
    page.press(t("wizard-stop"))
    page.turn_to(t("wizard-step-data"))
    page.choose(t("wizard-dataset"), world.ids["dataset"])
    said.append(page.said)
    page.press(t("wizard-data-go-on"))
    page.press(t("wizard-model-go-on"))
    for method in ("full", "last-layers", "qlora"):
        page.choose(t("wizard-method"), method)
        said.append(page.said)
    page.press(t("wizard-start"))
    said.append(page.said)
    page.press(t("wizard-stop-and-keep"))
    page.press(t("learn-show-layers"))
    assert unknown([*said, *everything(page)]) == {}


def test_a_word_that_is_no_message_is_found(bracketed: None) -> None:
    assert literals(t("wizard-back")) == set()
    assert literals("Back") == {"Back"}
    assert literals(f"<p>{t('wizard-back')} now</p><p aria-label='Close'></p>") == {"now", "Close"}
    with gr.Blocks() as blocks, gr.Accordion("Details"):
        gr.Radio([("Quick", "quick")], label=t("wizard-preset"), info="Takes longest")
    found = {word for said in everything(DrivenPage(blocks, "")) for word in literals(said)}
    assert found == {"Details", "Quick", "Takes", "longest"}


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_a_page_in_german_says_nothing_in_english(world: Any, laid_out: Any, token: Any, row: Any) -> None:
    page = DrivenPage(laid_out(row.name, "de"), token("auditor" if row.name == "audit" else "anna"))
    said = " ".join(everything(page))
    for identifier in messages._catalogue("en").entries:
        if identifier.startswith("-"):  # a term, which is part of messages
            continue
        english = t(identifier)
        with use_language("de"):
            german = t(identifier)
        assert english == german or len(english) < 12 or "$" in english or english not in said, identifier
    with use_language("de"):
        for identifier in ("page-brand", f"page-{row.name}-title", "page-sign-out", "page-footer"):
            assert t(identifier) in said
