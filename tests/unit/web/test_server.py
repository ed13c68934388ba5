"""What must not happen before the process is confined and answers."""

import subprocess
import sys


def test_importing_the_package_imports_no_gradio_and_starts_no_thread() -> None:
    """Its import takes seconds and starts threads; sign-in and health must answer before."""
    code = "import sys, threading, appliance.web; assert 'gradio' not in sys.modules; assert threading.active_count() == 1"
    subprocess.run([sys.executable, "-c", code], check=True)
