"""The log tells the truth after a kill at any point, and says where it was tampered with."""

import random
import shutil
import time
from collections import Counter

import pytest
from canary_scan import scan
from driven_home import CANARY, PASSPHRASE, await_that, kill

from appliance.audit import AuditLog, verify_log
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import AuditLogError
from appliance.vault import Vault

JOURNAL = ".journal"


def _verify_truth(home) -> list[dict]:
    """Open the home.

    Every request has as many outcomes as it was made; what is said to have been made is there, and nothing else.
    """
    home("status")
    log = home.log()
    requested = Counter((entry["action"], entry["request"]) for entry in log if entry["outcome"] == "requested")
    ended = Counter(
        (entry["action"], entry["request"])
        for entry in log
        if entry["outcome"] in {"succeeded", "failed"} and entry["request"]
    )
    assert {key: ended[key] for key in requested} == dict(requested)
    vault = Vault.open(home.folder, PASSPHRASE)
    with vault.database.begin() as connection:
        for action, kind in (("dataset.import", "datasets"), ("job.submit", "jobs")):
            made = {
                entry["object"]["id"] for entry in log if entry["action"] == action and entry["outcome"] == "succeeded"
            }
            assert made == {row.id for row in connection.exec_driver_sql(f"SELECT id FROM {kind}")}  # noqa: S608 - two names of ours
        assert connection.exec_driver_sql("SELECT count(*) FROM wrapped_keys WHERE kind = 'upload'").scalar_one() == 0
    vault.close()
    for place in ("uploads", "staging"):
        assert not any((home.folder / place).iterdir())
    return log


def _outcomes(home, action: str) -> list[str]:
    return [entry["outcome"] for entry in home.log() if entry["action"] == action]


def test_killed_during_an_import_the_log_tells_what_became_of_it(home, table, running) -> None:
    """Between the request's entry and the action; between the action and its outcome; and at odd times."""
    known = [home.dataset]

    def start():
        process = home.start("dataset", "import", str(table))
        running.append(process)
        return process

    def requested(number: int) -> bool:
        return _outcomes(home, "dataset.import").count("requested") == number

    process = start()
    await_that(lambda: requested(2), "the request's entry", pause_s=0.002)
    kill(process)
    assert _outcomes(home, "dataset.import") == ["requested", "succeeded", "requested"]
    assert scan(CANARY, home.places) == []
    log = _verify_truth(home)
    assert [(entry["outcome"], entry["reason"]) for entry in log if entry["action"] == "dataset.import"][-1] == (
        "failed",
        "interrupted",
    )

    process = start()
    await_that(
        lambda: len(list((home.folder / "datasets").iterdir())) > len(known), "the dataset's folder", pause_s=0.0005
    )
    time.sleep(0.01)
    kill(process)
    before = _outcomes(home, "dataset.import")
    assert scan(CANARY, home.places) == []
    log = _verify_truth(home)
    assert _outcomes(home, "dataset.import")[: len(before)] == before

    for delay in (0.9, 1.6, 2.2):
        process = start()
        time.sleep(delay)
        kill(process)
        assert scan(CANARY, home.places) == []
    _verify_truth(home)
    assert home("audit", "verify")["verified"]


def test_killed_before_its_worker_works_a_job_waits_in_the_queue_and_is_done_later(home, running) -> None:
    """What happens after a checkpoint is shown in test_server.py."""
    process = home.start("train", "--model", home.model, "--dataset", home.dataset, "--epochs", "2")
    running.append(process)
    await_that(lambda: _outcomes(home, "job.start"), "the job's start", pause_s=0.002)
    kill(process)
    assert scan(CANARY, home.places) == []
    log = _verify_truth(home)
    assert [(entry["outcome"], entry["reason"]) for entry in log if entry["action"] == "job.start"][1:] == [
        ("failed", "interrupted")
    ]
    assert "job.recover" in {entry["action"] for entry in log}
    (job,) = home("job", "list")
    assert job["state"] == "queued"
    assert home("job", "watch", job["id"])["state"] == "succeeded"
    assert _outcomes(home, "job.start") == ["requested", "failed", "requested", "succeeded"]
    assert home("audit", "verify")["verified"]


def test_killed_between_unsealing_and_its_outcome_the_unseal_gets_one(home, running) -> None:
    """An unseal that a crash interrupted is no exception."""
    process = home.start("status")
    running.append(process)
    requests = _outcomes(home, "vault.unseal").count("requested")
    await_that(lambda: _outcomes(home, "vault.unseal").count("requested") > requests, "the request", pause_s=0.002)
    kill(process)
    log = _verify_truth(home)
    assert ("vault.unseal", "interrupted") in {(entry["action"], entry["reason"]) for entry in log}


def _entries_file(home):
    (path,) = (home.folder / "audit" / "tile" / "entries" / "000.p").iterdir()
    return path


def _entries(data: bytes) -> list[bytes]:
    found = []
    while data:
        size = 2 + int.from_bytes(data[:2], "big")
        found.append(data[:size])
        data = data[size:]
    return found


