"""Charts as SVG, drawn here: the pages' policy lets no script evaluate anything, and Gradio's plots would have to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from appliance.web.drawing import text

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 76, 12, 14, 46  # room for figures in the larger letters that a phone gets
MAX_POINTS = 240
JUDGED_FROM = 0.1  # share of the steps: before, a curve says nothing yet
MAX_LOSS = 1e6  # and no NaN, which is smaller than nothing


@dataclass(frozen=True)
class LossCurve:
    """Losses by step. A point without a value is not there."""

    training: tuple[tuple[int, float], ...]
    validation: tuple[tuple[int, float], ...]

    @classmethod
    def from_progress(cls, points: Sequence[dict[str, Any]]) -> "LossCurve":
        """Read the points of a job's progress (`figures` may miss values)."""
        return cls(_series(points, "loss"), _series(points, "validation_loss"))


def loss_chart(curve: LossCurve, steps: int) -> str:
    """Return the chart of both losses against the step, from 0 to `steps`."""
    every = [value for _, value in (*curve.training, *curve.validation)]
    if not every:
        return '<div class="chart empty">The chart begins with the first steps.</div>'
    last = max(steps, *(step for step, _ in (*curve.training, *curve.validation)), 1)
    top = nice_ceiling(max(every))
    training, validation = _thin(curve.training), _thin(curve.validation)
    grid = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(top * part / 4, top):.1f}" '
        f'y2="{_y(top * part / 4, top):.1f}"/>'
        f'<text x="{LEFT - 8}" y="{_y(top * part / 4, top) + 4:.1f}" text-anchor="end">{top * part / 4:.3g}</text>'
        for part in range(5)
    )
    dots = "".join(
        f'<circle class="validation" cx="{_x(step, last):.1f}" cy="{_y(value, top):.1f}" r="3.5"/>'
        for step, value in validation
    )
    named = (("training loss", training), ("validation loss", validation))
    said = "; ".join(
        f"{name} {series[-1][1]:.2f} at step {series[-1][0]:,} of {last:,}" for name, series in named if series
    )
    return (
        f'<div class="chart"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{text(said[:1].upper() + said[1:])}">'
        f'{grid}{_ticks(last)}<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">Step</text>'
        f'<text transform="translate(14 {(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" text-anchor="middle">Loss (smaller '
        "is better)</text>"
        f"{_line('training', training, last, top)}{_line('validation', validation, last, top)}{dots}</svg>"
        '<div class="legend"><span><i class="key training"></i>on rows it practises (training)</span>'
        '<span><i class="key validation"></i>on rows set aside (validation)</span></div></div>'
    )


def loss_sentence(curve: LossCurve, steps: int = 0, *, over: bool = False) -> str:
    """Say in plain words what the curves mean so far, of `steps` in all; `over`: no more will come.

    It claims no more than they show.
    """
    if len(curve.training) < 2 or curve.training[-1][0] < JUDGED_FROM * steps:
        early = "It has just begun: whether it learns can be said after a few more steps."
        return "It ended too early to say whether it was learning." if over else early
    began, now = curve.training[0][1], curve.training[-1][1]
    if len(curve.validation) < 2:
        if now < began * 0.9:
            return (
                f"Its error (loss) on the rows it practises fell from {began:.2f} to {now:.2f}: it is learning them. "
                "Rows set aside follow."
            )
        return (
            f"Its error (loss) on the rows it practises is {now:.2f}, hardly less than at the start. It may need more "
            "time."
        )
    first, last = curve.validation[0][1], curve.validation[-1][1]
    best_step, best = min(curve.validation, key=lambda point: point[1])
    if last > best * 1.1 and best_step != curve.validation[-1][0]:
        return (
            f"Its error on rows not practised (validation loss) was lowest ({best:.2f}) at step {best_step}, then rose "
            f"to {last:.2f}: "
            "it begins to learn by heart. Fewer rounds, or more rows, may do better."
        )
    if last < first * 0.95:
        return (
            f"Its error on rows not practised (validation loss) fell from {first:.2f} to {last:.2f}: it learns what "
            "carries over."
        )
    return (
        f"Its error on rows not practised (validation loss) is {last:.2f}, about as at the start: nothing carries "
        "over yet."
    )


