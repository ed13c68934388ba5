"""QLoRA: low-rank adapters on a frozen model in 4-bit NormalFloat with double quantisation (arXiv:2305.14314)."""

from pathlib import Path

from appliance.inference.loading import load_base
from appliance.training.methods.low_rank import inject_lora
from appliance.training.methods.method import LoadedModel, MethodSettings


class QloraMethod:
    """Adapters on the model in NF4."""

    name = "qlora"

    def load(self, folder: Path, settings: MethodSettings) -> LoadedModel:
        """Load the base model in NF4 and add adapters."""
        return inject_lora(
            load_base(folder, quantised=True, compute_type=settings.compute_type), settings, method=self.name
        )
