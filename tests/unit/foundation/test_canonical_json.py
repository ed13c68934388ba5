"""Each value has one byte sequence (RFC 8785), and only that sequence can be decoded."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.foundation import canonical_json
from appliance.foundation.errors import InputError

# RFC 8785, section 3.2.2 (the sample of literals and numbers) and 3.2.3 (sorting by UTF-16 code units).
VECTORS: list[tuple[str, str]] = [
    (
        '{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001], '
        '"string": "\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/", "literals": [null, true, false]}',
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ),
    (
        '{"\\u20ac": "Euro Sign", "\\r": "Carriage Return", "\\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One", '
        '"\\ud83d\\ude00": "Emoji: Grinning Face", "\\u0080": "Control", "\\u00f6": "Latin Small Letter O With '
        'Diaeresis"}',
        '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro '
        'Sign",'
        '"😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    ),
]
# RFC 8785, appendix B: the bits of an IEEE 754 double, and its canonical form.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("text", "canonical"), VECTORS)
def test_vectors_of_the_specification_match_byte_for_byte(text: str, canonical: str) -> None:
    """Keys are sorted by UTF-16 code units; numbers and escapes are as in ECMAScript."""
    assert canonical_json.encode(json.loads(text)) == canonical.encode()


@pytest.mark.parametrize(("bits", "canonical"), NUMBERS)
def test_numbers_are_written_as_in_appendix_b(bits: str, canonical: str) -> None:
    """Each double has the shortest form that decodes to the same value."""
    import struct

    value = struct.unpack(">d", bytes.fromhex(bits))[0]
    assert canonical_json.encode(value) == canonical.encode()


SAFE = st.integers(-(2**53) + 1, 2**53 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | SAFE | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)


@given(VALUES)
def test_encoding_and_decoding_are_inverse(value: Any) -> None:
    """Decoding the canonical bytes gives the value, and encoding it again gives the bytes."""
    data = canonical_json.encode(value)
    assert canonical_json.decode(data) == value
    assert canonical_json.encode(canonical_json.decode(data)) == data


@given(VALUES, st.sampled_from([" ", "\n", "\ufeff", "x"]), st.booleans())
def test_bytes_around_the_canonical_form_are_refused(value: Any, extra: str, before: bool) -> None:
    """Each value has exactly one byte sequence."""
    data, more = canonical_json.encode(value), extra.encode()
    with pytest.raises(InputError):
        canonical_json.decode(more + data if before else data + more)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b"1.0",
        b"1e2",
        b"NaN",
        b"Infinity",
        b"-0",
        b"9007199254740992",
        b'"\\u0041"',
        b'"\\ud800"',
        b'{"\\ud800":1}',
        b'{"\\ud800":1,"a":2}',
        b"\xff",
        b'"\xed\xa0\x80"',
        '"a"'.encode("utf-16"),
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"1" * 10_000,
    ],
)
def test_noncanonical_bytes_are_an_input_error(data: bytes) -> None:
    """Invalid JSON, another order, another number format, a lone surrogate, too deep nesting."""
    with pytest.raises(InputError):
        canonical_json.decode(data)


@pytest.mark.parametrize(
    "value",
    [
        2**53,
        -(2**53),
        float("nan"),
        float("inf"),
        "\ud800",
        {"\ud800": 1},
        {"\ud800": 1, "a": 2},
        {1: 2},
        b"x",
        {1},
        object(),
    ],
)
def test_values_without_canonical_form_cannot_be_encoded(value: Any) -> None:
    """Integers over 2^53, NaN and infinity, lone surrogates, keys and types that JSON lacks."""
    with pytest.raises(InputError, match="no canonical JSON form"):
        canonical_json.encode(value)


def test_deep_nesting_is_refused_without_a_crash() -> None:
    """The recursion limit becomes an error message."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(InputError, match="nested too deeply"):
        canonical_json.encode(value)
    while value:  # Unnested step by step, because freeing the whole list is recursive too.
        value = value.pop()


@given(st.binary())
def test_any_bytes_are_a_value_or_an_input_error(data: bytes) -> None:
    """No other exception escapes."""

    try:
        value = canonical_json.decode(data)
    except InputError:
        return
    assert canonical_json.encode(value) == data
