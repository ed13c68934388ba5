"""How a training fits a machine: it chooses the size of a pass, checkpointing and quantisation, and says what all of it will take."""

from dataclasses import dataclass, replace

from appliance.foundation.errors import InputError
from appliance.planning.estimates import MemorySplit, Range, checkpoint_bytes, estimate_seconds
from appliance.planning.machine import Machine
from appliance.planning.methods import AUTOMATIC, MethodChoice, trained_parameters
from appliance.planning.parameters import ModelShape
from appliance.planning.passes import passes_that_fit
from appliance.planning.refusals import model_refusals, refusals
from appliance.planning.work import Flop, RowSizes, computed_tokens, steps_of, training_flop

ADVISED_BATCH = 32  # "LoRA Without Regret": over it, adapters fall behind


@dataclass(frozen=True)
class FittedPlan:
    """What will be done, and what it will take. `accumulation`: passes whose gradients make one step. `advice`: sentences worth reading."""

    choice: MethodChoice
    pass_tokens: int
    accumulation: int
    checkpointing: bool
    steps: int
    trained: int
    memory: MemorySplit
    available_bytes: int
    seconds: Range
    disk_bytes: int
    flop: Flop
    advice: tuple[str, ...]


def fit_training(shape: ModelShape, choice: MethodChoice, machine: Machine, rows: RowSizes, *, epochs: int, batch_size: int) -> FittedPlan:
    """Return the plan that fits. With the method `auto` it chooses LoRA, or QLoRA where that does not fit.

    Raises `InputError` naming every reason why it cannot be, each with the nearest thing that works.
    """
    if choice.method == AUTOMATIC:
        whole = replace(choice, method="lora")
        fits = passes_that_fit(shape, whole, machine, rows) is not None and not any(model_refusals(shape, whole))
        choice = whole if fits else replace(choice, method="qlora")
    found = refusals(shape, choice, machine, rows, epochs=epochs, batch_size=batch_size)
    way = None if found else passes_that_fit(shape, choice, machine, rows)
    if way is None:
        raise InputError(" ".join(each.sentence for each in found), code=found[0].code)
    return _planned(shape, choice, machine, rows, way, epochs=epochs, batch_size=batch_size)


def _planned(
    shape: ModelShape,
    choice: MethodChoice,
    machine: Machine,
    rows: RowSizes,
    way: tuple[int, bool, MemorySplit],
    *,
    epochs: int,
    batch_size: int,
) -> FittedPlan:
    pass_tokens, checkpointing, memory = way
    in_a_step = computed_tokens(rows, batch_size)
    advice = []
    if choice.adapters and batch_size > ADVISED_BATCH:
        advice.append(f"Adapters learn less well at batches over {ADVISED_BATCH}; 8 to {ADVISED_BATCH} is better.")
    if checkpointing:
        advice.append("To fit the memory, activations are computed twice instead of kept (checkpointing): a third more time.")
    if machine.speed is None and not machine.gpu:
        advice.append("This machine's speed was not measured yet, so the time is a wide guess; after the first training it is known.")
    return FittedPlan(
        choice=choice,
        pass_tokens=pass_tokens,
        accumulation=max(1, min(batch_size, -(-round(in_a_step) // pass_tokens))),
        checkpointing=checkpointing,
        steps=steps_of(rows, epochs=epochs, batch_size=batch_size),
        trained=trained_parameters(shape, choice),
        memory=memory,
        available_bytes=machine.memory_bytes,
        seconds=estimate_seconds(shape, choice, machine, rows, epochs=epochs, batch_size=batch_size, checkpointing=checkpointing),
        disk_bytes=checkpoint_bytes(shape, choice),
        flop=training_flop(shape, choice, rows, epochs=epochs),
        advice=tuple(advice),
    )
