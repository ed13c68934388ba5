"""Arithmetic before the start: presets, parameter counts, memory. No torch: the pages use it."""

from appliance.planning.parameters import lora_parameters, matrix_parameters
from appliance.planning.presets import PRESETS, training_plan

__all__ = ["PRESETS", "lora_parameters", "matrix_parameters", "training_plan"]
