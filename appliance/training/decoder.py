"""Compute a loaded model's decoder on packed passes, in fewer and larger steps than its own modules do.

For the architectures that the appliance imports (Llama, Mistral, Qwen2; see `models.configuration`), whose layers are
all

    x = x + O attention(rope(Q n1(x)), rope(K n1(x)), V n1(x))        x = x + D (silu(G n2(x)) * U n2(x))

The weights stay in the library's modules, so saving, PEFT's names and generation are unaffected. Only frozen matrices
that share their input move into one block of memory, of which the modules then hold views. A layer with an adapter that
has no fast path here (DoRA) computes itself.
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
from appliance.training.kernels import projection, rms_norm, summed_loss, swiglu
from appliance.training.packed_passes import PackedPass
from appliance.training.varlen_attention import Sequences, has_kernel, varlen_attention

ADAPTER = "default"
# A CPU's matrix product is compiled and kept for each number of rows, at tens of MiB and some milliseconds for each new
# number. So rows are padded to multiples of these.
ROWS_STEP = 32
OUTPUT_ROWS_STEP = 16


class _Projections:
    """Linear modules that share their input, computed as one; their outputs are side by side."""

    def __init__(self, modules: Sequence[Any]) -> None:
        self._modules = modules
        self._has_variant = any(isinstance(module, LoraLayer) and module.lora_variant for module in modules)
        base_layers = [module.base_layer if isinstance(module, LoraLayer) else module for module in modules]
        self._weights = [layer.weight for layer in base_layers]
        self._trained = self._weights if self._weights[0].requires_grad else []
        biases = [layer.bias for layer in base_layers if layer.bias is not None]
        self._trained_biases = biases if self._trained else []
        self._bias = torch.cat([bias.detach() for bias in biases]) if biases and not self._trained else None
        self._frozen = None if self._trained or self._has_variant else frozen_matrices(self._weights)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return (tokens, sum of out)."""
        if self._has_variant:
            return torch.cat([module(x) for module in self._modules], dim=-1)
        adapters: list[torch.Tensor] = []
        scaling = 1.0
        for module in self._modules:
            if isinstance(module, LoraLayer):
                adapters += [module.lora_A[ADAPTER].weight, module.lora_B[ADAPTER].weight]
                scaling = module.scaling[ADAPTER]
        return projection(
            x,
            self._weight(x.dtype),
            bias=self._bias,
            trained=self._trained,
            trained_biases=self._trained_biases,
            adapters=adapters,
            scaling=scaling,
        )

    def _weight(self, dtype: torch.dtype) -> Callable[[], torch.Tensor]:
        def weight() -> torch.Tensor:
            if self._frozen is not None:
                return self._frozen().to(dtype)
            parts = [part.detach().to(dtype) for part in self._weights]
            return parts[0] if len(parts) == 1 else torch.cat(parts)

        return weight


class _Layer:
    """One decoder layer."""

    def __init__(self, layer: Any, config: Any) -> None:
        self_attn, mlp = layer.self_attn, layer.mlp
        self._layer = layer
        self._epsilon = config.rms_norm_eps
        self._qkv = _Projections([self_attn.q_proj, self_attn.k_proj, self_attn.v_proj])
        self._o = _Projections([self_attn.o_proj])
        self._gate_up = _Projections([mlp.gate_proj, mlp.up_proj])
        self._down = _Projections([mlp.down_proj])
        self.heads = Heads(
            num_heads=config.num_attention_heads,
            num_kv_heads=config.num_key_value_heads,
            head_dim=self_attn.head_dim,
            scaling=self_attn.scaling,
            sliding_window=_sliding_window(config),
        )

    def __call__(
        self,
        hidden_states: torch.Tensor,
        cos: torch.Tensor,
        sin: torch.Tensor,
        attend: Callable[..., torch.Tensor],
        output_rows: torch.Tensor | None,
    ) -> torch.Tensor:
        """Return the output of all rows, or of `output_rows` alone (the others only serve as keys and values)."""
        qkv = self._qkv(rms_norm(hidden_states, self._layer.input_layernorm.weight, self._epsilon))
        attention_output = attend(qkv, cos, sin, heads=self.heads)
        if output_rows is not None:
            hidden_states, attention_output = hidden_states[output_rows], attention_output[output_rows]
        hidden_states = hidden_states + self._o(attention_output)
        gate_up = self._gate_up(rms_norm(hidden_states, self._layer.post_attention_layernorm.weight, self._epsilon))
        return hidden_states + self._down(swiglu(gate_up))


