"""An upload's file is there before its key and goes after it, so that no key is left that nothing points to."""

from typing import Any

import pytest
from sqlalchemy import text

from appliance.foundation.errors import StorageError
from appliance.services.data.receive_upload import discard_upload, upload_path


def upload_keys(world: Any) -> list[str]:
    """Return the uploads that have a key."""
    with world.context.database.begin() as connection:
        return list(connection.execute(text("SELECT object_id FROM wrapped_keys WHERE kind = 'upload'")).scalars())


def test_an_upload_that_cannot_begin_leaves_no_key(world: Any) -> None:
    folder = world.context.home / "uploads"
    kept = folder.rename(folder.with_name("elsewhere"))
    folder.write_bytes(b"")
    try:
        with pytest.raises(StorageError):
            world.upload()
    finally:
        folder.unlink()
        kept.rename(folder)
    assert upload_keys(world) == []


def test_an_upload_whose_file_cannot_be_removed_has_lost_its_key_already(world: Any) -> None:
    upload_id = world.upload()
    assert upload_keys(world) == [upload_id]
    path = upload_path(world.context.home, upload_id)
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        discard_upload(world.context, upload_id)
    assert upload_keys(world) == []
    path.rmdir()
