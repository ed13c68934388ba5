"""An adapter's configuration (PEFT's `adapter_config.json`) through an allow-list: LoRA on named projections.

Plain LoRA, rsLoRA and DoRA (`use_rslora`, `use_dora`). Trained tensors have a configuration of their own, in
`tuned_configuration`. PEFT passes `auto_mapping` and some other keys to `import_module`; here every key that would do
more than describe a LoRA must be off.
"""

from dataclasses import dataclass
from typing import Any

from appliance.foundation.errors import InputError
from appliance.models.bounded_json import Check, allow, anything, decode_object, integer, number, one_of, shown
from appliance.models.tuned_configuration import TunedConfiguration, read_tuned_configuration

MAX_RANK = 1024
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_MAX_BYTES = 256 * 1024


def _off(value: Any) -> bool:
    """Accept what PEFT writes for an unused feature."""
    return value is None or value is False or value in ({}, [])


def _projections(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= len(PROJECTIONS) and all(item in PROJECTIONS for item in value)


_KEPT: dict[str, Check] = {
    "peft_type": one_of("LORA"),
    "task_type": one_of("CAUSAL_LM"),
    "r": integer(1, MAX_RANK),
    "lora_alpha": number(0, 1e6),
    "lora_dropout": number(0, 1),
    "target_modules": _projections,
    "use_rslora": one_of(True, False),
    "use_dora": one_of(True, False),
}
_DROPPED: dict[str, Check] = {
    "base_model_name_or_path": anything,
    "revision": anything,
    "peft_version": anything,
    "inference_mode": one_of(True, False),
    "bias": one_of("none"),
    "init_lora_weights": one_of(True, False),
    "fan_in_fan_out": one_of(False),
    "megatron_core": one_of("megatron.core", None),
    "qalora_group_size": integer(1, 4096),
    **dict.fromkeys(
        (
            *("auto_mapping", "exclude_modules", "modules_to_save", "layers_to_transform", "layers_pattern"),
            *("rank_pattern", "alpha_pattern", "megatron_config", "trainable_token_indices", "loftq_config"),
            *("eva_config", "corda_config", "lora_ga_config", "velora_config", "alora_invocation_tokens", "use_qalora"),
            *("monteclora_config", "layer_replication", "lora_bias", "target_parameters", "use_bdlora"),
            *("arrow_config", "kasa_config", "ensure_weight_tying", "runtime_config"),
        ),
        _off,
    ),
}


@dataclass(frozen=True)
class AdapterConfiguration:
    """A LoRA: update = (alpha / rank, or alpha / sqrt(rank) with `use_rslora`) * B A on each of `target_modules`.

    With `use_dora`, the columns of the sum are scaled to learned magnitudes.
    """

    rank: int
    lora_alpha: float
    lora_dropout: float
    target_modules: tuple[str, ...]
    use_rslora: bool
    use_dora: bool

    def to_peft(self) -> dict[str, Any]:
        """Return a new configuration that PEFT reads."""
        return {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "r": self.rank,
            "lora_alpha": self.lora_alpha,
            "lora_dropout": self.lora_dropout,
            "target_modules": list(self.target_modules),
            "use_rslora": self.use_rslora,
            "use_dora": self.use_dora,
            "bias": "none",
        }


def read_adapter_configuration(data: bytes, name: str = "adapter_config.json") -> AdapterConfiguration:
    """Return the configuration in `data`. Raises `InputError` naming the key that is refused."""
    value = allow(decode_object(data, name, _MAX_BYTES), name, _KEPT, _DROPPED)
    missing = [key for key in ("peft_type", "r", "lora_alpha", "target_modules") if key not in value]
    if missing:
        raise InputError("model.value:missing-in-adapter", name=shown(name), missing=", ".join(missing))
    return AdapterConfiguration(
        rank=value["r"],
        lora_alpha=value["lora_alpha"],
        lora_dropout=value.get("lora_dropout", 0.0),
        target_modules=tuple(sorted(value["target_modules"])),
        use_rslora=value.get("use_rslora", False),
        use_dora=value.get("use_dora", False),
    )


def read_artefact_configuration(
    data: bytes, name: str = "adapter_config.json"
) -> AdapterConfiguration | TunedConfiguration:
    """Return the configuration of an adapter or of trained tensors. Raises `InputError` for anything else."""
    if "format" in decode_object(data, name, _MAX_BYTES):
        return read_tuned_configuration(data, name)
    return read_adapter_configuration(data, name)
