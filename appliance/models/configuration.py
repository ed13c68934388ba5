"""A model's configuration through an allow-list: the architecture, the sizes and the tensors that it must have.

A model with anything else that transformers would act on (`auto_map`, `trust_remote_code`, `quantization_config`,
`_attn_implementation_internal`, any key that is not listed) is refused. Keys that only describe are dropped. What is
kept is written anew, so that no library reads the original bytes.
"""

from collections.abc import Mapping
from typing import Any

from appliance.foundation.errors import InputError
from appliance.models.bounded_json import (
    Check,
    allow,
    anything,
    decode_object,
    integer,
    number,
    one_of,
    optional,
    shown,
    text,
)

MAX_CONFIGURATION_BYTES = 1024**2
MAX_TOKENIZER_BYTES = 64 * 1024**2
MAX_TEMPLATE_CHARACTERS = 100_000
_MAX_TOKENS = 1_000_000

# Each architecture with its model_type.
ARCHITECTURES = {"LlamaForCausalLM": "llama", "MistralForCausalLM": "mistral", "Qwen2ForCausalLM": "qwen2"}

_TOKEN_ID = optional(integer(0, _MAX_TOKENS))


def _token_ids(value: Any) -> bool:
    return _TOKEN_ID(value) or (
        isinstance(value, list) and len(value) <= 16 and all(integer(0, _MAX_TOKENS)(item) for item in value)
    )


_BOOL = one_of(True, False)
_ROPE: dict[str, Check] = {
    "rope_type": one_of("default", "linear", "dynamic", "llama3", "yarn"),
    "type": one_of("default", "linear", "dynamic", "llama3", "yarn"),
    "rope_theta": number(1, 1e12),
    "factor": number(1, 1024),
    "low_freq_factor": number(0, 1024),
    "high_freq_factor": number(0, 1024),
    "beta_fast": number(0, 1024),
    "beta_slow": number(0, 1024),
    "attention_factor": optional(number(0, 1024)),
    "original_max_position_embeddings": integer(1, 2**24),
}


def _rope(value: Any) -> bool:
    return value is None or (
        isinstance(value, dict) and all(key in _ROPE and _ROPE[key](item) for key, item in value.items())
    )


