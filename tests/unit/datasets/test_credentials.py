"""Secrets are found by their issuers' forms; ordinary sentences about secrets are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.datasets.credentials import find_credential

# Put together here, so that nobody's scanner takes this file for a leak.
AWS, GITHUB = "AKIA" + "IOSFODNN7EXAMPLE", "ghp_" + "a1B2" * 9


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE", "a private key"),
        ("-----BEGIN " + "PRIVATE KEY-----", "a private key"),
        (f"Use {AWS} for it.", "an AWS access key"),
        (f"token: {GITHUB}", "a GitHub token"),
        ("glpat-" + "x1" * 10, "a GitLab token"),
        ("xoxb-" + "123456789012-abcdef", "a Slack token"),
        ("AIza" + "Sy" * 17 + "x", "a Google API key"),
        ("sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "a Stripe key"),
        ("sk-proj-" + "abcDEF123456" * 3, "an OpenAI or Anthropic key"),
        ("hf_" + "abcdefghij" * 3 + "klmn", "a Hugging Face token"),
        (
            "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
            "a JSON web token",
        ),
        ("postgres://admin:hunter22@db/main", "a password in an address"),
        ("The password is Tr0ub4dor&3, keep it.", "a password"),
        ("Kennwort: geheim1234", "a password"),
        ("Das Passwort ist: geheim1234", "a password"),
        ("api_key = 'a8f5f167f44f4964'", "a password"),
    ],
)
def test_a_secret_is_named_by_its_kind(text: str, kind: str) -> None:
    assert find_credential(text) == kind


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
def test_talk_about_secrets_is_none(text: str) -> None:
    assert find_credential(text) == ""


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    assert isinstance(find_credential(text), str)
