"""DoRA on a model in NF4 (QLoRA) has the loss and gradients of its formula, in float64 on the unpacked weights."""

from pathlib import Path

import bitsandbytes
import pytest
import torch
from bitsandbytes.functional import dequantize_4bit
from tiny_llama import make_examples
from torch.nn import functional
from transformers import LlamaForCausalLM

from appliance.training.methods import METHODS, LoadedModel, MethodSettings
from tests.unit.training.test_packed_passes import packed

SETTINGS = MethodSettings(rank=4, lora_alpha=8, compute_type=torch.float32, seed=0, use_dora=True)
FACTORS = ("lora_A", "lora_B", "lora_magnitude_vector")
ROUNDING = 2e-4  # relative to a gradient's largest number: fp32, through two layers


class Dora(torch.nn.Module):
    """y = (m / ||V||) V x with V = W0 + s B A; ||V|| is by rows, without a gradient (arXiv:2402.09353, section 4.3)."""

    def __init__(self, layer: torch.nn.Module) -> None:
        super().__init__()
        base = layer.base_layer.weight
        self.frozen = dequantize_4bit(base.data, base.quant_state).detach().double()
        self.factors = torch.nn.ParameterList(
            getattr(layer, name)["default"].weight.detach().double() for name in FACTORS
        )
        self.scaling = layer.scaling["default"]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (tokens, out)."""
        a, b, lengths = self.factors
        changed = self.frozen + self.scaling * b @ a
        return functional.linear(x, (lengths / changed.norm(dim=1).detach())[:, None] * changed)


@pytest.fixture
def loaded(tiny_folder: Path) -> LoadedModel:
    """Return a model in NF4 with DoRA before its first step."""
    return METHODS["qlora"]().load(tiny_folder, SETTINGS)


def test_before_its_first_step_it_is_the_model_itself(loaded: LoadedModel) -> None:
    """Its lengths start as those of the unpacked rows."""
    ids = torch.arange(20).unsqueeze(0)
    with torch.no_grad():
        logits = loaded.causal(ids).logits
        with loaded.peft.disable_adapter():
            torch.testing.assert_close(logits, loaded.causal(ids).logits, rtol=1e-4, atol=1e-5)


def test_loss_and_gradients_are_those_of_the_formula(loaded: LoadedModel, tiny_folder: Path) -> None:
    """For every A, B and length, with B and the lengths changed from their start."""
    torch.manual_seed(3)
    for name, parameter in loaded.trainable.items():
        if "lora_B" in name:
            parameter.data.normal_(std=0.05)
        elif "magnitude" in name:
            parameter.data.mul_(1 + 0.2 * torch.rand_like(parameter))
    reference = LlamaForCausalLM.from_pretrained(tiny_folder).double()
    layers = {name: module for name, module in loaded.causal.named_modules() if hasattr(module, "lora_A")}
    assert all(isinstance(layer.base_layer, bitsandbytes.nn.Linear4bit) for layer in layers.values())
    for name, layer in layers.items():
        reference.set_submodule(name, Dora(layer))
    examples = make_examples(6)
    expected = torch.zeros((), dtype=torch.float64)
    for example in examples:
        logits = reference(input_ids=torch.tensor([example.input_ids]), use_cache=False).logits[0, :-1]
        targets = torch.tensor(
            [token if counts else -100 for token, counts in zip(example.input_ids, example.loss_mask, strict=True)]
        )[1:]
        expected = expected + functional.cross_entropy(logits, targets, ignore_index=-100, reduction="sum")
    expected.backward()
    value, gradients, _ = packed(loaded, examples)
    assert value == pytest.approx(float(expected.detach()), rel=1e-5)
    compared = 0
    for name in layers:
        for kind, parameter in zip(FACTORS, reference.get_submodule(name).factors, strict=True):
            gradient = gradients[f"base_model.model.{name}.{kind}.default.weight"].double()
            tolerance = ROUNDING * float(parameter.grad.abs().max())
            torch.testing.assert_close(gradient, parameter.grad, rtol=0, atol=tolerance)
            compared += 1
    assert compared == len(loaded.trainable)
