"""Run the peer (peer_sft.py) on a file from top to bottom, so that it sees the batches that `ops.bench.training
--order-to` wrote.

    /an/environment/with/trl/bin/python ops/bench/peer_in_order.py PEER_SFT.py MODEL_DIR ORDERED.jsonl --held-out
    HELD.jsonl [--type T]
        [--last-layers N]

Needs what the peer needs, and nothing of the product. `--last-layers N` trains the last N layers, frozen the rest,
grouped by length, instead of a LoRA. Prints the seconds of its threads, and the peer's JSON object.
"""

import argparse
import importlib.util
import json
import time
from types import ModuleType


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("peer_sft", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def adjust(last_layers: int) -> None:
    """Make the peer say its threads' time and, when asked, train the last layers alone: what a user would do by hand,
    no adapter.
    """
    import trl  # noqa: PLC0415 - the peer's environment

    class Adjusted(trl.SFTTrainer):
        def __init__(self, model, config, **others):  # type: ignore[no-untyped-def]
            if last_layers:
                del others["peft_config"]
                model.requires_grad_(False)
                for layer in model.model.layers[-last_layers:]:
                    layer.requires_grad_(True)
            super().__init__(model, config, **others)

        def train(self, *words, **options):  # type: ignore[no-untyped-def]
            busy = time.process_time()
            result = super().train(*words, **options)
            print(json.dumps({"cpu_seconds": round(time.process_time() - busy, 2)}))
            return result

    trl.SFTTrainer = Adjusted


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("peer")
    parser.add_argument("model")
    parser.add_argument("train")
    parser.add_argument("--held-out")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--type", default="bf16-weights")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--last-layers", type=int, default=0)
    options = parser.parse_args()
    peer = load(options.peer)
    options.grouping = {"train_sampling_strategy": "group_by_length" if options.last_layers else "sequential"}
    adjust(options.last_layers)
    peer.run(options)


if __name__ == "__main__":
    main()
