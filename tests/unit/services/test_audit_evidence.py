"""What an auditor can ask of a home: checkpoints, proofs, files and names, exports, and the facts about an adapter."""

import base64
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ocsf.v1_7_0.events as ocsf_events
import ocsf.v1_7_0.objects as ocsf_objects
import pytest

from appliance.audit import AuditLog, parse_checkpoint
from appliance.audit.merkle import leaf_hash, verify_inclusion
from appliance.audit.ocsf import ocsf_event
from appliance.foundation.atomic_files import free_bytes
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import AuditLogError, InputError, StorageError
from appliance.foundation.settings import Settings
from appliance.policy import Rules, find_policy_folder
from appliance.services.context import OPERATOR, Caller, ServiceContext
from appliance.services.data.receive_upload import receive_file
from appliance.services.home.life import create_home
from appliance.services.home.manage_keys import VAULT, rotate_log_key
from appliance.services.models.chat import ChatDesk
from appliance.services.record.read_audit import verify_audit

PASSPHRASE = "a passphrase for tests only"
AUDITOR = Caller("us_auditor", "auditor")
PERSON = ["Jane Doe", "jane@example.org"]
PEOPLE = "question,answer,group,split\n" + "".join(
    f"Who is {index}?,{'Jane Doe' if index == 3 else 'Nobody'} number "
    f"{index}.,g{index},{('training', 'validation', 'test')[index % 3]}\n"
    for index in range(12)
)


def verify_proof(proved: dict[str, Any], public_key: bytes) -> int:
    """Verify a `tlog-proof`; return the entry's number."""
    head, note = proved["proof"].split("\n\n", 1)
    _header, _entry, index, *path = head.split("\n")
    checkpoint = parse_checkpoint(note.encode())
    checkpoint.verify(public_key)
    number = int(index.removeprefix("index "))
    verify_inclusion(
        leaf_hash(proved["entry"].encode()), number, checkpoint.head, [base64.b64decode(each) for each in path]
    )
    return number


def test_a_checkpoint_that_was_carried_away_is_extended_by_the_later_log(world: Any) -> None:
    taken = world.do("audit.checkpoint")
    checkpoint = parse_checkpoint(taken["checkpoint"].encode())
    checkpoint.verify(world.context.vault.signer.public_key)
    assert (checkpoint.head.size, checkpoint.head.root.hex()) == (taken["entries"], taken["root"])
    assert taken["key"].startswith(f"{checkpoint.origin}+")
    found = world.do("audit.verify", witnesses=[taken["checkpoint"], world.do("audit.checkpoint")["checkpoint"]])
    assert found["witnesses"] == 2
    wrong = taken["checkpoint"].replace(
        base64.b64encode(checkpoint.head.root).decode(), base64.b64encode(bytes(32)).decode()
    )
    with pytest.raises(AuditLogError) as caught:
        world.do("audit.verify", witnesses=[wrong])
    assert caught.value.code == "audit.witness"


@pytest.mark.parametrize("witnesses", ["a text", ["no checkpoint"], [7], [""] * 101])
def test_what_is_no_checkpoint_is_refused(world: Any, witnesses: Any) -> None:
    with pytest.raises(InputError):
        world.do("audit.verify", witnesses=witnesses)


def test_every_entry_can_be_proved_by_itself(world: Any) -> None:
    key = world.context.vault.signer.public_key
    for number in (0, 1, world.context.log.size - 1):
        proved = world.do("audit.prove", sequence=number)
        assert verify_proof(proved, key) == number
        assert json.loads(proved["entry"])["sequence"] == number
    for number in (-1, 10**9):
        with pytest.raises(InputError):
            world.do("audit.prove", sequence=number)


def test_was_it_this_file(world: Any) -> None:
    """The log has no digest that anyone could try files on; asked with the file, the home knows it."""
    digest = hashlib.sha256(world.table).hexdigest()
    found = world.do("audit.confirm", sha256=digest)
    (match,) = [each for each in found["matches"] if world.ids["dataset"] in each["datasets"]]
    actions = {entry["action"] for entry in world.context.log.entries() if entry["sequence"] in match["entries"]}
    assert actions == {"upload.receive", "dataset.import"}
    assert digest not in json.dumps(list(world.context.log.entries()))
    assert world.do("audit.confirm", sha256="00" * 32) == {"found": False, "matches": [], "archived": None}
    for wrong in ({}, {"sha256": digest, "name": "anna"}, {"sha256": "abc"}, {"sha256": "x" * 64}):
        with pytest.raises(InputError):
            world.do("audit.confirm", **wrong)


