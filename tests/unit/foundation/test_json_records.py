"""Stored JSON is shown with its messages as sentences, and whatever else it holds as it is."""

from typing import Any

import pytest

from appliance.foundation.json_records import spoken
from appliance.foundation.messages import message


def test_messages_become_sentences_at_any_depth() -> None:
    kept = {"rows": [{"reason": message("input:port", max_port=9).to_json()}], "count": 2}
    assert spoken(kept) == {"rows": [{"reason": "APPLIANCE_PORT must be a number from 0 to 9."}], "count": 2}


@pytest.mark.parametrize(
    "row",
    [
        {"id": "What is it?", "parameters": "A tool"},
        {"id": 5, "parameters": {}},
        {"id": "x", "parameters": {"a": None}},
    ],
)
def test_data_with_the_keys_of_a_message_stays_data(row: dict[str, Any]) -> None:
    """A table may have a column `id` and a column `parameters`."""
    assert spoken({"rows": [row]}) == {"rows": [row]}
