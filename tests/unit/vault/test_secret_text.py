"""Secrets as text: a recovery key on paper and in a file, a credential, a passphrase."""

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


@pytest.mark.slow
@given(st.binary(min_size=32, max_size=32))
def test_a_written_recovery_key_can_be_read(seed: bytes) -> None:
    """As a file, as its first line alone, and as words in any case and spacing."""
    secret = RecoverySecret(seed)
    file, words = write_recovery(secret), write_words(secret)
    for text in (file, file.splitlines()[0], words, words.upper(), words.replace(" ", "\n  ")):
        assert read_words(text) == secret
    assert isinstance(read_secret(file), RecoverySecret)
    assert isinstance(read_words(words), RecoverySecret)


@given(st.binary(min_size=32, max_size=32))
def test_a_written_credential_can_be_read(data: bytes) -> None:
    credential = read_secret(write_credential(CredentialSecret(data)))
    assert isinstance(credential, CredentialSecret)
    assert credential == data


@given(st.text())
def test_any_other_text_is_a_passphrase(text: str) -> None:
    assert read_secret(f"x{text}") == f"x{text}"


def test_the_words_are_those_of_bip_39() -> None:
    """The published vector of 256 zero bits."""
    assert write_words(RecoverySecret(bytes(32))) == "abandon " * 23 + "art"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "24 words, but 0 were entered"),
        ("abandon", "24 words, but 1 was entered"),
        ("abandon " * 23, "24 words, but 23 were entered"),
        ("abandon " * 22 + "zebraa art", "Word 23 does not occur"),
        ("abandon " * 24, "not a valid recovery key"),
        (RECOVERY, "64 hexadecimal digits"),
        (f"{RECOVERY} 00ff", "64 hexadecimal digits"),
        (f"{CREDENTIAL} {'zz' * 32}", "64 hexadecimal digits"),
        ("APPLIANCE-RECOVERY-2 " + "00" * 32, "24 words, but 2 were entered"),
    ],
)
def test_the_error_for_an_invalid_recovery_key_does_not_repeat_it(text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        read_words(text)
    assert "zebraa" not in caught.value.sentence


def test_two_swapped_words_are_noticed() -> None:
    words = write_words(SECRET).split()
    words[0], words[1] = words[1], words[0]
    with pytest.raises(InputError, match="swapped"):
        read_words(" ".join(words))
