"""Times a backup, the next one, and a restore, with a generated model of the given size.

python -m ops.bench.backup_time FOLDER --gigabytes 10

FOLDER gets a home, a disk and a restored home: three times the size. It is removed afterwards.
"""

import argparse
import base64
import hashlib
import json
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from appliance.audit import AuditLog
from appliance.foundation.clock import SystemClock
from appliance.foundation.json_records import shown
from appliance.foundation.settings import Settings
from appliance.models.manifest import ModelManifest, identity
from appliance.models.tables import MODELS
from appliance.policy import Rules, find_policy_folder
from appliance.services.context import OPERATOR, ServiceContext
from appliance.services.home.back_up import begin_backup, finish_backup, seal_backup
from appliance.services.home.backup_folder import copy_files, keep_manifest, prepare_folder
from appliance.services.home.life import create_home
from appliance.services.home.restore_home import restore_home
from appliance.vault.backup_format import BackedUpFile

PIECE_BYTES = 16 * 1024 * 1024
PASSPHRASE = "a passphrase for figures"  # noqa: S105 - opens nothing but what this makes


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    options = parser.parse_args()
    folder = options.folder.resolve() / f"bench-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    try:
        _measure(folder, int(options.gigabytes * 1e9))
    finally:
        shutil.rmtree(folder)


def _measure(folder: Path, size: int) -> None:
    clock, home = SystemClock(), folder / "home"
    log = AuditLog.open(home / "audit", clock)
    context = ServiceContext(Settings(home), clock, Rules.load(find_policy_folder()), log, None)  # type: ignore[arg-type] - no worker runs
    create_home(context, PASSPHRASE)
    secret = context.vault.add_recovery("bench", clock.now_us())[1]
    _write_model(context, size)
    for name in ("backup", "next backup"):
        _timed(name, size, lambda: _back_up(context, folder / "disk"))
    context.seal()
    _timed("restore", size, lambda: restore_home(folder / "restored", folder / "disk", secret, PASSPHRASE, clock))


def _back_up(context: ServiceContext, disk: Path) -> None:
    out = prepare_folder(disk, context.home)
    plan = shown(begin_backup(context, OPERATOR, place="bench"))
    copied = [BackedUpFile(**file) for file in copy_files(context.home, out, plan)]
    sealed = seal_backup(context, OPERATOR, backup_id=plan["id"], files=copied)
    keep_manifest(out, plan["id"], base64.b64decode(sealed.manifest))
    finish_backup(context, OPERATOR, backup_id=plan["id"])


def _write_model(context: ServiceContext, size: int) -> None:
    digest, noise = hashlib.sha256(), bytearray(secrets.token_bytes(PIECE_BYTES))
    path = context.home / "models" / "new"
    path.mkdir()
    with (path / "model.safetensors").open("wb") as file:
        for number in range(0, size, PIECE_BYTES):
            noise[:8] = number.to_bytes(8, "big")  # no two parts alike
            piece = bytes(noise[: min(PIECE_BYTES, size - number)])
            digest.update(piece)
            file.write(piece)
    files = {"model.safetensors": digest.hexdigest()}
    model_id, whole = identity(files)
    path.rename(path.with_name(model_id))
    manifest = ModelManifest(model_id, whole, "generated", "none", 1, "", files, {})
    values: dict[str, Any] = {
        "id": model_id,
        "project_id": "pr",
        "name": "generated",
        "architecture": "none",
        "parameters": 1,
    }
    values |= {"licence": "", "manifest": json.dumps(manifest.to_json()), "created_us": 1, "created_by": "bench"}
    with context.database.begin() as connection:
        connection.execute(insert(MODELS).values(values))


def _timed(name: str, size: int, work: Callable[[], Any]) -> None:
    began = time.monotonic()
    work()
    seconds = time.monotonic() - began
    print(f"{name}: {seconds:.1f} s, {size / 1e6 / seconds:.0f} MB/s")


if __name__ == "__main__":
    main()
