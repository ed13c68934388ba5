"""What a training will take: time and disk as figures, memory as a bar; and W0 + B·A as a picture."""

from collections.abc import Sequence

from appliance.foundation.messages import t
from appliance.planning import FittedPlan, MemorySplit, ModelShape, adapter_parameters, matrix_parameters
from appliance.reports.training_plan import (
    MEMORY_PARTS,
    SHOWN_BYTES,
    duration_range,
    flop_sentence,
    method_sentence,
    passes_sentence,
)
from appliance.services.training.plan_training import PlannedTraining, TrainingPreview
from appliance.web.rendering.html import figures, notice, parameters, quiet, row, table, text
from appliance.web.rendering.words import number, significant, size

SIDE = 230.0  # the longest side of W0's picture
GAP = 46.0
LEAST_WIDTH = 5.0  # a rank of 1 must still be seen


def review(preview: TrainingPreview, plan: PlannedTraining) -> str:
    """Return what would be done and what it would take; what only specialists ask for is folded away."""
    settings, fitted = plan.settings, plan.fitted
    what = t(
        "plan-what",
        model=preview.model_name,
        dataset=preview.dataset_name,
        rows=preview.training_rows,
        epochs=settings.epochs,
    )
    pairs = [
        (t("plan-time"), duration_range(fitted.seconds.low, fitted.seconds.high)),
        (t("plan-memory"), t("plan-memory-range", low=fitted.memory.peak.low, high=fitted.memory.peak.high)),
        (t("plan-disk"), size(fitted.disk_bytes)),
    ]
    advice = "".join(notice(each) for each in fitted.advice)
    return f'<div class="review">{notice(what)}{figures(pairs)}{advice}{_details(plan)}</div>'


def _details(plan: PlannedTraining) -> str:
    """Return the plan for a specialist."""
    settings, fitted = plan.settings, plan.fitted
    pairs = [
        (t("plan-steps", rows=settings.batch_size), number(fitted.steps)),
        (t("plan-trained"), parameters(fitted.trained)),
        (t("setting-learning_rate"), significant(settings.learning_rate)),
    ]
    sentences = (
        t("plan-method", method=method_sentence(settings)),
        plan.batch,
        passes_sentence(fitted.accumulation, fitted.pass_tokens),
        t("plan-operations", operations=flop_sentence(fitted.flop)),
    )
    bar = memory_bar(t("plan-memory"), fitted.memory, fitted.available_bytes)
    drawn = f"{figures(pairs)}{bar}{quiet(' '.join(map(str, sentences)))}"
    return f'<details class="specialist"><summary>{text(t("plan-details"))}</summary>{drawn}</details>'


def memory_bar(label: str, memory: MemorySplit, available: int) -> str:
    """Return a bar of what a training holds, of what there is, with the range that its peak may have."""
    held = [
        (name, t(said), getattr(memory, name))
        for name, said in MEMORY_PARTS.items()
        if getattr(memory, name) >= SHOWN_BYTES
    ]
    whole = max(available, memory.peak.high, 1)
    said = t("plan-memory-of", low=memory.peak.low, high=memory.peak.high, available=available)
    parts = "".join(
        f'<span class="part {name}" style="width:{100 * held_bytes / whole:.2f}%"></span>'
        for name, _, held_bytes in held
    )
    low, high = 100 * memory.peak.low / whole, 100 * memory.peak.high / whole
    whisker = f'<span class="whisker" style="left:{low:.1f}%;width:{max(high - low, 0.5):.1f}%"></span>'
    legend = "".join(
        f'<span><i class="part {name}"></i>{text(word)} {size(held_bytes)}</span>' for name, word, held_bytes in held
    )
    return (
        f'<div class="memory"><div class="memory-head"><span>{text(label)}</span>'
        f'<span class="bar-said">{text(said)}</span></div>'
        f'<div class="bar stacked" role="img" aria-label="{text(label)}: {text(said)}">{parts}{whisker}</div>'
        f'<div class="legend small">{legend}</div></div>'
    )


def fit_bar(name: str, fitted: FittedPlan) -> str:
    """Return what training a model would take of this machine's memory."""
    return memory_bar(t("plan-fit", name=name, method=fitted.choice.short_name), fitted.memory, fitted.available_bytes)


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
    said = text(t("learn-picture", full=full, learned=learned))
    parts = [
        f'<text x="{left - 6:.1f}" y="{middle + 4:.1f}" text-anchor="end">{number(rows)}</text>',
        _matrix("frozen", left, top, wide, high, "W0", number(columns)),
        f'<text class="sign" x="{left + wide + GAP / 2:.1f}" y="{middle + 8:.1f}" text-anchor="middle">+</text>',
        _matrix("learned", b_left, top, thin, high, "B", number(rank)),
        f'<circle class="sign" cx="{b_left + thin + GAP / 2:.1f}" cy="{middle:.1f}" r="3.5"/>',
        _matrix("learned", a_left, top, wide, thin, "A", number(columns)),
    ]
    picture = f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{said}">{"".join(parts)}</svg>'
    smaller = learned < full
    pairs = [
        (t("learn-frozen"), number(full)),
        (t("learn-learned"), number(learned)),
        (
            t("learn-compared"),
            t("learn-fewer" if smaller else "learn-more", times=max(full, learned) / min(full, learned)),
        ),
    ]
    terms = f"{number(rows)} × {number(rank)} + {number(rank)} × {number(columns)} = {number(learned)}"
    return f'<div class="chart low-rank">{picture}</div>{figures(pairs)}{quiet(f"d·r + r·k = {terms}")}'


def layers(shape: ModelShape, rank: int) -> str:
    """Return every kind of matrix of a model with its adapter."""
    heads = (
        t("learn-matrix"),
        t("learn-copies"),
        "d × k",
        t("learn-model-numbers"),
        t("learn-adapter-numbers", rank=rank),
    )
    rows = "".join(
        row(
            heads,
            each.name,
            number(each.copies),
            f"{number(each.rows)} × {number(each.columns)}",
            number(each.copies * each.full),
            number(each.copies * each.adapter) if each.adapter else "–",
            named=True,
        )
        for each in shape.by_layer(rank)
    )
    learns = shape.adapter_parameters(rank)
    total = row(heads, t("learn-total"), "", "", number(shape.parameters), number(learns), named=True)
    share = learns / shape.parameters
    return table(heads, rows + total, t("learn-layers", rank=rank, share=significant(100 * share, 2)))


def gpu_fits(sizes: Sequence[int], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return which way of training fits which GPU: a row for each model."""
    heads = (t("learn-gpu-parameters"), *(size(gigabytes * 1e9) for gigabytes in sizes))
    return table(heads, "".join(row(heads, name, *cells, named=True) for name, cells in rows), t("learn-gpu-caption"))


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
