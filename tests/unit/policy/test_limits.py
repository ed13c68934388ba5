"""Limits are valid as a whole, or refused."""

from pathlib import Path

import pytest

from appliance.foundation.errors import HomeError
from appliance.policy import Limits, find_policy_folder
from appliance.policy.limits import FILE_NAME, MAX_LIMITS_BYTES


def load(folder: Path, text: str) -> Limits:
    """Write the file and load it."""
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return Limits.load(folder)


def test_the_installed_file_contains_the_defaults() -> None:
    assert Limits.load(find_policy_folder()) == Limits()


def test_missing_settings_have_defaults(tmp_path: Path) -> None:
    limits = load(tmp_path, "[vault]\nreseal_after_idle_minutes = 30\n")
    assert limits.vault.reseal_after_idle_minutes == 30
    assert limits.memory.unencrypted_swap == "warn"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[vault]\nreseal_after_idle_minutes = -1", r"vault\.reseal_after_idle_minutes must be at least 0\."),
        ("[vault]\nreseal_after_idle_minutes = 99999", "must be at most 10,080"),
        ('[vault]\nreseal_after_idle_minutes = "30"', "must be a whole number"),
        ("[vault]\nreseal_after_idle_minutes = true", "must be a whole number"),
        ('[memory]\nunencrypted_swap = "allow"', "memory.unencrypted_swap must be one of 'warn', 'refuse'"),
        ('[memory]\nswap = "refuse"', "no setting memory.swap"),
        ("[audit]\nretention_days = 183", "audit.retention_days: .* at least six months, 184 days or more"),
        ("[audit]\nretention_days = -1", "six months"),
        ('[audit]\nsyslog_socket = "log"', "audit.syslog_socket has an invalid value"),
        ("[datasets]\nrequire_origin = 1", "datasets.require_origin must be true or false"),
        ("[network]\nallow = true", "no setting network"),
        ("[vault", "not valid TOML"),
        ("#" * (MAX_LIMITS_BYTES + 1), "is larger than"),
    ],
)
def test_a_mistake_prevents_the_start(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(HomeError, match=sentence) as caught:
        load(tmp_path, text)
    assert caught.value.code.startswith("limits.")


def test_one_error_names_every_mistake(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match=r"six months.*no setting network") as caught:
        load(tmp_path, "[audit]\nretention_days = 1\n[network]\nallow = true")
    assert caught.value.code == "limits.value"


def test_a_missing_file_prevents_the_start(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="cannot be read"):
        Limits.load(tmp_path)
