"""A dataset is shredded whole or not at all, nothing that was begun stays half done, and the certificate and the log
tell the truth.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from extent import chosen, in_extents
from killed import Killed
from sqlalchemy import Table, insert, select, text, update

from appliance.audit import AuditLog, open_note
from appliance.datasets.tables import DATASET_VERSIONS, DATASETS, ERASURES
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import AuditLogError, AuthorizationError, ConflictError, NotFoundError, StorageError
from appliance.foundation.settings import Settings
from appliance.jobs.states import JobState, add_job, move_job
from appliance.policy import Rules, find_policy_folder
from appliance.services.appliance import Appliance
from appliance.services.context import OPERATOR, Caller, ServiceContext
from appliance.services.data.shred_dataset import show_certificate, shred_dataset, shred_versions
from appliance.services.home.life import create_home
from appliance.vault.secret_text import write_recovery

PASSPHRASE = "a passphrase for tests only"
DATASET = "ds_00000000000000000001"
OTHER = "ds_00000000000000000002"
PARTS = ("training", "validation", "test")
LINES_OF = (
    "shred_dataset.py",
    "job_kinds.py",
    "vault.py",
    "keyring.py",
    "database.py",
    "atomic_files.py",
    "context.py",
)


def open_home(home: Path) -> Appliance:
    """Take the home as a process does; no worker is ever started."""
    clock = SystemClock()
    context = ServiceContext(
        Settings(home), clock, Rules.load(find_policy_folder()), AuditLog.open(home / "audit", clock), None
    )  # type: ignore[arg-type]
    return Appliance(context)


def add_row(context: ServiceContext, table: Table, **values: Any) -> None:
    """Add a row; what is not given is 4 or ""."""
    row = {column.name: 4 if str(column.type) in {"INTEGER", "BIGINT"} else "" for column in table.columns}
    with context.database.begin() as connection:
        connection.execute(insert(table).values({**row, **values}))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Make a home with two datasets and a recovery key (it opens fast)."""
    home = tmp_path_factory.mktemp("source") / "home"
    appliance = open_home(home)
    context = appliance.context
    create_home(context, PASSPHRASE)
    recovery = write_recovery(context.vault.add_recovery("safe", 1)[1])
    for dataset_id in (DATASET, OTHER):
        for version in (1, 2):
            folder = home / "datasets" / dataset_id / f"v{version}"
            folder.mkdir(parents=True)
            for part in PARTS:
                context.vault.new_data_key("dataset-part", f"{dataset_id}/{version}/{part}")
                (folder / f"{part}.parquet").write_bytes(b"sealed rows")
            add_row(context, DATASET_VERSIONS, dataset_id=dataset_id, version=version, state="ready")
        add_row(context, DATASETS, id=dataset_id, digest="d1", state="ready", version=2)
    appliance.close()
    return home, recovery


@pytest.fixture
def home(source: tuple[Path, str], tmp_path: Path) -> Path:
    """Give a copy of it."""
    return Path(shutil.copytree(source[0], tmp_path / "home"))


@pytest.fixture
def opened(home: Path, source: tuple[Path, str]) -> Iterator[Appliance]:
    """Give it open."""
    appliance = open_home(home)
    appliance.context.unseal(source[1])
    yield appliance
    appliance.close()


def keys_of(context: ServiceContext, dataset_id: str, version: int = 1) -> int:
    """Return how many of a version's three keys can be had."""
    found = 0
    for part in PARTS:
        try:
            found += len(context.vault.data_key("dataset-part", f"{dataset_id}/{version}/{part}")) == 32
        except NotFoundError:
            continue
    return found


def state_of(context: ServiceContext, dataset_id: str) -> str:
    """Return the dataset's state."""
    with context.database.begin() as connection:
        return str(connection.execute(select(DATASETS.c.state).where(DATASETS.c.id == dataset_id)).scalar_one())


