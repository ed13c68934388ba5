"""Generate greedily in batches. With the adapter on or off, the code path is the same: only the weights differ."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load
from transformers import DynamicCache

from appliance.inference.loading import TunedTensors, load_base, with_adapter
from appliance.models import TunedConfiguration, read_artefact_configuration


class Engine:
    """A loaded model, with at most one adapter or one set of trained tensors. Not thread-safe."""

    def __init__(
        self, causal: Any, original: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
    ) -> None:
        """`original`: a context in which the model is as it was before its training."""
        self._causal = causal
        self._original = original
        causal.eval()

    @classmethod
    def load(
        cls, folder: Path, *, quantised: bool, compute_type: torch.dtype, adapter: dict[str, bytes] | None = None
    ) -> "Engine":
        """Load the model of `folder` and the trained weights (two files as bytes: see `training.methods.artefact`).

        Raises `IntegrityError` when they do not fit each other, `InputError` for a configuration that is not accepted.
        """
        causal = load_base(folder, quantised=quantised, compute_type=compute_type)
        if adapter is None:
            return cls(causal)
        configuration = read_artefact_configuration(adapter["adapter_config.json"])
        tensors = load(adapter["adapter_model.safetensors"])
        if isinstance(configuration, TunedConfiguration):
            tuned = TunedTensors(causal, configuration, tensors)
            return cls(causal, tuned.original)
        peft = with_adapter(causal, configuration, tensors)
        return cls(peft.get_base_model(), peft.disable_adapter)

    @property
    def causal(self) -> Any:
        """The model, with the adapter in it."""
        return self._causal

    @contextlib.contextmanager
    def original(self) -> Iterator[None]:
        """Switch the trained weights off for the block."""
        with self._original():
            yield

    @torch.inference_mode()
    def answer(
        self, prompts: Sequence[Sequence[int]], *, max_new_tokens: int, end_tokens: frozenset[int]
    ) -> list[list[int]]:
        """Return the new token ids of each prompt, up to but without an end token. Padding is on the left."""
        rows: list[list[int]] = [[] for _ in prompts]
        for tokens in self._steps(prompts, max_new_tokens, end_tokens):
            for row, token in zip(rows, tokens, strict=True):
                if token is not None:
                    row.append(token)
        return rows

    @torch.inference_mode()
    def stream(self, prompt: Sequence[int], *, max_new_tokens: int, end_tokens: frozenset[int]) -> Iterator[int]:
        """Yield the new token ids of one prompt as they are generated."""
        for (token,) in self._steps([prompt], max_new_tokens, end_tokens):
            if token is not None:
                yield token

    def _steps(
        self, prompts: Sequence[Sequence[int]], max_new_tokens: int, end_tokens: frozenset[int]
    ) -> Iterator[list[int | None]]:
        """Yield the next token of each row; None for a row that has ended."""
        device = self._causal.lm_head.weight.device
        width = max(len(prompt) for prompt in prompts)
        input_ids = torch.zeros(len(prompts), width, dtype=torch.long, device=device)
        attention_mask = torch.zeros(len(prompts), width, dtype=torch.long, device=device)
        for index, prompt in enumerate(prompts):
            input_ids[index, width - len(prompt) :] = torch.tensor(list(prompt), device=device)
            attention_mask[index, width - len(prompt) :] = 1
        position_ids = (attention_mask.cumsum(dim=1) - 1).clamp(min=0)
        cache = DynamicCache(config=self._causal.config)
        ended = [False] * len(prompts)
        for _ in range(max_new_tokens):
            hidden_states = self._causal.model(
                input_ids=input_ids,
                attention_mask=attention_mask,
                position_ids=position_ids,
                cache=cache,
                use_cache=True,
            ).last_hidden_state
            next_tokens = self._causal.lm_head(hidden_states[:, -1]).argmax(dim=-1)
            tokens: list[int | None] = []
            for index, token in enumerate(next_tokens.tolist()):
                ended[index] = ended[index] or token in end_tokens
                tokens.append(None if ended[index] else token)
            yield tokens
            if all(ended):
                return
            input_ids = next_tokens.unsqueeze(1)
            attention_mask = torch.nn.functional.pad(attention_mask, (0, 1), value=1)
            position_ids = position_ids[:, -1:] + 1