def test_was_it_this_account(world: Any) -> None:
    assert {match["as"] for match in world.do("audit.confirm", name="anna")["matches"]} == {"account"}
    assert not world.do("audit.confirm", name="berta")["found"]


def test_erasing_a_person_leaves_every_proof_and_nobody_can_say_any_more_who_it_was(world: Any) -> None:
    """The key goes, with what led to it; the log and all that was proved of it before stay as they are."""
    upload = receive_file(world.context, OPERATOR, io.BytesIO(PEOPLE.encode())).id
    world.do("dataset.import", upload_id=upload, filename="people.csv")
    world.do("person.find", person=PERSON)
    world.do("person.find", person=[PERSON[0].upper()])
    found = world.do("audit.confirm", name="jane  DOE")
    (match,) = found["matches"]
    assert match["as"] == "person"
    assert len(match["named_in"]) == 2
    assert world.do("audit.confirm", name=PERSON[1])["matches"][0]["id"] == match["id"]
    world.do("person.find", person=["Another Person"])
    witness = world.do("audit.checkpoint")["checkpoint"]
    proofs = [world.do("audit.prove", sequence=number) for number in match["entries"]]
    before = list(world.context.log.entries())
    world.do("person.erase", person=PERSON)
    assert world.do("audit.confirm", name="Jane Doe") == {"found": False, "matches": [], "archived": None}
    assert world.do("audit.confirm", name="Another Person")["found"]
    assert len(world.context.vault.object_ids("person")) == 1
    assert list(world.context.log.entries())[: len(before)] == before
    assert verify_audit(world.context, AUDITOR, witnesses=[witness]).witnesses == 1
    for proof in proofs:
        verify_proof(proof, world.context.vault.signer.public_key)
    written = json.dumps(list(world.context.log.entries())).casefold()
    assert all(term.casefold() not in written for term in PERSON)
    # Asked for again, somebody of that name is somebody else to the log.
    world.do("person.find", person=PERSON)
    assert world.do("audit.confirm", name="Jane Doe")["matches"][0]["id"] != match["id"]


def test_pages_of_an_export_end_where_the_first_one_said(world: Any) -> None:
    first = world.do("audit.export")
    assert [row["sequence"] for row in first["rows"]] == list(range(first["stop"]))
    again = world.do("audit.export", start=2, stop=5)
    assert ([row["sequence"] for row in again["rows"]], again["stop"]) == ([2, 3, 4], 5)
    assert world.do("audit.export", start=5, stop=5)["rows"] == []
    with pytest.raises(InputError):
        world.do("audit.export", format="csv")


def test_every_entry_is_an_event_of_ocsf(world: Any) -> None:
    """Against the schema, as `pydantic-ocsf` carries it: classes, enumerations, and no attribute that it does not
    have.
    """
    world.do("user.add", name="carl", role="reviewer")
    rows = world.do("audit.export", format="ocsf")["rows"]
    made = [
        *rows,
        *(
            ocsf_event({**next(iter(world.context.log.entries())), "action": action})
            for action in ("session.open", "x.y")
        ),
    ]
    classes = {3002: ocsf_events.Authentication, 3004: ocsf_events.EntityManagement}
    objects = {
        "metadata": ocsf_objects.Metadata,
        "actor": ocsf_objects.Actor,
        "user": ocsf_objects.User,
        "entity": ocsf_objects.ManagedEntity,
        "service": ocsf_objects.Service,
    }

    def names(model: Any) -> set[str]:
        return {field.alias or name for name, field in model.model_fields.items()}

    for row in made:
        model = classes[row["class_uid"]]
        model.model_validate(row)
        assert row.keys() <= names(model)
        assert row["type_uid"] == row["class_uid"] * 100 + row["activity_id"]
        for name, kind in objects.items():
            if name in row:
                kind.model_validate(row[name])
                assert row[name].keys() <= names(kind)
    assert [row["metadata"]["sequence"] for row in rows] == list(range(len(rows)))
    broken = {name: value for name, value in made[0].items() if name != "metadata"}
    with pytest.raises(ValueError, match="metadata"):
        classes[made[0]["class_uid"]].model_validate(broken)


