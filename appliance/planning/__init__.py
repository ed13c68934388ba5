"""What a training will need and how it should run: parameter counts, memory, time and presets. Arithmetic without torch."""

from appliance.planning.estimates import COMPLETION_SHARE, Estimate, Range, estimate_memory, estimate_seconds
from appliance.planning.parameters import AdapterCount, ModelShape, adapter_parameters, compare_adapter, matrix_parameters
from appliance.planning.presets import MAX_LENGTH, METHODS, PRESETS, Preset, default_learning_rate, training_plan
from appliance.planning.rank_advice import RankAdvice, advise_rank
from appliance.planning.spectrum import AdapterSpectrum, LayerSpectrum
from appliance.planning.stepping_down import Footprint, StepDown, step_down

__all__ = [
    "COMPLETION_SHARE",
    "MAX_LENGTH",
    "METHODS",
    "PRESETS",
    "AdapterCount",
    "AdapterSpectrum",
    "Estimate",
    "Footprint",
    "LayerSpectrum",
    "ModelShape",
    "Preset",
    "Range",
    "RankAdvice",
    "StepDown",
    "adapter_parameters",
    "advise_rank",
    "compare_adapter",
    "default_learning_rate",
    "estimate_memory",
    "estimate_seconds",
    "matrix_parameters",
    "step_down",
    "training_plan",
]
