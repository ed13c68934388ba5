"""The ways to train, each a file behind one protocol."""

from appliance.training.methods.lora import LoraMethod
from appliance.training.methods.method import LoadedModel, Method, adapter_files
from appliance.training.methods.qlora import QloraMethod

METHODS: dict[str, type[LoraMethod] | type[QloraMethod]] = {"lora": LoraMethod, "qlora": QloraMethod}

__all__ = ["METHODS", "LoadedModel", "LoraMethod", "Method", "QloraMethod", "adapter_files"]
