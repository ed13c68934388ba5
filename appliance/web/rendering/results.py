"""What an evaluation found: the sentence, the bars with their uncertainty, and the answers to look at; and the rank.

Of the rank: how much of what was learned each smaller one would keep, and what a comparison found.
"""

from collections.abc import Sequence

from appliance.evaluation import AnsweredQuestion, Comparison
from appliance.foundation.messages import t
from appliance.jobs.starts.adapters import CONTENDERS
from appliance.jobs.states import JobState
from appliance.models.records import EVALUATION, Adapter
from appliance.planning.spectrum import RankSummary
from appliance.planning.training_record import RankTrial
from appliance.services.jobs.control import WatchedJob
from appliance.web.rendering.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    Frame,
    answer_bars,
    chart,
    loss,
    nice_ceiling,
)
from appliance.web.rendering.html import Drawn, both, figures, mark, notice, progress_bar, quiet, row, table, text
from appliance.web.rendering.words import decimal, number, percent

MARKED = 0.95  # the share at which the line is drawn
MAX_TICKS = 16
LABELS, LABEL_HEIGHT = 84, 18  # room at the right for a line's name, and below it for the next


def measuring(watched: WatchedJob) -> str:
    """Return how far an evaluation is."""
    last = watched.progress[-1] if watched.progress else None
    said = (last.sentence if last is not None else None) or t("results-measuring")
    return notice(said, announced=False) + (progress_bar(last.step, last.steps) if last is not None else "")


def results(adapter: Adapter, watched: WatchedJob | None) -> str:
    """Return what the latest evaluation found, and why a newer one failed, if it did."""
    failed = ""
    if watched is not None and watched.job.state is JobState.FAILED:
        failed = notice(watched.job.reason, "bad")
    found = adapter.found(EVALUATION, Comparison)
    if found is None:
        return failed or notice(t("results-none"))
    headline = f'<p class="headline">{text(found.sentence())}</p>'
    bars = answer_bars([(t(f"contender-{name}"), tally.right) for name, tally in found.tallies.items()])
    details = "".join(f"<li>{text(each)}</li>" for each in found.details())
    return f'{failed}<div class="result">{headline}{bars}<ul>{details}</ul></div>'


def answers(found: Sequence[AnsweredQuestion]) -> str:
    """Return the held-out questions with what each contender answered, and whether that was marked right."""
    if not found:
        return notice(t("results-no-answers"))
    heads = (t("results-question"), *(t(f"contender-{name}") for name in CONTENDERS))
    rows = "".join(
        row(
            heads,
            both(each.question, t("results-expected", answer=each.reference)),
            *(_answer(each, name) for name in CONTENDERS),
        )
        for each in found
    )
    return f'<div class="answers">{table(heads, rows, t("results-answers", questions=len(found)))}</div>'


def _answer(found: AnsweredQuestion, name: str) -> Drawn:
    right = found.right[name]
    said = mark(t("results-right" if right else "results-wrong"), "right" if right else "wrong")
    return Drawn(said + text(found.answers[name].strip() or t("chat-no-answer")))


def rank_view(found: RankSummary) -> str:
    """Return the sentence, the picture and the figures of an adapter whose rank was explained."""
    pairs = [
        (t("rank-used"), number(found.rank)),
        *((t("rank-needed", share=share / 100), number(rank)) for share, rank in found.enough.items()),
        (t("rank-effective"), decimal(found.effective_rank, 1)),
        (t("rank-stable"), decimal(found.stable_rank, 1)),
    ]
    headline = f'<p class="headline">{text(found.meaning or "")}</p>'
    picture = energy_chart(found.kept, found.enough.get(95, 0))
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
    frame = Frame(max(1, *(step for step, _ in ends.values())), top, right=LABELS)
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
