"""How each kind of worker is played, and what they work on.

The plays of datasets are the real workers'; training, evaluation and answers are made up, and sealed as the real
workers seal them.
"""

import json
import math
import struct
from pathlib import Path
from typing import Any

from rank_plays import play_ranks, play_shrink, play_sweep
from simulated_launcher import Play, works

from appliance.evaluation import AnsweredQuestion, Outcome, Score, compare
from appliance.foundation.json_records import stored
from appliance.jobs.messages import ChatPiece, Done, Progress, Ready
from appliance.jobs.starts.adapters import ChatRequest
from appliance.models.configuration import expected_tensors
from appliance.vault.stream import SealContext, seal_file
from appliance.workers.access import conversations
from appliance.workers.parse import parse
from appliance.workers.preview import look
from appliance.workers.revise import revise
from appliance.workers.search import search

CANARY = "zebra-quartz-41977"
TABLE = "question,answer,group,split\n" + "".join(
    f"What is item {index}?,It is {CANARY} number {index}.,g{index},{('training', 'validation', 'test')[index % 3]}\n"
    for index in range(12)
)
CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 16,
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "tie_word_embeddings": True,
    "dtype": "float32",
}


def write_model(folder: Path) -> Path:
    """Write a model of zeros that the import accepts."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name, shape in expected_tensors(CONFIG).items():
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [place, place + math.prod(shape) * 4]}
        place += math.prod(shape) * 4
    raw = json.dumps(header).encode()
    tokenizer = {
        "version": "1.0",
        "added_tokens": [{"id": 0, "content": "<|im_start|>", "special": True}],
        "model": {"type": "BPE", "vocab": {"a": 1, "b": 2}, "merges": []},
    }
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ x }}"}), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(raw)) + raw + bytes(place))
    return folder


def play_training(channel: Any, start: Any) -> Done:
    """Seal an adapter where the order says, as a worker does."""
    channel.send(Ready())
    channel.send(Progress(step=1, steps=1, figures={"loss": 0.5}))
    folder = Path(start.adapter.folder)
    folder.mkdir()
    seal_file(
        folder / "adapter.sealed",
        b"weights",
        start.adapter.data_key,
        SealContext("adapter", start.adapter.adapter_id, 1, "x"),
    )
    figures = {"seconds": 61.0, "tokens": 100, "tokens_per_s": 50.0, "train_loss": 0.5, "validation_loss": 0.75}
    return Done(result={**figures, "adapter_written": True, "adapter_sha256": "ab" * 32})


def play_measuring(channel: Any, start: Any) -> Done:
    """Say that this machine is as fast as some."""
    del start
    channel.send(Ready())
    return Done(result={"compute_type": "float32", "gflops": 80.0, "copy_gb_s": 5.0, "gpu_memory_bytes": 0})


def play_evaluation(channel: Any, start: Any) -> Done:
    """Seal answers where the order says, as a worker does."""
    channel.send(Ready())
    answers, right = {"original": "O", "tuned": "R"}, {"original": False, "tuned": True}
    rows = list(conversations(start.dataset, "test"))
    asked = [AnsweredQuestion(row.row, f"Q {CANARY}", "R", answers, right) for row in rows]
    data = json.dumps({"answers": stored(asked)}).encode()
    context = SealContext("job", start.job.job_id, 1, "results.sealed")
    seal_file(Path(start.job.folder) / "results.sealed", data, start.job.key, context)
    outcome = Outcome(True, [Score(right[name], declined=False) for name in answers])
    return Done(result=stored(compare(tuple(answers), [outcome] * len(rows))))


def play_answers(channel: Any, _raw: Any) -> None:
    """Answer every request, piece by piece, until the channel closes."""
    channel.receive()
    channel.send(Ready())
    while isinstance(request := channel.receive(), ChatRequest):
        for contender in request.contenders:
            for text, last in ((contender, False), (" answer", False), ("", True)):
                channel.send(ChatPiece(request_id=request.request_id, contender=contender, text=text, last=last))


ORDINARY_PLAYS: dict[str, Play] = {
    "parse": works(parse),
    "preview": works(look),
    "revise": works(revise),
    "search": works(search),
    "measure": works(play_measuring),
    "ranks": works(play_ranks),
    "shrink": works(play_shrink),
    "sweep": works(play_sweep),
    "train": works(play_training),
    "evaluate": works(play_evaluation),
    "serve": play_answers,
}
