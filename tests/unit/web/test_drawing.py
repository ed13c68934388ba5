"""What the server draws is escaped, on one line, and says what it means."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.web import drawing

TAGS = ("<script", "<img", "<b>", "onerror")


@given(st.text(max_size=300))
def test_no_text_becomes_markup_or_a_new_line(value: str) -> None:
    """Whatever a row holds: no tag, no attribute's end, nothing that Markdown could read as a block of its own."""
    drawn = drawing.text(value)
    assert not set(drawn) & set("<>\"'\n\r\u2028\u2029")


@given(st.text(max_size=80))
def test_rows_problems_and_answers_stay_one_line(value: str) -> None:
    rows = [{"row": 3, "messages": [{"role": "user", "content": value}, {"role": "assistant", "content": value}]}]
    found = [{"row": 3, "reason": value, "fix": value}]
    asked = [
        {
            "question": value,
            "reference": value,
            "original": value,
            "tuned": value,
            "original_right": False,
            "tuned_right": True,
        }
    ]
    for drawn in (drawing.conversations(rows), drawing.problems(found), drawing.answers(asked), drawing.notice(value)):
        assert "\n" not in drawn
        assert drawn.count("<script") == 0


def test_long_texts_are_cut() -> None:
    assert len(drawing.text("a" * 5000)) <= drawing.MAX_SHOWN_CHARACTERS


def test_durations_and_sizes_read_as_people_say_them() -> None:
    assert [drawing.duration(value) for value in (None, 12.4, 300, 9000)] == ["not known yet", "12 s", "5 min", "2.5 h"]
    assert [drawing.megabytes(269_000_000), drawing.megabytes(3_400_000_000)] == ["269 MB", "3.4 GB"]
    assert drawing.megabytes(181_000) == "0.2 MB"
    assert [drawing.count(number, "rows") for number in (0, 1, 1234)] == ["0 rows", "1 row", "1\u202f234 rows"]
    assert drawing.parameters(134_515_008) == "135 million parameters"
    assert drawing.parameters(90_624) == "90\u202f624 parameters"


def test_a_bar_never_leaves_its_box() -> None:
    assert "0 %" in drawing.progress_bar(5, 0)
    assert "100 %" in drawing.progress_bar(9, 3)
