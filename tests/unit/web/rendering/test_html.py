"""What the server draws is escaped, on one line, and readable."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from appliance.datasets import Conversation
from appliance.foundation.messages import use_language
from appliance.web.rendering import html

TAGS = {"p", "div", "dl", "dt", "dd", "h3", "span", "table", "caption", "thead", "tbody", "tr", "th", "td", "button"}


class Tags(HTMLParser):
    """Collects the tags of a drawing."""

    def __init__(self, drawn: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(drawn)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag; an attribute that nobody wrote is a fault."""
        self.found.add(tag)
        assert {name for name, _ in attrs} <= {
            *("class", "role", "aria-label", "tabindex", "scope", "type"),
            *("data-head", "data-find"),
        }


@given(st.text(max_size=300))
def test_no_text_becomes_markup_or_a_new_line(value: str) -> None:
    """Whatever a row holds: no tag, no attribute's end, nothing that Markdown could read as a block of its own."""
    drawn = html.text(value)
    assert not set(drawn) & set("<>\"'\n\r\u2028\u2029")


@given(st.text(max_size=80) | st.sampled_from(["<script>", '"><img src=x onerror=y>', "`<b>`", "' onclick='x"]))
def test_everything_drawn_escapes_and_stays_one_line(value: str) -> None:
    """No tag and no attribute comes out of a text."""
    turns = [{"role": "user", "content": value}, {"role": "assistant", "content": value}]
    heads = (value, value)
    for drawn in (
        html.conversations([Conversation(3, turns)]),
        html.notice(value),
        html.figures([(value, value)]),
        html.heading(value),
        html.table(heads, html.row(heads, value, html.both(value, value), named=True), value),
        html.link(value, hidden=value, find=value),
        html.mark(value, "wrong"),
    ):
        assert not set(drawn) & set("\n\r\u2028\u2029")
        assert Tags(drawn).found <= TAGS | {"code"}


def test_what_stands_in_backticks_is_a_command() -> None:
    assert html.sentence("Use `appliance <x>`.") == "Use <code>appliance &lt;x&gt;</code>."


def test_long_texts_are_cut() -> None:
    assert len(html.text("a" * 5000)) <= html.MAX_SHOWN_CHARACTERS


def test_each_cell_says_its_head_on_a_narrow_screen() -> None:
    """A table without heads beside it could not be read there; a column without a head has no empty heading."""
    heads = ("Who", "What", "")
    drawn = html.table(heads, html.row(heads, "anna", "read", "x", named=True), "Entries")
    assert '<th scope="row">anna</th><td data-head="What">read</td><td>x</td>' in drawn
    assert '<th scope="col">What</th><td></td>' in drawn


def test_parameters_are_counted_as_models_are_named() -> None:
    assert html.parameters(134_515_008) == "135 million parameters"
    assert html.parameters(1_500_000_000) == "1.5 billion parameters"
    assert html.parameters(90_624) == "90,624 parameters"
    with use_language("de"):
        assert html.parameters(1_500_000_000) == "1,5 Milliarden Parameter"
        assert html.parameters(90_624) == "90.624 Parameter"


def test_a_bar_never_leaves_its_box() -> None:
    assert "<span>0%</span>" in html.progress_bar(5, 0)
    assert "<span>100%</span>" in html.progress_bar(9, 3)


def test_conversations_and_what_is_left_out_are_said_in_german() -> None:
    rows = [Conversation(1200, [{"role": "user", "content": "Wo?"}, {"role": "assistant", "content": "Hier."}])]
    with use_language("de"):
        drawn = html.conversations(rows)
        assert [word for word in ("Zeile 1200", ">Frage<", ">Antwort<") if word not in drawn] == []
        assert html.more(1234) == '<p class="quiet">… und 1.234 weitere</p>'
    assert html.more(0) == ""
