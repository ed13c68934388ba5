"""Convert a GGUF file into a folder of safetensors, configuration and tokenizer. The parser is an attack surface, hence
a worker.

transformers reads GGUF by dequantising it; the `quantization_config` that it leaves behind is dropped, so that the
result is an ordinary bf16 model.
"""

import functools
from pathlib import Path

from appliance.jobs.messages import Done, Ready
from appliance.jobs.starts.machine import ConvertStart
from appliance.workers.channel import WorkerChannel, run


def convert(channel: WorkerChannel, start: ConvertStart) -> Done:
    """Write the converted model into `start.output_folder`."""
    import gguf  # noqa: PLC0415 - after the channel is up, so that a failure to import can be told
    import torch  # noqa: PLC0415
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig  # noqa: PLC0415

    channel.send(Ready())
    # transformers parses the file anew for the configuration, the weights and the tokenizer; once is enough.
    gguf.GGUFReader = functools.cache(gguf.GGUFReader)
    source, output = Path(start.gguf_path), Path(start.output_folder)
    model = AutoModelForCausalLM.from_pretrained(
        source.parent,
        gguf_file=source.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
        local_files_only=True,
        trust_remote_code=False,
    )
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(output)
    AutoTokenizer.from_pretrained(
        source.parent, gguf_file=source.name, local_files_only=True, trust_remote_code=False
    ).save_pretrained(output)
    return Done(result={"parameters": sum(parameter.numel() for parameter in model.parameters())})


if __name__ == "__main__":
    run(ConvertStart, convert)
