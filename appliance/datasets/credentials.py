"""Secrets and keys in text, by the forms that their issuers gave them to make them recognisable.

The forms are those of public scanners (gitleaks, detect-secrets). A password, which has no form, is found only beside a
word that announces it.
"""

import re

# By kind, each of which has words in the catalogue (`finding.secret`).
_FORMS = {
    "private-key": r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----",
    "aws-access-key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "github-token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b",
    "gitlab-token": r"\bglpat-[A-Za-z0-9_-]{20,64}\b",
    "slack-token": r"\bxox[abprs]-[A-Za-z0-9-]{10,250}\b",
    "google-api-key": r"\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])",
    "stripe-key": r"\b[rs]k_live_[0-9A-Za-z]{16,99}\b",
    "openai-or-anthropic-key": r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,200}(?![A-Za-z0-9_-])",
    "hugging-face-token": r"\bhf_[A-Za-z0-9]{30,60}\b",
    "json-web-token": r"\beyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,2000}",
    "password-in-url": r"\b[a-z][a-z0-9+.-]{1,15}://[^\s/:@]{1,64}:[^\s/:@]{3,64}@",
    "password": r"(?i:\b(?:password|passwd|pwd|passwort|kennwort|mot de passe|secret|api[_ -]?key|token)"
    r"\s{0,3}(?:(?:is|ist)\s{0,3}:?|=|:)\s{0,3}[\"']?)"
    r"(?=[^\s\"']{0,63}\d)(?=[^\s\"']{0,63}[A-Za-z])[^\s\"']{8,64}",
}
_COMPILED = {kind: re.compile(pattern) for kind, pattern in _FORMS.items()}

# A quick test that most texts fail: every form above contains one of these.
MAYBE = re.compile(
    r"-----BEGIN|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox|AIza|k_live_|sk-|hf_|eyJ|://|"
    r"(?i:passw|pwd|kennwort|mot de passe|secret|api[_ -]?key|token)"
)
MASKED = "[secret removed]"


def mask_credentials(text: str) -> str:
    """Return the text with `MASKED` in place of each secret."""
    if MAYBE.search(text):
        for pattern in _COMPILED.values():
            text = pattern.sub(MASKED, text)
    return text


def find_credential(text: str) -> str:
    """Return the kind of secret in `text` ("aws-access-key"), or ""."""
    if not MAYBE.search(text):
        return ""
    return next((kind for kind, pattern in _COMPILED.items() if pattern.search(text)), "")
