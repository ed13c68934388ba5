"""Greedy generation in batches, with the adapter on or off on one code path, so that contenders differ in the adapter alone."""

import contextlib
import json
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load
from transformers import DynamicCache

from appliance.foundation.errors import IntegrityError
from appliance.inference.loading import load_base


class Engine:
    """A loaded model, with at most one adapter. Not thread-safe."""

    def __init__(self, causal: Any, peft: Any | None) -> None:
        self._causal = causal
        self._peft = peft
        causal.eval()

    @classmethod
    def load(cls, folder: Path, *, quantised: bool, compute_type: torch.dtype, adapter: dict[str, bytes] | None = None) -> "Engine":
        """Load the model of `folder` and the adapter (PEFT's two files as bytes). Raises `IntegrityError` when they do not fit."""
        causal = load_base(folder, quantised=quantised, compute_type=compute_type)
        if adapter is None:
            return cls(causal, None)
        settings = json.loads(adapter["adapter_config.json"])
        config = LoraConfig(
            r=settings["r"],
            lora_alpha=settings["lora_alpha"],
            lora_dropout=0.0,
            target_modules=list(settings["target_modules"]),
            task_type="CAUSAL_LM",
        )
        with warnings.catch_warnings():
            # PEFT 0.21 asks for a property that transformers 5 has renamed; it still answers.
            warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
            peft = get_peft_model(causal, config)
        tensors = load(adapter["adapter_model.safetensors"])
        # PEFT passes over names that it does not know; an adapter loaded by half would answer, and wrongly.
        wanted = {name: tensor.shape for name, tensor in get_peft_model_state_dict(peft).items()}
        if {name: tensor.shape for name, tensor in tensors.items()} != wanted:
            raise IntegrityError("The adapter does not fit this model.", code="adapter.shape")
        set_peft_model_state_dict(peft, tensors)
        return cls(peft.get_base_model(), peft)

    @property
    def causal(self) -> Any:
        """Return the model, through which the adapter computes."""
        return self._causal

    @contextlib.contextmanager
    def original(self) -> Iterator[None]:
        """Switch the adapter off for the block."""
        with self._peft.disable_adapter() if self._peft is not None else contextlib.nullcontext():
            yield

    @torch.inference_mode()
    def answer(self, prompts: Sequence[Sequence[int]], *, max_new_tokens: int, end_tokens: frozenset[int]) -> list[list[int]]:
        """Return the new tokens of each prompt (token ids), greedily, up to but without an end token. Padding is on the left."""
        rows: list[list[int]] = [[] for _ in prompts]
        for tokens in self._steps(prompts, max_new_tokens, end_tokens):
            for row, token in zip(rows, tokens, strict=True):
                if token is not None:
                    row.append(token)
        return rows

    @torch.inference_mode()
    def stream(self, prompt: Sequence[int], *, max_new_tokens: int, end_tokens: frozenset[int]) -> Iterator[int]:
        """Yield the new tokens of one prompt as they are made."""
        for (token,) in self._steps([prompt], max_new_tokens, end_tokens):
            if token is not None:
                yield token

    def _steps(self, prompts: Sequence[Sequence[int]], max_new_tokens: int, end_tokens: frozenset[int]) -> Iterator[list[int | None]]:
        """Yield a token for each row at each step; None for a row that has ended."""
        device = self._causal.lm_head.weight.device
        width = max(len(prompt) for prompt in prompts)
        ids = torch.zeros(len(prompts), width, dtype=torch.long, device=device)
        present = torch.zeros(len(prompts), width, dtype=torch.long, device=device)
        for index, prompt in enumerate(prompts):
            ids[index, width - len(prompt) :] = torch.tensor(list(prompt), device=device)
            present[index, width - len(prompt) :] = 1
        positions = (present.cumsum(dim=1) - 1).clamp(min=0)
        cache = DynamicCache(config=self._causal.config)
        ended = [False] * len(prompts)
        for _ in range(max_new_tokens):
            hidden = self._causal.model(
                input_ids=ids, attention_mask=present, position_ids=positions, cache=cache, use_cache=True
            ).last_hidden_state
            chosen = self._causal.lm_head(hidden[:, -1]).argmax(dim=-1)
            tokens: list[int | None] = []
            for index, token in enumerate(chosen.tolist()):
                ended[index] = ended[index] or token in end_tokens
                tokens.append(None if ended[index] else token)
            yield tokens
            if all(ended):
                return
            ids = chosen.unsqueeze(1)
            present = torch.cat([present, torch.ones(len(prompts), 1, dtype=torch.long, device=device)], dim=1)
            positions = positions[:, -1:] + 1