def test_the_card_says_what_the_log_proves(world: Any) -> None:
    list(
        world.appliance.context.part(ChatDesk).ask(
            OPERATOR, world.ids["adapter"], [{"role": "user", "content": "Hello"}]
        )
    )
    shown = world.do("adapter.card", adapter_id=world.ids["adapter"])
    facts = {fact["name"]: fact for fact in shown["facts"]}
    entries = list(world.context.log.entries())

    def actions(name: str) -> set[str]:
        return {entries[number]["action"] for number in facts[name]["entries"]}

    assert (facts["data.rows"]["value"], actions("data.rows")) == (12, {"dataset.import"})
    assert facts["data.digest"]["value"] == entries[facts["data.rows"]["entries"][0]]["object"]["digest"]
    assert (facts["adapter.digest"]["value"], actions("adapter.digest")) == ("ab" * 32, {"adapter.create"})
    assert [facts[f"{name}.bound"]["value"] for name in ("data", "training", "evaluation")] == [True, True, True]
    # Forward and back through the whole model, and the gradients of what learned; 2 FLOP a number and token, 100
    # tokens.
    rank, whole = facts["training.rank"]["value"], facts["model.parameters"]["value"]
    learned = world.do("model.parameters", model_id=world.ids["model"], rank=rank)["adapter"]
    assert facts["training.flop"]["value"] == 2 * (whole + whole + learned) * 100
    assert actions("training.tokens") == {"adapter.create"}
    assert (facts["who.submitted"]["value"], actions("who.submitted")) == ("operator", {"job.submit"})
    assert (facts["use.requests"]["value"], facts["use.people"]["value"]) == (1, 1)
    assert facts["data.purpose"]["value"] is None
    for words in (
        "12 examples",
        "method QLoRA",
        "The purpose of the data is not stated",
        "licence not stated",
        "Right answers: 4 of 4",
        "It has been asked 1 question.",
        "Dataset staff (ds_",
        "processed 100 pieces of words",
    ):
        assert words in shown["card"]
    assert "None" not in shown["card"]


def test_the_card_of_a_model_that_was_used_a_lot_stays_readable(world: Any) -> None:
    """A sentence names a few of the entries that it rests on; the facts have all."""
    for _use in range(9):
        list(
            world.appliance.context.part(ChatDesk).ask(
                OPERATOR, world.ids["adapter"], [{"role": "user", "content": "Hello"}]
            )
        )
    shown = world.do("adapter.card", adapter_id=world.ids["adapter"])
    used = next(fact["entries"] for fact in shown["facts"] if fact["name"] == "use.requests")
    assert len(used) >= 9
    assert f"[{', '.join(map(str, used[:6]))} and {len(used) - 6} more]" in shown["card"]


def test_what_was_changed_in_the_database_is_not_bound_and_the_card_says_so(world: Any) -> None:
    from sqlalchemy import select, update

    from appliance.models.tables import ADAPTERS, FINDINGS

    of_adapter, of_finding = ADAPTERS.c.id == world.ids["adapter"], FINDINGS.c.adapter_id == world.ids["adapter"]
    for column, table, whose, name in (
        (ADAPTERS.c.config, ADAPTERS, of_adapter, "training"),
        (FINDINGS.c.body, FINDINGS, of_finding, "evaluation"),
    ):
        with world.context.database.begin() as connection:
            kept = connection.execute(select(column).where(whose)).scalar_one()
            changed = json.dumps({**json.loads(kept), "epochs": 77})
            connection.execute(update(table).where(whose).values({column.name: changed}))
        shown = world.do("adapter.card", adapter_id=world.ids["adapter"])
        assert next(fact for fact in shown["facts"] if fact["name"] == f"{name}.bound")["value"] is False
        assert f"The log does not prove what this card says about the {name}" in shown["card"]
        with world.context.database.begin() as connection:
            connection.execute(update(table).where(whose).values({column.name: kept}))


# The log's key. Each with a home of its own, which is opened again.


@pytest.fixture
def open_home(tmp_path: Path) -> Iterator[Any]:
    opened: list[ServiceContext] = []

    def take(room: Callable[[Path], int] = free_bytes) -> ServiceContext:
        clock = SystemClock()
        log = AuditLog.open(tmp_path / "home" / "audit", clock, room)
        opened.append(ServiceContext(Settings(tmp_path / "home"), clock, Rules.load(find_policy_folder()), log, None))  # type: ignore[arg-type]
        return opened[-1]

    yield take
    for each in opened:
        each.seal()
        each.log.close()