def _sliding_window(config: Any) -> int | None:
    """Return how many tokens back a token sees; None for all.

    The library's Llama sees all tokens, whatever its configuration says, and so does Qwen2 as it is imported.
    """
    window: int | None = config.sliding_window if config.model_type == "mistral" else None
    return window


class Decoder:
    """A causal language model for training.

    `compute_type`: of the activations; what learns may be wider. `checkpointing`: keep only each layer's input for the
    backward pass, and compute the rest again.
    """

    def __init__(self, causal: Any, compute_type: torch.dtype, *, checkpointing: bool = False) -> None:
        self._causal = causal
        self.compute_type = compute_type
        self._checkpointing = checkpointing
        self.layers = [_Layer(layer, causal.config) for layer in causal.model.layers]

    def summed_loss(self, packed: PackedPass, features: torch.Tensor | None = None, *, first: int = 0) -> torch.Tensor:
        """Return the sum, not the mean, of -log p over the pass's targets, so that a batch's passes add up.

        features: the input of layer `first`, (tokens, hidden), when it is known; else the pass starts from its tokens.
        """
        device = self._causal.device
        hidden_states = self.embedded(packed) if features is None else features.to(device)
        padding = -len(packed.predicting) % OUTPUT_ROWS_STEP
        output_rows = functional.pad(packed.predicting.to(device), (0, padding), value=hidden_states.shape[0])
        targets = functional.pad(packed.targets.to(device), (0, padding), value=-1)
        layers = range(first if features is not None else 0, len(self.layers))
        hidden_states = self.run(packed, hidden_states, layers, output_rows)
        hidden_states = rms_norm(hidden_states, self._causal.model.norm.weight, self._causal.config.rms_norm_eps)
        return summed_loss(hidden_states, self._causal.lm_head.weight, targets)

    def embedded(self, packed: PackedPass) -> torch.Tensor:
        """Return the input of the first layer, (tokens, hidden)."""
        embeddings: torch.Tensor = self._causal.model.embed_tokens(packed.input_ids[0].to(self._causal.device))
        return embeddings.to(self.compute_type)

    def run(
        self, packed: PackedPass, hidden_states: torch.Tensor, layers: range, output_rows: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the output of `layers`, of `output_rows` alone where these are given.

        At least one row of padding rounds the number of rows up (see `ROWS_STEP`). No other row sees it; its gradient
        is zero.
        """
        rows, device = hidden_states.shape[0], hidden_states.device
        cos, sin = self._causal.model.rotary_emb(hidden_states, packed.position_ids.to(device))
        cos, sin = (angles[0, :, : angles.shape[-1] // 2] for angles in (cos, sin))
        padding = ROWS_STEP - rows % ROWS_STEP
        hidden_states, cos, sin = (functional.pad(tensor, (0, 0, 0, padding)) for tensor in (hidden_states, cos, sin))
        attend = self._attention(packed, padding, device, hidden_states.dtype)
        for number in layers:
            inputs = (hidden_states, cos, sin, attend, output_rows if number == layers[-1] else None)
            if self._checkpointing and torch.is_grad_enabled():
                hidden_states = checkpoint(self.layers[number], *inputs, use_reentrant=False)
            else:
                hidden_states = self.layers[number](*inputs)
        return hidden_states[:rows] if output_rows is None else hidden_states

    def _attention(
        self, packed: PackedPass, padding: int, device: torch.device, dtype: torch.dtype
    ) -> Callable[..., torch.Tensor]:
        """Return the attention between the pass's rows that suits the device."""
        heads = self.layers[0].heads
        if has_kernel(device, dtype, heads):
            return partial(varlen_attention, sequences=Sequences.of(packed.shared, packed.lengths, padding, device))
        blocks = attention_blocks(packed.shared, packed.lengths, heads.sliding_window, device)
        return partial(attention, blocks=blocks)
