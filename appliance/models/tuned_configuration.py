"""The configuration of trained tensors (methods full and last-layers): our own JSON object, through an allow-list.

    format                    "appliance-tuned-tensors"
    version                   1
    method                    "full" or "last-layers"
    last_layers               how many of the last decoder layers are in the file; 0 for full
    train_head                whether the head is; with last-layers it is then a matrix of its own, even if the base
                              model ties it to its embedding
    base_model_name_or_path   for people; nothing reads it

The tensors are beside it in safetensors, under the names of the architecture (`configuration.expected_tensors`).
"""

from dataclasses import dataclass

from appliance.foundation.errors import InputError
from appliance.models.bounded_json import allow, decode_object, integer, one_of, shown, text

TUNED_FORMAT = "appliance-tuned-tensors"
TUNED_VERSION = 1
MAX_LAYERS = 1024
_MAX_BYTES = 16 * 1024
_KEPT = {
    "format": one_of(TUNED_FORMAT),
    "version": one_of(TUNED_VERSION),
    "method": one_of("full", "last-layers"),
    "last_layers": integer(0, MAX_LAYERS),
    "train_head": one_of(True, False),
}
_DROPPED = {"base_model_name_or_path": text(500)}


@dataclass(frozen=True)
class TunedConfiguration:
    """Which tensors of the base model were trained, and are replaced whole."""

    method: str
    last_layers: int
    train_head: bool

    def names(self, base_names: frozenset[str], layers: int) -> frozenset[str]:
        """Return the tensors that must be in the file, given the names and the number of layers of the base model.

        Raises `InputError` for too many layers.
        """
        if self.method == "full":
            return base_names
        if self.last_layers > layers:
            raise InputError("adapter.layers", last_layers=self.last_layers, layers=layers)
        prefixes = tuple(f"model.layers.{number}." for number in range(layers - self.last_layers, layers))
        return frozenset(name for name in base_names if name.startswith(prefixes)) | (
            {"lm_head.weight"} if self.train_head else set()
        )


def read_tuned_configuration(data: bytes, name: str = "adapter_config.json") -> TunedConfiguration:
    """Return the configuration in `data`. Raises `InputError` naming the key that is refused or missing."""
    value = allow(decode_object(data, name, _MAX_BYTES), name, _KEPT, _DROPPED)
    missing = [key for key in _KEPT if key not in value]
    if missing:
        raise InputError("model.value:missing-in-adapter", name=shown(name), missing=", ".join(missing))
    full = value["method"] == "full"
    if full != (value["last_layers"] == 0):
        raise InputError("model.value:last-layers", name=shown(name))
    return TunedConfiguration(value["method"], value["last_layers"], value["train_head"])
