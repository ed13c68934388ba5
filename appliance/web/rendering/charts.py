"""Charts as SVG, drawn here: the pages' policy lets no script evaluate anything, and Gradio's plots would have to."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from babel.dates import format_skeleton

from appliance.evaluation import Interval
from appliance.foundation.messages import LOCALES, Message, language, message, t
from appliance.jobs.states import ProgressPoint
from appliance.services.record.review_audit import Activity
from appliance.web.rendering.html import heading, text
from appliance.web.rendering.words import day, decimal, listed, number, percent, significant

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 76, 12, 14, 46  # room for figures in the larger letters that a phone gets
MAX_POINTS = 240
JUDGED_FROM = 0.1  # share of the steps: before, a curve says nothing yet
MAX_LOSS = 1e6  # and no NaN, which is smaller than nothing

Points = tuple[tuple[int, float], ...]
ACTS_LEFT = 104  # left of the axis there is room for 1,000,000
TICKS = 4


@dataclass(frozen=True)
class Frame:
    """The axes of a chart: its values up to `top`, its places up to `last`.

    `right`: room beside the last place; `left`: for the figures beside the axis.
    """

    last: float
    top: float
    right: int = RIGHT
    left: int = LEFT

    def x(self, place: float) -> float:
        """Return where a place is."""
        return self.left + (WIDTH - self.left - self.right) * place / self.last

    def y(self, value: float) -> float:
        """Return where a value is."""
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - max(0.0, min(value, self.top)) / self.top)

    def grid(self, parts: int, label: Callable[[float], str] = significant) -> str:
        """Return the lines across, with what they stand for."""
        lines = []
        for part in range(parts + 1):
            value = self.top * part / parts
            y = self.y(value)
            lines.append(
                f'<line class="grid" x1="{self.left}" x2="{WIDTH - self.right}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text x="{self.left - 8}" y="{y + 4:.1f}" text-anchor="end">{label(value)}</text>'
            )
        return "".join(lines)

    def ticks(self) -> str:
        """Return the figures below the axis; the last ends with it, so that none is cut off."""
        return "".join(
            f'<text x="{self.x(self.last * part / 4):.1f}" y="{HEIGHT - BOTTOM + 18}" '
            f'text-anchor="{"end" if part == 4 and self.right == RIGHT else "middle"}">'
            f"{number(round(self.last * part / 4))}</text>"
            for part in range(5)
        )

    def names(self, below: str, beside: str = "") -> str:
        """Return the names of the axes."""
        middle = (self.left + WIDTH - self.right) / 2
        named = f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{text(below)}</text>'
        if beside:
            turned = f"translate(14 {(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)"
            named += f'<text transform="{turned}" text-anchor="middle">{text(beside)}</text>'
        return named

    def line(self, name: str, series: Points) -> str:
        """Return a line through points; nothing for a single one."""
        points = " ".join(f"{self.x(step):.1f},{self.y(value):.1f}" for step, value in series)
        return f'<polyline class="{name}" points="{points}"/>' if len(series) > 1 else ""

    def dots(self, name: str, series: Points) -> str:
        """Return a dot at each point."""
        return "".join(
            f'<circle class="{name}" cx="{self.x(step):.1f}" cy="{self.y(value):.1f}" r="3.5"/>'
            for step, value in series
        )


def chart(drawn: str, label: str, legend: Sequence[tuple[str, str]] = ()) -> str:
    """Return a chart with what a screen reader says of it. `legend`: (key, text)."""
    keys = "".join(f'<span><i class="key {key}"></i>{text(name)}</span>' for key, name in legend)
    below = f'<div class="legend">{keys}</div>' if keys else ""
    picture = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(label)}">{drawn}</svg>'
    return f'<div class="chart">{picture}{below}</div>'


@dataclass(frozen=True)
class LossCurve:
    """Losses by step. A point without a value is not there."""

    training: Points
    validation: Points

    @classmethod
    def from_progress(cls, points: Sequence[ProgressPoint]) -> "LossCurve":
        """Read the points of a job's progress (the figures may miss values)."""
        return cls(_series(points, "loss"), _series(points, "validation_loss"))