def test_tampering_is_refused_by_every_command_and_the_sentence_says_where(home) -> None:
    """One byte flipped, an entry cut out, two swapped, the end cut off: the entry's number is in the sentence."""
    path = _entries_file(home)
    good = path.read_bytes()
    entries = _entries(good)
    flipped = bytearray(good)
    flipped[sum(map(len, entries[:5])) + 40] ^= 1
    changes = {
        "flipped": (bytes(flipped), "Entry 5 "),
        "cut": (b"".join(entries[:3] + entries[4:]), "3"),
        "swapped": (b"".join([*entries[:2], entries[3], entries[2], *entries[4:]]), "2"),
    }
    for name, (data, words) in changes.items():
        path.write_bytes(data)
        error = home.refused("audit", "verify")
        assert error["code"].startswith("audit."), name
        assert words in error["sentence"], (name, error)
    path.write_bytes(good)
    assert home("audit", "verify")["verified"]


def test_one_byte_flipped_anywhere_in_the_log_is_found(home, tmp_path) -> None:
    """In entries, hashes and checkpoint alike; each entry's byte is found in its entry. (The journal has nothing then;
    see below.)
    """
    folder, key = home.folder / "audit", Vault.public_key(home.folder)
    verify_log(folder, public_key=key)
    choose = random.Random(7)
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != JOURNAL):
        good = path.read_bytes()
        starts = [0]
        for entry in _entries(good) if "entries" in path.parts else []:
            starts.append(starts[-1] + len(entry))
        for place in sorted({0, len(good) - 1, *choose.sample(range(len(good)), min(len(good), 60))}):
            path.write_bytes(_flipped(good, place, choose.randrange(8)))
            with pytest.raises(AuditLogError) as caught:
                verify_log(folder, public_key=key)
            within = max(number for number, start in enumerate(starts) if start <= place)
            if "entries" in path.parts and place - starts[within] >= 2:  # In its length, it takes what follows with it.
                assert caught.value.entry == within, place
        path.write_bytes(good)
    verify_log(folder, public_key=key)


def _flipped(good: bytes, place: int, bit: int) -> bytes:
    return good[:place] + bytes([good[place] ^ 1 << bit]) + good[place + 1 :]


def _parts_of(journal: bytes) -> tuple[int, int]:
    """Return where the last frame begins, and where it ends, by the format's description
    (appliance/audit/journal.py).
    """
    generation, start, end = journal[4:12], 0, 0
    while journal.startswith(b"ALJ1" + generation, end):
        start, end = end, end + 49 + int.from_bytes(journal[end + 13 : end + 17], "big")
    return start, end


def test_one_byte_flipped_in_what_only_the_journal_has_is_found(home, running, tmp_path) -> None:
    """Killed, the home has its last entries in the journal alone. Before the last frame the next command refuses to
    open it at all; a change of the last frame looks like a torn write, but the remembered head tells that it was whole.
    What lies behind is no log.
    """
    process = home.start("train", "--model", home.model, "--dataset", home.dataset, "--epochs", "2")
    running.append(process)
    await_that(lambda: _outcomes(home, "job.start"), "the job's start", pause_s=0.002)
    time.sleep(0.3)  # The entry is there; its head is remembered right after.
    kill(process)
    path = home.folder / "audit" / JOURNAL
    good, before, size = path.read_bytes(), tmp_path / "before", len(home.log())
    last, end = _parts_of(good)
    assert 0 < last < end < len(good)
    vault = Vault.open(home.folder, PASSPHRASE)
    assert vault.heads.load().size == size
    vault.close()
    shutil.copytree(home.folder / "audit", before)

    def attempt(data: bytes) -> tuple[str, int | None]:
        """Open the log and attach it to what the vault remembers, as every command does."""
        shutil.rmtree(home.folder / "audit")
        shutil.copytree(before, home.folder / "audit")
        path.write_bytes(data)
        vault = Vault.open(home.folder, PASSPHRASE)
        try:
            log = AuditLog.open(home.folder / "audit", SystemClock())
            try:
                log.attach(vault.signer, vault.heads)
            except AuditLogError as error:
                return error.code, error.entry
            finally:
                log.close()
        except AuditLogError as error:
            return error.code, None
        finally:
            vault.close()
        return "", None

    choose = random.Random(7)
    for place in sorted({*range(0, 16, 3), *choose.sample(range(16, last), 8)}):
        assert attempt(_flipped(good, place, choose.randrange(8)))[0] == "audit.journal", place
    for place in sorted({last, end - 1, *choose.sample(range(last, end), 8)}):
        code, entry = attempt(_flipped(good, place, choose.randrange(8)))
        assert code == "audit.rollback", place
        assert entry is not None
        assert entry < size
    assert home.refused("audit", "verify")["code"] == "audit.rollback"
    assert attempt(_flipped(good, end, 0)) == ("", None)  # The last: a log that was opened goes on.
    assert home("audit", "verify")["verified"]


def test_an_older_folder_put_back_is_noticed(home, tmp_path) -> None:
    """It is whole and signed, yet the encrypted database remembers a later head."""
    shutil.copytree(home.folder / "audit", tmp_path / "old")
    home("status")
    shutil.rmtree(home.folder / "audit")
    shutil.copytree(tmp_path / "old", home.folder / "audit")
    verify_log(home.folder / "audit", public_key=Vault.public_key(home.folder))
    error = home.refused("audit", "verify")
    assert error["code"] == "audit.rollback"
    assert "older folder" in error["sentence"]
