"""The package is part of the control plane: it imports no torch, and no database either, so that a worker stays
light.
"""

import subprocess
import sys


def test_importing_the_package_brings_in_no_torch_and_no_database() -> None:
    program = (
        "import sys, appliance.datasets; "
        "print([name for name in ('torch', 'transformers', 'sqlalchemy', 'sqlcipher3', 'pandas') if name in "
        "sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
        == "[]"
    )
