"""The forms to sign in and to change a password can be used by everybody, in each language."""

from html.parser import HTMLParser
from typing import Any

import pytest

from appliance.foundation.messages import LANGUAGES, t, use_language
from appliance.web.gateway.site import Pages, build_site

AUTOCOMPLETE = {
    "/sign-in": ["username", "current-password"],
    "/password": ["current-password", "new-password", "new-password"],
}


class Outline(HTMLParser):
    """What a screen reader makes of a page: its elements, with the text in each."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[list[str]] = []
        self.feed(body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        text: list[str] = []
        self.elements.append((tag, dict(attrs), text))
        if tag not in {"input", "meta", "link"}:
            self._open.append(text)

    def handle_endtag(self, _tag: str) -> None:
        """End one."""
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Read text."""
        for text in self._open:
            text.append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        """Return the elements of a kind with their text."""
        return [(attributes, "".join(text).strip()) for name, attributes, text in self.elements if name == tag]


@pytest.fixture
def visitor(appliance: Any, browse: Any) -> Any:
    """A browser of its own."""
    return browse(build_site(appliance, "127.0.0.1", 7860, Pages(lambda: None)))  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("path", AUTOCOMPLETE)
@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_form_has_one_heading_a_main_part_and_a_name_for_each_field(
    visitor: Any, token_of: Any, path: str, code: str, method: str
) -> None:
    """Whether it is shown for the first time, or with what was wrong."""
    visitor.accept_language = code
    shown = Outline(visitor.ask(method, path, token=token_of("reviewer"), body=b"old=a", page=True).body)
    assert shown.all("html")[0][0]["lang"] == code
    assert len(shown.all("h1")) == len(shown.all("main")) == 1
    (title,) = [text for _, text in shown.all("title")]
    assert title.startswith(shown.all("h1")[0][1])
    fields = [attributes for attributes, _ in shown.all("input") if attributes.get("type") != "hidden"]
    labels = [text for _, text in shown.all("label")]
    assert [attributes["autocomplete"] for attributes in fields] == AUTOCOMPLETE[path]
    assert len(set(labels)) == len(fields)
    assert all(labels)


@pytest.mark.parametrize("path", AUTOCOMPLETE)
def test_the_focus_is_on_the_first_field_or_on_what_was_wrong(visitor: Any, token_of: Any, path: str) -> None:
    for method in ("GET", "POST"):
        shown = Outline(visitor.ask(method, path, token=token_of("reviewer"), body=b"old=a").body)
        focused = [(tag, attributes.get("role")) for tag, attributes, _ in shown.elements if "autofocus" in attributes]
        assert focused == [("p", "alert") if method == "POST" else ("input", None)]
        fields = [attributes for attributes, _ in shown.all("input") if attributes.get("type") != "hidden"]
        described = [attributes.get("aria-describedby") for attributes in fields]
        assert described == ["notice" if method == "POST" else None] * len(fields)


@pytest.mark.parametrize("path", AUTOCOMPLETE)
@pytest.mark.parametrize("code", LANGUAGES)
def test_the_other_languages_are_offered_in_their_own_words(visitor: Any, token_of: Any, path: str, code: str) -> None:
    visitor.accept_language = code
    shown = Outline(visitor.ask("GET", path, token=token_of("reviewer")).body)
    offered = [(attributes["value"], text) for attributes, text in shown.all("button") if "value" in attributes]
    assert offered == [(other, name) for other, name in LANGUAGES.items() if other != code]
    assert [attributes["value"] for attributes, _ in shown.all("input") if attributes.get("type") == "hidden"] == [path]


def test_somebody_whose_session_ended_is_told_why_they_sign_in_again(visitor: Any) -> None:
    led = visitor.ask("GET", "/", token="forged", page=True).header("location")
    assert t("web.session-over") in visitor.ask("GET", led, page=True).body.decode()
    assert visitor.ask("GET", "/", page=True).header("location") == "/sign-in"
    with use_language("en"):
        assert t("web.session-over") not in visitor.ask("GET", "/sign-in", page=True).body.decode()
