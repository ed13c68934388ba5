"""Settings are read once and checked whole."""

import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.foundation.errors import InputError
from appliance.foundation.settings import DEFAULT_PORT, MAX_HOME_BYTES, Settings, load_settings


def test_without_any_the_home_is_the_persons_own_and_the_server_is_local() -> None:
    """The defaults: a private home, loopback, no passphrase file."""
    settings = load_settings({})
    assert settings == Settings(Path.home() / ".local/share/appliance", "127.0.0.1", DEFAULT_PORT, None)
    assert settings.folder("datasets") == settings.home / "datasets"


def test_each_variable_is_read() -> None:
    """What is set is used."""
    found = load_settings(
        {
            "APPLIANCE_HOME": "/srv/home",
            "APPLIANCE_HOST": "::1",
            "APPLIANCE_PORT": "0",
            "APPLIANCE_PASSPHRASE_FILE": "/run/secret",
        }
    )
    assert found == Settings(Path("/srv/home"), "::1", 0, Path("/run/secret"))


def test_an_empty_variable_counts_as_absent() -> None:
    """As a shell's `VARIABLE=` means it."""
    names = ("APPLIANCE_HOME", "APPLIANCE_HOST", "APPLIANCE_PORT", "APPLIANCE_PASSPHRASE_FILE")
    assert load_settings(dict.fromkeys(names, "")) == load_settings({})


def test_the_environment_is_what_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument, the process's own variables."""
    monkeypatch.setenv("APPLIANCE_HOME", "/srv/other")
    assert load_settings().home == Path("/srv/other")


def test_a_home_is_no_longer_than_the_sockets_below_it_allow(tmp_path: Path) -> None:
    """At the bound, the longest of them, the self-test's, can still be bound; a byte more is refused in a sentence with
    both numbers.
    """
    home = tmp_path / ("h" * (MAX_HOME_BYTES - len(str(tmp_path)) - 1))
    home.mkdir()
    assert load_settings({"APPLIANCE_HOME": str(home)}).home == home
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{tempfile.mkdtemp(prefix='self-test-', dir=home)}/s")
    with pytest.raises(InputError, match=f"has {MAX_HOME_BYTES + 1} bytes and may have {MAX_HOME_BYTES}"):
        load_settings({"APPLIANCE_HOME": str(home) + "h"})


@pytest.mark.parametrize("home", ["relative/home", "~nobody-of-this-name/home", "."])
def test_a_home_that_is_no_absolute_path_is_refused(home: str) -> None:
    """A relative one would depend on where the command was called."""
    with pytest.raises(InputError, match="APPLIANCE_HOME"):
        load_settings({"APPLIANCE_HOME": home})


@pytest.mark.parametrize("port", ["-1", "65536", "99999", "x", "80 ", "0x50", "1.0", "９９", "9" * 5000])
def test_a_port_out_of_bounds_is_refused(port: str) -> None:
    """Only decimal digits from 0 to 65535."""
    with pytest.raises(InputError, match="from 0 to 65535"):
        load_settings({"APPLIANCE_PORT": port})


def test_every_mistake_is_in_one_message() -> None:
    """Nobody has to try again for each."""
    with pytest.raises(InputError, match=r"APPLIANCE_HOME.*; APPLIANCE_PORT"):
        load_settings({"APPLIANCE_HOME": "x", "APPLIANCE_PORT": "y"})


@given(st.dictionaries(st.sampled_from(["APPLIANCE_HOME", "APPLIANCE_PORT", "APPLIANCE_HOST"]), st.text()))
def test_any_text_is_settings_or_an_input_error(environment: dict[str, str]) -> None:
    """Whatever the variables hold, the answer is within bounds or a sentence."""
    try:
        settings = load_settings(environment)
    except InputError:
        return
    assert settings.home.is_absolute()
    assert 0 <= settings.port <= 65535
