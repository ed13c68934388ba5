"""Find the singular values of an adapter's update and the best smaller adapter, without forming the d x k update.

For B (d x r) and A (r x k), with QR decompositions B = Q_b R_b and A^T = Q_a R_a:

    B A = Q_b (R_b R_a^T) Q_a^T,        and the r x r core R_b R_a^T = U S V^T

so S holds the singular values of B A (the rest are zero), and Q_b U and Q_a V are its singular vectors. This costs
O((d + k) r²) instead of O(d k min(d, k)) for the whole matrix. Keeping the n largest values is the best approximation
of rank n in the Frobenius norm (Eckart and Young, Psychometrika 1, 1936). All in float64: adapters are float32, and
small values must not be lost in the rounding of the largest.

The model adds scaling · B A, where scaling = lora_alpha / r, or lora_alpha / sqrt(r) with rsLoRA (arXiv:2312.03732).
Other adapters are refused: DoRA normalises each row of W0 + B A, and full or last-layers training leaves no factors.
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
    """Return the factor of B A in the model."""
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
    """Return PEFT's two files of the best adapter of `rank`, with a lora_alpha that keeps the scaling.

    Raises `InputError` for a rank that is below 1 or not smaller than the adapter's.
    """
    configuration = read_adapter_configuration(files[ADAPTER_CONFIG])
    highest = configuration.rank - 1
    if not 1 <= rank <= highest:
        raise InputError("rank.shrink:below", rank=configuration.rank, highest=highest, wanted=rank)
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
    """Return A' (rank x k) and B' (d x rank) in float64, whose product best approximates B A.

    Each gets the square root of the singular values, so that both have the same size, as in training.
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
    """Return A and B of each matrix, by its name.

    Raises `InputError` when there are other tensors, `IntegrityError` for factors that do not fit.
    """
    tensors = load(weights)
    names = {name.removesuffix(_A) for name in tensors if name.endswith(_A)}
    expected = {f"{name}{factor}" for name in names for factor in (_A, _B)}
    if not names or set(tensors) != expected:  # the magnitudes of DoRA, or tensors of the model itself
        raise InputError("rank.method:not-low-rank")
    factors = {name: (tensors[f"{name}{_A}"], tensors[f"{name}{_B}"]) for name in sorted(names, key=_in_order)}
    for a, b in factors.values():
        if a.ndim != 2 or b.ndim != 2 or a.shape[0] != rank or b.shape[1] != rank:
            raise IntegrityError("adapter.shape:factors")
        if not (torch.isfinite(a).all() and torch.isfinite(b).all()):
            raise IntegrityError("adapter.values")
    return factors


def _in_order(name: str) -> list[tuple[int, str]]:
    """Return a sort key that puts layer 2 before layer 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in name.split(".")]