def close(context: ServiceContext) -> None:
    context.seal()
    context.log.close()


def test_the_log_goes_on_under_a_new_key_that_the_old_one_signed(open_home: Any, tmp_path: Path) -> None:
    context = open_home()
    create_home(context, PASSPHRASE)
    old = context.vault.signer.public_key
    changed = rotate_log_key(context, OPERATOR)
    new = context.vault.signer.public_key
    assert new != old
    assert changed.log_key.startswith("appliance.internal/audit+")
    assert verify_audit(context, OPERATOR).verified
    close(context)
    again = open_home()
    again.unseal(PASSPHRASE)
    assert again.vault.signer.public_key == new == again.vault.public_key(tmp_path / "home")
    for key in (old, new):
        again.log.verify(public_key=key)
    assert again.log.unfinished() == []


@pytest.mark.parametrize("handed_over", [False, True])
def test_killed_in_the_middle_the_log_decides_which_key_it_is(
    open_home: Any, tmp_path: Path, handed_over: bool
) -> None:
    """Killed before the entry, the old key stays; after it, the new one is taken.

    Both ways the home opens and signs.
    """
    context = open_home()
    create_home(context, PASSPHRASE)
    old = context.vault.signer.public_key
    signer = context.vault.next_signer()
    if handed_over:
        context.log.change_key(OPERATOR.actor, VAULT, signer)
    close(context)
    again = open_home()
    again.unseal(PASSPHRASE)
    assert again.vault.signer.public_key == (signer.public_key if handed_over else old)
    assert verify_audit(again, OPERATOR).verified
    close(again)
    third = open_home()
    third.unseal(PASSPHRASE)
    rotate_log_key(third, OPERATOR)
    assert verify_audit(third, OPERATOR).verified


def test_while_the_key_is_being_replaced_no_backup_is_taken(open_home: Any, tmp_path: Path) -> None:
    context = open_home()
    create_home(context, PASSPHRASE)
    context.vault.add_recovery("r", 1)
    context.vault.next_signer()
    from appliance.foundation.errors import ConflictError

    with pytest.raises(ConflictError, match="being replaced"):
        context.vault.snapshot(tmp_path / "copy.db")
    context.vault.settle_log_key(None)
    context.vault.snapshot(tmp_path / "copy.db")


@pytest.mark.parametrize("how", ["full", "moved", "read-only"])
def test_a_key_that_the_log_could_not_take_is_dropped(open_home: Any, tmp_path: Path, how: str) -> None:
    """After the request is in the log the disk fills up, the journal is moved away, or it can only be read: the old key
    stays.
    """
    journal, aside = tmp_path / "home/audit/.journal", tmp_path / "aside"
    looks = -100  # at the disk: the request's is the first, the new key's the second

    def free_bytes(_folder: Path) -> int:
        nonlocal looks
        looks += 1
        if (how, looks) == ("moved", 1):
            journal.rename(aside)
        if (how, looks) == ("read-only", 2):
            reopen(os.O_RDONLY)
        return 0 if how == "full" and looks >= 2 else 1 << 40

    def reopen(mode: int) -> None:
        descriptor = os.open(journal, mode)
        os.dup2(descriptor, context.log._state.journal._descriptor)
        os.close(descriptor)

    context = open_home(free_bytes)
    create_home(context, PASSPHRASE)
    old, looks = context.vault.signer.public_key, 0
    with pytest.raises(StorageError):
        rotate_log_key(context, OPERATOR)
    assert looks >= (1 if how == "moved" else 2)
    assert context.vault.signer.public_key == old
    if how == "moved":
        aside.rename(journal)
    if how == "read-only":
        reopen(os.O_RDWR)
    close(context)
    again = open_home()
    again.unseal(PASSPHRASE)
    assert again.vault.signer.public_key == old
    assert verify_audit(again, OPERATOR).verified
    asked, *_others = [entry for entry in again.log.entries() if entry["action"] == "key.rotate-log"]
    assert asked["outcome"] == "requested"
    assert "log.change-key" not in {entry["action"] for entry in again.log.entries()}