def loss_chart(curve: LossCurve, steps: int) -> str:
    """Return the chart of both losses against the step, from 0 to `steps`."""
    every = (*curve.training, *curve.validation)
    if not every:
        return f'<div class="chart empty">{text(t("chart-loss-empty"))}</div>'
    frame = Frame(max(steps, *(step for step, _ in every), 1), nice_ceiling(max(value for _, value in every)))
    training, validation = _thin(curve.training), _thin(curve.validation)
    drawn = (
        f"{frame.grid(4)}{frame.ticks()}{frame.names(t('chart-step'), t('chart-loss'))}"
        f"{frame.line('training', training)}{frame.line('validation', validation)}"
        f"{frame.dots('validation', validation)}"
    )
    said = [
        t("chart-loss-now", series=name, loss=series[-1][1], step=series[-1][0], steps=int(frame.last))
        for name, series in (("training", training), ("validation", validation))
        if series
    ]
    legend = [("training", t("chart-training"))]
    if validation:
        legend.append(("validation", t("chart-validation")))
    return chart(drawn, " ".join(said), legend)


def loss_sentence(curve: LossCurve, steps: int = 0, *, over: bool = False) -> Message:
    """Return in plain words what the curves mean so far, of `steps` in all; `over`: no more will come.

    It claims no more than they show.
    """
    if len(curve.training) < 2 or curve.training[-1][0] < JUDGED_FROM * steps:
        return message("loss-early-over" if over else "loss-early")
    first, now = curve.training[0][1], curve.training[-1][1]
    if len(curve.validation) < 2:
        return message("loss-training-falls" if now < first * 0.9 else "loss-training-flat", first=first, now=now)
    first, now = curve.validation[0][1], curve.validation[-1][1]
    best_step, best = min(curve.validation, key=lambda point: point[1])
    if now > best * 1.1 and best_step != curve.validation[-1][0]:
        return message("loss-overfits", best=best, step=best_step, now=now)
    return message("loss-falls", first=first, now=now) if now < first * 0.95 else message("loss-flat", now=now)


def answer_bars(contenders: Sequence[tuple[str, Interval]]) -> str:
    """Return one bar a contender: the share of right answers with its 95 % interval."""
    drawn = []
    for label, right in contenders:
        if not right.total:
            continue
        low, high = percent(right.low), percent(right.high)
        said = text(t("chart-right-range", right=right.count, total=right.total, low=low, high=high))
        wide = max(100 * (right.high - right.low), 0.5)
        drawn.append(
            f'<div class="bar-row"><span class="bar-label">{text(label)}</span>'
            f'<span class="bar" role="img" aria-label="{said}">'
            f'<span class="fill" style="width:{100 * right.count / right.total:.1f}%"></span>'
            f'<span class="whisker" style="left:{100 * right.low:.1f}%;width:{wide:.1f}%"></span></span>'
            f'<span class="bar-said">{said}</span></div>'
        )
    return f'<div class="bars">{"".join(drawn)}</div>' if drawn else ""


def histogram(edges: Sequence[float], counts: Sequence[int], label: str, limit: int | None = None) -> str:
    """Return bars of how many rows fall between two neighbouring `edges` (one more than `counts`), with a line at
    `limit`.
    """
    if not counts or len(edges) != len(counts) + 1 or max(counts) <= 0:
        return ""
    frame = Frame(edges[-1], nice_ceiling(max(counts)))
    bars = "".join(
        f'<rect class="count" x="{frame.x(low):.1f}" width="{max(1.0, frame.x(high) - frame.x(low) - 1):.1f}" '
        f'y="{frame.y(count):.1f}" height="{HEIGHT - BOTTOM - frame.y(count):.1f}">'
        f"<title>{text(t('chart-rows-between', low=round(low), high=round(high), rows=count))}</title></rect>"
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    )
    line = ""
    if limit and limit < frame.last:
        x = frame.x(limit)
        line = f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
    drawn = f"{frame.grid(2, number)}{bars}{line}{frame.ticks()}{frame.names(label, t('chart-rows'))}"
    return chart(drawn, t("chart-histogram", label=label, rows=sum(counts)))


