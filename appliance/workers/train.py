"""Train an adapter: read, tokenise, train, seal. Keys come in the start message; what leaves is a sealed adapter and figures."""

import resource
from pathlib import Path

from appliance.foundation.errors import InputError
from appliance.jobs.messages import Checkpointed, Done, Progress, Ready, TrainStart
from appliance.prompts import ChatPrompts
from appliance.workers.access import conversations, verified_model, with_system_prompt, write_adapter
from appliance.workers.channel import WorkerChannel, run


def train_adapter(channel: WorkerChannel, start: TrainStart) -> Done:
    """Train and write the adapter. After a `Stop` the best so far is kept."""
    from appliance.inference.compute_type import flush_denormals, probe, type_name  # noqa: PLC0415
    from appliance.training.checkpoints import CheckpointFolder, TrainingCheckpoint  # noqa: PLC0415 - torch takes seconds to import
    from appliance.training.examples import TokenizedExample  # noqa: PLC0415
    from appliance.training.features import SealedSpill  # noqa: PLC0415
    from appliance.training.loop import TrainingPlan, TrainingProgress, train  # noqa: PLC0415
    from appliance.training.methods import METHODS, MethodSettings, adapter_files  # noqa: PLC0415

    flush_denormals()
    model = verified_model(start.model)
    prompts = ChatPrompts.load(model)
    parts: dict[str, list[TokenizedExample]] = {}
    too_long = 0
    for part in ("training", "validation"):
        parts[part] = []
        for row in conversations(start.dataset, part):
            encoded = prompts.encode_conversation(with_system_prompt(row.messages, start.dataset.system_prompt))
            if len(encoded.input_ids) > start.max_length:
                too_long += 1
            else:
                parts[part].append(TokenizedExample(tuple(encoded.input_ids), tuple(encoded.loss_mask)))
    if not parts["training"]:
        raise InputError("No row fits the model's length. Shorten the answers.", code="training.length")
    compute_type = probe()
    settings = MethodSettings(
        compute_type=compute_type,
        seed=start.seed,
        rank=start.rank,
        lora_alpha=start.lora_alpha,
        use_rslora=start.use_rslora,
        use_dora=start.use_dora,
        last_layers=start.last_layers,
        train_head=start.train_head,
        activation_checkpointing=start.activation_checkpointing,
    )
    loaded = METHODS[start.method]().load(model, settings)
    folder = CheckpointFolder(Path(start.job_folder), start.job_id, start.job_key)
    checkpoint = folder.newest()
    channel.send(Ready(facts={"compute_type": type_name(compute_type), "too_long": too_long}))

    class Teller:
        def progress(self, progress: TrainingProgress) -> None:
            figures = {
                "loss": progress.loss,
                "validation_loss": progress.validation_loss,
                "learning_rate": progress.learning_rate,
                "tokens": float(progress.tokens),
                "tokens_per_s": progress.tokens_per_s,
                "seconds_left": progress.seconds_left,
                "epoch": float(progress.epoch),
            }
            channel.send(Progress(step=progress.step, steps=progress.steps, figures=figures))

        def keep(self, checkpoint: TrainingCheckpoint) -> None:
            folder.save(checkpoint)
            channel.send(Checkpointed(step=checkpoint.step))

    plan = TrainingPlan(start.epochs, start.batch_size, start.learning_rate, start.seed, start.checkpoint_steps, start.pass_tokens)
    spill = SealedSpill(Path(start.job_folder), start.job_id, start.job_key)
    outcome = train(
        loaded,
        parts["training"],
        parts["validation"],
        plan,
        Teller(),
        should_stop=channel.stop_requested,
        checkpoint=checkpoint,
        spill=spill,
    )
    spill.remove()
    result = {
        "seconds": round(outcome.seconds, 2),
        "tokens": outcome.tokens,
        "tokens_per_s": round(outcome.tokens / outcome.seconds, 1) if outcome.seconds else 0.0,
        "train_loss": outcome.train_loss,
        "validation_loss": outcome.validation_loss,
        "steps": outcome.steps_done,
        "compute_type": type_name(compute_type),
        "rows_too_long": too_long,
        "adapter_written": not outcome.stopped,
    }
    if not outcome.stopped:
        result["adapter_sha256"] = write_adapter(start.adapter, adapter_files(loaded, start.model.manifest["id"]))
    result["peak_rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Done(stopped=outcome.stopped, result=result)


if __name__ == "__main__":
    run(TrainStart, train_adapter)
