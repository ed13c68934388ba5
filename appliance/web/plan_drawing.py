"""What a training will take, drawn: memory as a bar, time, disk and operations as figures; and W0 + BA.

Pure functions, as in `drawing`.
"""

from collections.abc import Sequence
from typing import Any

from appliance.foundation.messages import Message, t
from appliance.planning import (
    FittedPlan,
    Machine,
    MemorySplit,
    ModelShape,
    adapter_parameters,
    matrix_parameters,
)
from appliance.reports.training_plan import (
    MEMORY_PARTS,
    SHOWN_BYTES,
    duration_range,
    flop_sentence,
    method_sentence,
    passes_sentence,
)
from appliance.web.drawing import figures, notice, row, table, text

SIDE = 230.0  # the longest side of W0's picture
GAP = 46.0
LEAST_WIDTH = 5.0  # a rank of 1 must still be seen


def review(title: str, settings: dict[str, Any], plan: FittedPlan, batch: Message) -> str:
    """Return what would be done and what it would take.

    `title`: a sentence about model and data; `batch`: one about the rows a step.
    """
    pairs = [
        ("Time", duration_range(plan.seconds.low, plan.seconds.high)),
        (f"Steps of {settings['batch_size']} rows", f"{plan.steps:,}"),
        ("Learns", f"{_roughly(plan.trained)} numbers"),
        ("Disk", _size(plan.disk_bytes)),
    ]
    flop = flop_sentence({"total": plan.flop.total, "base_share": plan.flop.base_share})
    details = (
        f'<p class="quiet">It trains {text(method_sentence(settings))}, learning rate {settings["learning_rate"]:g}. '
        f"{text(batch)} {passes_sentence(plan.accumulation, plan.pass_tokens)} Operations for the record: "
        f"{text(flop)}.</p>"
    )
    bar = memory_bar("Memory", plan.memory, plan.available_bytes)
    advice = "".join(notice(str(each)) for each in plan.advice)
    return f'<div class="review">{notice(title)}{figures(pairs)}{bar}{advice}{details}</div>'


def memory_bar(label: str, memory: MemorySplit, available: int) -> str:
    """Return a bar of what a training holds, of what there is, with the range that its peak may have."""
    held = [
        (name, said, getattr(memory, name))
        for name, said in MEMORY_PARTS.items()
        if getattr(memory, name) >= SHOWN_BYTES
    ]
    whole = max(available, memory.peak.high, 1)
    said = f"{_size(memory.peak.low)} to {_size(memory.peak.high)} of {_size(available)}"
    parts = "".join(
        f'<span class="part {name}" style="width:{100 * size / whole:.2f}%"></span>' for name, _, size in held
    )
    low, high = 100 * memory.peak.low / whole, 100 * memory.peak.high / whole
    whisker = f'<span class="whisker" style="left:{low:.1f}%;width:{max(high - low, 0.5):.1f}%"></span>'
    legend = "".join(f'<span><i class="part {name}"></i>{text(word)} {_size(size)}</span>' for name, word, size in held)
    return (
        f'<div class="memory"><div class="memory-head"><span>{text(label)}</span><span '
        f'class="bar-said">{said}</span></div>'
        f'<div class="bar stacked" role="img" aria-label="{text(label)}: {said}">{parts}{whisker}</div>'
        f'<div class="legend small">{legend}</div></div>'
    )


def fit_bar(name: str, memory: MemorySplit | None, machine: Machine, how: str) -> str:
    """Return whether a model fits this machine: a bar, or why it does not."""
    if memory is None:
        return notice(
            f"{name} does not fit this machine: {_size(machine.memory_bytes)} of memory are too little.", "bad"
        )
    return memory_bar(f"Memory for {name}, {how}", memory, machine.memory_bytes)


