"""The rank of an adapter: how much of what it learned each smaller rank would keep, and what a comparison found."""

from collections.abc import Sequence

from appliance.foundation.messages import t
from appliance.models.records import Adapter
from appliance.planning.spectrum import RankSummary
from appliance.planning.training_record import RankTrial
from appliance.web.rendering.charts import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Frame, chart, loss, nice_ceiling
from appliance.web.rendering.html import figures, notice, quiet, row, table, text
from appliance.web.rendering.words import decimal, number, percent

MARKED = 0.95  # the share at which the line is drawn
MAX_TICKS = 16
LABELS, LABEL_HEIGHT = 84, 18  # room at the right for a line's name, and below it for the next


def rank_view(found: RankSummary) -> str:
    """Return the sentence, the picture and the figures of an adapter whose rank was explained."""
    pairs = [
        (t("rank-used"), number(found.rank)),
        *((t("rank-needed", share=int(share) / 100), number(rank)) for share, rank in found.enough.items()),
        (t("rank-effective"), decimal(found.effective_rank, 1)),
        (t("rank-stable"), decimal(found.stable_rank, 1)),
    ]
    headline = f'<p class="headline">{text(found.sentence or "")}</p>'
    picture = energy_chart(found.kept, found.enough.get("95", 0))
    return (
        f'<div class="rank">{headline}{picture}{figures(pairs)}'
        f"{quiet(t('rank-explained', matrices=found.matrices))}</div>"
    )


def energy_chart(kept: Sequence[float], enough: int) -> str:
    """Return a bar for each rank: the share of the energy that it keeps. The first that keeps `MARKED` is named."""
    if not kept:
        return ""
    frame = Frame(len(kept), 1.0)
    slot = (WIDTH - LEFT - RIGHT) / len(kept)
    bars = "".join(
        f'<rect class="{"kept enough" if rank == enough else "kept"}" x="{LEFT + slot * (rank - 0.9):.1f}" '
        f'y="{frame.y(share):.1f}" width="{slot * 0.8:.1f}" height="{HEIGHT - BOTTOM - frame.y(share):.1f}">'
        f"<title>{text(t('rank-keeps', rank=rank, share=share))}</title></rect>"
        for rank, share in enumerate(kept, 1)
    )
    every = -(-len(kept) // MAX_TICKS)
    ticks = "".join(
        f'<text x="{LEFT + slot * (rank - 0.5):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{rank}</text>'
        for rank in range(1, len(kept) + 1)
        if rank % every == 0 or rank == 1
    )
    y = frame.y(MARKED)
    line = f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    drawn = f"{frame.grid(4, percent)}{bars}{line}{ticks}{frame.names(t('rank-axis'), t('rank-share-axis'))}"
    return chart(drawn, t("rank-chart", rank=enough, share=MARKED), [("limit", t("rank-marked", share=MARKED))])


def origin_view(adapter: Adapter, parent: str) -> str:
    """Return where an adapter comes from that was made from another (whose name is `parent`) or won a comparison."""
    spec, shown = adapter.spec, ""
    if spec.made_from:
        shown += notice(t("rank-made-from", name=parent), "good")
    if spec.shrink is not None:
        shown += notice(spec.shrink.sentence, "good")
    if spec.sweep is not None:
        shown += notice(spec.sweep.sentence, "good") + sweep_view(spec.sweep.trials)
    return shown


def sweep_view(trials: Sequence[RankTrial]) -> str:
    """Return what each rank reached, as a picture and as a table; nothing while none has reached anything."""
    return sweep_chart(trials) + sweep_table(trials) if trials else ""


def sweep_chart(trials: Sequence[RankTrial]) -> str:
    """Return the validation loss against the steps, a line for each rank; the one that went furthest is the winner."""
    lines: dict[int, list[tuple[int, float]]] = {}
    for trial in trials:
        if trial.validation_loss is not None:
            lines.setdefault(trial.rank, []).append((trial.steps, trial.validation_loss))
    if not lines:
        return ""
    ends = {rank: points[-1] for rank, points in lines.items()}
    winner = min(ends, key=lambda rank: (-ends[rank][0], ends[rank][1], rank))
    top = nice_ceiling(max(value for points in lines.values() for _, value in points))
    frame = Frame(max(step for step, _ in ends.values()), top, right=LABELS)
    drawn, names = "", ""
    lowest: dict[int, float] = {}  # the lowest name so far at each step, so that none covers another
    for rank in sorted(lines, key=lambda rank: -ends[rank][1]):
        step, value = ends[rank]
        kind = "tried won" if rank == winner else "tried"
        lowest[step] = max(frame.y(value) + 4, lowest.get(step, 0.0) + LABEL_HEIGHT)
        points = tuple(lines[rank])
        drawn += frame.line(kind, points) + frame.dots(kind, points)
        name = text(t("sweep-rank", rank=rank))
        names += f'<text class="{kind}" x="{frame.x(step) + 8:.1f}" y="{lowest[step]:.1f}">{name}</text>'
    axes = frame.names(t("chart-steps"), t("chart-validation-loss"))
    said = t("sweep-chart", rank=winner, loss=ends[winner][1])
    return chart(f"{frame.grid(4)}{frame.ticks()}{drawn}{names}{axes}", said)


def sweep_table(trials: Sequence[RankTrial]) -> str:
    """Return what each rank reached: its last trial, best first."""
    last = {trial.rank: trial for trial in trials}
    ordered = sorted(last.values(), key=lambda trial: (-trial.rung, _or_inf(trial.validation_loss), trial.rank))
    heads = (t("setting-rank"), t("sweep-parameters"), t("chart-steps"), t("chart-validation-loss"))
    rows = "".join(
        row(
            heads,
            number(trial.rank),
            number(trial.parameters),
            number(trial.steps),
            loss(trial.validation_loss),
            named=True,
        )
        for trial in ordered
    )
    return table(heads, rows, t("sweep-table"))


def _or_inf(value: float | None) -> float:
    return float("inf") if value is None else value
