"""What a model, a machine or its disk cannot do: each reason with the nearest alternative that works."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from appliance.foundation.messages import Message, message, sentences
from appliance.planning.estimates import checkpoint_bytes, estimate_seconds
from appliance.planning.gpu_table import TYPICAL_SHAPES
from appliance.planning.memory import estimate_memory
from appliance.planning.methods import MethodChoice
from appliance.planning.parameters import ModelShape
from appliance.planning.passes import pass_sizes, passes_that_fit
from appliance.planning.presets import default_last_layers
from appliance.planning.work import Range, Training

DAY_SECONDS = 24 * 3600.0
MAX_SECONDS = 30 * DAY_SECONDS
USUAL_RANK, SMALL_RANK = 16, 4
SHORT_ROW = 256  # tokens


@dataclass(frozen=True)
class Refusal:
    """Why a training does not start, and the nearest alternative that works."""

    code: str
    sentence: Message


def refusals(wanted: Training) -> tuple[Refusal, ...]:
    """Return all reasons against a training; none when it can start."""
    reasons = list(model_refusals(wanted.shape, wanted.choice))
    if reasons:
        return tuple(reasons)
    fitting = passes_that_fit(wanted)
    if fitting is None:
        reasons.append(Refusal("planning.memory", _too_little_memory(wanted)))
    if not _has_disk(wanted):
        reasons.append(Refusal("planning.disk", _too_little_disk(wanted)))
    if fitting is not None:
        span = estimate_seconds(wanted, fitting[0], checkpointing=fitting[1])
        if span.low > MAX_SECONDS:
            reasons.append(Refusal("planning.time", _too_long(span, wanted.epochs, gpu=wanted.machine.gpu)))
    return tuple(reasons)


def model_refusals(shape: ModelShape, choice: MethodChoice) -> Iterator[Refusal]:
    """Yield what the model itself makes impossible."""
    side = shape.smallest_side
    if choice.adapters and choice.rank > side:
        sentence = message("planning.rank:narrow-model", rank=choice.rank, side=side)
        if side >= USUAL_RANK:
            sentence = message("planning.rank:model", rank=choice.rank, side=side, usual=USUAL_RANK)
        yield Refusal("planning.rank", sentence)
    if choice.method == "last-layers" and choice.last_layers > shape.layers:
        usual = default_last_layers(shape.layers)
        yield Refusal(
            "planning.layers", message("planning.layers", layers=shape.layers, count=choice.last_layers, usual=usual)
        )


def _alternatives(shape: ModelShape, choice: MethodChoice) -> Iterator[MethodChoice]:
    """Yield the nearest alternatives in order: first less of the same, then what keeps less in memory."""
    plain = replace(choice, use_dora=False, train_head=False, last_layers=0)
    if choice.method in {"full", "last-layers"}:
        layers = choice.last_layers if choice.method == "last-layers" else shape.layers
        while layers > 1:
            layers = layers // 2
            yield replace(plain, method="last-layers", last_layers=layers)
    if choice.method != "qlora":
        if choice.method != "lora" or choice.use_dora:
            yield replace(plain, method="lora", rank=min(plain.rank, shape.smallest_side))
        yield replace(plain, method="qlora", rank=min(plain.rank, shape.smallest_side))
    for rank in (USUAL_RANK, SMALL_RANK):
        if rank < choice.rank:
            yield replace(plain, method="qlora", rank=rank)


def _nearest(wanted: Training, fits: Callable[[Training], bool]) -> Training | None:
    """Return the first alternative that fits, preferring one that fits both memory and disk; None when none fits."""
    trainings = (replace(wanted, choice=choice) for choice in _alternatives(wanted.shape, wanted.choice))
    fitting = [training for training in trainings if fits(training)]
    working = (training for training in fitting if _has_disk(training) and passes_that_fit(training) is not None)
    return next(working, fitting[0] if fitting else None)


def _has_disk(wanted: Training) -> bool:
    return checkpoint_bytes(wanted.shape, wanted.choice) <= wanted.machine.disk_bytes


def _named(choice: MethodChoice, wanted: MethodChoice) -> Message:
    """Return an alternative's name, with its rank where another one was wanted."""
    if choice.adapters and choice.rank != wanted.rank:
        return message("planning.method-with-rank", method=choice.short_name, rank=choice.rank)
    return choice.short_name


def _too_little_memory(wanted: Training) -> Message:
    shape, choice, machine = wanted.shape, wanted.choice, wanted.machine
    needed = estimate_memory(wanted, pass_sizes(machine)[-1], checkpointing=True).needed
    identifier = "planning.memory:gpu" if machine.gpu else "planning.memory:machine"
    reason = message(identifier, available=machine.memory_bytes, method=choice.short_name, needed=needed)
    other = _nearest(wanted, lambda training: passes_that_fit(training) is not None)
    if other is not None and (fitting := passes_that_fit(other)) is not None:
        name = _named(other.choice, choice)
        return sentences(reason, message("planning.memory:fits", method=name, needed=fitting[2].needed))
    least = MethodChoice("qlora", rank=min(SMALL_RANK, shape.smallest_side))
    return sentences(reason, _smaller_than(replace(wanted, choice=least)))


def _smaller_than(least: Training) -> Message:
    """Return what would fit where not even `least` does: shorter rows or a smaller model."""
    rows = least.rows
    if rows.longest > SHORT_ROW:
        shorter = replace(rows, longest=SHORT_ROW, mean=min(rows.mean, float(SHORT_ROW)), shared=0.0)
        if passes_that_fit(replace(least, rows=shorter)) is not None:
            return message("planning.memory:shorter-rows", longest=rows.longest, short=SHORT_ROW)
    smaller = [shape for _, shape in TYPICAL_SHAPES if passes_that_fit(replace(least, shape=shape)) is not None]
    if smaller:
        largest = max(shape.parameters for shape in smaller)
        return message("planning.memory:smaller-model", parameters=parameter_name(largest))
    return message("planning.memory:nothing")


def _too_little_disk(wanted: Training) -> Message:
    shape, choice = wanted.shape, wanted.choice
    needed = checkpoint_bytes(shape, choice)
    reason = message("planning.disk", free=wanted.machine.disk_bytes, method=choice.short_name, needed=needed)
    other = _nearest(wanted, _has_disk)
    if other is None:
        return sentences(reason, message("planning.disk:room"))
    needed = checkpoint_bytes(shape, other.choice)
    return sentences(reason, message("planning.disk:fits", method=_named(other.choice, choice), needed=needed))


def _too_long(span: Range, epochs: int, *, gpu: bool) -> Message:
    reason = message("planning.time", days=round(span.low / DAY_SECONDS), most=round(MAX_SECONDS / DAY_SECONDS))
    fewer = int(epochs * MAX_SECONDS / span.low)
    if fewer >= 1:
        return sentences(reason, message("planning.time:fewer-epochs", fewer=fewer, epochs=epochs))
    return sentences(reason, message("planning.time:faster-gpu" if gpu else "planning.time:gpu"))


def parameter_name(number: int) -> Message:
    """Return a number of parameters as people say it: "7 billion"."""
    if number >= 1e9:
        return message("planning.billion", number=float(f"{number / 1e9:.2g}"))
    return message("planning.million", number=round(number / 1e6))
