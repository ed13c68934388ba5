"""Every error has a message for people and a code for programs, and is in the tree in the docstring of the module."""

import re

import pytest

from appliance.foundation import errors
from appliance.foundation.errors import ApplianceError, AuditLogError, InputError
from appliance.foundation.messages import verbatim

ERRORS = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, ApplianceError)]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_an_error_keeps_its_message_and_has_a_code(kind: type[ApplianceError]) -> None:
    """A verbatim message is returned unchanged; the class provides the code if none is given."""
    error = kind(verbatim("It did not work."))
    assert (str(error), error.sentence, error.code) == ("It did not work.", "It did not work.", kind.default_code)
    assert kind(verbatim("It did not work."), code="very.special").code == "very.special"
    assert kind.__name__.endswith("Error")


def test_no_two_errors_share_a_code() -> None:
    """Programs can distinguish the classes by their codes."""
    assert len({kind.default_code for kind in ERRORS}) == len(ERRORS)


def test_the_docstring_shows_the_tree_of_errors() -> None:
    """Every class is shown under its own parent."""
    parents: dict[str, str] = {}
    branch: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"([│ ]*)(?:[├└]── )?([A-Z]\w+Error)", line)
        if match:
            depth = len(match[1]) // 4 + ("── " in line)
            branch = [*branch[:depth], match[2]]
            parents[match[2]] = branch[-2] if depth else "Exception"
    assert parents == {kind.__name__: kind.__bases__[0].__name__ for kind in ERRORS}


def test_an_audit_error_names_the_first_bad_entry() -> None:
    """The error carries the entry's number, or None where there is none."""
    assert AuditLogError(verbatim("Entry 7 is bad."), entry=7).entry == 7
    assert AuditLogError(verbatim("All is bad.")).entry is None


def test_the_root_catches_every_error() -> None:
    """One handler is enough."""

    with pytest.raises(ApplianceError):
        raise InputError("No.")
