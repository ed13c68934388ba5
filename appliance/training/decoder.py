"""The decoder as training computes it: the modules of the loaded model, in fewer and larger steps, on packed passes.

For the architectures that the appliance imports (Llama, Mistral, Qwen2; see `models.configuration`), whose layers are
all

    x = x + O attention(rope(Q n1(x)), rope(K n1(x)), V n1(x))        x = x + D (silu(G n2(x)) * U n2(x))

The weights stay where the library's modules have them, so saving, PEFT's names and generation know nothing of this;
only frozen matrices that share their input are laid side by side in one block of memory, of which the modules then hold
views. A layer whose adapter is of a kind that has no fast path (DoRA) is asked itself.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from peft.tuners.lora import LoraLayer
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from appliance.training.attention import Heads, attention, attention_blocks
from appliance.training.frozen_matrices import frozen_matrices
from appliance.training.kernels import gated_unit, losses, norm, projection
from appliance.training.packed_passes import PackedPass
from appliance.training.varlen_attention import Sequences, has_kernel, varlen_attention

ADAPTER = "default"
# A matrix product on a CPU is compiled for each number of rows and kept: tens of MiB and some milliseconds for each new
# one.
LIKE_ROWS = 32
LIKE_WANTED = 16


class _Projections:
    """Linear modules that share their input, as one: x -> their outputs side by side."""

    def __init__(self, modules: Sequence[Any]) -> None:
        self._modules = modules
        self._plain = [module.base_layer if isinstance(module, LoraLayer) else module for module in modules]
        self._asked = any(isinstance(module, LoraLayer) and module.lora_variant for module in modules)
        self._weights = [module.weight for module in self._plain]
        self._trained = self._weights if self._weights[0].requires_grad else []
        biases = [module.bias for module in self._plain if module.bias is not None]
        self._trained_biases = biases if self._trained else []
        self._bias = torch.cat([bias.detach() for bias in biases]) if biases and not self._trained else None
        self._frozen = None if self._trained or self._asked else frozen_matrices(self._weights)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return (tokens, sum of the modules' outputs)."""
        if self._asked:
            return torch.cat([module(x) for module in self._modules], dim=-1)
        adapters: list[torch.Tensor] = []
        scaling = 1.0
        for module in self._modules:
            if isinstance(module, LoraLayer):
                adapters += [module.lora_A[ADAPTER].weight, module.lora_B[ADAPTER].weight]
                scaling = module.scaling[ADAPTER]
        return projection(
            x,
            self._matrix(x.dtype),
            bias=self._bias,
            trained=self._trained,
            trained_biases=self._trained_biases,
            adapters=adapters,
            scaling=scaling,
        )

    def _matrix(self, dtype: torch.dtype) -> Callable[[], torch.Tensor]:
        def matrix() -> torch.Tensor:
            if self._frozen is not None:
                return self._frozen().to(dtype)
            parts = [weight.detach().to(dtype) for weight in self._weights]
            return parts[0] if len(parts) == 1 else torch.cat(parts)

        return matrix


class _Layer:
    """One decoder layer."""

    def __init__(self, layer: Any, config: Any) -> None:
        attend, mlp = layer.self_attn, layer.mlp
        self._layer = layer
        self._epsilon = config.rms_norm_eps
        self._qkv = _Projections([attend.q_proj, attend.k_proj, attend.v_proj])
        self._o = _Projections([attend.o_proj])
        self._gate_up = _Projections([mlp.gate_proj, mlp.up_proj])
        self._down = _Projections([mlp.down_proj])
        self.heads = Heads(
            config.num_attention_heads,
            config.num_key_value_heads,
            attend.head_dim,
            attend.scaling,
            _window(config),
        )

    def __call__(
        self,
        x: torch.Tensor,
        cos: torch.Tensor,
        sin: torch.Tensor,
        attend: Callable[..., torch.Tensor],
        wanted: torch.Tensor | None,
    ) -> torch.Tensor:
        """Return the layer's output for all rows, or for the `wanted` ones alone (the rest only serve as keys and
        values).
        """
        qkv = self._qkv(norm(x, self._layer.input_layernorm.weight, self._epsilon))
        attended = attend(qkv, cos, sin, heads=self.heads)
        if wanted is not None:
            x, attended = x[wanted], attended[wanted]
        x = x + self._o(attended)
        both = self._gate_up(norm(x, self._layer.post_attention_layernorm.weight, self._epsilon))
        return x + self._down(gated_unit(both))


