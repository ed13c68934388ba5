"""What must stand in the environment before Gradio is imported, which reads it then, and some of it later."""

import os
import shutil
import tempfile
from pathlib import Path

from appliance.foundation.atomic_files import make_private_folder

FOLDER = "web"
_OFF = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_SSR_MODE": "False",
    "GRADIO_MCP_SERVER": "False",
    "GRADIO_SHARE": "False",
    "GRADIO_WATCH_DIRS": "",
    "GRADIO_VIBE_MODE": "",
    "GRADIO_ALLOWED_PATHS": "",
    "GRADIO_ROOT_PATH": "",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}
# Gradio builds HTTP clients at its import: they would read certificates, which the walls forbid, or want a proxy.
_WITHOUT = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_FOLDERS = ("GRADIO_TEMP_DIR", "GRADIO_EXAMPLES_CACHE", "TMPDIR", "HOME", "XDG_CACHE_HOME", "HF_HOME", "MPLCONFIGDIR")


def prepare_environment(home: Path) -> Path:
    """Send every temporary and cache file of the web libraries into one empty private folder of the home, and return
    it.

    No data belongs there (uploads never pass through Gradio); it is emptied at each start all the same.
    """
    folder = home / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    make_private_folder(folder)
    os.environ.update(_OFF)
    for name in _WITHOUT:
        os.environ.pop(name, None)
        os.environ.pop(name.lower(), None)
    for name in _FOLDERS:
        os.environ[name] = str(folder)
    tempfile.tempdir = None  # It may have been looked up before.
    return folder
