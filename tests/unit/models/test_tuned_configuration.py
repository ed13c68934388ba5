"""Configurations of trained tensors: ours are read; anything else is refused by name."""

import json
from typing import Any

import pytest

from appliance.foundation.errors import InputError
from appliance.models import TUNED_FORMAT, AdapterConfiguration, TunedConfiguration, read_artefact_configuration
from appliance.models.tuned_configuration import read_tuned_configuration

GOOD: dict[str, Any] = {
    "format": TUNED_FORMAT,
    "version": 1,
    "method": "last-layers",
    "last_layers": 2,
    "train_head": False,
    "base_model_name_or_path": "somewhere",
}
NAMES = frozenset(
    {"model.embed_tokens.weight", "model.norm.weight", *(f"model.layers.{n}.mlp.up_proj.weight" for n in range(12))}
)


def read(**changes: Any) -> TunedConfiguration:
    return read_tuned_configuration(json.dumps({**GOOD, **changes}).encode())


def test_our_configuration_is_read() -> None:
    assert read() == TunedConfiguration("last-layers", 2, train_head=False)
    assert read(method="full", last_layers=0, train_head=True).names(NAMES, 12) == NAMES


@pytest.mark.parametrize("head", [False, True])
def test_the_last_layers_are_counted_from_the_end(head: bool) -> None:
    """Layer 1 is not layer 11."""
    expected = {"model.layers.10.mlp.up_proj.weight", "model.layers.11.mlp.up_proj.weight"} | (
        {"lm_head.weight"} if head else set()
    )
    assert read(train_head=head).names(NAMES, 12) == expected


def test_more_layers_than_the_model_has_are_refused() -> None:
    with pytest.raises(InputError, match="12"):
        read(last_layers=13).names(NAMES, 12)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "other"),
        ("version", 2),
        ("method", "lora"),
        ("last_layers", 0),
        ("last_layers", True),
        ("last_layers", 10**6),
        ("train_head", 1),
        ("auto_map", {}),
        ("base_model_name_or_path", 7),
    ],
)
def test_anything_else_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(InputError, match=key):
        read(**{key: value})


@pytest.mark.parametrize("key", ["version", "method", "last_layers", "train_head"])
def test_every_key_is_required(key: str) -> None:
    with pytest.raises(InputError, match=key):
        read_tuned_configuration(json.dumps({name: value for name, value in GOOD.items() if name != key}).encode())


def test_the_full_method_has_no_number_of_layers() -> None:
    with pytest.raises(InputError, match="last_layers"):
        read(method="full", last_layers=2)


def test_the_configuration_tells_adapters_from_trained_tensors() -> None:
    adapter = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj"]}
    assert isinstance(read_artefact_configuration(json.dumps(adapter).encode()), AdapterConfiguration)
    assert isinstance(read_artefact_configuration(json.dumps(GOOD).encode()), TunedConfiguration)