def _window(config: Any) -> int | None:
    """Return how far back a token sees.

    The library's Llama sees all, whatever its configuration says; so does Qwen2 as it is imported.
    """
    window: int | None = config.sliding_window if config.model_type == "mistral" else None
    return window


class Decoder:
    """The causal language model `causal`, for training. `compute_type`: of the activations; what learns may be wider.

    `checkpointing`: keep only each layer's input for the backward pass, and compute the rest again there.
    """

    def __init__(self, causal: Any, compute_type: torch.dtype, *, checkpointing: bool = False) -> None:
        self._causal = causal
        self.compute_type = compute_type
        self._checkpointing = checkpointing
        self.layers = [_Layer(layer, causal.config) for layer in causal.model.layers]

    def summed_loss(self, packed: PackedPass, features: torch.Tensor | None = None, *, first: int = 0) -> torch.Tensor:
        """Return the sum, not the mean, of -log p over the pass's targets, so that a batch's passes add up.

        features: what goes into layer `first` (tokens, hidden), when it is known; else the pass starts from its tokens.
        """
        device = self._causal.device
        x = self.embedded(packed) if features is None else features.to(device)
        spare = -len(packed.predicting) % LIKE_WANTED
        wanted = functional.pad(packed.predicting.to(device), (0, spare), value=x.shape[0])
        targets = functional.pad(packed.targets.to(device), (0, spare), value=-1)
        x = self.run(packed, x, range(first if features is not None else 0, len(self.layers)), wanted)
        x = norm(x, self._causal.model.norm.weight, self._causal.config.rms_norm_eps)
        return losses(x, self._causal.lm_head.weight, targets)

    def embedded(self, packed: PackedPass) -> torch.Tensor:
        """Return what goes into the first layer, (tokens, hidden)."""
        found: torch.Tensor = self._causal.model.embed_tokens(packed.input_ids[0].to(self._causal.device)).to(
            self.compute_type
        )
        return found

    def run(
        self, packed: PackedPass, x: torch.Tensor, layers: range, wanted: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return x after `layers`; the last of them gives only the `wanted` rows, when these are named.

        Rows of padding, one at least, make the number of rows one of a few: see `LIKE_ROWS`. Nothing meets them; their
        gradient is zero.
        """
        rows = x.shape[0]
        cos, sin = self._causal.model.rotary_emb(x, packed.position_ids.to(x.device))
        cos, sin = (side[0, :, : side.shape[-1] // 2] for side in (cos, sin))
        spare = LIKE_ROWS - rows % LIKE_ROWS
        x, cos, sin = (functional.pad(each, (0, 0, 0, spare)) for each in (x, cos, sin))
        attend = self._attention(packed, spare, x)
        for number in layers:
            inputs = (x, cos, sin, attend, wanted if number == layers[-1] else None)
            if self._checkpointing and torch.is_grad_enabled():
                x = checkpoint(self.layers[number], *inputs, use_reentrant=False)
            else:
                x = self.layers[number](*inputs)
        return x[:rows] if wanted is None else x

    def _attention(self, packed: PackedPass, spare: int, x: torch.Tensor) -> Callable[..., torch.Tensor]:
        """Return the attention between the pass's rows, as fits the device."""
        heads = self.layers[0].heads
        if has_kernel(x.device, x.dtype, heads):
            return partial(varlen_attention, sequences=Sequences.of(packed.shared, packed.lengths, spare, x.device))
        return partial(attention, blocks=attention_blocks(packed.shared, packed.lengths, heads.window, x.device))
