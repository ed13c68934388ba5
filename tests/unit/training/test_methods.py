"""Each method trains the right parameters, starts from the original model, and writes files that can be loaded."""

import json
from pathlib import Path
from typing import Any

import bitsandbytes
import pytest
import torch
from peft import PeftModel
from safetensors.torch import load
from transformers import LlamaForCausalLM

from appliance.foundation.errors import InputError
from appliance.inference.loading import load_base
from appliance.models import read_adapter_configuration
from appliance.models.tuned_configuration import read_tuned_configuration
from appliance.training.methods import METHODS, MethodSettings, adapter_files

IDS = torch.tensor([[5, 9, 2, 40, 77]])
LINEAR = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_adapters_are_on_every_linear_layer_but_the_head_and_nothing_else_learns(
    tiny_folder: Path, method: str
) -> None:
    """d·r + r·k parameters each."""
    loaded = METHODS[method]().load(
        tiny_folder, MethodSettings(rank=4, lora_alpha=8, compute_type=torch.float32, seed=0)
    )
    assert {name.split(".")[-4] for name in loaded.trainable} == LINEAR
    expected = 2 * 4 * ((64 + 64) * 2 + (64 + 32) * 2 + (64 + 128) * 3)
    assert sum(parameter.numel() for parameter in loaded.trainable.values()) == expected
    assert all(parameter.dtype == torch.float32 for parameter in loaded.trainable.values())


@pytest.mark.parametrize("method", METHODS)
def test_before_training_the_model_equals_its_original(tiny_folder: Path, method: str) -> None:
    """B starts at zero."""
    base = load_base(tiny_folder, quantised=method == "qlora", compute_type=torch.float32)
    loaded = METHODS[method]().load(
        tiny_folder, MethodSettings(rank=4, lora_alpha=8, compute_type=torch.float32, seed=0)
    )
    with torch.no_grad():
        torch.testing.assert_close(loaded.causal(IDS).logits, base(IDS).logits, rtol=0, atol=0)


def test_the_forward_is_the_formula(tiny_folder: Path) -> None:
    """h = W0 x + (alpha / r) B A x."""
    loaded = METHODS["lora"]().load(
        tiny_folder, MethodSettings(rank=4, lora_alpha=12, compute_type=torch.float32, seed=0)
    )
    layer = loaded.causal.model.layers[0].self_attn.q_proj
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    torch.nn.init.normal_(b)
    x = torch.randn(3, 64)
    torch.testing.assert_close(layer(x), x @ layer.base_layer.weight.T + 12 / 4 * (x @ a.T) @ b.T, rtol=1e-5, atol=1e-5)


def test_the_seed_decides_the_start(tiny_folder: Path) -> None:
    """Of A."""
    starts = [
        next(
            iter(
                METHODS["lora"]()
                .load(tiny_folder, MethodSettings(rank=4, lora_alpha=8, compute_type=torch.float32, seed=seed))
                .trainable.values()
            )
        )
        for seed in (0, 0, 1)
    ]
    assert torch.equal(starts[0], starts[1])
    assert not torch.equal(starts[0], starts[2])


def test_qlora_holds_its_linear_layers_in_nf4_with_double_quantisation(tiny_folder: Path) -> None:
    """But not the head or the embedding."""
    loaded = METHODS["qlora"]().load(
        tiny_folder, MethodSettings(rank=4, lora_alpha=8, compute_type=torch.float32, seed=0)
    )
    layers = {
        name: module for name, module in loaded.causal.named_modules() if isinstance(module, bitsandbytes.nn.Linear4bit)
    }
    assert len(layers) == 2 * len(LINEAR)
    for module in layers.values():
        assert module.weight.quant_state.quant_type == "nf4"
        assert module.weight.quant_state.nested
    assert not isinstance(loaded.causal.lm_head, bitsandbytes.nn.Linear4bit)


