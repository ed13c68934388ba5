"""Secrets as text: a recovery key on paper and on a stick, a credential, a passphrase."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.foundation.errors import InputError
from appliance.vault.secret_text import (
    CREDENTIAL,
    RECOVERY,
    read_secret,
    read_words,
    write_credential,
    write_recovery,
    write_words,
)
from appliance.vault.slots import CredentialSecret, RecoverySecret

SECRET = RecoverySecret(bytes(range(32)))


@given(st.binary(min_size=32, max_size=32))
def test_a_recovery_key_that_is_written_is_read(seed: bytes) -> None:
    """As a file, as its first line alone, as words in any case and spacing."""
    secret = RecoverySecret(seed)
    file, words = write_recovery(secret), write_words(secret)
    for text in (file, file.splitlines()[0], words, words.upper(), words.replace(" ", "\n  ")):
        assert read_words(text) == secret
    assert isinstance(read_secret(file), RecoverySecret)
    assert isinstance(read_words(words), RecoverySecret)


@given(st.binary(min_size=32, max_size=32))
def test_a_credential_that_is_written_is_read(data: bytes) -> None:
    found = read_secret(write_credential(CredentialSecret(data)))
    assert isinstance(found, CredentialSecret)
    assert found == data


@given(st.text())
def test_anything_else_is_a_passphrase_as_it_is(text: str) -> None:
    assert read_secret(f"x{text}") == f"x{text}"


def test_the_words_are_those_of_bip_39() -> None:
    """The published vector of 256 zero bits."""
    assert write_words(RecoverySecret(bytes(32))) == "abandon " * 23 + "art"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "24 words; these are 0"),
        ("abandon " * 23, "24 words; these are 23"),
        ("abandon " * 22 + "zebraa art", "place 23"),
        ("abandon " * 24, "do not belong together"),
        (RECOVERY, "64 hexadecimal digits"),
        (f"{RECOVERY} 00ff", "64 hexadecimal digits"),
        (f"{CREDENTIAL} {'zz' * 32}", "64 hexadecimal digits"),
        ("APPLIANCE-RECOVERY-2 " + "00" * 32, "24 words; these are 2"),
    ],
)
def test_what_is_no_recovery_key_gets_a_sentence_that_does_not_repeat_it(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read_words(text)
    assert "zebraa" not in caught.value.sentence


def test_two_swapped_words_are_noticed() -> None:
    words = write_words(SECRET).split()
    words[0], words[1] = words[1], words[0]
    with pytest.raises(InputError, match="swapped"):
        read_words(" ".join(words))