def outcomes(context: ServiceContext) -> list[tuple[str, str]]:
    """Return what the log says of shredding."""
    return [
        (entry["outcome"], entry["reason"]) for entry in context.log.entries() if entry["action"] == "dataset.shred"
    ]


def test_keys_and_files_go_and_the_row_stays_and_another_dataset_is_as_it_was(opened: Appliance, home: Path) -> None:
    context = opened.context
    shred_dataset(context, OPERATOR, dataset_id=DATASET)
    assert (keys_of(context, DATASET), keys_of(context, OTHER)) == (0, 3)
    assert not (home / "datasets" / DATASET).exists()
    assert (home / "datasets" / OTHER / "v1" / "test.parquet").exists()
    assert (state_of(context, DATASET), state_of(context, OTHER)) == ("shredded", "ready")
    assert outcomes(context) == [("requested", ""), ("succeeded", "")]


def test_the_certificate_is_signed_by_the_logs_key_and_names_the_entry_and_who_asked(opened: Appliance) -> None:
    context = opened.context
    made = shred_dataset(context, Caller("us_1", "admin"), dataset_id=DATASET)
    line = open_note(made.note.encode(), context.vault.signer.name, context.vault.signer.public_key)
    told = made.certificate
    assert line.startswith(b'{"adapters":[]')
    entry = next(iter(context.log.entries(told["log"]["sequence"])))
    assert (entry["action"], entry["outcome"], entry["request"]) == (
        "dataset.shred",
        "requested",
        told["log"]["request"],
    )
    assert told["object"] == {"kind": "dataset", "id": DATASET, "digest": "d1"}
    assert told["rows"] == {"all": 4, "training": 4, "validation": 4, "test": 4}
    assert told["asked_by"] == {"id": "us_1", "role": "admin"}
    assert told["approved_by"] == []
    assert "no second person approved" in told["approval"]
    assert told["requested_us"] <= told["erased_us"]
    said = " ".join(told["not_reached"])
    assert all(words in said for words in ("keyring.json", "solid-state", "Backups", "imported"))
    assert show_certificate(context, Caller("us_2", "auditor"), dataset_id=DATASET) == replace(made, earlier=())


def test_a_certificate_outlives_the_key_that_signed_it(opened: Appliance) -> None:
    """The log's key can be replaced, more than once. What no key of this log has signed is still refused."""
    first = shred_dataset(opened.context, OPERATOR, dataset_id=DATASET)
    for _ in range(2):
        opened.perform(OPERATOR, "key.rotate-log", {})
    assert show_certificate(opened.context, OPERATOR, dataset_id=DATASET).certificate == first.certificate
    forged = first.note.replace('"jobs":[]', '"jobs":["x"]')
    assert forged != first.note
    with opened.context.database.begin() as connection:
        connection.execute(update(ERASURES).values(note=forged))
    with pytest.raises(AuditLogError):
        show_certificate(opened.context, OPERATOR, dataset_id=DATASET)


def test_a_trainer_may_not_and_what_is_not_there_is_a_sentence(opened: Appliance) -> None:
    context = opened.context
    with pytest.raises(AuthorizationError):
        shred_dataset(context, Caller("us_1", "trainer"), dataset_id=DATASET)
    with pytest.raises(NotFoundError):
        shred_dataset(context, OPERATOR, dataset_id="ds_missing")
    with pytest.raises(NotFoundError, match="no certificate"):
        show_certificate(context, OPERATOR, dataset_id=DATASET)
    assert keys_of(context, DATASET) == 3


