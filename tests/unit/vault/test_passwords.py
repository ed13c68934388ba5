"""Passwords are kept as Argon2id strings that anybody can check, and nobody can turn back."""

import pytest

from appliance.foundation.errors import AuthenticationError, IntegrityError
from appliance.vault.passwords import hash_password, verify_password

# RFC 9106 parameters of the second recommended choice; made with the reference implementation's format: salt and hash
# without padding.
PREFIX = "$argon2id$v=19$m=65536,t=3,p=4$"


@pytest.mark.parametrize("password", ["three plain words", "", "\x00", "später Gruß", "\ud800 lone", "x" * 10_000])
def test_any_text_is_a_password(password: str) -> None:
    """What was set is what opens, odd characters included; anything else does not."""
    stored = hash_password(password)
    assert stored.startswith(PREFIX)
    verify_password(password, stored)
    with pytest.raises(AuthenticationError, match=r"^The name or the password is wrong\.$"):
        verify_password(password + "x", stored)


def test_the_same_password_is_never_stored_the_same() -> None:
    """Each has a salt of its own, of 16 bytes, and a hash of 32."""
    first, second = hash_password("the same"), hash_password("the same")
    assert first != second
    assert [len(part) for part in first.rsplit("$", 2)[1:]] == [22, 43]


@pytest.mark.parametrize(
    "stored", ["", "plain", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv", PREFIX + "AAAA$AAAA", PREFIX + "!$!"]
)
def test_a_stored_string_that_is_none_opens_for_nobody(stored: str) -> None:
    """It is damage or a refusal, never a pass, and never a traceback."""
    with pytest.raises((AuthenticationError, IntegrityError)):
        verify_password("plain", stored)
