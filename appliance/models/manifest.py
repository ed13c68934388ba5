"""The manifest of an imported model: names, sizes, and the SHA-256 of each file.

It is kept in the encrypted database and checked at every load.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from appliance.foundation import canonical_json
from appliance.foundation.errors import IntegrityError

MANIFEST_VERSION = 1


@dataclass(frozen=True)
class ModelManifest:
    """A model's manifest. `digest` is one SHA-256 over all files; `id` is "md_" and its first 20 hex digits.

    `files` maps names to SHA-256; `config` is the clean configuration.
    """

    id: str
    digest: str
    name: str
    architecture: str
    parameters: int
    licence: str
    files: Mapping[str, str]
    config: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object with a version number."""
        return {"version": MANIFEST_VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the manifest in `value`.

        Raises `IntegrityError` for an unknown version, missing or unknown fields, or a wrong digest.
        """
        if value.get("version") != MANIFEST_VERSION:
            raise IntegrityError("integrity:manifest-version")
        try:
            manifest = cls(**{key: item for key, item in value.items() if key != "version"})
        except TypeError as error:
            raise IntegrityError("integrity:manifest-fields") from error
        if (manifest.id, manifest.digest) != identity(manifest.files):
            raise IntegrityError("integrity:manifest-files")
        return manifest


def identity(files: Mapping[str, str]) -> tuple[str, str]:
    """Return the id and the digest of a model, given the SHA-256 of its files."""
    digest = hashlib.sha256(canonical_json.encode(dict(files))).hexdigest()
    return f"md_{digest[:20]}", digest
