"""Settings are read once and checked as a whole."""

import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.foundation.errors import InputError
from appliance.foundation.settings import DEFAULT_PORT, MAX_HOME_BYTES, Settings, load_settings


def test_the_defaults_are_a_private_home_and_a_local_server() -> None:
    """The server listens on loopback, and there is no passphrase file."""
    settings = load_settings({})
    assert settings == Settings(Path.home() / ".local/share/appliance", "127.0.0.1", DEFAULT_PORT, None)


def test_each_variable_is_read() -> None:
    """All four are used."""
    settings = load_settings(
        {
            "APPLIANCE_HOME": "/srv/home",
            "APPLIANCE_HOST": "::1",
            "APPLIANCE_PORT": "0",
            "APPLIANCE_PASSPHRASE_FILE": "/run/secret",
        }
    )
    assert settings == Settings(Path("/srv/home"), "::1", 0, Path("/run/secret"))


def test_an_empty_variable_counts_as_absent() -> None:
    """That is what `VARIABLE=` means in a shell."""
    names = ("APPLIANCE_HOME", "APPLIANCE_HOST", "APPLIANCE_PORT", "APPLIANCE_PASSPHRASE_FILE")
    assert load_settings(dict.fromkeys(names, "")) == load_settings({})


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument, the process's own variables are read."""
    monkeypatch.setenv("APPLIANCE_HOME", "/srv/other")
    assert load_settings().home == Path("/srv/other")


def test_the_home_path_leaves_room_for_the_sockets_below_it(tmp_path: Path) -> None:
    """At the limit the longest socket path, the self-test's, can still be bound; one byte more is refused."""
    home = tmp_path / ("h" * (MAX_HOME_BYTES - len(str(tmp_path)) - 1))
    home.mkdir()
    assert load_settings({"APPLIANCE_HOME": str(home)}).home == home
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{tempfile.mkdtemp(prefix='self-test-', dir=home)}/s")
    with pytest.raises(InputError, match=f"has {MAX_HOME_BYTES + 1} bytes, but at most {MAX_HOME_BYTES} are"):
        load_settings({"APPLIANCE_HOME": str(home) + "h"})


@pytest.mark.parametrize("home", ["relative/home", "~nobody-of-this-name/home", "."])
def test_a_relative_home_is_refused(home: str) -> None:
    """It would depend on the current folder of the command."""
    with pytest.raises(InputError, match="APPLIANCE_HOME"):
        load_settings({"APPLIANCE_HOME": home})


@pytest.mark.parametrize("port", ["-1", "65536", "99999", "x", "80 ", "0x50", "1.0", "９９", "9" * 5000])
def test_a_port_out_of_bounds_is_refused(port: str) -> None:
    """Only decimal numbers from 0 to 65535 are accepted."""
    with pytest.raises(InputError, match="from 0 to 65535"):
        load_settings({"APPLIANCE_PORT": port})


def test_one_message_names_every_mistake() -> None:
    """All of them can be corrected at once."""
    with pytest.raises(InputError, match=r"APPLIANCE_HOME must be .* APPLIANCE_PORT must be") as caught:
        load_settings({"APPLIANCE_HOME": "x", "APPLIANCE_PORT": "y"})
    assert caught.value.code == "input"


@given(st.dictionaries(st.sampled_from(["APPLIANCE_HOME", "APPLIANCE_PORT", "APPLIANCE_HOST"]), st.text()))
def test_any_text_is_settings_or_an_input_error(environment: dict[str, str]) -> None:
    """The result is always within bounds."""

    try:
        settings = load_settings(environment)
    except InputError:
        return
    assert settings.home.is_absolute()
    assert 0 <= settings.port <= 65535
