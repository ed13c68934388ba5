"""Shapes of published models of 0.1 to 70 billion parameters, from their configurations, for tables and advice."""

from appliance.planning.parameters import ModelShape

TYPICAL_SHAPES = (
    ("0.1B", ModelShape(576, 30, 9, 3, 64, 1536, 49_152, tied=True)),  # SmolLM2-135M
    ("0.5B", ModelShape(896, 24, 14, 2, 64, 4864, 151_936, tied=True, attention_bias=True)),  # Qwen2.5-0.5B
    ("1B", ModelShape(2048, 16, 32, 8, 64, 8192, 128_256, tied=True)),  # Llama-3.2-1B
    ("3B", ModelShape(3072, 28, 24, 8, 128, 8192, 128_256, tied=True)),  # Llama-3.2-3B
    ("8B", ModelShape(4096, 32, 32, 8, 128, 14_336, 128_256, tied=False)),  # Llama-3.1-8B
    ("14B", ModelShape(5120, 48, 40, 8, 128, 13_824, 152_064, tied=False, attention_bias=True)),  # Qwen2.5-14B
    ("32B", ModelShape(5120, 64, 40, 8, 128, 27_648, 152_064, tied=False, attention_bias=True)),  # Qwen2.5-32B
    ("70B", ModelShape(8192, 80, 64, 8, 128, 28_672, 128_256, tied=False)),  # Llama-3.1-70B
)
