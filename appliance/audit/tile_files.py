"""Writes the files of a log's folder: durable, each whole or not at all, and removes those that wider ones
supersede.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from appliance.foundation.atomic_files import fsync_folder, replace_file, storage_errors


class TileFiles:
    """The tiles, bundles and the checkpoint of one log as they are on disk. Not thread-safe."""

    def __init__(self, folder: Path, partials: set[str]) -> None:
        """`partials`: the paths of the partial files that are there."""
        self._folder = folder
        self._partials = partials
        self._known_folders = {folder}

    def write(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write each file under its path, in this order; durable when this returns.

        Raises `StorageError`, some of them written.
        """
        folders: dict[Path, None] = {}
        with storage_errors("Writing the audit log"):
            for path, data in files:
                target = self._folder / path
                self._make_folders(target)
                replace_file(target, data)
                folders[target.parent] = None
                if ".p/" in path:
                    self._partials.add(path)
            for folder in folders:
                fsync_folder(folder)

    def has(self, path: str) -> bool:
        """Tell whether a partial file is there."""
        return path in self._partials

    def remove_superseded(self, needed: set[str]) -> None:
        """Remove the partial files but those `needed`. What stays by mischance does no harm."""
        for path in self._partials - needed:
            with contextlib.suppress(OSError):
                (self._folder / path).unlink(missing_ok=True)
                self._partials.discard(path)
                (self._folder / path).parent.rmdir()  # Refused while the folder is in use, which is as it should be.

    def _make_folders(self, target: Path) -> None:
        for name in reversed(target.relative_to(self._folder).parents[:-1]):
            folder = self._folder / name
            if folder not in self._known_folders:
                # Without the parents: a log whose own folder is gone must not begin anew beside what was written.
                folder.mkdir(mode=0o700, exist_ok=True)
                fsync_folder(folder.parent)
                self._known_folders.add(folder)
