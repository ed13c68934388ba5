"""Plan a training: parameter counts, memory, time, presets and advice. Arithmetic without torch."""

from appliance.planning.estimates import checkpoint_bytes, estimate_seconds, expected
from appliance.planning.fit import FittedPlan, fit_training
from appliance.planning.gpu_table import GpuRow, gpu_table
from appliance.planning.machine import Machine, Speed, fingerprint
from appliance.planning.memory import MemorySplit, estimate_memory
from appliance.planning.methods import ADAPTER_METHODS, AUTOMATIC, METHODS, MethodChoice, trained_parameters
from appliance.planning.parameters import (
    AdapterCount,
    LayerCount,
    ModelShape,
    adapter_parameters,
    compare_adapter,
    matrix_parameters,
)
from appliance.planning.passes import Training, passes_that_fit
from appliance.planning.presets import (
    MAX_LENGTH,
    PRESETS,
    Preset,
    default_last_layers,
    default_learning_rate,
)
from appliance.planning.rank_advice import RankAdvice, advise_rank
from appliance.planning.refusals import Refusal, parameter_name, refusals
from appliance.planning.row_lengths import RowLengths, row_lengths, tokens_of
from appliance.planning.shapes import TYPICAL_SHAPES
from appliance.planning.spectrum import AdapterSpectrum, LayerSpectrum
from appliance.planning.stepping_down import Footprint, StepDown, step_down
from appliance.planning.work import Flop, Range, RowSizes, training_flop

__all__ = [
    "ADAPTER_METHODS",
    "AUTOMATIC",
    "MAX_LENGTH",
    "METHODS",
    "PRESETS",
    "TYPICAL_SHAPES",
    "AdapterCount",
    "AdapterSpectrum",
    "FittedPlan",
    "Flop",
    "Footprint",
    "GpuRow",
    "LayerCount",
    "LayerSpectrum",
    "Machine",
    "MemorySplit",
    "MethodChoice",
    "ModelShape",
    "Preset",
    "Range",
    "RankAdvice",
    "Refusal",
    "RowLengths",
    "RowSizes",
    "Speed",
    "StepDown",
    "Training",
    "adapter_parameters",
    "advise_rank",
    "checkpoint_bytes",
    "compare_adapter",
    "default_last_layers",
    "default_learning_rate",
    "estimate_memory",
    "estimate_seconds",
    "expected",
    "fingerprint",
    "fit_training",
    "gpu_table",
    "matrix_parameters",
    "parameter_name",
    "passes_that_fit",
    "refusals",
    "row_lengths",
    "step_down",
    "tokens_of",
    "trained_parameters",
    "training_flop",
]
