"""How a training fits a machine: it chooses the size of a pass, checkpointing and quantisation, and says what all of it
will take.
"""

from dataclasses import dataclass, replace

from appliance.foundation.errors import InputError
from appliance.foundation.messages import sentences, verbatim
from appliance.planning.estimates import checkpoint_bytes
from appliance.planning.memory import MemorySplit
from appliance.planning.methods import AUTOMATIC, MethodChoice, trained_parameters
from appliance.planning.passes import Training, passes_that_fit, seconds_of
from appliance.planning.refusals import model_refusals, refusals
from appliance.planning.work import Flop, Range, passes_of, steps_of, training_flop

ADVISED_BATCH = 32  # "LoRA Without Regret": over it, adapters fall behind


@dataclass(frozen=True)
class FittedPlan:
    """What will be done, and what it will take.

    `accumulation`: passes whose gradients make one step. `advice`: sentences worth reading.
    """

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


def fit_training(wanted: Training) -> FittedPlan:
    """Return the plan that fits. With the method `auto` it chooses LoRA, or QLoRA where that does not fit.

    Raises `InputError` naming every reason why it cannot be, each with the nearest thing that works.
    """
    if wanted.choice.method == AUTOMATIC:
        wanted = replace(wanted, choice=replace(wanted.choice, method="lora"))
        if not any(model_refusals(wanted.shape, wanted.choice)) and passes_that_fit(wanted) is None:
            wanted = replace(wanted, choice=replace(wanted.choice, method="qlora"))
    found = refusals(wanted)
    way = None if found else passes_that_fit(wanted)
    if way is None:
        raise InputError(sentences(*(verbatim(each.sentence) for each in found)), code=found[0].code)
    shape, choice, rows = wanted.shape, wanted.choice, wanted.rows
    pass_tokens, checkpointing, memory = way
    return FittedPlan(
        choice=choice,
        pass_tokens=pass_tokens,
        accumulation=passes_of(rows, wanted.batch_size, pass_tokens),
        checkpointing=checkpointing,
        steps=steps_of(rows, epochs=wanted.epochs, batch_size=wanted.batch_size),
        trained=trained_parameters(shape, choice),
        memory=memory,
        available_bytes=wanted.machine.memory_bytes,
        seconds=seconds_of(wanted, pass_tokens, checkpointing=checkpointing),
        disk_bytes=checkpoint_bytes(shape, choice),
        flop=training_flop(shape, choice, rows, epochs=wanted.epochs),
        advice=_advice(wanted, checkpointing),
    )


def _advice(wanted: Training, checkpointing: bool) -> tuple[str, ...]:
    advice = []
    if wanted.choice.adapters and wanted.batch_size > ADVISED_BATCH:
        advice.append(f"Adapters learn less well at batches over {ADVISED_BATCH}; 8 to {ADVISED_BATCH} is better.")
    if checkpointing:
        advice.append(
            "To fit the memory, activations are computed twice instead of kept (checkpointing): a third more time."
        )
    if wanted.machine.speed is None:
        advice.append(
            "This machine's speed was not measured yet, so the time is a wide guess. It is measured by the first plan "
            "that is made while "
            "no job runs."
        )
    return tuple(advice)
