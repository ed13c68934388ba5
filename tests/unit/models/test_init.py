"""The package belongs to the control plane and imports no torch. It imports no database, so that workers stay light."""

import subprocess
import sys


def test_importing_the_package_imports_no_torch_and_no_database() -> None:
    program = (
        "import sys, appliance.models; "
        "print([name for name in ('torch', 'transformers', 'safetensors', 'peft', 'sqlalchemy', 'sqlcipher3') if name "
        "in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
        == "[]"
    )
