"""Writes the files of a log's folder durably and atomically, and removes files that wider ones supersede."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from appliance.foundation.atomic_files import fsync_folder, replace_file, storage_errors
from appliance.foundation.messages import message


class TileFiles:
    """The tiles, bundles and the checkpoint of one log as they are on disk. Not thread-safe."""

    def __init__(self, folder: Path, partials: set[str]) -> None:
        """`partials`: the paths of the existing partial files."""
        self._folder = folder
        self._partials = partials
        self._known_folders = {folder}

    def write(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write each file to its path, in this order. They are durable when this returns.

        Raises `StorageError`; some files may have been written then.
        """
        folders: dict[Path, None] = {}
        with storage_errors(message("task:write-log")):
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
        """Return whether a partial file exists."""
        return path in self._partials

    def remove_superseded(self, needed: set[str]) -> None:
        """Remove all partial files except those `needed`. A file that cannot be removed does no harm."""
        for path in self._partials - needed:
            with contextlib.suppress(OSError):
                (self._folder / path).unlink(missing_ok=True)
                self._partials.discard(path)
                (self._folder / path).parent.rmdir()  # fails while other files are in it, as it should

    def _make_folders(self, target: Path) -> None:
        for name in reversed(target.relative_to(self._folder).parents[:-1]):
            folder = self._folder / name
            if folder not in self._known_folders:
                # Without parents: if the log's own folder is gone, it must not be created again.
                folder.mkdir(mode=0o700, exist_ok=True)
                fsync_folder(folder.parent)
                self._known_folders.add(folder)
