"""The report of a dataset version, and the preview of a file: JSON whose sentences are stored as messages.

These fields hold a message as `Message.to_json()` writes it, or "" for none. In reports of older versions they hold
finished English sentences.

    sources[].note                  how the source was read: "UTF-8, commas"
    sources[].reason                (preview) why its columns are not clear
    sources[].conversations[].problem   (preview) why the row cannot be used
    unread[]                        what was not read, and why
    left_out.rows[].reason          why the row was left out
    checks[].title, checks[].advice
    checks[].reason                 a finding about the whole dataset
    checks[].examples[].reason      a finding about one row
    notes[]                         what else there is to know about the checks

The rest is data and codes: counts, names of columns and files, `checks[].code` and `fixes`, `sources[].source_format`
and `shape`, `tokens.unit`, the kinds and actions of `personal_data` (`personal_data_policy.kind_name` names a kind).
"""

from collections.abc import Mapping
from typing import Any

from appliance.foundation.messages import Message

_MESSAGES = frozenset(("note", "reason", "problem", "title", "advice"))
_LISTS_OF_MESSAGES = frozenset(("unread", "notes"))
_NESTED = frozenset(("sources", "conversations", "left_out", "rows", "checks", "examples"))


def said(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a report or preview with each message as a sentence, in the language of the context."""
    return {name: _said(name, value) for name, value in report.items()}


def _said(name: str, value: Any) -> Any:
    if name in _MESSAGES:
        return _sentence(value)
    if name in _LISTS_OF_MESSAGES and isinstance(value, list):
        return [_sentence(item) for item in value]
    if name in _NESTED and isinstance(value, list):
        return [said(item) for item in value]
    return said(value) if name in _NESTED and isinstance(value, dict) else value


def _sentence(value: Any) -> str:
    return str(Message.from_json(value))
