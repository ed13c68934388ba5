"""Fit a training to a machine: choose the size of a pass, checkpointing and quantisation, and say what it will take."""

from dataclasses import dataclass, replace

from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message, sentences
from appliance.planning.estimates import checkpoint_bytes, estimate_seconds
from appliance.planning.memory import MemorySplit
from appliance.planning.methods import AUTOMATIC, MethodChoice, trained_parameters
from appliance.planning.passes import passes_that_fit
from appliance.planning.refusals import model_refusals, refusals
from appliance.planning.work import Flop, Range, Training, passes_of, steps_of, training_flop

ADVISED_BATCHES = (8, 32)  # "LoRA Without Regret": in larger ones, adapters fall behind


@dataclass(frozen=True)
class FittedPlan:
    """What will be done, and what it will take. `accumulation`: passes whose gradients add up to one step."""

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
    advice: tuple[Message, ...]


def fit_training(wanted: Training) -> FittedPlan:
    """Return the plan that fits. The method `auto` becomes LoRA, or QLoRA where LoRA does not fit.

    Raises `InputError` with every reason against the training, each with the nearest alternative that works.
    """
    if wanted.choice.method == AUTOMATIC:
        wanted = replace(wanted, choice=replace(wanted.choice, method="lora"))
        if not any(model_refusals(wanted.shape, wanted.choice)) and passes_that_fit(wanted) is None:
            wanted = replace(wanted, choice=replace(wanted.choice, method="qlora"))
    reasons = refusals(wanted)
    fitting = None if reasons else passes_that_fit(wanted)
    if fitting is None:
        raise InputError(sentences(*(reason.sentence for reason in reasons)), code=reasons[0].code)
    shape, choice, rows = wanted.shape, wanted.choice, wanted.rows
    pass_tokens, checkpointing, memory = fitting
    return FittedPlan(
        choice=choice,
        pass_tokens=pass_tokens,
        accumulation=passes_of(rows, wanted.batch_size, pass_tokens),
        checkpointing=checkpointing,
        steps=steps_of(rows, epochs=wanted.epochs, batch_size=wanted.batch_size),
        trained=trained_parameters(shape, choice),
        memory=memory,
        available_bytes=wanted.machine.memory_bytes,
        seconds=estimate_seconds(wanted, pass_tokens, checkpointing=checkpointing),
        disk_bytes=checkpoint_bytes(shape, choice),
        flop=training_flop(shape, choice, rows, epochs=wanted.epochs),
        advice=_advice(wanted, checkpointing),
    )


def _advice(wanted: Training, checkpointing: bool) -> tuple[Message, ...]:
    advice = []
    least, most = ADVISED_BATCHES
    if wanted.choice.adapters and wanted.batch_size > most:
        advice.append(message("planning.advice-batch", least=least, most=most))
    if checkpointing:
        advice.append(message("planning.advice-checkpointing"))
    if wanted.machine.speed is None:
        advice.append(message("planning.advice-unmeasured"))
    return tuple(advice)
