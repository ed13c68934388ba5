"""Secrets and keys in text, by the forms that their issuers gave them so that they can be found.

The forms are those that public scanners look for (gitleaks, detect-secrets). A password without a form is found only
where a word beside it says what it is.
"""

import re

_FORMS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----",
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,64}\b",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,250}\b",
    "a Google API key": r"\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])",
    "a Stripe key": r"\b[rs]k_live_[0-9A-Za-z]{16,99}\b",
    "an OpenAI or Anthropic key": r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,200}(?![A-Za-z0-9_-])",
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{30,60}\b",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,2000}",
    "a password in an address": r"\b[a-z][a-z0-9+.-]{1,15}://[^\s/:@]{1,64}:[^\s/:@]{3,64}@",
    "a password": r"(?i:\b(?:password|passwd|pwd|passwort|kennwort|mot de passe|secret|api[_ -]?key|token)"
    r"\s{0,3}(?:(?:is|ist)\s{0,3}:?|=|:)\s{0,3}[\"']?)"
    r"(?=[^\s\"']{0,63}\d)(?=[^\s\"']{0,63}[A-Za-z])[^\s\"']{8,64}",
}
_COMPILED = {name: re.compile(pattern) for name, pattern in _FORMS.items()}


# One look that most texts do not pass: every form above begins with one of these.
MAYBE = re.compile(
    r"-----BEGIN|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox|AIza|k_live_|sk-|hf_|eyJ|://|"
    r"(?i:passw|pwd|kennwort|mot de passe|secret|api[_ -]?key|token)"
)
MASKED = "[secret removed]"


def mask_credentials(text: str) -> str:
    """Return the text with a mark in place of each secret."""
    if MAYBE.search(text):
        for pattern in _COMPILED.values():
            text = pattern.sub(MASKED, text)
    return text


def find_credential(text: str) -> str:
    """Return what kind of secret `text` holds ("an AWS access key"), or ""."""
    if not MAYBE.search(text):
        return ""
    return next((name for name, pattern in _COMPILED.items() if pattern.search(text)), "")