def low_rank(rows: int, columns: int, rank: int) -> str:
    """Return W0 + B·A to scale, with the counts of both."""
    full, learned = matrix_parameters(rows, columns), adapter_parameters(rows, columns, rank)
    scale = SIDE / max(rows, columns)
    high, wide = rows * scale, columns * scale
    thin = max(LEAST_WIDTH, rank * scale)
    top, left = 30.0, 64.0
    b_left = left + wide + GAP
    a_left = b_left + thin + GAP
    width, height = a_left + wide + 8, top + high + 30
    middle = top + high / 2
    said = f"W0 with {full:,} numbers stays as it is; B and A with {learned:,} numbers learn."
    parts = [
        f'<text x="{left - 6:.1f}" y="{middle + 4:.1f}" text-anchor="end">{rows:,}</text>',
        _matrix("frozen", left, top, wide, high, "W0", f"{columns:,}"),
        f'<text class="sign" x="{left + wide + GAP / 2:.1f}" y="{middle + 8:.1f}" text-anchor="middle">+</text>',
        _matrix("learned", b_left, top, thin, high, "B", f"{rank:,}"),
        f'<circle class="sign" cx="{b_left + thin + GAP / 2:.1f}" cy="{middle:.1f}" r="3.5"/>',
        _matrix("learned", a_left, top, wide, thin, "A", f"{columns:,}"),
    ]
    picture = f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{said}">{"".join(parts)}</svg>'
    pairs = [
        ("W0, frozen: d·k", f"{full:,}"),
        ("B·A, learned: d·r + r·k", f"{learned:,}"),
        (
            "In B·A there are",
            f"{full / learned:,.1f} times fewer" if learned < full else f"{learned / full:,.1f} times as many",
        ),
    ]
    sum_ = f"{rows:,} x {rank:,} + {rank:,} x {columns:,} = {learned:,}"
    return f'<div class="chart low-rank">{picture}</div>{figures(pairs)}<p class="quiet">d·r + r·k = {sum_}</p>'


def layers(shape: ModelShape, rank: int) -> str:
    """Return every kind of matrix of a model with its adapter."""
    rows = "".join(
        row(
            each.name,
            each.copies,
            f"{each.rows:,} x {each.columns:,}",
            f"{each.copies * each.full:,}",
            _or_dash(each.copies * each.adapter),
        )
        for each in shape.by_layer(rank)
    )
    learns = shape.adapter_parameters(rank)
    total = row("all together", "", "", f"{shape.parameters:,}", f"{learns:,}")
    heads = ("Matrix", "Copies", "d x k", "Numbers of the model", f"Of the adapter, r = {rank}")
    share = 100 * learns / shape.parameters
    said = f"An adapter of rank {rank} on all linear layers has {share:.2g} % as many numbers as the model itself."
    return table(heads, rows + total, said)


def gpu_fits(heads: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return which way of training fits which GPU: a row for each model."""
    drawn = "".join(row(name, *cells) for name, cells in rows)
    return table(
        heads,
        drawn,
        "The most that fits the memory of one GPU, for rows of up to 1,024 tokens. Full trains everything; LoRA and "
        "QLoRA an adapter; "
        "*: slower, because what is computed on the way is computed twice to save memory; –: nothing fits.",
    )


def _size(size: float) -> str:
    return t("planning.bytes", bytes=size)


def _roughly(number: int) -> str:
    """Return a count as people say it, exact below a million."""
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if number >= size:
            return f"{number / size:.1f} {name}"
    return f"{number:,}"


def _or_dash(number: int) -> str:
    return f"{number:,}" if number else "–"


def _matrix(kind: str, left: float, top: float, wide: float, high: float, name: str, columns: str) -> str:
    """Return a rectangle with its columns above and its name inside, or below where there is no room."""
    inside = wide > 26 and high > 22
    place = (top + high / 2 + 5) if inside else (top + high + 22)
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="2"/>'
        f'<text class="name{"" if inside else " out"} {kind}" x="{left + wide / 2:.1f}" y="{place:.1f}" '
        f'text-anchor="middle">{name}</text>'
        f'<text x="{left + wide / 2:.1f}" y="{top - 8:.1f}" text-anchor="middle">{columns}</text>'
    )
