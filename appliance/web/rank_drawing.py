"""The rank of an adapter as people see it: how much of what it learned each smaller rank would keep, and what a sweep
found.

SVG and HTML that the server draws and escapes itself, as in `charts` and `drawing`. Pure functions; no Gradio here.
"""

from collections.abc import Sequence
from typing import Any

from appliance.foundation.messages import said
from appliance.web.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, nice_ceiling
from appliance.web.drawing import figures, notice, row, table, text

MARKED = 0.95  # the share at which the line is drawn
MAX_TICKS = 16
LABELS, LABEL_HEIGHT = 84, 18  # room at the right for a line's name, and below it for the next


def rank_view(found: dict[str, Any]) -> str:
    """Return the sentence, the picture and the figures of an adapter whose rank was explained."""
    pairs = [
        ("Directions it may use (rank)", str(found["rank"])),
        *((f"Needed for {percent} %", str(rank)) for percent, rank in found["enough"].items()),
        ("Effective rank, on average", f"{found['effective_rank']:.1f}"),
        ("Stable rank, on average", f"{found['stable_rank']:.1f}"),
    ]
    return (
        f'<div class="rank"><p class="headline">{text(said(found["sentence"]))}</p>'
        f"{energy_chart(found['kept'], found['enough'].get('95', 0))}"
        f"{figures(pairs)}<p class='quiet'>An adapter changes {found['matrices']} matrices of the model. What it "
        "learned (the energy: the "
        "sum of the squared singular values of B·A) is counted over all of them. The effective rank is how many "
        "directions it "
        "uses, the weak ones counting less; the stable rank is how many there would be if all were as strong as the "
        "strongest.</p></div>"
    )


def energy_chart(kept: Sequence[float], enough: int) -> str:
    """Return a bar for each rank: the share of the energy that it keeps. The first that keeps `MARKED` is named."""
    if not kept:
        return ""
    slot = (WIDTH - LEFT - RIGHT) / len(kept)
    bars = "".join(
        f'<rect class="{"kept enough" if rank == enough else "kept"}" x="{LEFT + slot * (rank - 1) + slot * 0.1:.1f}" '
        f'y="{_y(share):.1f}" '
        f'width="{slot * 0.8:.1f}" height="{HEIGHT - BOTTOM - _y(share):.1f}"><title>Rank {rank}: {100 * share:.1f} '
        "%</title></rect>"
        for rank, share in enumerate(kept, 1)
    )
    grid = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(part / 4):.1f}" y2="{_y(part / 4):.1f}"/>'
        f'<text x="{LEFT - 8}" y="{_y(part / 4) + 4:.1f}" text-anchor="end">{25 * part}</text>'
        for part in range(5)
    )
    every = -(-len(kept) // MAX_TICKS)
    ticks = "".join(
        f'<text x="{LEFT + slot * (rank - 0.5):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{rank}</text>'
        for rank in range(1, len(kept) + 1)
        if rank % every == 0 or rank == 1
    )
    line = f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(MARKED):.1f}" y2="{_y(MARKED):.1f}"/>'
    said = f"Share of what it learned that a smaller rank keeps: rank {enough} keeps {100 * MARKED:.0f} %"
    return (
        f'<div class="chart"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{text(said)}">{grid}{bars}{line}{ticks}'
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">Rank (directions kept)</text>'
        f'<text transform="translate(14 {(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" text-anchor="middle">Share kept '
        "(%)</text>"
        f'</svg><div class="legend"><span><i class="key limit"></i>{100 * MARKED:.0f} % of what it '
        "learned</span></div></div>"
    )


def origin_view(config: dict[str, Any]) -> str:
    """Return where an adapter comes from, when it was made from another or won a sweep."""
    shown = ""
    if "made_from" in config:
        shown += notice(f"Made from {config['made_from']}. {said(config['shrink']['sentence'])}", "good")
    if "sweep" in config:
        shown += notice(said(config["sweep"]["sentence"]), "good") + sweep_view(config["sweep"]["trials"])
    return shown


