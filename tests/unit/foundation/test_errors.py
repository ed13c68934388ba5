"""Every error has a sentence for people and a code for programs, and hangs in the tree that the module draws."""

import re

import pytest

from appliance.foundation import errors
from appliance.foundation.errors import ApplianceError, AuditLogError, InputError
from appliance.foundation.messages import verbatim

ERRORS = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, ApplianceError)]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_an_error_keeps_its_sentence_and_has_a_code_of_its_own(kind: type[ApplianceError]) -> None:
    """A sentence comes back as it was given; the class gives a code where nobody names one."""
    error = kind(verbatim("It did not work."))
    assert (str(error), error.sentence, error.code) == ("It did not work.", "It did not work.", kind.default_code)
    assert kind(verbatim("It did not work."), code="very.special").code == "very.special"
    assert kind.__name__.endswith("Error")


def test_no_two_errors_share_a_code() -> None:
    """A program can tell the classes apart by their codes."""
    assert len({kind.default_code for kind in ERRORS}) == len(ERRORS)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """Every class is drawn, under its own parent."""
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"([│ ]*)(?:[├└]── )?([A-Z]\w+Error)", line)
        if found:
            depth = len(found[1]) // 4 + ("── " in line)
            above = [*above[:depth], found[2]]
            drawn[found[2]] = above[-2] if depth else "Exception"
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ for kind in ERRORS}


def test_an_audit_error_names_the_first_bad_entry() -> None:
    """The entry's number travels beside the sentence, and is absent where there is none."""
    assert AuditLogError(verbatim("Entry 7 is bad."), entry=7).entry == 7
    assert AuditLogError(verbatim("All is bad.")).entry is None


def test_one_handler_catches_them_all() -> None:
    """Whoever catches the root catches each."""
    with pytest.raises(ApplianceError):
        raise InputError("No.")
