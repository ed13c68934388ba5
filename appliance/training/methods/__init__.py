"""The training methods, behind one protocol."""

from appliance.training.methods.artefact import adapter_files
from appliance.training.methods.low_rank import LoraMethod, QloraMethod
from appliance.training.methods.method import LoadedModel, Method, MethodSettings
from appliance.training.methods.own_weights import FullMethod, LastLayersMethod

METHODS: dict[str, type[Method]] = {
    method.name: method for method in (LoraMethod, QloraMethod, LastLayersMethod, FullMethod)
}
