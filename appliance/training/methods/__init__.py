"""The training methods, a file each, behind one protocol."""

from appliance.training.methods.artefact import adapter_files
from appliance.training.methods.full import FullMethod
from appliance.training.methods.last_layers import LastLayersMethod
from appliance.training.methods.lora import LoraMethod
from appliance.training.methods.method import LoadedModel, Method, MethodSettings
from appliance.training.methods.qlora import QloraMethod

METHODS: dict[str, type[Method]] = {
    "lora": LoraMethod,
    "qlora": QloraMethod,
    "last-layers": LastLayersMethod,
    "full": FullMethod,
}

__all__ = [
    "METHODS",
    "FullMethod",
    "LastLayersMethod",
    "LoadedModel",
    "LoraMethod",
    "Method",
    "MethodSettings",
    "QloraMethod",
    "adapter_files",
]