def test_twice_is_refused_and_the_first_certificate_stays(opened: Appliance) -> None:
    made = shred_dataset(opened.context, OPERATOR, dataset_id=DATASET)
    with pytest.raises(ConflictError, match="certificate"):
        shred_dataset(opened.context, OPERATOR, dataset_id=DATASET)
    assert show_certificate(opened.context, OPERATOR, dataset_id=DATASET) == replace(made, earlier=())


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.STOPPING])
def test_a_job_that_will_read_it_stops_the_shredding(opened: Appliance, state: JobState) -> None:
    """With a sentence that names the job; nothing is changed."""
    context = opened.context
    with context.database.begin() as connection:
        about = {"dataset_id": DATASET, "dataset_version": 1, "model_id": "md_1", "adapter_id": "ad_1"}
        spec = {**about, "name": "a model", "method": "lora"}
        add_job(connection, context.clock, job_id="jb_1", project_id="pr_1", kind="train", spec=spec, created_by="us_1")
        for step in {JobState.QUEUED: (), JobState.RUNNING: (state,), JobState.STOPPING: (JobState.RUNNING, state)}[
            state
        ]:
            move_job(connection, context.clock, "jb_1", step)
    with pytest.raises(ConflictError, match="appliance job stop jb_1"):
        shred_dataset(context, OPERATOR, dataset_id=DATASET)
    assert (keys_of(context, DATASET), state_of(context, DATASET)) == (3, "ready")
    shred_dataset(context, OPERATOR, dataset_id=OTHER)


def test_what_jobs_made_of_the_rows_goes_too_and_learned_weights_are_named(world: Any) -> None:
    """Answers hold questions of the dataset; an adapter stays, and so does what is said of it.

    Nothing begins with the dataset again.
    """
    ids, context = world.ids, world.context
    for name in ("training", "evaluation"):
        assert (context.home / "jobs" / ids[name]).exists()
    queued = world.do("train", dataset_id=ids["dataset"], model_id=ids["model"])["id"]
    world.do("job.stop", job_id=queued)
    unfinished = world.do("job.show", job_id=queued)["spec"]["adapter_id"]
    made = shred_dataset(context, OPERATOR, dataset_id=ids["dataset"]).certificate
    assert made["adapters"] == [
        {"id": ids["adapter"], "state": "evaluated"},
        {"id": unfinished, "state": "training stopped"},
    ]
    assert set(made["jobs"]) == {ids["training"], ids["evaluation"], queued}
    assert ids["adapter"] in made["not_reached"][-1]
    for name in ("training", "evaluation"):
        assert not (context.home / "jobs" / ids[name]).exists()
    size = context.log.size
    for operation, parameters in {
        "adapter.answers": {"adapter_id": ids["adapter"]},
        "dataset.show": {"dataset_id": ids["dataset"]},
        "train": {"dataset_id": ids["dataset"], "model_id": ids["model"]},
        "evaluate": {"adapter_id": ids["adapter"]},
        "job.resume": {"job_id": queued},
    }.items():
        with pytest.raises((NotFoundError, ConflictError), match="shredded"):
            world.do(operation, **parameters)
    assert context.log.unfinished() == []
    assert {entry["outcome"] for entry in world.entries(size)} == {"requested", "failed"}
    explaining = world.do("rank.explain", adapter_id=ids["adapter"])  # what was learned outlives the data
    world.do("job.stop", job_id=explaining["id"])
    assert world.do("chat", adapter_id=ids["adapter"], prompt="Hello?")["tuned"]
    (listed,) = [each for each in world.do("dataset.list") if each["id"] == ids["dataset"]]
    assert listed["state"] == "shredded"


