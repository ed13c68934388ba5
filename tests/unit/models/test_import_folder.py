"""Import: a plain model is imported whole, and a later change is noticed; code and unknown files are refused."""

import json
import math
import os
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from appliance.foundation.errors import InputError, IntegrityError
from appliance.models import ModelManifest, copy_model, verify_model
from appliance.models.configuration import expected_tensors
from appliance.models.import_folder import model_folder

CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 16,
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "tie_word_embeddings": True,
    "dtype": "float32",
    "_name_or_path": "somewhere/else",
}
TOKENIZER = {
    "version": "1.0",
    "added_tokens": [{"id": 0, "content": "<|im_start|>", "special": True}],
    "model": {"type": "BPE", "vocab": {"a": 1, "b": 2}, "merges": []},
}


def weights(shapes: Mapping[str, tuple[int, ...]], dtype: str = "F32") -> bytes:
    header: dict[str, Any] = {}
    place = 0
    for name, shape in shapes.items():
        size = math.prod(shape) * (2 if dtype == "BF16" else 4)
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [place, place + size]}
        place += size
    raw = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    return struct.pack("<Q", len(raw)) + raw + bytes(place)


Make = Callable[..., Path]


@pytest.fixture
def make_model(tmp_path: Path) -> Make:
    """Return a function that writes the folder of a model; arguments replace or add keys of config.json and files."""

    def make(
        config: Mapping[str, Any] | None = None, files: Mapping[str, bytes] | None = None, name: str = "tiny"
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        merged = {**CONFIG, **(config or {})}
        contents = {
            "config.json": json.dumps(merged).encode(),
            "tokenizer.json": json.dumps(TOKENIZER).encode(),
            "tokenizer_config.json": json.dumps(
                {"eos_token": "<|im_end|>", "tokenizer_class": "LlamaTokenizer", "chat_template": "{{ x }}"}
            ).encode(),
            "generation_config.json": json.dumps(
                {"eos_token_id": [1, 2], "temperature": 0.6, "do_sample": True}
            ).encode(),
            "README.md": b"---\nlanguage: en\nlicense: apache-2.0\n---\n# A model\n",
            "model.safetensors": weights(expected_tensors({"model_type": "llama", **merged})),
            **(files or {}),
        }
        for file, data in contents.items():
            (folder / file).write_bytes(data)
        return folder

    return make


def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def refusal(source: Path, tmp_path: Path) -> str:
    """Return the reason that the import gives, after checking that nothing was left in the home."""
    with pytest.raises(InputError) as copied:
        copy_model(source, home(tmp_path))
    assert list((home(tmp_path) / "models").glob("*")) == []
    return copied.value.sentence


def test_a_plain_model_is_imported_and_verifies(make_model: Make, tmp_path: Path) -> None:
    source = make_model()
    manifest = copy_model(source, home(tmp_path), name="Tiny")
    folder = model_folder(home(tmp_path), manifest.id)
    verify_model(folder, manifest)
    assert (manifest.name, manifest.architecture, manifest.licence) == ("Tiny", "LlamaForCausalLM", "apache-2.0")
    assert manifest.parameters == sum(math.prod(shape) for shape in expected_tensors(CONFIG).values())
    assert manifest.id == "md_" + manifest.digest[:20]
    assert (folder / "model.safetensors").read_bytes() == (source / "model.safetensors").read_bytes()


def test_only_what_the_allow_lists_keep_is_written(make_model: Make, tmp_path: Path) -> None:
    manifest = copy_model(make_model(), home(tmp_path))
    folder = model_folder(home(tmp_path), manifest.id)
    names = {
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja",
        "model.safetensors",
    }
    assert set(os.listdir(folder)) == names == set(manifest.files)
    assert "_name_or_path" not in json.loads((folder / "config.json").read_bytes())
    assert json.loads((folder / "generation_config.json").read_bytes()) == {"eos_token_id": [1, 2]}
    assert json.loads((folder / "tokenizer_config.json").read_bytes()) == {
        "eos_token": "<|im_end|>",
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    assert (folder / "chat_template.jinja").read_text() == "{{ x }}"


def test_the_same_content_is_the_same_model(make_model: Make, tmp_path: Path) -> None:
    first = copy_model(make_model(), home(tmp_path))
    assert copy_model(make_model(name="again"), home(tmp_path)).id == first.id
    other = make_model(files={"chat_template.jinja": b"{{ other }}"}, name="other")
    assert copy_model(other, home(tmp_path)).id != first.id
    assert len(list((home(tmp_path) / "models").iterdir())) == 2


def test_shards_with_their_index_are_imported(make_model: Make, tmp_path: Path) -> None:
    shapes = expected_tensors(CONFIG)
    names = sorted(shapes)
    halves = {f"model-0000{n}-of-00002.safetensors": names[n - 1 :: 2] for n in (1, 2)}
    index = {
        "metadata": {"total_size": 1},
        "weight_map": {name: file for file, half in halves.items() for name in half},
    }
    files = {file: weights({name: shapes[name] for name in half}, "BF16") for file, half in halves.items()}
    source = make_model(files={**files, "model.safetensors.index.json": json.dumps(index).encode()})
    assert "both as one file and in shards" in refusal(source, tmp_path)
    (source / "model.safetensors").unlink()
    assert copy_model(source, home(tmp_path)).parameters == sum(math.prod(shape) for shape in shapes.values())
    index["weight_map"][names[0]] = "model-00002-of-00002.safetensors"
    (source / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match="does not match the shards"):
        copy_model(source, home(tmp_path))


@pytest.mark.parametrize("architecture", ["MistralForCausalLM", "Qwen2ForCausalLM"])
def test_other_architectures_are_imported_with_their_own_tensors(
    make_model: Make, tmp_path: Path, architecture: str
) -> None:
    model_type = {"MistralForCausalLM": "mistral", "Qwen2ForCausalLM": "qwen2"}[architecture]
    source = make_model({"architectures": [architecture], "model_type": model_type, "tie_word_embeddings": False})
    assert copy_model(source, home(tmp_path)).architecture == architecture
    (source / "config.json").write_text(
        json.dumps({**CONFIG, "architectures": ["LlamaForCausalLM"], "num_hidden_layers": 3})
    )
    with pytest.raises(InputError, match=r"do not fit config\.json"):
        copy_model(source, home(tmp_path))


PICKLE = b"cposix\nsystem\n(S'touch %s'\ntR."  # what a `__reduce__` canary pickles to


@pytest.mark.parametrize(
    "name",
    [
        "pytorch_model.bin",
        "adapter_model.bin",
        "optimizer.pt",
        "rng_state.pth",
        "training_args.bin",
        "x.pkl",
        "X.BIN",
        "a.ckpt",
        "tf_model.h5",
    ],
)
def test_a_pickle_is_refused_by_name_and_never_run(make_model: Make, tmp_path: Path, name: str) -> None:
    canary = tmp_path / "canary"
    sentence = refusal(make_model(files={name: PICKLE % str(canary).encode()}), tmp_path)
    assert name in sentence
    assert not canary.exists()


def test_a_pickle_named_safetensors_is_refused_and_never_run(make_model: Make, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for data in (PICKLE % str(canary).encode(), b"\x80\x02" + PICKLE % str(canary).encode(), b"PK\x03\x04" + PICKLE):
        assert "safetensors" in refusal(make_model(files={"model.safetensors": data}), tmp_path)
    assert not canary.exists()


@pytest.mark.parametrize("name", ["modeling_evil.py", "configuration.PY", "x.so", "x.pyc"])
def test_code_is_refused_by_name(make_model: Make, tmp_path: Path, name: str) -> None:
    assert f"{name} was refused: a model must not bring code" in refusal(make_model(files={name: b""}), tmp_path)


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "adapter_config.json", "-rf", "$(reboot)", "a'b\"c", "line\nbreak", "model-1.safetensors", "..."],
)
def test_an_unknown_file_is_refused_by_name(make_model: Make, tmp_path: Path, name: str) -> None:
    sentence = refusal(make_model(files={name: b""}), tmp_path)
    assert "is not a file that a model needs" in sentence
    assert "\n" not in sentence


def test_links_and_folders_are_refused(make_model: Make, tmp_path: Path) -> None:
    source = make_model()
    (source / "original").mkdir()
    assert "original is a link or a folder" in refusal(source, tmp_path)
    (source / "original").rmdir()
    (source / "LICENSE").symlink_to("/etc/passwd")
    assert "LICENSE is a link or a folder" in refusal(source, tmp_path)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"])
def test_a_missing_file_is_named(make_model: Make, tmp_path: Path, name: str) -> None:
    source = make_model()
    (source / name).unlink()
    assert f"lacks {name}" in refusal(source, tmp_path)


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("config.json", {"auto_map": {"AutoConfig": "evil.Config"}}, "config.json has the key auto_map"),
        ("config.json", {"trust_remote_code": True}, "the key trust_remote_code"),
        ("config.json", {"_attn_implementation_internal": "x/y"}, "the key _attn_implementation_internal"),
        ("config.json", {"_attn_implementation": "kernels-community/x"}, "the key _attn_implementation"),
        ("config.json", {"quantization_config": {}}, "the key quantization_config"),
        ("config.json", {"a\nb": 1}, "the key 'a\\nb'"),
        (
            "config.json",
            {"architectures": ["EvilForCausalLM"], "a": 1},
            "EvilForCausalLM, which this appliance can neither train nor run. Use a model with one of these: Llama",
        ),
        ("config.json", {"architectures": []}, "value of architectures"),
        ("config.json", {"model_type": "mistral"}, "model_type"),
        ("config.json", {"hidden_size": True}, "value of hidden_size"),
        ("config.json", {"hidden_size": 10**9}, "value of hidden_size"),
        ("config.json", {"num_hidden_layers": -1}, "value of num_hidden_layers"),
        ("config.json", {"num_attention_heads": 3}, "numbers of heads"),
        ("config.json", {"hidden_act": "os.system"}, "value of hidden_act"),
        ("config.json", {"rope_scaling": {"rope_type": "evil"}}, "value of rope_scaling"),
        ("config.json", {"rms_norm_eps": 2}, "value of rms_norm_eps"),
        ("generation_config.json", {"custom_generate": "x/y"}, "generation_config.json has the key custom_generate"),
        (
            "tokenizer_config.json",
            {"auto_map": {"AutoTokenizer": ["evil.T", None]}},
            "tokenizer_config.json has the key auto_map",
        ),
        ("tokenizer_config.json", {"tokenizer_class": "EvilTokenizer"}, "value of tokenizer_class"),
        ("tokenizer_config.json", {"chat_template": "x" * 200_000}, "value of chat_template"),
        ("tokenizer_config.json", {"tokenizer_file": "/etc/passwd"}, "value of tokenizer_file"),
        ("tokenizer_config.json", {"eos_token": {"content": "x", "__class__": "y"}}, "the key __class__"),
        ("tokenizer.json", {"evil": 1}, "tokenizer.json has the key evil"),
        ("tokenizer.json", {"model": {"type": "Evil"}}, "a kind of tokenizer"),
        ("tokenizer.json", {"model": {"type": "BPE", "vocab": {"a": 16}}}, "token ids that the model does not have"),
    ],
)
def test_an_unknown_key_or_value_is_refused_by_name(
    make_model: Make, tmp_path: Path, file: str, change: dict[str, Any], words: str
) -> None:
    source = make_model()
    (source / file).write_text(json.dumps({**json.loads((source / file).read_bytes()), **change}))
    assert words in refusal(source, tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b"{" * 100_000,
        b'{"a": 1, "a": 2}',
        b'{"hidden_size": NaN}',
        b'{"x": ' + b"[" * 50 + b"]" * 50 + b"}",
    ],
)
def test_invalid_json_is_refused(make_model: Make, tmp_path: Path, data: bytes) -> None:
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        assert name in refusal(make_model(files={name: data}), tmp_path)


