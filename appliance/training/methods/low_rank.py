"""Low-rank adapters on a frozen model.

LoRA (arXiv:2106.09685) holds the model in the compute type, QLoRA (arXiv:2305.14314) in 4-bit NormalFloat with double
quantisation.
"""

import warnings
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model

from appliance.inference.loading import load_base
from appliance.training.decoder import Decoder
from appliance.training.methods.method import LoadedModel, MethodSettings


class LoraMethod:
    """Adapters on the unchanged model."""

    name = "lora"
    quantised = False

    def load(self, folder: Path, settings: MethodSettings) -> LoadedModel:
        """Load the base model, in NF4 where it is `quantised`, and add adapters."""
        model = load_base(folder, quantised=self.quantised, compute_type=settings.compute_type)
        return inject_lora(model, settings, method=self.name)


class QloraMethod(LoraMethod):
    """Adapters on the model in NF4."""

    name = "qlora"
    quantised = True


def inject_lora(model: Any, settings: MethodSettings, *, method: str) -> LoadedModel:
    """Add adapters to every linear layer but the head: h = W0 x + (lora_alpha / rank) B A x, with A random and B zero.

    LoRA: arXiv:2106.09685. All linear layers rather than attention alone: "LoRA Without Regret" (Thinking Machines,
    2025) and QLoRA (arXiv:2305.14314, section 4). use_rslora: lora_alpha / sqrt(rank) instead, so that high ranks learn
    as fast (rsLoRA, arXiv:2312.03732). use_dora: lengths and directions learn separately (DoRA, arXiv:2402.09353);
    slower, because PEFT computes it. The adapters' weights are fp32, products with them in the compute type. No
    dropout: runs are short and data is small.
    """
    model.requires_grad_(False)
    torch.manual_seed(settings.seed)
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=0.0,
        target_modules=_linear_names(model),
        task_type="CAUSAL_LM",
        use_rslora=settings.use_rslora,
        use_dora=settings.use_dora,
    )
    with warnings.catch_warnings():
        # PEFT 0.21 reads a property that transformers 5 has renamed but still supports.
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
        peft = get_peft_model(model, config)
    causal = peft.get_base_model()
    decoder = Decoder(causal, settings.compute_type, checkpointing=settings.activation_checkpointing)
    return LoadedModel(causal, decoder, method, peft=peft)


def _linear_names(model: Any) -> list[str]:
    """Return the last parts of the names of all linear layers but the head ("q_proj"), as every block has them."""
    head = model.get_output_embeddings()
    linear = {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and module is not head
    }
    return sorted(linear)
