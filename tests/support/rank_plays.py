"""How the workers that work on ranks are played: they seal what they would make, and say figures that were made up."""

import json
from pathlib import Path
from typing import Any

from appliance.foundation.json_records import stored
from appliance.jobs.messages import Done, Ready
from appliance.jobs.starts.adapters import RanksStart, ShrinkStart
from appliance.jobs.starts.train import SweepStart
from appliance.planning.spectrum import AdapterSpectrum, LayerSpectrum, RankSummary, rank_sentence
from appliance.vault.stream import SealContext, seal_file

FOUND = RankSummary(
    rank=4,
    matrices=14,
    used=4,
    kept=(0.5, 0.8, 0.96, 1.0),
    enough={90: 3, 95: 3, 99: 4},
    effective_rank=3.5,
    stable_rank=2.5,
    highest=8,
)
SUMMARY = {**stored(FOUND), "sentence": str(rank_sentence(FOUND))}
SHRUNK = {
    "adapter_written": True,
    "adapter_sha256": "cd" * 32,
    "rank_before": 4,
    "rank": 3,
    "kept": 0.96,
    "lost_directions": 1,
    "loss_before": 1.0,
    "loss_after": 1.01,
    "bytes_before": 800,
    "bytes_after": 200,
    "rows": 4,
    "sentence": "This model is perfect.",
}


def play_ranks(channel: Any, start: RanksStart) -> Done:
    """Seal values where the order says, as the worker does."""
    channel.send(Ready())
    layers = AdapterSpectrum(2, (LayerSpectrum("q_proj", 8, 8, (2.0, 1.0)),)).by_layer()
    data = json.dumps({"version": 1, "layers": stored(layers)}).encode()
    context = SealContext("job", start.job.job_id, 1, "spectrum.sealed")
    seal_file(Path(start.job.folder) / "spectrum.sealed", data, start.job.key, context)
    return Done(result={**SUMMARY, "sentence": "This model is perfect."})


def play_shrink(channel: Any, start: ShrinkStart) -> Done:
    """Seal an adapter where the order says."""
    channel.send(Ready())
    _seal(start.smaller)
    return Done(result={**SHRUNK, "rank": start.rank})


def play_sweep(channel: Any, start: SweepStart) -> Done:
    """Seal the winner's adapter where the order says: the second candidate wins."""
    channel.send(Ready())
    _seal(start.training.adapter)
    won = start.candidates[1].rank
    trials = [
        {"rung": 0, "rank": each.rank, "steps": 2, "validation_loss": 1.0, "parameters": 8} for each in start.candidates
    ]
    figures = {"adapter_sha256": "ef" * 32, "rank": won, "trials": trials, "sentence": f"Rank {won} did best."}
    return Done(result={"adapter_written": True, "validation_loss": 1.0, "seconds": 1.0, **figures})


def _seal(access: Any) -> None:
    folder = Path(access.folder)
    folder.mkdir()
    seal_file(folder / "adapter.sealed", b"weights", access.data_key, SealContext("adapter", access.adapter_id, 1, "x"))
