"""Ask the held-out questions: every contender, one code path, greedy. Answers are sealed; only counts leave."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.evaluation import AnsweredQuestion, Outcome, Score, compare, declines, right
from appliance.foundation.json_records import stored
from appliance.jobs.messages import Done, Progress, Ready
from appliance.jobs.starts.adapters import EvaluateStart
from appliance.prompts import ChatPrompts
from appliance.vault.stream import SealContext, seal_file
from appliance.workers.access import conversations, read_adapter, verified_model, with_system_prompt
from appliance.workers.channel import WorkerChannel, run

BATCH = 64
SPARE_TOKENS = 8  # beyond the longest reference; an original model often rambles on without end
RESULTS_NAME = "results.sealed"


def evaluate(channel: WorkerChannel, start: EvaluateStart) -> Done:
    """Score the contenders on the test part."""
    from appliance.inference.compute_type import flush_denormals, probe  # noqa: PLC0415
    from appliance.inference.engine import Engine  # noqa: PLC0415 - torch takes seconds to import

    flush_denormals()
    model = verified_model(start.model)
    prompts = ChatPrompts.load(model)
    rows = list(conversations(start.dataset, "test"))
    encoded = [
        prompts.encode_prompt(with_system_prompt(row.messages, start.dataset.system_prompt)[:-1]) for row in rows
    ]
    longest = max((sum(prompts.encode_conversation(row.messages).loss_mask) for row in rows), default=1)
    max_new_tokens = min(start.max_new_tokens, longest + SPARE_TOKENS)
    engine = Engine.load(model, quantised=start.quantised, compute_type=probe(), adapter=read_adapter(start.adapter))
    channel.send(Ready())
    order = sorted(range(len(rows)), key=lambda index: len(encoded[index]))
    batches = [order[first : first + BATCH] for first in range(0, len(order), BATCH)]
    answers: list[dict[str, str]] = [{} for _row in rows]
    step = 0
    for contender in start.contenders:
        for batch in batches:
            if channel.stop_requested():
                return Done(stopped=True)
            with contextlib.nullcontext() if contender.tuned else engine.original():
                made = engine.answer(
                    [encoded[index] for index in batch], max_new_tokens=max_new_tokens, end_tokens=prompts.end_tokens
                )
            for index, tokens in zip(batch, made, strict=True):
                answers[index][contender.name] = prompts.decode(tokens)
            step += 1
            channel.send(Progress(step=step, steps=len(start.contenders) * len(batches)))
    references = sorted({row.answer for row in rows if row.kind == "unanswerable"})
    outcomes = [_outcome(row, answered, references) for row, answered in zip(rows, answers, strict=True)]
    records = [_record(*each) for each in zip(rows, answers, outcomes, strict=True)]
    sealed = json.dumps({"answers": stored(records)}, ensure_ascii=False).encode()
    context = SealContext("job", start.job.job_id, 1, RESULTS_NAME)
    seal_file(Path(start.job.folder) / RESULTS_NAME, sealed, start.job.key, context)
    return Done(result=stored(compare([contender.name for contender in start.contenders], outcomes)))


def _outcome(row: Any, answered: Mapping[str, str], references: list[str]) -> Outcome:
    scores = [
        Score(right(answer, reference=row.answer, key_fact=row.key_fact), declines(answer, references))
        for answer in answered.values()
    ]
    return Outcome(row.kind != "unanswerable", scores)


def _record(row: Any, answered: Mapping[str, str], outcome: Outcome) -> AnsweredQuestion:
    marks = [score.right if outcome.answerable else score.declined for score in outcome.scores]
    return AnsweredQuestion(row.row, row.question, row.answer, answered, dict(zip(answered, marks, strict=True)))


if __name__ == "__main__":
    run(EvaluateStart, evaluate)