def answer_bars(contenders: Sequence[tuple[str, dict[str, Any]]]) -> str:
    """Return one bar a contender: the share of right answers with its 95 % interval.

    `count`, `total`, `low`, `high` may be missing.
    """
    drawn = []
    for label, figures in contenders:
        right, asked = figures.get("count"), figures.get("total")
        if right is None or not asked:
            continue
        share, low, high = 100 * right / asked, _percent(figures.get("low")), _percent(figures.get("high"))
        whisker = ""
        said = f"{right} of {asked} right"
        if low is not None and high is not None:
            whisker = f'<span class="whisker" style="left:{low:.1f}%;width:{max(high - low, 0.5):.1f}%"></span>'
            said += f", likely {low:.0f} to {high:.0f} %"
        drawn.append(
            f'<div class="bar-row"><span class="bar-label">{text(label)}</span>'
            f'<span class="bar" role="img" aria-label="{text(said)}"><span class="fill" '
            f'style="width:{share:.1f}%"></span>{whisker}</span>'
            f'<span class="bar-said">{text(said)}</span></div>'
        )
    return f'<div class="bars">{"".join(drawn)}</div>' if drawn else ""


def _percent(share: Any) -> float | None:
    return None if share is None else max(0.0, min(100.0, 100 * float(share)))


def _series(points: Sequence[dict[str, Any]], name: str) -> tuple[tuple[int, float], ...]:
    found = []
    for point in points:
        value = point["body"].get("figures", {}).get(name)
        if isinstance(value, int | float) and abs(value) < MAX_LOSS:
            found.append((int(point["step"]), float(value)))
    return tuple(found)


def _thin(series: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
    if len(series) <= MAX_POINTS:
        return series
    every = -(-len(series) // MAX_POINTS)
    return (*series[:-1:every], series[-1])


def _line(name: str, series: tuple[tuple[int, float], ...], last: float, top: float) -> str:
    points = " ".join(f"{_x(step, last):.1f},{_y(value, top):.1f}" for step, value in series)
    return f'<polyline class="{name}" points="{points}"/>' if len(series) > 1 else ""


def _ticks(last: float) -> str:
    """Return the figures below the axis; the last ends with it, so that none is cut off."""
    return "".join(
        f'<text x="{_x(last * part / 4, last):.1f}" y="{HEIGHT - BOTTOM + 18}" '
        f'text-anchor="{"end" if part == 4 else "middle"}">'
        f"{round(last * part / 4):,}</text>"
        for part in range(5)
    )


def _x(step: float, last: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * step / last


def _y(value: float, top: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - max(0.0, value) / top)


def nice_ceiling(value: float) -> float:
    """Return the next round number over `value`, for the end of an axis."""
    scale = 1.0
    while scale * 10 < value:
        scale *= 10
    while scale > value and scale > 1e-6:
        scale /= 10
    return next((scale * factor for factor in (1, 2, 4, 6, 8, 10) if scale * factor >= value), scale * 10)


def histogram(edges: Sequence[float], counts: Sequence[int], label: str, limit: int | None = None) -> str:
    """Return bars of how many rows fall between two neighbouring `edges` (one more than `counts`), with a line at
    `limit`.
    """
    if not counts or len(edges) != len(counts) + 1 or max(counts) <= 0:
        return ""
    top, last = nice_ceiling(max(counts)), edges[-1]
    bars = "".join(
        f'<rect class="count" x="{_x(low, last):.1f}" width="{max(1.0, _x(high, last) - _x(low, last) - 1):.1f}" '
        f'y="{_y(number, top):.1f}" height="{HEIGHT - BOTTOM - _y(number, top):.1f}">'
        f"<title>{low:.0f} to {high:.0f}: {number:,} rows</title></rect>"
        for low, high, number in zip(edges, edges[1:], counts, strict=False)
    )
    grid = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(top * part / 2, top):.1f}" '
        f'y2="{_y(top * part / 2, top):.1f}"/>'
        f'<text x="{LEFT - 8}" y="{_y(top * part / 2, top) + 4:.1f}" text-anchor="end">{top * part / 2:,.0f}</text>'
        for part in range(3)
    )
    line = (
        f'<line class="limit" x1="{_x(limit, last):.1f}" x2="{_x(limit, last):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        if limit and limit < last
        else ""
    )
    return (
        f'<div class="chart"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(label)}: {sum(counts):,} '
        'rows">'
        f"{grid}{bars}{line}{_ticks(last)}"
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{text(label)}</text></svg></div>'
    )
