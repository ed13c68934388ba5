"""Activity and refusals as stacked bars over time, SVG drawn here as in web/charts.py."""

from collections.abc import Sequence
from typing import Any

from appliance.web.audit import words
from appliance.web.drawing import text

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 104, 12, 14, 46  # left of the axis there is room for 1 000 000
TICKS = 4
_NICE = (1, 2, 4, 6, 8, 10)
SHOWN = {"succeeded": "done", "failed": "failed", "denied": "denied"}


def activity_chart(counted: dict[str, Any], outcomes: Sequence[str], title: str) -> str:
    """Return bars of acts an hour, day or week (`services.audit_activity`), one colour an outcome, stacked in the order
    of `outcomes`.
    """
    unit, starts = counted["unit"], counted["starts_us"]
    totals = [sum(counted[outcome][place] for outcome in outcomes) for place in range(len(starts))]
    if not any(totals):
        return f'<div class="chart empty">{text(title)}: nothing in this time.</div>'
    top = _ceiling(max(totals))
    width = (WIDTH - LEFT - RIGHT) / len(starts)
    bars = "".join(_bar(counted, outcomes, place, width, top) for place in range(len(starts)) if totals[place])
    said = ", ".join(f"{words.number(sum(counted[outcome]))} {SHOWN[outcome]}" for outcome in outcomes)
    legend = "".join(f'<span><i class="key {outcome}"></i>{SHOWN[outcome]}</span>' for outcome in outcomes)
    return (
        f'<div class="chart acts"><h3>{text(title)}</h3>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(title)}, acts per {unit}: {text(said)}">'
        f"{_grid(top)}{bars}{_dates(starts, unit, width)}"
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{unit.capitalize()} (UTC)</text>'
        f'<text transform="translate(12 {(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" text-anchor="middle">Acts per '
        f"{unit}</text>"
        f'</svg><div class="legend">{legend}</div></div>'
    )


def _bar(counted: dict[str, Any], outcomes: Sequence[str], place: int, width: float, top: float) -> str:
    x, base, parts = LEFT + place * width, 0, ""
    label = words.day(counted["starts_us"][place], counted["unit"])
    said = ", ".join(f"{counted[outcome][place]} {SHOWN[outcome]}" for outcome in outcomes)
    for outcome in outcomes:
        count = counted[outcome][place]
        if count:
            upper, lower = _y(base + count, top), _y(base, top)
            # A single denial among ten thousand acts must still be seen.
            height = max(lower - upper, 2.0)
            side = f'x="{x + width * 0.1:.1f}" width="{max(1.0, width * 0.8):.1f}"'
            parts += f'<rect class="{outcome}" {side} y="{lower - height:.1f}" height="{height:.1f}"/>'
            base += count
    return f"<g><title>{text(label)}: {text(said)}</title>{parts}</g>"


def _grid(top: float) -> str:
    steps = min(TICKS, int(top))
    lines = []
    for part in range(steps + 1):
        value = top * part / steps
        y = _y(value, top)
        lines.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{words.number(round(value))}</text>')
    return "".join(lines)


def _dates(starts: Sequence[int], unit: str, width: float) -> str:
    """Return the labels of a few bars: the first, the last, and some between."""
    last = len(starts) - 1
    places = sorted({round(last * part / 3) for part in range(4)})
    labels = []
    for place in places:
        anchor = "start" if place == 0 and last else "end" if place == last and last else "middle"
        x = LEFT if anchor == "start" else WIDTH - RIGHT if anchor == "end" else LEFT + (place + 0.5) * width
        labels.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" '
            f'text-anchor="{anchor}">{text(words.day(starts[place], unit))}</text>'
        )
    return "".join(labels)


def _y(value: float, top: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)


def _ceiling(value: int) -> int:
    """Return a round number that the ticks divide and that is not below `value`."""
    scale = 1
    while scale * 10 < value:
        scale *= 10
    return next(scale * factor for factor in _NICE if scale * factor >= value)