def test_what_a_disk_refused_is_finished_by_asking_again_or_at_the_next_start(
    home: Path, source: tuple[Path, str]
) -> None:
    """The log has the failure, and then who finished it."""
    for way in ("asked again", "next start"):
        copy = Path(shutil.copytree(home, home.parent / way))
        first = open_home(copy)
        first.context.unseal(source[1])
        shutil.rmtree(
            copy / "datasets" / DATASET
        )  # What refuses to be removed as a folder is played by a file in its place.
        (copy / "datasets" / DATASET).write_bytes(b"not a folder")
        with pytest.raises(StorageError):
            shred_dataset(first.context, OPERATOR, dataset_id=DATASET)
        assert (keys_of(first.context, DATASET), state_of(first.context, DATASET)) == (0, "shredding")
        (copy / "datasets" / DATASET).unlink()
        if way == "asked again":
            shred_dataset(first.context, OPERATOR, dataset_id=DATASET)
            first.close()
            continue
        first.close()
        second = open_home(copy)
        second.context.unseal(source[1])
        assert state_of(second.context, DATASET) == "shredded"
        told = [entry for entry in second.context.log.entries() if entry["action"] == "dataset.shred"]
        assert [entry["outcome"] for entry in told] == ["requested", "failed", "requested", "succeeded"]
        assert told[-1]["actor"]["id"] == "appliance"
        assert (
            show_certificate(second.context, OPERATOR, dataset_id=DATASET).certificate["asked_by"]["id"] == "operator"
        )
        second.close()


def verify_after_kill(home: Path, recovery: str) -> str:
    """Open the home, as the next start does: the dataset is whole or shredded, and the log says which.

    Return its state.
    """
    appliance = open_home(home)
    context = appliance.context
    context.unseal(recovery)
    state = state_of(context, DATASET)
    told = outcomes(context)
    assert context.log.unfinished() == []
    if state == "ready":
        assert keys_of(context, DATASET) == 3
        assert len(list((home / "datasets" / DATASET / "v1").iterdir())) == 3
        assert told in ([], [("requested", ""), ("failed", "interrupted")])
        with pytest.raises(NotFoundError):
            show_certificate(context, OPERATOR, dataset_id=DATASET)
    else:
        assert state == "shredded"
        assert keys_of(context, DATASET) == keys_of(context, DATASET, 2) == 0
        assert not (home / "datasets" / DATASET).exists()
        assert told in ([("requested", ""), ("succeeded", "")], [("requested", ""), ("succeeded", "interrupted")])
        certificate = show_certificate(context, OPERATOR, dataset_id=DATASET).certificate
        assert certificate["asked_by"] == {"id": "operator", "role": "operator"}
    assert keys_of(context, OTHER) == 3
    context.log.verify(public_key=context.vault.signer.public_key, remembered=context.vault.heads.load())
    with context.database.begin() as connection:
        assert len(set(connection.execute(text("SELECT epoch FROM wrapped_keys")).scalars())) == 1
    appliance.close()
    return state


def shredding(appliance: Appliance) -> Any:
    """Shred the dataset whole."""
    return shred_dataset(appliance.context, OPERATOR, dataset_id=DATASET)


def killing(home: Path, recovery: str, act: Callable[[Appliance], Any] = shredding) -> Killed:
    """Return the act, to be killed."""

    def ready() -> Appliance:
        appliance = open_home(home)
        appliance.context.unseal(recovery)
        return appliance

    return Killed(ready, act, LINES_OF)


@pytest.mark.slow
@in_extents
def test_shredding_may_be_killed_after_every_write(
    home: Path, source: tuple[Path, str], tmp_path: Path, extent: str
) -> None:
    """Before the dataset is taken out of use it is whole; from then on the next start finishes."""
    states: list[str] = []
    lines = killing(Path(shutil.copytree(home, tmp_path / "whole")), source[1]).lines_after_writes()
    for line in chosen(lines, extent, 4):
        copy = Path(shutil.copytree(home, tmp_path / "copy"))
        assert killing(copy, source[1]).before_line(line)
        states.append(verify_after_kill(copy, source[1]))
        shutil.rmtree(copy)
    assert len(lines) > 10
    assert states == sorted(states)
    assert set(states) == {"ready", "shredded"}