_MODEL_KEYS: dict[str, Check] = {
    "architectures": lambda value: isinstance(value, list) and len(value) == 1 and value[0] in ARCHITECTURES,
    "model_type": one_of(*ARCHITECTURES.values()),
    "vocab_size": integer(1, _MAX_TOKENS),
    "hidden_size": integer(1, 65_536),
    "intermediate_size": integer(1, 2**18),
    "num_hidden_layers": integer(1, 512),
    "num_attention_heads": integer(1, 1024),
    "num_key_value_heads": optional(integer(1, 1024)),
    "head_dim": optional(integer(1, 4096)),
    "max_position_embeddings": integer(1, 2**24),
    "hidden_act": one_of("silu"),
    "rms_norm_eps": number(0, 1),
    "initializer_range": number(0, 10),
    "attention_bias": _BOOL,
    "mlp_bias": _BOOL,
    "attention_dropout": number(0, 1),
    "tie_word_embeddings": _BOOL,
    "rope_theta": number(1, 1e12),
    "rope_scaling": _rope,
    "rope_parameters": _rope,
    "sliding_window": optional(integer(1, 2**24)),
    "use_sliding_window": one_of(False),
    "max_window_layers": integer(0, 512),
    "layer_types": lambda value: (
        isinstance(value, list) and len(value) <= 512 and all(item == "full_attention" for item in value)
    ),
    "bos_token_id": _token_ids,
    "eos_token_id": _token_ids,
    "pad_token_id": _TOKEN_ID,
    "dtype": one_of("float32", "float16", "bfloat16"),
    "torch_dtype": one_of("float32", "float16", "bfloat16"),
}
_MODEL_DROPPED: dict[str, Check] = {
    "_name_or_path": anything,
    "_model_name_or_path": anything,
    "transformers_version": anything,
    "transformers.js_config": anything,
    "use_cache": _BOOL,
    "unk_token_id": _TOKEN_ID,
    "is_llama_config": one_of(True),
    "rope_interleaved": one_of(False),
    "use_mrope": one_of(False),
    "pretraining_tp": one_of(1),
}
_REQUIRED = (
    *("architectures", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"),
)

_GENERATION_KEYS: dict[str, Check] = {"bos_token_id": _token_ids, "eos_token_id": _token_ids, "pad_token_id": _TOKEN_ID}
_GENERATION_DROPPED: dict[str, Check] = {
    # The appliance chooses the sampling settings itself; it measures greedy decoding.
    **dict.fromkeys(
        ("do_sample", "output_attentions", "output_hidden_states", "_from_model_config", "use_cache"), _BOOL
    ),
    **dict.fromkeys(
        ("temperature", "top_p", "top_k", "repetition_penalty", "max_length", "max_new_tokens"),
        optional(number(0, 1e9)),
    ),
    "transformers_version": anything,
}

_TOKENIZER_CLASSES = (
    *("TokenizersBackend", "PreTrainedTokenizerFast", "LlamaTokenizer", "LlamaTokenizerFast"),
    *("GPT2Tokenizer", "GPT2TokenizerFast", "Qwen2Tokenizer", "Qwen2TokenizerFast"),
)


def _token(value: Any) -> bool:
    """Accept a special token: its text, or an object with it."""
    return text(200)(value) or (
        isinstance(value, dict) and allow(value, "tokenizer_config.json", _ADDED_TOKEN, {}) == value
    )


_ADDED_TOKEN: dict[str, Check] = {
    "content": text(200),
    "__type": one_of("AddedToken"),
    **dict.fromkeys(("lstrip", "normalized", "rstrip", "single_word", "special"), _BOOL),
}


def _added_tokens(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= 10_000
        and all(key.isdigit() and _token(item) for key, item in value.items())
    )


_TOKENIZER_KEYS: dict[str, Check] = {
    **dict.fromkeys(("bos_token", "eos_token", "pad_token", "unk_token"), optional(_token)),
    "chat_template": text(MAX_TEMPLATE_CHARACTERS),
    "model_max_length": number(1, 1e31),
}
_TOKENIZER_DROPPED: dict[str, Check] = {
    "tokenizer_class": one_of(*_TOKENIZER_CLASSES),
    "added_tokens_decoder": _added_tokens,
    "additional_special_tokens": optional(
        lambda value: isinstance(value, list) and len(value) <= 1000 and all(_token(item) for item in value)
    ),
    "extra_special_tokens": lambda value: (
        value in ([], {}) or (isinstance(value, list) and all(_token(item) for item in value))
    ),
    "add_bos_token": optional(_BOOL),
    "add_eos_token": optional(_BOOL),
    "backend": one_of("tokenizers"),
    **dict.fromkeys(
        (
            *("add_prefix_space", "clean_up_tokenization_spaces", "legacy", "use_default_system_prompt"),
            *("split_special_tokens", "is_local", "local_files_only"),
        ),
        optional(_BOOL),
    ),
    **dict.fromkeys(("errors", "padding_side", "truncation_side", "name_or_path"), optional(text(500))),
    "sp_model_kwargs": one_of({}),
    "model_input_names": one_of(["input_ids", "attention_mask"]),
    "vocab_size": optional(integer(1, _MAX_TOKENS)),
    "spaces_between_special_tokens": optional(_BOOL),
    "vocab_file": one_of(None),
    "tokenizer_file": one_of(None),
}

_TOKENIZER_JSON_KEYS = dict.fromkeys(
    (
        *("version", "truncation", "padding", "added_tokens", "normalizer"),
        *("pre_tokenizer", "post_processor", "decoder", "model"),
    ),
    anything,
)


def read_model_configuration(data: bytes, name: str = "config.json") -> dict[str, Any]:
    """Return the clean configuration. Raises `InputError` naming the key that is refused."""
    original = decode_object(data, name, MAX_CONFIGURATION_BYTES)
    _verify_architecture(original.get("architectures"), name)
    value = allow(original, name, _MODEL_KEYS, _MODEL_DROPPED)
    missing = [key for key in _REQUIRED if key not in value]
    if missing:
        raise InputError("model.value:missing", name=shown(name), missing=", ".join(missing))
    value["model_type"] = value.get("model_type", ARCHITECTURES[value["architectures"][0]])
    if value["model_type"] != ARCHITECTURES[value["architectures"][0]]:
        raise InputError("model.value:model-type", name=shown(name))
    num_heads = value["num_attention_heads"]
    if num_heads % key_value_heads(value) or ("head_dim" not in value and value["hidden_size"] % num_heads):
        raise InputError("model.value:heads", name=shown(name))
    return value


def _verify_architecture(value: Any, name: str) -> None:
    """Raise `InputError` for an unsupported architecture, before its other keys are found to be unknown."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) and value[0] not in ARCHITECTURES:
        raise InputError(
            "model.architecture", name=shown(name), architecture=shown(value[0]), supported=", ".join(ARCHITECTURES)
        )


def read_generation_configuration(data: bytes, name: str = "generation_config.json") -> dict[str, Any]:
    """Return the token ids, without sampling settings. Raises `InputError` naming the key that is refused."""
    return allow(decode_object(data, name, MAX_CONFIGURATION_BYTES), name, _GENERATION_KEYS, _GENERATION_DROPPED)


def read_tokenizer_configuration(data: bytes, name: str = "tokenizer_config.json") -> dict[str, Any]:
    """Return the clean configuration, with a plain `tokenizer_class`. Raises `InputError` naming the refused key."""
    value = allow(decode_object(data, name, MAX_TOKENIZER_BYTES), name, _TOKENIZER_KEYS, _TOKENIZER_DROPPED)
    for key in ("bos_token", "eos_token", "pad_token", "unk_token"):
        if isinstance(value.get(key), dict):
            value[key] = value[key]["content"]
    return {**value, "tokenizer_class": "PreTrainedTokenizerFast"}


def verify_tokenizer(data: bytes, vocab_size: int, name: str = "tokenizer.json") -> None:
    """Raise `InputError` unless this is a tokenizer whose ids the model has. The library that runs it checks more."""
    value = allow(decode_object(data, name, MAX_TOKENIZER_BYTES), name, _TOKENIZER_JSON_KEYS, {})
    model = value.get("model")
    if not isinstance(model, dict) or model.get("type", "BPE") not in ("BPE", "Unigram", "WordPiece"):
        raise InputError("model.value:tokenizer-kind", name=shown(name))
    ids = [*_vocabulary_ids(model.get("vocab")), *_added_ids(value.get("added_tokens") or [])]
    if not ids or not all(integer(0, vocab_size - 1)(token) for token in ids):
        raise InputError("model.value:token-ids", name=shown(name))


def _vocabulary_ids(vocabulary: Any) -> list[Any]:
    if isinstance(vocabulary, dict):
        return list(vocabulary.values())
    return list(range(len(vocabulary))) if isinstance(vocabulary, list) else []


def _added_ids(added: Any) -> list[Any]:
    """Return the ids of added tokens, None for one that is malformed."""
    if not isinstance(added, list):
        return [None]
    return [token.get("id") if isinstance(token, dict) else None for token in added]


def key_value_heads(configuration: Mapping[str, Any]) -> int:
    """Return the number of key and value heads: by default, that of the query heads."""
    return int(configuration.get("num_key_value_heads") or configuration["num_attention_heads"])


def head_dimension(configuration: Mapping[str, Any]) -> int:
    """Return the width of one attention head."""
    return int(configuration.get("head_dim") or configuration["hidden_size"] // configuration["num_attention_heads"])


def expected_tensors(configuration: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of each tensor of the architecture, without `lm_head.weight` for tied embeddings."""
    hidden, intermediate = configuration["hidden_size"], configuration["intermediate_size"]
    queries = configuration["num_attention_heads"] * head_dimension(configuration)
    keys = key_value_heads(configuration) * head_dimension(configuration)
    qwen = configuration["model_type"] == "qwen2"
    projections = {
        "q_proj": (queries, hidden),
        "k_proj": (keys, hidden),
        "v_proj": (keys, hidden),
        "o_proj": (hidden, queries),
    }
    mlp = {"gate_proj": (intermediate, hidden), "up_proj": (intermediate, hidden), "down_proj": (hidden, intermediate)}
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (configuration["vocab_size"], hidden),
        "model.norm.weight": (hidden,),
    }
    if not configuration.get("tie_word_embeddings", False):
        shapes["lm_head.weight"] = (configuration["vocab_size"], hidden)
    for layer in range(configuration["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        for name, shape in projections.items():
            shapes[f"{prefix}self_attn.{name}.weight"] = shape
            if (qwen and name != "o_proj") or (not qwen and configuration.get("attention_bias", False)):
                shapes[f"{prefix}self_attn.{name}.bias"] = shape[:1]
        for name, shape in mlp.items():
            shapes[f"{prefix}mlp.{name}.weight"] = shape
            if configuration.get("mlp_bias", False):
                shapes[f"{prefix}mlp.{name}.bias"] = shape[:1]
        for name in ("input_layernorm", "post_attention_layernorm"):
            shapes[f"{prefix}{name}.weight"] = (hidden,)
    return shapes
