"""A tiny two-layer Llama on disk, and one that is ready to train."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tiny_llama import make_loaded, tiny_config
from transformers import LlamaForCausalLM

from appliance.training.methods import LoadedModel


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the model's safetensors."""
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    LlamaForCausalLM(tiny_config()).save_pretrained(folder)
    return folder


@pytest.fixture
def adapted() -> Callable[..., LoadedModel]:
    """Return a function that makes models with adapters whose B is not zero, so that every factor has a gradient."""
    return make_loaded
