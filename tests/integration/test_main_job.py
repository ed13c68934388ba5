"""The main job, end to end: an encrypted spreadsheet becomes a tuned model, in a sandbox, on the record, with nothing
left in clear.
"""

import base64
import gzip
import io
import tempfile
import zipfile

from canary_scan import scan
from driven_home import CANARY


def _zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("row.txt", data)
    return file.getvalue()


def test_a_spreadsheet_becomes_a_measured_model_and_nothing_is_left_in_clear(home) -> None:
    """Import, training, evaluation and chat: each is on the record, and the scan finds no row, no answer, no token."""
    shown = home("dataset", "show", home.dataset)
    assert (shown["training_rows"], shown["validation_rows"], shown["test_rows"]) == (12, 6, 6)
    assert shown["preview"][0]["messages"][0]["content"] == "What is item 0?"
    trained = home("train", "--model", home.model, "--dataset", home.dataset, "--epochs", "2")
    assert trained["state"] == "succeeded"
    assert trained["tokens"] > 0
    measured = home("evaluate", "--adapter", trained["adapter"])
    assert measured["original"]["total"] == 6
    assert set(home("chat", "--adapter", trained["adapter"], "--prompt", f"What is {CANARY}?")) == {"original", "tuned"}
    assert len(home("adapter", "show", trained["adapter"], "--answers")["answers"]) == 6
    assert home("audit", "verify")["verified"]
    assert [entry["action"] for entry in home("audit", "show", "--last", "2")] == ["vault.unseal", "audit.read"]
    log = home.log()
    actions = {(entry["action"], entry["outcome"]) for entry in log}
    for action in (
        "model.import",
        "upload.receive",
        "dataset.import",
        "dataset.read",
        "job.submit",
        "job.start",
        "adapter.use",
    ):
        assert (action, "requested") in actions
        assert (action, "succeeded") in actions
    for action in ("vault.unseal", "isolation.test", "adapter.read", "audit.verify"):
        assert (action, "succeeded") in actions
    assert not [entry for entry in log if entry["outcome"] in {"failed", "denied"}]
    assert scan(CANARY, home.places) == []
    assert not any((home.folder / "staging").iterdir())
    assert not any((home.folder / "uploads").iterdir())


def test_the_scan_finds_a_deliberate_leak_in_every_form(home) -> None:
    """Without this, finding nothing would prove nothing."""
    assert scan(CANARY, home.places) == []
    row = f"row 7: {CANARY} end"
    leaks = {
        "plain": b"\x00" * 4095 + row.encode(),
        "half": CANARY.encode()[: len(CANARY) // 2 + 3],
        "utf-16-le": row.encode("utf-16-le"),
        "utf-16-be": row.encode("utf-16-be"),
        "gzip": gzip.compress(row.encode()),
        "zip": _zipped(row.encode()),
        "base64 in a zip in a gzip": gzip.compress(_zipped(base64.b64encode(row.encode()))),
        **{f"base64 after {shift}": base64.b64encode(b"x" * shift + row.encode()) for shift in range(3)},
    }
    for place in (home.folder / "staging", home.temporary):
        for name, data in leaks.items():
            path = place / "leak"
            path.write_bytes(data)
            assert [found.partition("!")[0] for found in scan(CANARY, home.places)] == [str(path)], name
            path.unlink()
    named = home.temporary / f"{CANARY}.txt"
    named.touch()
    assert len(scan(CANARY, home.places)) == 1
    named.unlink()
    with tempfile.TemporaryFile(dir=home.temporary) as deleted:
        deleted.write(row.encode())
        deleted.flush()
        assert len(scan(CANARY, home.places)) == 1
    assert scan(CANARY, home.places) == []


def test_a_model_that_was_changed_after_import_does_not_train_and_the_failed_job_leaves_nothing_in_clear(home) -> None:
    """One bit of the weights suffices."""
    weights = home.folder / "models" / home.model / "model.safetensors"
    weights.chmod(0o600)
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    error = home.refused("train", "--model", home.model, "--dataset", home.dataset)
    assert error["code"] == "job.failed"
    (job,) = home("job", "list")
    assert job["state"] == "failed"
    assert "model" in job["reason"]
    assert scan(CANARY, home.places) == []
