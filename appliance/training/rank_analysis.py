"""The singular values of an adapter's update, and the best smaller adapter, without ever forming the d x k update
itself.

For B (d x r) and A (r x k), with QR decompositions B = Q_b R_b and A^T = Q_a R_a:

    B A = Q_b (R_b R_a^T) Q_a^T,        and the r x r core R_b R_a^T = U S V^T

so S holds the singular values of B A (the rest are zero), Q_b U and Q_a V its singular vectors. It costs O((d + k) r²)
instead of the O(d k min(d, k)) of the whole matrix. Keeping the n largest is the best approximation of rank n in the
Frobenius norm (Eckart and Young, Psychometrika 1, 1936). All in float64: adapters are float32, and what is small beside
the largest value must not be rounding.

The update as the model adds it is scaling · B A; scaling = lora_alpha / r, with rsLoRA lora_alpha / sqrt(r)
(arXiv:2312.03732). What is no low-rank sum B A is refused: DoRA normalises each row of W0 + B A, and full or
last-layers training leaves no factors.
"""

import json
import math
from collections.abc import Mapping

import torch
from safetensors.torch import load, save

from appliance.foundation.errors import InputError, IntegrityError
from appliance.models import AdapterConfiguration, read_adapter_configuration
from appliance.planning import AdapterSpectrum, LayerSpectrum

ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
_A, _B = ".lora_A.weight", ".lora_B.weight"


def scaling(configuration: AdapterConfiguration) -> float:
    """Return what B A is multiplied by in the model."""
    divisor = math.sqrt(configuration.rank) if configuration.use_rslora else configuration.rank
    return configuration.lora_alpha / divisor


def analyse_adapter(files: Mapping[str, bytes]) -> AdapterSpectrum:
    """Return the spectrum of each adapted matrix. `files` are PEFT's two. Raises `InputError`, `IntegrityError`."""
    configuration = read_adapter_configuration(files[ADAPTER_CONFIG])
    factor = abs(scaling(configuration))
    layers = []
    for name, (a, b) in _factors(files[ADAPTER_WEIGHTS], configuration.rank).items():
        values = torch.linalg.svdvals(_core(a, b)[0]) * factor
        layers.append(LayerSpectrum(name, b.shape[0], a.shape[1], tuple(values.tolist())))
    return AdapterSpectrum(configuration.rank, tuple(layers))


def truncate_adapter(files: Mapping[str, bytes], rank: int) -> dict[str, bytes]:
    """Return PEFT's two files of the best adapter of `rank`: its lora_alpha keeps the scaling what it was.

    Raises `InputError` for a rank that is not smaller than the adapter's, or below 1.
    """
    configuration = read_adapter_configuration(files[ADAPTER_CONFIG])
    if not 1 <= rank < configuration.rank:
        raise InputError(
            "rank.shrink:adapter-rank-smaller", rank=configuration.rank, rank_2=configuration.rank - 1, rank_3=rank
        )
    tensors: dict[str, torch.Tensor] = {}
    for name, (a, b) in _factors(files[ADAPTER_WEIGHTS], configuration.rank).items():
        smaller_a, smaller_b = truncate_factors(a, b, rank)
        tensors[f"{name}{_A}"] = smaller_a.to(a.dtype).contiguous()
        tensors[f"{name}{_B}"] = smaller_b.to(b.dtype).contiguous()
    settings = json.loads(files[ADAPTER_CONFIG])
    settings["r"] = rank
    settings["lora_alpha"] = scaling(configuration) * (math.sqrt(rank) if configuration.use_rslora else rank)
    return {
        ADAPTER_WEIGHTS: save(tensors, metadata={"format": "pt"}),
        ADAPTER_CONFIG: json.dumps(settings, sort_keys=True).encode(),
    }


def truncate_factors(a: torch.Tensor, b: torch.Tensor, rank: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return A' (rank x k) and B' (d x rank) in float64, whose product is the best approximation of B A of that rank.

    Each gets the square root of the singular values, so that both are of like size, as in training.
    """
    core, q_a, q_b = _core(a, b)
    u, values, v_t = torch.linalg.svd(core)
    root = values[:rank].sqrt()
    return (v_t[:rank] * root[:, None]) @ q_a.T, q_b @ (u[:, :rank] * root)


def _core(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return R_b R_a^T, Q_a and Q_b."""
    q_b, r_b = torch.linalg.qr(b.double())
    q_a, r_a = torch.linalg.qr(a.double().T)
    return r_b @ r_a.T, q_a, q_b


def _factors(weights: bytes, rank: int) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Return A and B by the matrix's name.

    Raises `InputError` when there is anything else, `IntegrityError` when they do not fit.
    """
    tensors = load(weights)
    found = {name.removesuffix(_A) for name in tensors if name.endswith(_A)}
    wanted = {f"{name}{end}" for name in found for end in (_A, _B)}
    if not found or set(tensors) != wanted:  # the magnitudes of DoRA, or tensors of the model itself
        raise InputError("rank.method:adapter-holds-more")
    factors = {name: (tensors[f"{name}{_A}"], tensors[f"{name}{_B}"]) for name in sorted(found, key=_in_order)}
    for a, b in factors.values():
        if a.ndim != 2 or b.ndim != 2 or a.shape[0] != rank or b.shape[1] != rank:
            raise IntegrityError("adapter.shape:adapter-factors-rank")
        if not (torch.isfinite(a).all() and torch.isfinite(b).all()):
            raise IntegrityError("adapter.values")
    return factors


def _in_order(name: str) -> list[tuple[int, str]]:
    """Sort layer 2 before layer 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in name.split(".")]
