"""What a training will need and how it should run: parameter counts, memory, time and presets. Arithmetic without torch."""

from appliance.planning.estimates import checkpoint_bytes, estimate_seconds, expected
from appliance.planning.fit import FittedPlan, fit_training
from appliance.planning.gpu_table import GpuRow, gpu_table
from appliance.planning.machine import Machine, Speed, fingerprint
from appliance.planning.memory import MemorySplit, estimate_memory
from appliance.planning.methods import AUTOMATIC, METHODS, MethodChoice, trained_parameters
from appliance.planning.parameters import AdapterCount, LayerCount, ModelShape, adapter_parameters, compare_adapter, matrix_parameters
from appliance.planning.passes import Training, passes_that_fit
from appliance.planning.presets import MAX_LENGTH, PRESETS, Preset, default_last_layers, default_learning_rate, training_plan
from appliance.planning.refusals import Refusal, gigabytes, parameter_name, refusals
from appliance.planning.shapes import TYPICAL_SHAPES
from appliance.planning.work import Flop, Range, RowSizes, training_flop

__all__ = [
    "AUTOMATIC",
    "MAX_LENGTH",
    "METHODS",
    "PRESETS",
    "TYPICAL_SHAPES",
    "AdapterCount",
    "FittedPlan",
    "Flop",
    "GpuRow",
    "LayerCount",
    "Machine",
    "MemorySplit",
    "MethodChoice",
    "ModelShape",
    "Preset",
    "Range",
    "Refusal",
    "RowSizes",
    "Speed",
    "Training",
    "adapter_parameters",
    "checkpoint_bytes",
    "compare_adapter",
    "default_last_layers",
    "default_learning_rate",
    "estimate_memory",
    "estimate_seconds",
    "expected",
    "fingerprint",
    "fit_training",
    "gigabytes",
    "gpu_table",
    "matrix_parameters",
    "parameter_name",
    "passes_that_fit",
    "refusals",
    "trained_parameters",
    "training_flop",
    "training_plan",
]
