"""Passwords are stored as Argon2id strings, which can be verified but not inverted."""

import pytest

from appliance.foundation.errors import AuthenticationError, IntegrityError
from appliance.vault.passwords import hash_password, verify_password

# RFC 9106, second recommended option, in the reference implementation's format: salt and hash without padding.
PREFIX = "$argon2id$v=19$m=65536,t=3,p=4$"


@pytest.mark.parametrize("password", ["three plain words", "", "\x00", "später Gruß", "\ud800 lone", "x" * 10_000])
def test_any_text_is_a_password(password: str) -> None:
    """The exact text is accepted, unusual characters included, and anything else is refused."""
    stored = hash_password(password)
    assert stored.startswith(PREFIX)
    verify_password(password, stored)
    with pytest.raises(AuthenticationError, match=r"^The name or the password is wrong\.$"):
        verify_password(password + "x", stored)


def test_the_same_password_is_never_stored_twice_in_the_same_way() -> None:
    """Each has its own salt of 16 bytes, and a hash of 32."""
    first, second = hash_password("the same"), hash_password("the same")
    assert first != second
    assert [len(part) for part in first.rsplit("$", 2)[1:]] == [22, 43]


@pytest.mark.parametrize(
    "stored", ["", "plain", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv", PREFIX + "AAAA$AAAA", PREFIX + "!$!"]
)
def test_an_invalid_stored_string_accepts_no_password(stored: str) -> None:
    """It is damage or a refusal, never a pass, and never a traceback."""
    with pytest.raises((AuthenticationError, IntegrityError)):
        verify_password("plain", stored)
