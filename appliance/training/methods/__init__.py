"""The training methods, behind one protocol."""

from appliance.training.methods.artefact import adapter_files
from appliance.training.methods.full import FullMethod
from appliance.training.methods.last_layers import LastLayersMethod
from appliance.training.methods.low_rank import LoraMethod, QloraMethod
from appliance.training.methods.method import LoadedModel, Method, MethodSettings

METHODS: dict[str, type[Method]] = {
    method.name: method for method in (LoraMethod, QloraMethod, LastLayersMethod, FullMethod)
}

__all__ = ["METHODS", "LoadedModel", "MethodSettings", "adapter_files"]
