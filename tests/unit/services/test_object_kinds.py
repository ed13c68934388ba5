"""A kind of object leaves nothing out: key, place, project, backup, shredding, search for a person."""

import dataclasses
from typing import Any

import pytest
from sqlalchemy import Column, Connection, select

from appliance.audit.catalogue import EVENTS
from appliance.foundation.errors import InputError, NotFoundError
from appliance.services.object_kinds import FOLDERS, OBJECT_KINDS, ObjectKind, PersonSearch, Shredding
from appliance.services.object_names import choose, resolve
from appliance.vault.database import METADATA
from appliance.vault.tables import WRAPPED_KEYS

KINDS = pytest.mark.parametrize("kind", OBJECT_KINDS.values(), ids=lambda kind: kind.name)
PARTS_OF_THE_HOME = {"home", "vault", "slot", "log", "configuration", "clock"}  # there is one of each, or they are keys
OUTSIDE = {"account", "door"}  # a name that was typed, a request that was refused
TABLES_OF_OTHERS = {
    "projects": "what objects belong to",
    "audit_head": "the log's",
}
OUTLIVES = {"adapter": "what was learned stays; the certificate of its dataset names it"}
OWN_ENDS = {"dataset": "dataset.shred", "person": "person.erase"}


@pytest.fixture(scope="module")
def full(world: Any) -> Any:
    """A home that has an object of every kind."""
    world.do("person.find", person=["eva.braun@example.org"])
    world.context.vault.add_recovery("safe", 1)
    world.do("backup.begin", place="disk")
    world.upload()
    return world


def _rows(connection: Connection, column: Column[Any]) -> set[Any]:
    return set(connection.execute(select(column).distinct()).scalars())


def test_whoever_adds_a_kind_says_all_of_it() -> None:
    """No field has a default that would be forgotten."""
    missing = dataclasses.MISSING
    given = [
        field.name
        for field in dataclasses.fields(ObjectKind)
        if (field.default, field.default_factory) != (missing, missing)
    ]
    assert given == []
    assert {"keys", "folder", "project", "backup", "shredding", "person"} <= {
        field.name for field in dataclasses.fields(ObjectKind)
    }


def test_everything_that_the_log_names_is_a_kind() -> None:
    named = {kind for event in EVENTS.values() for kind in event.kinds}
    assert named - PARTS_OF_THE_HOME - OUTSIDE == set(OBJECT_KINDS)


def test_every_table_of_objects_is_that_of_a_kind() -> None:
    """A table is one of objects when its rows have an id of their own."""
    tables = {
        table.name for table in METADATA.tables.values() if [column.name for column in table.primary_key] == ["id"]
    }
    assert tables - TABLES_OF_OTHERS.keys() == {
        kind.table.name for kind in OBJECT_KINDS.values() if kind.table is not None
    }


def test_every_data_key_is_that_of_a_kind(full: Any) -> None:
    """Of a home that has every kind: no key is left without a row, and no row names a key that there never is."""
    with full.context.database.begin() as connection:
        there = _rows(connection, WRAPPED_KEYS.c.kind)
    assert there == {key for kind in OBJECT_KINDS.values() for key in kind.keys}


def test_every_folder_of_the_home_is_that_of_a_kind(full: Any) -> None:
    folders = {path.name for path in full.context.home.iterdir() if path.is_dir()}
    assert folders - {"audit", "staging"} == {kind.folder for kind in OBJECT_KINDS.values() if kind.folder}
    assert set(FOLDERS) <= folders


@KINDS
def test_the_table_has_the_columns_that_the_row_promises(kind: ObjectKind) -> None:
    if kind.table is None:
        assert not kind.project
        assert not kind.final
        return
    columns = set(kind.table.columns.keys())
    assert ("project_id" in columns) == kind.project
    assert ("name" in columns) == kind.named
    assert not kind.final or "state" in columns


def test_no_two_kinds_have_the_same_prefix_or_place() -> None:
    for values in (
        [kind.prefix for kind in OBJECT_KINDS.values()],
        [kind.folder for kind in OBJECT_KINDS.values() if kind.folder],
    ):
        assert len(values) == len(set(values))


@KINDS
def test_an_id_tells_its_kind(full: Any, kind: ObjectKind) -> None:
    if kind.table is not None:
        with full.context.database.begin() as connection:
            ids = _rows(connection, kind.table.c.id)
        assert ids
        assert all(each.startswith(f"{kind.prefix}_") for each in ids)
        assert resolve(full.context, kind.name, min(ids)) == min(ids)
        with pytest.raises(NotFoundError) as caught:
            resolve(full.context, kind.name, "there is no such thing")
        assert caught.value.sentence
    else:
        assert not kind.named


@KINDS
def test_what_is_kept_in_the_home_is_backed_up_or_brief(full: Any, kind: ObjectKind) -> None:
    """The backup of a kind lists what lies in its folder."""
    assert bool(kind.folder) == (kind.backup is not None or kind.shredding is Shredding.AT_END)
    if kind.backup is not None:
        with full.context.database.begin() as connection:
            listed = set(kind.backup.ids(connection))
        assert listed == {path.name for path in (full.context.home / kind.folder).iterdir()}


@KINDS
def test_what_has_a_key_is_shredded_and_searched_for_people(kind: ObjectKind) -> None:
    holds_rows = bool(kind.keys and kind.folder)
    assert holds_rows == (kind.person is not PersonSearch.NOTHING)
    assert (holds_rows and kind.name not in OUTLIVES) <= (kind.shredding is not Shredding.NOTHING)
    assert (kind.shredding is Shredding.OWN) == (kind.name in OWN_ENDS)


@pytest.mark.parametrize(("name", "action"), OWN_ENDS.items())
def test_what_is_shredded_by_itself_has_an_event_for_it(name: str, action: str) -> None:
    assert name in EVENTS[action].kinds


def test_a_name_like_the_beginning_of_an_id_does_not_stand_in_for_its_object() -> None:
    """Who deletes by a beginning of an id must not delete what somebody else gave that name."""
    meant, decoy = ("ds_9d5bed954d24aaaaaaaa", "handbook"), ("ds_b4d54f1abbbbbbbbbbbb", "9d5bed95")
    with pytest.raises(InputError, match="could be any of 2"):
        choose("9d5bed95", [meant, decoy])
    assert choose(meant[0], [meant, decoy]) == meant[0]
    assert choose("handbook", [meant, decoy]) == meant[0]
