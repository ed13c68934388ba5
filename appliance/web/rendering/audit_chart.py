"""Activity and refusals as stacked bars over time."""

import datetime as dt
from collections.abc import Sequence

from babel.dates import format_skeleton

from appliance.foundation.messages import LOCALES, language, t
from appliance.services.record.audit_activity import Activity
from appliance.web.rendering.charts import BOTTOM, HEIGHT, RIGHT, TOP, WIDTH
from appliance.web.rendering.html import heading, text
from appliance.web.rendering.words import day, listed, number

LEFT = 104  # left of the axis there is room for 1,000,000
TICKS = 4
_NICE = (1, 2, 4, 6, 8, 10)


def activity_chart(counted: Activity, outcomes: Sequence[str], title: str) -> str:
    """Return bars of acts an hour, day or week (`services.record.audit_activity`), one colour an outcome, stacked in
    the order of `outcomes`.
    """
    unit, starts = counted.unit, counted.starts_us
    totals = [sum(getattr(counted, outcome)[place] for outcome in outcomes) for place in range(len(starts))]
    if not any(totals):
        return f'<div class="chart empty">{text(t("activity-empty", title=title))}</div>'
    top = _ceiling(max(totals))
    width = (WIDTH - LEFT - RIGHT) / len(starts)
    bars = "".join(_bar(counted, outcomes, place, width, top) for place in range(len(starts)) if totals[place])
    said = t(
        "activity-chart",
        title=title,
        unit=unit,
        counts=_counts({each: sum(getattr(counted, each)) for each in outcomes}),
    )
    legend = "".join(f'<span><i class="key {each}"></i>{text(t(f"outcome-{each}"))}</span>' for each in outcomes)
    turned = f"translate(12 {(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)"
    return (
        f'<div class="chart acts">{heading(title)}'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(said)}">'
        f"{_grid(top)}{bars}{_dates(starts, unit, width)}"
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">'
        f"{text(t('activity-time', unit=unit))}</text>"
        f'<text transform="{turned}" text-anchor="middle">{text(t("activity-acts", unit=unit))}</text>'
        f'</svg><div class="legend">{legend}</div></div>'
    )


def _bar(counted: Activity, outcomes: Sequence[str], place: int, width: float, top: float) -> str:
    x, base, parts = LEFT + place * width, 0, ""
    said = _counts({outcome: getattr(counted, outcome)[place] for outcome in outcomes})
    label = f"{_label(counted.starts_us[place], counted.unit)}: {said}"
    for outcome in outcomes:
        count = getattr(counted, outcome)[place]
        if count:
            upper, lower = _y(base + count, top), _y(base, top)
            # A single denial among ten thousand acts must still be seen.
            height = max(lower - upper, 2.0)
            side = f'x="{x + width * 0.1:.1f}" width="{max(1.0, width * 0.8):.1f}"'
            parts += f'<rect class="{outcome}" {side} y="{lower - height:.1f}" height="{height:.1f}"/>'
            base += count
    return f"<g><title>{text(label)}</title>{parts}</g>"


def _counts(counts: dict[str, int]) -> str:
    return listed(
        t("activity-count", count=count, outcome=t(f"outcome-{outcome}")) for outcome, count in counts.items()
    )


def _grid(top: float) -> str:
    steps = min(TICKS, int(top))
    lines = []
    for part in range(steps + 1):
        value = top * part / steps
        y = _y(value, top)
        lines.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number(round(value))}</text>')
    return "".join(lines)


def _dates(starts: Sequence[int], unit: str, width: float) -> str:
    """Return the labels of a few bars: the first, the last, and some between."""
    last = len(starts) - 1
    labels = []
    for place in sorted({round(last * part / 3) for part in range(4)}):
        anchor = "start" if place == 0 and last else "end" if place == last and last else "middle"
        x = LEFT if anchor == "start" else WIDTH - RIGHT if anchor == "end" else LEFT + (place + 0.5) * width
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


def _y(value: float, top: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)


def _ceiling(value: int) -> int:
    """Return a round number that the ticks divide and that is not below `value`."""
    scale = 1
    while scale * 10 < value:
        scale *= 10
    return next(scale * factor for factor in _NICE if scale * factor >= value)
