"""LoRA: low-rank adapters on a frozen model in the compute type (arXiv:2106.09685)."""

from pathlib import Path

from appliance.inference.loading import load_base
from appliance.training.methods.low_rank import inject_lora
from appliance.training.methods.method import LoadedModel, MethodSettings


class LoraMethod:
    """Adapters on the unchanged model."""

    name = "lora"

    def load(self, folder: Path, settings: MethodSettings) -> LoadedModel:
        """Load the base model and add adapters."""
        return inject_lora(
            load_base(folder, quantised=False, compute_type=settings.compute_type), settings, method=self.name
        )
