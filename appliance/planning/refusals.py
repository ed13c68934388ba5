"""What a model, a machine or its disk cannot do: each reason as a sentence, with the nearest thing that works."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from appliance.planning.estimates import checkpoint_bytes
from appliance.planning.methods import MethodChoice
from appliance.planning.parameters import ModelShape
from appliance.planning.passes import Training, memory_of, pass_sizes, passes_that_fit, seconds_of
from appliance.planning.presets import default_last_layers
from appliance.planning.shapes import TYPICAL_SHAPES
from appliance.planning.work import Range

MAX_SECONDS = 30 * 24 * 3600.0
USUAL_RANK, SMALL_RANK = 16, 4
SHORT_ROW = 256  # tokens


@dataclass(frozen=True)
class Refusal:
    """Why a training does not start, as a sentence, and the nearest thing that works."""

    code: str
    sentence: str


def refusals(wanted: Training) -> tuple[Refusal, ...]:
    """Return all reasons against a training, none when it can start."""
    found = list(model_refusals(wanted.shape, wanted.choice))
    if found:
        return tuple(found)
    way = passes_that_fit(wanted)
    if way is None:
        found.append(_too_little_memory(wanted))
    if not _has_disk(wanted):
        found.append(_too_little_disk(wanted, checkpoint_bytes(wanted.shape, wanted.choice)))
    if way is not None:
        span = seconds_of(wanted, way[0], checkpointing=way[1])
        if span.low > MAX_SECONDS:
            found.append(_too_long(span, wanted.epochs, gpu=wanted.machine.gpu))
    return tuple(found)


def model_refusals(shape: ModelShape, choice: MethodChoice) -> Iterator[Refusal]:
    """Yield what the model itself makes impossible."""
    if choice.adapters and choice.rank > shape.smallest_side:
        usual = f"; {USUAL_RANK} is usual" if shape.smallest_side >= USUAL_RANK else ""
        yield Refusal(
            "planning.rank",
            f"A rank of {choice.rank} is more than the smallest side of this model's layers, {shape.smallest_side}: it "
            "could add nothing. "
            f"Ranks from 1 to {shape.smallest_side} work{usual}.",
        )
    if choice.method == "last-layers" and choice.last_layers > shape.layers:
        yield Refusal(
            "planning.layers",
            f"The model has {shape.layers} layers, so its last {choice.last_layers} cannot learn. Choose 1 to "
            f"{shape.layers}; "
            f"{default_last_layers(shape.layers)} is usual, and all of them is what full training does.",
        )


def _alternatives(shape: ModelShape, choice: MethodChoice) -> Iterator[MethodChoice]:
    """Yield what comes nearest to a choice, in order: less of the same first, then what keeps less in memory."""
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
    """Return the first alternative that fits, of those that both memory and disk have room for where there is one; None
    without any.
    """
    fitting = [
        each for other in _alternatives(wanted.shape, wanted.choice) if fits(each := replace(wanted, choice=other))
    ]
    working = (each for each in fitting if _has_disk(each) and passes_that_fit(each) is not None)
    return next(working, fitting[0] if fitting else None)


def _has_disk(wanted: Training) -> bool:
    return checkpoint_bytes(wanted.shape, wanted.choice) <= wanted.machine.disk_bytes


def _named(other: Training, asked: MethodChoice) -> str:
    """Return an alternative as people name it, with its rank where that is another one than was asked for."""
    choice = other.choice
    return choice.short_name + (f" with rank {choice.rank}" if choice.adapters and choice.rank != asked.rank else "")


def _too_little_memory(wanted: Training) -> Refusal:
    shape, choice, machine, rows = wanted.shape, wanted.choice, wanted.machine, wanted.rows
    needed = memory_of(wanted, pass_sizes(machine)[-1], checkpointing=True).needed
    where = "This GPU" if machine.gpu else "This machine"
    said = (
        f"{where} has {gigabytes(machine.memory_bytes)} for a training, and {choice.short_name} of this model needs "
        "up to "
    )
    said += f"{gigabytes(needed)} even in the smallest steps."
    other = _nearest(wanted, lambda each: passes_that_fit(each) is not None)
    if other is not None and (way := passes_that_fit(other)) is not None:
        return Refusal(
            "planning.memory", f"{said} What fits: {_named(other, choice)}, up to {gigabytes(way[2].needed)}."
        )
    least = replace(wanted, choice=MethodChoice("qlora", rank=min(SMALL_RANK, shape.smallest_side)))
    if rows.longest > SHORT_ROW:
        shorter = replace(rows, longest=SHORT_ROW, mean=min(rows.mean, float(SHORT_ROW)), shared=0.0)
        if passes_that_fit(replace(least, rows=shorter)) is not None:
            return Refusal(
                "planning.memory",
                f"{said} The longest row has {rows.longest} tokens; with rows of up to {SHORT_ROW}, QLoRA fits.",
            )
    largest = max(
        (each.parameters for _, each in TYPICAL_SHAPES if passes_that_fit(replace(least, shape=each)) is not None),
        default=0,
    )
    if largest:
        return Refusal(
            "planning.memory", f"{said} A model of about {parameter_name(largest)} parameters fits, with QLoRA."
        )
    return Refusal(
        "planning.memory", f"{said} No model that the appliance knows of fits: use a machine with more memory."
    )


def _too_little_disk(wanted: Training, needed: int) -> Refusal:
    free, name = gigabytes(wanted.machine.disk_bytes), wanted.choice.short_name
    said = f"The disk has {free} free, and the checkpoints of {name} take {gigabytes(needed)}."
    other = _nearest(wanted, _has_disk)
    if other is not None:
        taken = gigabytes(checkpoint_bytes(other.shape, other.choice))
        return Refusal(
            "planning.disk", f"{said} Make room, or choose {_named(other, wanted.choice)}: it takes {taken}."
        )
    return Refusal("planning.disk", f"{said} Make room: shred data sets that are not needed, or move other files away.")


def _too_long(span: Range, epochs: int, *, gpu: bool) -> Refusal:
    days, most = span.low / 86400, MAX_SECONDS / 86400
    fewer = int(epochs * MAX_SECONDS / span.low)
    said = f"It would take {days:,.0f} days or more on this machine; over {most:.0f} days nothing is started."
    if fewer >= 1:
        return Refusal(
            "planning.time", f"{said} With {fewer} instead of {epochs} passes over the data it would be done in time."
        )
    return Refusal(
        "planning.time",
        f"{said} Choose a smaller model, fewer rows, or a machine with {'a faster' if gpu else 'a'} GPU.",
    )


def gigabytes(size: float) -> str:
    """Return bytes as GB with one decimal, MB below a tenth of one."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"


def parameter_name(number: int) -> str:
    """Return a number of parameters as people say it ("7 billion")."""
    return f"{number / 1e9:.2g} billion" if number >= 1e9 else f"{number / 1e6:.0f} million"
