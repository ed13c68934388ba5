"""Write the best adapter of a smaller rank, and measure its cost: the loss on rows set aside, before and after."""

from pathlib import Path

from appliance.foundation.errors import InputError
from appliance.foundation.json_records import stored
from appliance.jobs.access import AdapterAccess
from appliance.jobs.messages import Done, Progress, Ready
from appliance.jobs.starts.adapters import ShrinkResult, ShrinkStart
from appliance.prompts import ChatPrompts
from appliance.workers.access import read_adapter, verified_model, write_adapter
from appliance.workers.channel import WorkerChannel, run

STEPS = 3  # truncate, measure before, measure after


def shrink_adapter(channel: WorkerChannel, start: ShrinkStart) -> Done:
    """Truncate, seal, measure both. After a `Stop` nothing is kept."""
    from appliance.inference.compute_type import flush_denormals, probe  # noqa: PLC0415
    from appliance.inference.engine import Engine  # noqa: PLC0415
    from appliance.training.adapter_loss import mean_loss  # noqa: PLC0415
    from appliance.training.rank_analysis import analyse_adapter, truncate_adapter  # noqa: PLC0415 - torch takes seconds to import
    from appliance.workers.access import tokenised_part  # noqa: PLC0415

    flush_denormals()
    model = verified_model(start.model)
    examples, _too_long = tokenised_part(ChatPrompts.load(model), start.dataset, "validation", start.max_length)
    if not examples:
        raise InputError("rank.validation:length")
    files = read_adapter(start.adapter)
    compute_type = probe()
    channel.send(Ready())
    spectrum = analyse_adapter(files)
    digest = write_adapter(start.smaller, truncate_adapter(files, start.rank))
    channel.send(Progress(step=1, steps=STEPS))
    losses = []
    for step, access in enumerate((start.adapter, start.smaller), 2):
        # As it lies sealed in its folder, loaded as chat and evaluation load it.
        engine = Engine.load(model, quantised=start.quantised, compute_type=compute_type, adapter=read_adapter(access))
        loss = mean_loss(engine.causal, examples, channel.stop_requested)
        del engine
        if loss is None:
            return Done(stopped=True)
        losses.append(loss)
        channel.send(Progress(step=step, steps=STEPS, figures={"validation_loss": loss}))
    before, after = losses
    kept = spectrum.kept(start.rank)
    result = ShrinkResult(
        adapter_written=True,
        adapter_sha256=digest,
        rank_before=spectrum.rank,
        rank=start.rank,
        kept=round(kept, 6),
        lost_directions=max(0, spectrum.used - start.rank),
        loss_before=before,
        loss_after=after,
        bytes_before=_size(start.adapter),
        bytes_after=_size(start.smaller),
        rows=len(examples),
    )
    return Done(result=stored(result))


def _size(access: AdapterAccess) -> int:
    return sum(path.stat().st_size for path in Path(access.folder).iterdir() if path.is_file())


if __name__ == "__main__":
    run(ShrinkStart, shrink_adapter)