@pytest.mark.filterwarnings(
    "ignore:`is_gradient_checkpointing`:FutureWarning"
)  # PEFT 0.21 reads a renamed property of transformers 5
def test_written_files_open_in_peft_and_pass_our_allow_list(tiny_folder: Path, tmp_path: Path) -> None:
    """With the outputs of training, and without code or paths."""
    loaded = METHODS["lora"]().load(
        tiny_folder, MethodSettings(rank=4, lora_alpha=8, compute_type=torch.float32, seed=0)
    )
    for parameter in loaded.trainable.values():
        torch.nn.init.normal_(parameter, std=0.1)
    files = adapter_files(loaded, "a model")
    assert set(files) == {"adapter_model.safetensors", "adapter_config.json"}
    read_adapter_configuration(files["adapter_config.json"])
    assert str(tiny_folder) not in json.dumps(json.loads(files["adapter_config.json"]))
    assert len(load(files["adapter_model.safetensors"])) == len(loaded.trainable)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    other = PeftModel.from_pretrained(LlamaForCausalLM.from_pretrained(tiny_folder), tmp_path)
    with torch.no_grad():
        torch.testing.assert_close(other(IDS).logits, loaded.causal(IDS).logits)


@pytest.mark.parametrize(("settings", "expected"), [({"use_rslora": True}, 12 / 2), ({}, 12 / 4)])
def test_rslora_scales_by_the_root_of_the_rank(tiny_folder: Path, settings: dict[str, bool], expected: float) -> None:
    """lora_alpha / sqrt(rank) instead of lora_alpha / rank."""
    chosen = MethodSettings(rank=4, lora_alpha=12, compute_type=torch.float32, seed=0, **settings)
    layer = METHODS["lora"]().load(tiny_folder, chosen).causal.model.layers[0].mlp.up_proj
    assert layer.scaling["default"] == expected


def settings_of(**changes: Any) -> MethodSettings:
    return MethodSettings(**{"compute_type": torch.float32, "seed": 0, **changes})


def test_full_trains_every_parameter_in_fp32(tiny_folder: Path) -> None:
    """Also with products in bf16; a tied head stays one parameter."""
    loaded = METHODS["full"]().load(tiny_folder, settings_of(compute_type=torch.bfloat16))
    assert loaded.trainable.keys() == dict(loaded.causal.named_parameters()).keys()
    assert {parameter.dtype for parameter in loaded.trainable.values()} == {torch.float32}
    assert loaded.causal.lm_head.weight is loaded.causal.model.embed_tokens.weight
    assert {tensor.dtype for tensor in load(adapter_files(loaded, "a")["adapter_model.safetensors"]).values()} == {
        torch.bfloat16
    }


@pytest.mark.parametrize("head", [False, True])
def test_last_layers_trains_only_the_last_layers(tiny_folder: Path, head: bool) -> None:
    """A tied head is copied before it learns, so the embedding stays unchanged."""
    loaded = METHODS["last-layers"]().load(tiny_folder, settings_of(last_layers=1, train_head=head))
    assert {name.split(".layers.")[-1][0] if ".layers." in name else name for name in loaded.trainable} == (
        {"1", "lm_head.weight"} if head else {"1"}
    )
    assert (loaded.causal.lm_head.weight is loaded.causal.model.embed_tokens.weight) is not head
    assert loaded.first_learning == 1


def test_more_layers_than_the_model_has_are_refused(tiny_folder: Path) -> None:
    """The error names their number."""
    with pytest.raises(InputError, match="2 layers"):
        METHODS["last-layers"]().load(tiny_folder, settings_of(last_layers=3))


@pytest.mark.parametrize("method", ["full", "last-layers"])
def test_trained_tensors_come_with_a_configuration_that_names_them(tiny_folder: Path, method: str) -> None:
    """Exactly these tensors."""
    loaded = METHODS[method]().load(tiny_folder, settings_of(last_layers=1, train_head=True))
    files = adapter_files(loaded, "a model")
    read = read_tuned_configuration(files["adapter_config.json"])
    base = frozenset(dict(load_base(tiny_folder, quantised=False, compute_type=torch.float32).named_parameters()))
    assert load(files["adapter_model.safetensors"]).keys() == read.names(base, 2)
    assert read.method == method