def nice_ceiling(value: float) -> float:
    """Return the next round number over `value`, for the end of an axis."""
    scale = 1.0
    while scale * 10 < value:
        scale *= 10
    while scale > value and scale > 1e-6:
        scale /= 10
    return next((scale * factor for factor in (1, 2, 4, 6, 8, 10) if scale * factor >= value), scale * 10)


def loss(value: float | None) -> str:
    """Return a loss with four decimals, or that it is not a number."""
    return t("chart-diverged") if value is None else decimal(value, 4)


def _series(points: Sequence[ProgressPoint], name: str) -> Points:
    found = []
    for point in points:
        value = point.figures.get(name)
        if isinstance(value, int | float) and abs(value) < MAX_LOSS:
            found.append((point.step, float(value)))
    return tuple(found)


def _thin(series: Points) -> Points:
    if len(series) <= MAX_POINTS:
        return series
    every = -(-len(series) // MAX_POINTS)
    return (*series[:-1:every], series[-1])


def activity_chart(counted: Activity, outcomes: Sequence[str], title: str) -> str:
    """Return bars of acts an hour, day or week (`services.record.review_audit`), one colour an outcome, stacked in
    the order of `outcomes`.
    """
    unit, starts = counted.unit, counted.starts_us
    totals = [sum(getattr(counted, outcome)[place] for outcome in outcomes) for place in range(len(starts))]
    if not any(totals):
        return f'<div class="chart empty">{text(t("activity-empty", title=title))}</div>'
    frame = Frame(len(starts), nice_ceiling(max(totals)), left=ACTS_LEFT)
    bars = "".join(_bar(counted, outcomes, place, frame) for place in range(len(starts)) if totals[place])
    sums = _counts({each: sum(getattr(counted, each)) for each in outcomes})
    said = t("activity-chart", title=title, unit=unit, counts=sums)
    grid = frame.grid(min(TICKS, int(frame.top)), lambda value: number(round(value)))
    names = frame.names(t("activity-time", unit=unit), t("activity-acts", unit=unit))
    legend = [(outcome, t(f"outcome-{outcome}")) for outcome in outcomes]
    drawn = chart(f"{grid}{bars}{_dates(starts, unit, frame)}{names}", said, legend)
    return f'<div class="acts">{heading(title)}{drawn}</div>'


def _bar(counted: Activity, outcomes: Sequence[str], place: int, frame: Frame) -> str:
    width, base, parts = frame.x(1) - frame.x(0), 0, ""
    said = _counts({outcome: getattr(counted, outcome)[place] for outcome in outcomes})
    label = f"{_label(counted.starts_us[place], counted.unit)}: {said}"
    for outcome in outcomes:
        count = getattr(counted, outcome)[place]
        if count:
            upper, lower = frame.y(base + count), frame.y(base)
            # A single denial among ten thousand acts must still be seen.
            height = max(lower - upper, 2.0)
            side = f'x="{frame.x(place + 0.1):.1f}" width="{max(1.0, width * 0.8):.1f}"'
            parts += f'<rect class="{outcome}" {side} y="{lower - height:.1f}" height="{height:.1f}"/>'
            base += count
    return f"<g><title>{text(label)}</title>{parts}</g>"


def _counts(counts: dict[str, int]) -> str:
    return listed(
        t("activity-count", count=count, outcome=t(f"outcome-{outcome}")) for outcome, count in counts.items()
    )


def _dates(starts: Sequence[int], unit: str, frame: Frame) -> str:
    """Return the labels of a few bars: the first, the last, and some between."""
    last = len(starts) - 1
    labels = []
    for place in sorted({round(last * part / 3) for part in range(4)}):
        anchor = "start" if place == 0 and last else "end" if place == last and last else "middle"
        x = frame.x(0 if anchor == "start" else len(starts) if anchor == "end" else place + 0.5)
        labels.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="{anchor}">'
            f"{text(_label(starts[place], unit))}</text>"
        )
    return "".join(labels)


def _label(time_us: int, unit: str) -> str:
    """Return the label of a bucket of time."""
    if unit != "hour":
        return day(time_us)
    moment = dt.datetime.fromtimestamp(time_us / 1e6, dt.UTC)
    return f"{format_skeleton('MMMd', moment, locale=LOCALES[language()])} {moment:%H:%M}"