def test_a_missing_key_is_named(make_model: Make, tmp_path: Path) -> None:
    config = {key: value for key, value in CONFIG.items() if key != "hidden_size"}
    assert "lacks hidden_size" in refusal(make_model(files={"config.json": json.dumps(config).encode()}), tmp_path)


def test_weights_of_another_shape_type_or_name_are_refused(make_model: Make, tmp_path: Path) -> None:
    shapes = expected_tensors(CONFIG)
    for spoiled, words in (
        ({**shapes, "model.norm.weight": (9,)}, "model.norm.weight has the shape [9] instead of [8]"),
        ({**shapes, "evil": (1,)}, "evil is not expected"),
        (
            {name: shape for name, shape in shapes.items() if name != "model.norm.weight"},
            "model.norm.weight is missing",
        ),
    ):
        assert words in refusal(make_model(files={"model.safetensors": weights(spoiled)}), tmp_path)
    assert "as I32" in refusal(make_model(files={"model.safetensors": weights(shapes, "I32")}), tmp_path)


def test_later_changes_to_a_file_are_noticed(make_model: Make, tmp_path: Path) -> None:
    manifest = copy_model(make_model(), home(tmp_path))
    folder = model_folder(home(tmp_path), manifest.id)
    for name in manifest.files:
        original = (folder / name).read_bytes()
        (folder / name).write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
        with pytest.raises(IntegrityError, match=f"{name} was changed"):
            verify_model(folder, manifest)
        (folder / name).unlink()
        with pytest.raises(IntegrityError, match=f"{name} is missing"):
            verify_model(folder, manifest)
        (folder / name).write_bytes(original)
    (folder / "evil.py").touch()
    with pytest.raises(IntegrityError, match=r"evil\.py was added"):
        verify_model(folder, manifest)
    with pytest.raises(IntegrityError):
        copy_model(make_model(), home(tmp_path))
    with pytest.raises(IntegrityError, match="folder is missing"):
        verify_model(tmp_path / "nowhere", manifest)


def test_the_name_of_a_model_is_plain(make_model: Make, tmp_path: Path) -> None:
    assert copy_model(make_model(), home(tmp_path), name="../$(x)\n'a'").name == "x-a"


def test_a_manifest_survives_json_and_a_spoiled_one_is_an_error(make_model: Make, tmp_path: Path) -> None:
    manifest = copy_model(make_model(), home(tmp_path))
    value = json.loads(json.dumps(manifest.to_json()))
    assert ModelManifest.from_json(value) == manifest
    for spoiled in (
        {**value, "version": 2},
        {**value, "more": 1},
        {**value, "files": {}},
        {key: item for key, item in value.items() if key != "name"},
    ):
        with pytest.raises(IntegrityError):
            ModelManifest.from_json(spoiled)
