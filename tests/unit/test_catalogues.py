"""Every message that the code says is in the catalogue of every language, with the parameters that it is given."""

import pytest
from catalogue_scan import beginnings_in_code, catalogue, said_in_code, strings_in_code

from appliance.foundation.messages import ENGLISH, LANGUAGES

SAID = list(said_in_code())


def name_of(identifier: str) -> str:
    """Return the catalogue's name of a message."""
    return identifier.replace(".", "-").replace(":", "-")


def test_everything_that_is_said_is_there_with_its_parameters() -> None:
    """A message that is missing, lacks a parameter, or is given one that it does not use, fails here."""
    there = catalogue(ENGLISH)
    wrong = []
    for said in SAID:
        name = name_of(said.identifier)
        if name not in there:
            wrong.append(f"{said.place}: {said.identifier} is in no catalogue")
        elif said.parameters is not None and said.parameters != there[name]:
            wrong.append(
                f"{said.place}: {said.identifier} has {sorted(there[name])}, is given {sorted(said.parameters)}"
            )
    assert not wrong, "\n".join(wrong)
    assert len(SAID) > 400


def test_nothing_is_there_that_nobody_says() -> None:
    """A message that no code names is removed."""
    named = {name_of(each) for each in strings_in_code()} | {name_of(said.identifier) for said in SAID}
    families = tuple(name_of(each) for each in beginnings_in_code())
    assert not [name for name in catalogue(ENGLISH) if name not in named and not name.startswith(families)]


@pytest.mark.parametrize("identifier", sorted({said.identifier for said in SAID}))
def test_a_code_does_not_hide_another_message(identifier: str) -> None:
    """Two ids that differ in punctuation alone would be one message."""
    assert {said.identifier for said in SAID if name_of(said.identifier) == name_of(identifier)} == {identifier}


def test_every_language_says_every_message_with_the_same_parameters() -> None:
    """One that is missing would be shown in English, one with other parameters with a gap."""
    english = catalogue(ENGLISH)
    for code in LANGUAGES:
        there = catalogue(code)
        assert there.keys() == english.keys(), code
        assert {name: there[name] for name in there if there[name] != english[name]} == {}, code
