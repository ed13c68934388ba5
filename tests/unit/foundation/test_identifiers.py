"""Identifiers are safe as file names, and nothing else is accepted as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.foundation.errors import InputError
from appliance.foundation.identifiers import new_id, verify_id


@given(st.from_regex(r"[a-z]{2,3}", fullmatch=True))
def test_new_identifiers_are_valid_and_unique(prefix: str) -> None:
    """`verify_id` accepts what `new_id` returns; no two are the same."""
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
def test_invalid_identifiers_are_refused(value: str) -> None:
    """An identifier may become a path, so its form is exact; the message does not repeat it."""
    with pytest.raises(InputError) as caught:
        verify_id(value)
    assert not value or value not in caught.value.sentence


@given(st.text())
def test_no_text_with_a_slash_or_a_dot_is_an_identifier(text: str) -> None:
    """Accepted values are plain file names."""

    try:
        verify_id(text)
    except InputError:
        return
    assert text.isascii()
    assert "/" not in text
    assert "." not in text
