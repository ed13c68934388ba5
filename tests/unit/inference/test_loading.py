"""All of a base model is on the device that computes it."""

from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from appliance.inference.compute_type import compute_device
from appliance.inference.loading import load_base


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a two-layer model's folder."""
    folder = tmp_path_factory.mktemp("model")
    sizes = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    }
    LlamaForCausalLM(LlamaConfig(vocab_size=32, **sizes)).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("quantised", [False, True])
def test_a_model_is_on_the_compute_device(folder: Path, quantised: bool) -> None:
    """On a machine with a GPU that is the GPU, for packed and plain models alike."""
    model = load_base(folder, quantised=quantised, compute_type=torch.float32)
    assert {tensor.device for tensor in (*model.parameters(), *model.buffers())} == {compute_device()}


def test_a_plain_model_goes_to_the_given_device_too(folder: Path) -> None:
    """The meta device shows it: by default, the library leaves such a model on the CPU."""
    model = load_base(folder, quantised=False, compute_type=torch.bfloat16, device=torch.device("meta"))
    assert {tensor.device.type for tensor in (*model.parameters(), *model.buffers())} == {"meta"}
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
