"""Limits are read whole or refused."""

from pathlib import Path

import pytest

from appliance.foundation.errors import HomeError
from appliance.policy import Limits, find_policy_folder
from appliance.policy.limits import FILE_NAME, MAX_LIMITS_BYTES


def load(folder: Path, text: str) -> Limits:
    """Write the file and load it."""
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return Limits.load(folder)


def test_the_file_that_is_installed_says_the_defaults() -> None:
    assert Limits.load(find_policy_folder()) == Limits()


def test_what_it_says_counts_and_what_it_leaves_out_is_the_default(tmp_path: Path) -> None:
    found = load(tmp_path, "[vault]\nreseal_after_idle_minutes = 30\n")
    assert found.vault.reseal_after_idle_minutes == 30
    assert found.memory.unencrypted_swap == "warn"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[vault]\nreseal_after_idle_minutes = -1", "greater than or equal"),
        ("[vault]\nreseal_after_idle_minutes = 99999", "less than or equal"),
        ('[vault]\nreseal_after_idle_minutes = "30"', "integer"),
        ("[vault]\nreseal_after_idle_minutes = true", "integer"),
        ('[memory]\nunencrypted_swap = "allow"', "unencrypted_swap"),
        ('[memory]\nswap = "refuse"', "extra"),
        (
            "[audit]\nretention_days = 183",
            "audit.retention_days: the log's entries stay for six months at least: 184 days or more",
        ),
        ("[audit]\nretention_days = -1", "six months"),
        ("[network]\nallow = true", "network"),
        ("[vault", "no TOML"),
        ("#" * (MAX_LIMITS_BYTES + 1), "over"),
    ],
)
def test_a_mistake_stops_the_start(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(HomeError, match=said):
        load(tmp_path, text)


def test_a_missing_file_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="cannot be read"):
        Limits.load(tmp_path)
