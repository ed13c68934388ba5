"""Secrets are found by their issuers' forms; ordinary sentences about secrets are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.datasets.credentials import _FORMS, find_credential
from appliance.foundation.messages import LANGUAGES, message, use_language

# In two pieces, so that scanners do not take this file for a leak.
AWS, GITHUB = "AKIA" + "IOSFODNN7EXAMPLE", "ghp_" + "a1B2" * 9


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE", "private-key"),
        ("-----BEGIN " + "PRIVATE KEY-----", "private-key"),
        (f"Use {AWS} for it.", "aws-access-key"),
        (f"token: {GITHUB}", "github-token"),
        ("glpat-" + "x1" * 10, "gitlab-token"),
        ("xoxb-" + "123456789012-abcdef", "slack-token"),
        ("AIza" + "Sy" * 17 + "x", "google-api-key"),
        ("sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "stripe-key"),
        ("sk-proj-" + "abcDEF123456" * 3, "openai-or-anthropic-key"),
        ("hf_" + "abcdefghij" * 3 + "klmn", "hugging-face-token"),
        (
            "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
            "json-web-token",
        ),
        ("postgres://admin:hunter22@db/main", "password-in-url"),
        ("The password is Tr0ub4dor&3, keep it.", "password"),
        ("Kennwort: geheim1234", "password"),
        ("Das Passwort ist: geheim1234", "password"),
        ("api_key = 'a8f5f167f44f4964'", "password"),
    ],
)
def test_a_secret_is_found_by_its_kind(text: str, kind: str) -> None:
    assert find_credential(text) == kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_words_of_its_own(language: str) -> None:
    with use_language(language):
        assert len({str(message("finding.secret", kind=kind)) for kind in _FORMS}) == len(_FORMS)


@pytest.mark.parametrize(
    "text",
    [
        "The password is changed every 90 days.",
        "Your token is valid for two hours.",
        "Ask the help desk when you forgot your password: they answer within a day.",
        "The secret is out.",
        "See https://brookwell.example:8443/docs for the keys.",
        "The skeleton key opens room 12.",
        "Risk-adjusted returns fell in 2025.",
        "Send it to name@brookwell.example.",
        "BEGIN PRIVATE KEY is what the file starts with.",
    ],
)
def test_sentences_about_secrets_are_not_secrets(text: str) -> None:
    assert find_credential(text) == ""


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    assert isinstance(find_credential(text), str)
