"""What an evaluation found: the sentence, the bars with their uncertainty, and the answers to look at."""

from collections.abc import Sequence

from appliance.evaluation import AnsweredQuestion, Comparison
from appliance.foundation.messages import t
from appliance.jobs.starts.adapters import CONTENDERS
from appliance.jobs.states import JobState
from appliance.models.records import EVALUATION, Adapter
from appliance.services.jobs.control import WatchedJob
from appliance.web.rendering.charts import answer_bars
from appliance.web.rendering.html import Drawn, both, mark, notice, progress_bar, row, table, text


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
