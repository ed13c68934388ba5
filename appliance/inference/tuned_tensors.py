"""Swap the tensors of full or last-layers training into a base model, and back."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from appliance.foundation.errors import IntegrityError
from appliance.models import TunedConfiguration


class TunedTensors:
    """Both sets of tensors in memory, one of them in the model.

    Where the base model ties two places to one tensor, both change. A separate head is the exception (last-layers with
    `train_head`): it replaces the head alone, and the embedding stays.
    """

    def __init__(self, causal: Any, configuration: TunedConfiguration, tensors: Mapping[str, torch.Tensor]) -> None:
        """Put the trained tensors in.

        Raises `IntegrityError` unless they are exactly those that the configuration names, in the model's shapes.
        """
        parameters = dict(causal.named_parameters())
        base = frozenset(parameters)
        own_head = configuration.method == "last-layers" and configuration.train_head
        shapes = {name: parameter.shape for name, parameter in parameters.items()}
        if own_head:
            shapes["lm_head.weight"] = causal.lm_head.weight.shape
        wanted = {name: shapes[name] for name in configuration.names(base, len(causal.model.layers))}
        if {name: tensor.shape for name, tensor in tensors.items()} != wanted:
            raise IntegrityError("adapter.shape:trained-tensors-fit")
        self._places: list[tuple[Any, str, torch.nn.Parameter, torch.nn.Parameter]] = []
        for name, tensor in tensors.items():
            before = causal.lm_head.weight if name == "lm_head.weight" else parameters[name]
            after = torch.nn.Parameter(tensor.to(before.device, before.dtype), requires_grad=False)
            alone = own_head and name == "lm_head.weight"
            for module in [causal.lm_head] if alone else causal.modules():
                for key, parameter in module.named_parameters(recurse=False):
                    if parameter is before:
                        self._places.append((module, key, before, after))
        self._put(tuned=True)

    @contextlib.contextmanager
    def original(self) -> Iterator[None]:
        """Restore the base model's own tensors for the block."""
        self._put(tuned=False)
        try:
            yield
        finally:
            self._put(tuned=True)

    def _put(self, *, tuned: bool) -> None:
        for module, key, before, after in self._places:
            setattr(module, key, after if tuned else before)
