"""Activity and refusals as stacked bars over time."""

import datetime as dt
from collections.abc import Sequence

from babel.dates import format_skeleton

from appliance.foundation.messages import LOCALES, language, t
from appliance.services.record.review_audit import Activity
from appliance.web.rendering.charts import BOTTOM, HEIGHT, Frame, chart, nice_ceiling
from appliance.web.rendering.html import heading, text
from appliance.web.rendering.words import day, listed, number

LEFT = 104  # left of the axis there is room for 1,000,000
TICKS = 4


def activity_chart(counted: Activity, outcomes: Sequence[str], title: str) -> str:
    """Return bars of acts an hour, day or week (`services.record.review_audit`), one colour an outcome, stacked in
    the order of `outcomes`.
    """
    unit, starts = counted.unit, counted.starts_us
    totals = [sum(getattr(counted, outcome)[place] for outcome in outcomes) for place in range(len(starts))]
    if not any(totals):
        return f'<div class="chart empty">{text(t("activity-empty", title=title))}</div>'
    frame = Frame(len(starts), nice_ceiling(max(totals)), left=LEFT)
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
