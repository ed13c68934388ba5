"""Adapter configurations: plain LoRA is read; a key that would make PEFT import or build more is refused by name."""

import json
from typing import Any

import pytest

from appliance.foundation.errors import InputError
from appliance.models import AdapterConfiguration, read_adapter_configuration

GOOD: dict[str, Any] = {
    "peft_type": "LORA",
    "task_type": "CAUSAL_LM",
    "r": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.05,
    "target_modules": ["v_proj", "q_proj"],
    "auto_mapping": None,
    "bias": "none",
    "rank_pattern": {},
    "base_model_name_or_path": "somewhere",
}


def read(**changes: Any) -> AdapterConfiguration:
    return read_adapter_configuration(json.dumps({**GOOD, **changes}).encode())


def test_a_plain_lora_is_read_and_written_anew() -> None:
    configuration = read()
    assert configuration == AdapterConfiguration(16, 32, 0.05, ("q_proj", "v_proj"), use_rslora=False, use_dora=False)
    assert read_adapter_configuration(json.dumps(configuration.to_peft()).encode()) == configuration


@pytest.mark.slow
def test_what_peft_writes_is_read() -> None:
    """Every key that the installed PEFT writes for a plain LoRA is known."""
    from peft import LoraConfig

    written = LoraConfig(r=4, target_modules=["q_proj"], task_type="CAUSAL_LM").to_dict()
    written["peft_type"], written["target_modules"] = "LORA", sorted(written["target_modules"])
    assert read_adapter_configuration(json.dumps(written).encode()).rank == 4


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("peft_type", "X_LORA"),
        ("peft_type", "PROMPT_TUNING"),
        ("auto_mapping", {"base_model_class": "x", "parent_library": "os"}),
        ("task_type", "SEQ_CLS"),
        ("r", 0),
        ("r", 10**6),
        ("r", True),
        ("lora_dropout", 2),
        ("target_modules", "all-linear"),
        ("target_modules", [".*"]),
        ("target_modules", []),
        ("modules_to_save", ["lm_head"]),
        ("megatron_config", {"x": 1}),
        ("megatron_core", "evil.core"),
        ("init_lora_weights", "eva"),
        ("bias", "all"),
        ("never_heard_of", 1),
        ("auto_map", {}),
    ],
)
def test_anything_but_plain_lora_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(InputError, match=key):
        read(**{key: value})


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"r": 1, "r": 2}'])
def test_data_that_is_not_a_configuration_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="adapter_config"):
        read_adapter_configuration(data)
