"""Generation is greedy like the library's, the same in a batch as alone, and switches the adapter on and off."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, save
from transformers import LlamaConfig, LlamaForCausalLM

from appliance.foundation.errors import IntegrityError
from appliance.inference.engine import Engine
from appliance.training.methods import METHODS, MethodSettings, adapter_files

PROMPTS = [[5, 9, 2], [40, 77, 3, 8, 21, 60], [11], [90, 4, 4, 4]]
NEVER: frozenset[int] = frozenset()


def model_config(*, tied: bool) -> LlamaConfig:
    """Return a configuration whose random models give different answers."""
    return LlamaConfig(
        vocab_size=96,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.2,
        tie_word_embeddings=tied,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a two-layer model's folder."""
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(3)
    LlamaForCausalLM(model_config(tied=False)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapter(folder: Path) -> dict[str, bytes]:
    """Return an adapter that changes answers."""
    loaded = METHODS["lora"]().load(folder, MethodSettings(rank=4, lora_alpha=8, compute_type=torch.float32, seed=0))
    for parameter in loaded.trainable.values():
        torch.nn.init.normal_(parameter, std=0.3)
    return adapter_files(loaded, "a model")


def tuned_files(folder: Path, method: str, **options: Any) -> dict[str, bytes]:
    """Return trained tensors that change answers."""
    loaded = METHODS[method]().load(folder, MethodSettings(compute_type=torch.float32, seed=0, **options))
    torch.manual_seed(8)
    for parameter in loaded.trainable.values():
        parameter.data += 0.2 * torch.randn_like(parameter)
    files = adapter_files(loaded, "a model")
    expected = loaded.causal(torch.tensor([PROMPTS[1]])).logits[0, -1].argmax()
    assert engine(folder, files).answer([PROMPTS[1]], max_new_tokens=1, end_tokens=NEVER) == [[int(expected)]]
    return files


@pytest.fixture(scope="module")
def tied_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a model with a tied head."""
    folder = tmp_path_factory.mktemp("tied")
    torch.manual_seed(4)
    LlamaForCausalLM(model_config(tied=True)).save_pretrained(folder)
    return folder


def engine(folder: Path, adapter: dict[str, bytes] | None = None, *, quantised: bool = False) -> Engine:
    """Load in fp32."""
    return Engine.load(folder, quantised=quantised, compute_type=torch.float32, adapter=adapter)


def test_generation_matches_the_librarys_greedy_search(folder: Path) -> None:
    """Token by token."""
    model = LlamaForCausalLM.from_pretrained(folder)
    for prompt in PROMPTS:
        expected = model.generate(
            torch.tensor([prompt]), max_new_tokens=8, do_sample=False, pad_token_id=0, eos_token_id=None
        )
        assert engine(folder).answer([prompt], max_new_tokens=8, end_tokens=NEVER) == [
            expected[0, len(prompt) :].tolist()
        ]


def test_a_batch_gives_the_answers_of_each_prompt_alone(folder: Path, adapter: dict[str, bytes]) -> None:
    """Padding has no effect."""
    loaded = engine(folder, adapter)
    together = loaded.answer(PROMPTS, max_new_tokens=6, end_tokens=NEVER)
    assert together == [loaded.answer([prompt], max_new_tokens=6, end_tokens=NEVER)[0] for prompt in PROMPTS]


def test_an_end_token_ends_its_row_and_is_left_out(folder: Path) -> None:
    """The others go on."""
    loaded = engine(folder)
    free = loaded.answer(PROMPTS, max_new_tokens=8, end_tokens=NEVER)
    end = free[0][3]
    ended = loaded.answer(PROMPTS, max_new_tokens=8, end_tokens=frozenset({end}))
    for row, whole in zip(ended, free, strict=True):
        assert row == (whole[: whole.index(end)] if end in whole else whole)


def test_the_original_is_the_model_without_its_adapter(folder: Path, adapter: dict[str, bytes]) -> None:
    """The adapter of one loaded model is switched off and on again."""
    with_adapter = engine(folder, adapter)
    tuned = with_adapter.answer(PROMPTS, max_new_tokens=6, end_tokens=NEVER)
    with with_adapter.original():
        original = with_adapter.answer(PROMPTS, max_new_tokens=6, end_tokens=NEVER)
    assert original == engine(folder).answer(PROMPTS, max_new_tokens=6, end_tokens=NEVER)
    assert tuned != original
    assert with_adapter.answer(PROMPTS, max_new_tokens=6, end_tokens=NEVER) == tuned


def test_streaming_gives_the_same_tokens(folder: Path) -> None:
    loaded = engine(folder)
    streamed = list(loaded.stream(PROMPTS[1], max_new_tokens=7, end_tokens=NEVER))
    assert [streamed] == loaded.answer([PROMPTS[1]], max_new_tokens=7, end_tokens=NEVER)


@pytest.mark.parametrize("change", ["fewer", "other", "shape"])
def test_an_adapter_that_does_not_fit_is_refused(folder: Path, adapter: dict[str, bytes], change: str) -> None:
    """It is not loaded in part."""
    tensors = load(adapter["adapter_model.safetensors"])
    name = next(iter(tensors))
    if change == "fewer":
        del tensors[name]
    elif change == "other":
        tensors[re.sub(r"layers\.\d", "layers.9", name)] = tensors.pop(name)
    else:
        tensors[name] = torch.zeros(3, 3)
    with pytest.raises(IntegrityError, match="does not fit"):
        engine(folder, {**adapter, "adapter_model.safetensors": save(tensors)})


def test_a_quantised_model_takes_the_adapter_too(folder: Path, adapter: dict[str, bytes]) -> None:
    """Its original is the quantised model."""
    loaded = engine(folder, adapter, quantised=True)
    with loaded.original():
        original = loaded.answer(PROMPTS, max_new_tokens=4, end_tokens=NEVER)
    assert original == engine(folder, quantised=True).answer(PROMPTS, max_new_tokens=4, end_tokens=NEVER)
    assert json.loads(adapter["adapter_config.json"])["r"] == 4


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize(
    "options", [{"method": "full"}, {"method": "last-layers", "last_layers": 1, "train_head": True}]
)
def test_trained_tensors_are_switched_like_an_adapter(
    folder: Path, tied_folder: Path, tied: bool, options: dict[str, Any]
) -> None:
    """Original and tuned in turn on one loaded model, with a tied head or a separate one."""
    used = tied_folder if tied else folder
    both = engine(used, tuned_files(used, **options))
    tuned = both.answer(PROMPTS, max_new_tokens=6, end_tokens=NEVER)
    for _ in range(2):
        with both.original():
            original = both.answer(PROMPTS, max_new_tokens=6, end_tokens=NEVER)
        assert original == engine(used).answer(PROMPTS, max_new_tokens=6, end_tokens=NEVER)
        assert both.answer(PROMPTS, max_new_tokens=6, end_tokens=NEVER) == tuned
    assert tuned != original


@pytest.mark.parametrize("change", ["fewer", "more", "shape"])
def test_trained_tensors_that_do_not_fit_are_refused(folder: Path, change: str) -> None:
    """They are not loaded in part."""
    files = tuned_files(folder, "last-layers", last_layers=1)
    tensors = load(files["adapter_model.safetensors"])
    name = next(iter(tensors))
    if change == "fewer":
        del tensors[name]
    elif change == "more":
        tensors["model.norm.weight"] = torch.zeros(64)
    else:
        tensors[name] = torch.zeros(3, 3)
    with pytest.raises(IntegrityError, match="do not fit"):
        engine(folder, {**files, "adapter_model.safetensors": save(tensors)})


@pytest.mark.parametrize("options", [{"use_rslora": True}, {"use_dora": True}])
def test_variants_of_lora_answer_as_they_were_trained(folder: Path, options: dict[str, bool]) -> None:
    """The scaling and DoRA's lengths come with the adapter."""
    loaded = METHODS["lora"]().load(
        folder, MethodSettings(compute_type=torch.float32, seed=0, rank=4, lora_alpha=8, **options)
    )
    for name, parameter in loaded.trainable.items():
        torch.nn.init.normal_(parameter, mean=1.0 if "magnitude" in name else 0.0, std=0.3)
    expected = loaded.causal(torch.tensor([PROMPTS[1]])).logits[0, -1].argmax()
    made = engine(folder, adapter_files(loaded, "a")).answer([PROMPTS[1]], max_new_tokens=1, end_tokens=NEVER)
    assert made == [[int(expected)]]
