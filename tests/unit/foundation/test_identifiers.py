"""Identifiers are safe as file names, and nothing else passes for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.foundation.errors import InputError
from appliance.foundation.identifiers import new_id, verify_id


@given(st.from_regex(r"[a-z]{2,3}", fullmatch=True))
def test_a_fresh_identifier_passes_and_is_fresh(prefix: str) -> None:
    """What `new_id` gives, `verify_id` accepts; no two are the same."""
    first, second = new_id(prefix), new_id(prefix)
    verify_id(first)
    assert first != second
    assert first.startswith(f"{prefix}_")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ds",
        "ds_",
        "ds_" + "0" * 19,
        "ds_" + "0" * 21,
        "ds_" + "G" * 20,
        "DS_" + "0" * 20,
        "d_" + "0" * 20,
        "dset_" + "0" * 20,
        "ds_" + "0" * 20 + "\n",
        "../" + "0" * 20,
        "ds_../../../../../../etc",
        "ds_" + "０" * 20,
        "\ud800",
    ],
)
def test_what_is_none_is_refused(value: str) -> None:
    """It may become a path, so its form is exact; the sentence does not repeat it."""
    with pytest.raises(InputError) as caught:
        verify_id(value)
    assert not value or value not in caught.value.sentence


@given(st.text())
def test_no_text_with_a_slash_or_a_dot_is_an_identifier(text: str) -> None:
    """Whatever is accepted is a plain file name."""
    try:
        verify_id(text)
    except InputError:
        return
    assert text.isascii()
    assert "/" not in text
    assert "." not in text