def test_a_half_done_dataset_of_another_threads_act_is_left_to_it(opened: Appliance) -> None:
    """The recovery takes up only what was begun before this process."""
    context = opened.context
    shred_dataset(context, OPERATOR, dataset_id=DATASET)
    with context.database.begin() as connection:
        connection.execute(update(DATASETS).where(DATASETS.c.id == DATASET).values(state="shredding"))
        connection.execute(update(ERASURES).where(ERASURES.c.dataset_id == DATASET).values(note=""))
    before = context.log.size
    opened._recovery.run([])
    assert state_of(context, DATASET) == "shredding"
    assert context.log.size == before


def verify_versions_after_kill(home: Path, recovery: str) -> str:
    """Open the home: version 1 is whole or shredded, version 2 and the other dataset are as they were.

    Return version 1's state.
    """
    appliance = open_home(home)
    context = appliance.context
    context.unseal(recovery)
    with context.database.begin() as connection:
        query = select(DATASET_VERSIONS.c.version, DATASET_VERSIONS.c.state).where(
            DATASET_VERSIONS.c.dataset_id == DATASET
        )
        states = {row.version: row.state for row in connection.execute(query)}
    assert context.log.unfinished() == []
    told = [
        (entry["outcome"], entry["reason"])
        for entry in context.log.entries()
        if entry["action"] == "dataset.shred-versions"
    ]
    if states[1] == "ready":
        assert keys_of(context, DATASET) == 3
        assert told in ([], [("requested", ""), ("failed", "interrupted")])
    else:
        assert keys_of(context, DATASET) == 0
        assert not (home / "datasets" / DATASET / "v1").exists()
        assert told in ([("requested", ""), ("succeeded", "")], [("requested", ""), ("succeeded", "interrupted")])
        assert show_certificate(context, OPERATOR, dataset_id=DATASET).certificate["versions"] == [1]
    assert (states[2], state_of(context, DATASET), keys_of(context, DATASET, 2), keys_of(context, OTHER)) == (
        "ready",
        "ready",
        3,
        3,
    )
    assert len(list((home / "datasets" / DATASET / "v2").iterdir())) == 3
    appliance.close()
    return states[1]


@pytest.mark.slow
@in_extents
def test_shredding_a_version_may_be_killed_after_every_write(
    home: Path, source: tuple[Path, str], tmp_path: Path, extent: str
) -> None:
    """The same for single versions: the others stay."""

    def act(appliance: Appliance) -> Any:
        return shred_versions(appliance.context, OPERATOR, dataset_id=DATASET, versions=[1])

    states: list[str] = []
    lines = killing(Path(shutil.copytree(home, tmp_path / "whole")), source[1], act).lines_after_writes()
    for line in chosen(lines, extent, 3):
        copy = Path(shutil.copytree(home, tmp_path / "copy"))
        assert killing(copy, source[1], act).before_line(line)
        states.append(verify_versions_after_kill(copy, source[1]))
        shutil.rmtree(copy)
    assert len(lines) > 10
    assert states == sorted(states)
    assert set(states) == {"ready", "shredded"}


def test_versions_that_cannot_be_shredded_are_refused(opened: Appliance) -> None:
    """The current one, one that is not there, none at all, and what is on legal hold."""
    context = opened.context
    for versions, words in (([2], "current version"), ([1, 7], "no such version"), ([], "no such version")):
        with pytest.raises((ConflictError, NotFoundError), match=words):
            shred_versions(context, OPERATOR, dataset_id=DATASET, versions=versions)
    with context.database.begin() as connection:
        connection.execute(update(DATASETS).where(DATASETS.c.id == DATASET).values(hold_reason="a lawsuit"))
    for act in (
        lambda: shred_versions(context, OPERATOR, dataset_id=DATASET, versions=[1]),
        lambda: shred_dataset(context, OPERATOR, dataset_id=DATASET),
    ):
        with pytest.raises(ConflictError, match="legal hold"):
            act()
    assert keys_of(context, DATASET) == keys_of(context, DATASET, 2) == 3