def sweep_view(trials: Sequence[dict[str, Any]]) -> str:
    """Return what each rank reached, as a picture and as a table; nothing while none has reached anything."""
    return sweep_chart(trials) + sweep_table(trials) if trials else ""


def sweep_chart(trials: Sequence[dict[str, Any]]) -> str:
    """Return the loss on rows not practised against the steps, a line for each rank; the one that went furthest is the
    winner.
    """
    lines: dict[int, list[tuple[int, float]]] = {}
    for trial in trials:
        if trial["validation_loss"] is not None:
            lines.setdefault(trial["rank"], []).append((trial["steps"], trial["validation_loss"]))
    if not lines:
        return ""
    ends = {rank: points[-1] for rank, points in lines.items()}
    last = max(step for step, _ in ends.values())
    winner = min(ends, key=lambda rank: (-ends[rank][0], ends[rank][1], rank))
    top = nice_ceiling(max(loss for points in lines.values() for _, loss in points))
    drawn, names, lowest = (
        "",
        "",
        dict[int, float](),
    )  # the lowest name so far at each step, so that none covers another
    for rank in sorted(lines, key=lambda rank: -ends[rank][1]):
        step, loss = ends[rank]
        lowest[step] = max(_y(loss / top) + 4, lowest.get(step, 0.0) + LABEL_HEIGHT)
        drawn += _sweep_line(lines[rank], last, top, won=rank == winner)
        x = _sweep_x(step, last) + 8
        names += f'<text class="{_tried(rank == winner)}" x="{x:.1f}" y="{lowest[step]:.1f}">rank {rank}</text>'
    ticks = "".join(
        f'<text x="{_sweep_x(last * part / 4, last):.1f}" y="{HEIGHT - BOTTOM + 18}" '
        f'text-anchor="middle">{round(last * part / 4):,}</text>'
        for part in range(5)
    )
    grid = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - LABELS}" y1="{_y(part / 4):.1f}" y2="{_y(part / 4):.1f}"/>'
        f'<text x="{LEFT - 8}" y="{_y(part / 4) + 4:.1f}" text-anchor="end">{top * part / 4:.3g}</text>'
        for part in range(5)
    )
    said = f"Loss on rows not practised by rank; rank {winner} did best with {ends[winner][1]:.4f}"
    return (
        f'<div class="chart"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{text(said)}">{grid}{ticks}{drawn}{names}'
        f'<text x="{(LEFT + WIDTH - LABELS) / 2}" y="{HEIGHT - 6}" text-anchor="middle">Steps</text>'
        f'<text transform="translate(14 {(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" text-anchor="middle">Loss, rows '
        "set aside</text>"
        "</svg></div>"
    )


def _sweep_line(points: Sequence[tuple[int, float]], last: int, top: float, *, won: bool) -> str:
    kind = _tried(won)
    places = [(_sweep_x(step, last), _y(loss / top)) for step, loss in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in places)
    return f'<polyline class="{kind}" points="{line}"/>{dots}'


def _tried(won: bool) -> str:
    return "tried won" if won else "tried"


def _sweep_x(step: float, last: int) -> float:
    return LEFT + (WIDTH - LEFT - LABELS) * step / last


def sweep_table(trials: Sequence[dict[str, Any]]) -> str:
    """Return what each rank reached: its last trial, best first."""
    last = {trial["rank"]: trial for trial in trials}
    ordered = sorted(
        last.values(), key=lambda trial: (-trial["rung"], _or_inf(trial["validation_loss"]), trial["rank"])
    )
    rows = "".join(
        row(trial["rank"], f"{trial['parameters']:,}", f"{trial['steps']:,}", _loss(trial["validation_loss"]))
        for trial in ordered
    )
    return table(
        ("Rank", "Parameters", "Steps trained", "Loss on rows not practised"), rows, "Ranks that were tried, best first"
    )


def _y(share: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - max(0.0, min(1.0, share)))


def _loss(value: float | None) -> str:
    return "no number (diverged)" if value is None else f"{value:.4f}"


def _or_inf(value: float | None) -> float:
    return float("inf") if value is None else value
