"""A training while it runs and when it is over: state, progress, chart, and what they mean."""

from collections.abc import Iterable

from appliance.foundation.messages import Message, t
from appliance.jobs.starts.train import SweepResult, TrainingResult
from appliance.jobs.states import ACTIVE, JobState, ProgressPoint
from appliance.services.jobs.control import WatchedJob
from appliance.services.training.train_adapter import SWEEP
from appliance.web.rendering.charts import LossCurve, loss_chart, loss_sentence
from appliance.web.rendering.html import figures, notice, progress_bar
from appliance.web.rendering.results import sweep_view
from appliance.web.rendering.words import duration, number


def training_view(watched: WatchedJob, result: TrainingResult | SweepResult) -> str:
    """Return how a training or a sweep is."""
    state, active = watched.job.state, watched.job.state in ACTIVE
    last = watched.progress[-1] if watched.progress else ProgressPoint(0, 0)
    step = result.steps if state is JobState.SUCCEEDED else last.step
    pairs = [
        (t("training-state"), t(f"training-state-{state}")),
        (t("training-step"), t("training-step-of", step=step, steps=last.steps) if last.steps else "–"),
        *_pace(watched, last, result),
    ]
    drawn = figures(pairs) + progress_bar(step, last.steps) + _told(watched, result)
    # What changes with every figure is not announced: a screen reader would speak without end.
    if isinstance(result, SweepResult):
        now = notice(last.sentence, announced=False) if active else ""
        return drawn + sweep_view(result.trials) + now
    curve = LossCurve.from_progress(watched.progress)
    meaning = loss_sentence(curve, last.steps, over=not active) if watched.progress else None
    return drawn + loss_chart(curve, last.steps) + notice(meaning, announced=False)


def is_sweep(watched: WatchedJob) -> bool:
    """Tell whether the job compares ranks."""
    return watched.job.kind == SWEEP.name


def _told(watched: WatchedJob, result: TrainingResult | SweepResult) -> str:
    """Return what the job said when it ended."""
    state = watched.job.state
    told: Iterable[Message | None] = (watched.job.reason,)
    if state is JobState.SUCCEEDED:
        told = (result.sentence, *(result.stepped_down if isinstance(result, TrainingResult) else ()))
    return "".join(notice(each, "bad" if state is JobState.FAILED else "info") for each in told)


def _pace(watched: WatchedJob, last: ProgressPoint, result: TrainingResult | SweepResult) -> list[tuple[str, str]]:
    """Return how long it still takes or took, or what is before it, and how fast it is."""
    state = watched.job.state
    speed = result.tokens_per_s if isinstance(result, TrainingResult) else None
    if state is JobState.QUEUED:
        when, speed = (t("training-before-it"), t("training-ahead", jobs=watched.ahead)), None
    elif state in ACTIVE:
        left = last.figures.get("seconds_left") if state is JobState.RUNNING else None
        when, speed = (
            (t("training-time-left"), "–" if left is None else duration(left)),
            last.figures.get("tokens_per_s"),
        )
    else:
        when = (t("training-time-taken"), duration(result.seconds) if result.seconds else "–")
    return [when, (t("training-speed"), t("training-tokens-per-second", speed=number(speed)) if speed else "–")]
