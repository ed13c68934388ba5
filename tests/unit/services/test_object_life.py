"""An object's life is whole: what it was made from, what was done with it, what came of it, its end."""

from typing import Any

import pytest

from appliance.foundation.errors import AuthorizationError, InputError, NotFoundError
from appliance.foundation.json_records import shown
from appliance.services.context import Caller
from appliance.services.models.chat import ChatDesk
from appliance.services.record.object_life import object_life

AUDITOR = Caller("us_auditor", "auditor")


def _acts(life: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(str(step["stage"]), step["action"], step["relation"]) for step in life["steps"]]


def test_a_datasets_life_goes_on_in_what_was_made_from_it(world: Any) -> None:
    """From the upload to the evaluation of the adapter; the model, which had another origin, does not belong to it."""
    life = shown(object_life(world.context, AUDITOR, object_id=world.ids["dataset"]))
    assert life["name"] == "staff"
    assert _acts(life) == [
        ("Data", "upload.receive", "source"),
        ("Data", "dataset.import", "itself"),
        ("Training", "job.submit", "product"),
        ("Training", "job.start", "product"),
        ("Training", "adapter.create", "product"),
        ("Evaluation", "job.submit", "product"),
        ("Evaluation", "job.start", "product"),
    ]
    assert [step["first"]["sequence"] for step in life["steps"]] == sorted(
        step["first"]["sequence"] for step in life["steps"]
    )
    assert {each["id"] for each in life["makes"]} == {
        world.ids["training"],
        world.ids["adapter"],
        world.ids["evaluation"],
    }


def test_an_adapters_life_begins_with_what_it_learned_from(world: Any) -> None:
    """Dataset, base model and training before it; its use and its answers after."""
    list(
        world.appliance.context.part(ChatDesk).ask(
            Caller("us_1", "trainer"), world.ids["adapter"], [{"role": "user", "content": "Hello"}]
        )
    )
    life = shown(object_life(world.context, AUDITOR, object_id=world.ids["adapter"]))
    assert {each["id"] for each in life["made_from"]} >= {
        world.ids["dataset"],
        world.ids["model"],
        world.ids["training"],
    }
    assert ("Data", "model.import", "source") in _acts(life)
    assert ("Use", "adapter.use", "itself") in _acts(life)
    used = next(step for step in life["steps"] if step["action"] == "adapter.use")
    assert (used["times"], used["succeeded"], used["denied"], used["first"]["who"]) == (1, 1, 0, "us_1")


def test_shredding_ends_a_life(world: Any) -> None:
    """The last step, with the certificate's digest among its details."""
    dataset = world.do("dataset.import", upload_id=world.upload(), filename="brief.csv")["id"]
    world.do("dataset.shred", dataset_id=dataset)
    life = shown(object_life(world.context, AUDITOR, object_id=dataset))
    assert _acts(life)[-1] == ("Shredding", "dataset.shred", "itself")
    assert "certificate" in life["steps"][-1]["details"]


def test_what_the_log_never_names_has_no_life(world: Any) -> None:
    with pytest.raises(NotFoundError, match="does not name"):
        object_life(world.context, AUDITOR, object_id="ds_nothing")


def test_an_object_is_called_by_its_name_or_the_beginning_of_its_id(world: Any) -> None:
    """The look is logged with the id: a name may be somebody's."""
    adapter = world.ids["adapter"]
    name = next(each["name"] for each in world.do("adapter.list") if each["id"] == adapter)
    for called in (name, f" {adapter[:9]} ", adapter[3:12]):
        size = world.context.log.size
        assert object_life(world.context, AUDITOR, object_id=called).id == adapter
        assert world.entries(size)[0]["details"] == {"look": "life", "object": adapter}
    with pytest.raises(NotFoundError, match="does not name"):
        object_life(world.context, AUDITOR, object_id="Nobody's name")
    assert "Nobody" not in str(world.entries(0))


def test_a_name_of_several_objects_lists_them(world: Any) -> None:
    with pytest.raises(InputError, match="could be any of") as caught:
        object_life(world.context, AUDITOR, object_id="ds_")
    assert world.ids["dataset"] in str(caught.value)


def test_only_who_may_read_the_log_sees_a_life(world: Any) -> None:
    with pytest.raises(AuthorizationError):
        object_life(world.context, Caller("us_1", "trainer"), object_id=world.ids["dataset"])


def test_an_auditors_look_is_no_part_of_the_life(world: Any) -> None:
    """Looking names the object, and makes nothing of it."""
    for _ in range(2):
        life = shown(object_life(world.context, AUDITOR, object_id=world.ids["model"]))
    assert "audit.read" not in [step["action"] for step in life["steps"]]
