"""Row lengths come in tokens, whatever an import counted."""

import re
from pathlib import Path

import pytest

from appliance import planning
from appliance.planning import row_lengths, tokens_of

COUNTED = ((3, 1), (0, 100, 200), 150)


def test_tokens_are_taken_as_they_were_counted() -> None:
    """The mean is that of the middles of the bins."""
    lengths = row_lengths("tokens", *COUNTED)
    assert lengths is not None
    assert (lengths.mean, lengths.longest) == (75.0, 150.0)


def test_characters_become_tokens() -> None:
    lengths = row_lengths("characters", *COUNTED)
    assert lengths is not None
    assert (lengths.mean, lengths.longest) == (pytest.approx(tokens_of(75)), pytest.approx(tokens_of(150)))
    assert 3 < 75 / lengths.mean < 4.5


@pytest.mark.parametrize(("counts", "edges"), [((), ()), ((0,), (0, 9))])
def test_nothing_counted_has_no_lengths(counts: tuple[int, ...], edges: tuple[int, ...]) -> None:
    assert row_lengths("tokens", counts, edges, 0) is None


def test_characters_become_tokens_in_one_way() -> None:
    """Two estimates on one page agree, because nothing else divides characters: there is one figure, in one file."""
    package = Path(planning.__file__).parents[1]
    sources = {path.relative_to(package).as_posix(): path.read_text("utf-8") for path in package.rglob("*.py")}
    named = re.compile(r"char\w*_(a|per)_token|tokens_(a|per)_char", re.IGNORECASE)
    assert [path for path, source in sources.items() if named.search(source)] == ["planning/row_lengths.py"]
    divided = re.compile(r"char\w*\s*/{1,2}\s*[\d(]|len\(\w*text\w*\)\s*/{1,2}\s*\d", re.IGNORECASE)
    assert [path for path, source in sources.items() if divided.search(source)] == []
