"""Base models and adapters: import, verification at every load, the starter. Tables stand in `models.tables`, out of workers' way."""

from appliance.models.adapter_configuration import AdapterConfiguration, read_adapter_configuration
from appliance.models.import_folder import copy_model, model_folder, verify_model, verify_model_folder
from appliance.models.manifest import ModelManifest
from appliance.models.safetensors_header import SafetensorsHeader, Tensor, read_header
from appliance.models.starter import locate_starter

__all__ = [
    "AdapterConfiguration",
    "ModelManifest",
    "SafetensorsHeader",
    "Tensor",
    "copy_model",
    "locate_starter",
    "model_folder",
    "read_adapter_configuration",
    "read_header",
    "verify_model",
    "verify_model_folder",
]
