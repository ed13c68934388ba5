"""Ask the held-out questions: the original and the tuned model, one code path, greedy.

Answers are sealed; only counts leave.
"""

import json
from pathlib import Path
from typing import Any

from appliance.evaluation import Outcome, compare, declines, right
from appliance.jobs.messages import Done, Progress, Ready
from appliance.jobs.starts.evaluate import EvaluateStart
from appliance.prompts import ChatPrompts
from appliance.vault.stream import SealContext, seal_file
from appliance.workers.access import conversations, read_adapter, verified_model, with_system_prompt
from appliance.workers.channel import WorkerChannel, run

BATCH = 64
SPARE_TOKENS = 8  # beyond the longest reference; an original model often rambles on without end
RESULTS_NAME = "results.sealed"


def evaluate(channel: WorkerChannel, start: EvaluateStart) -> Done:
    """Score both contenders on the test part."""
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
    answers: dict[str, list[str]] = {"original": [], "tuned": []}
    order = sorted(range(len(rows)), key=lambda index: len(encoded[index]))
    batches = [order[first : first + BATCH] for first in range(0, len(order), BATCH)]
    texts: dict[str, dict[int, str]] = {"original": {}, "tuned": {}}
    step = 0
    for contender in ("original", "tuned"):
        for batch in batches:
            if channel.stop_requested():
                return Done(stopped=True)
            given = [encoded[index] for index in batch]
            if contender == "original":
                with engine.original():
                    made = engine.answer(given, max_new_tokens=max_new_tokens, end_tokens=prompts.end_tokens)
            else:
                made = engine.answer(given, max_new_tokens=max_new_tokens, end_tokens=prompts.end_tokens)
            texts[contender].update({index: prompts.decode(tokens) for index, tokens in zip(batch, made, strict=True)})
            step += 1
            channel.send(Progress(step=step, steps=2 * len(batches)))
        answers[contender] = [texts[contender][index] for index in range(len(rows))]
    references = sorted({row.answer for row in rows if row.kind == "unanswerable"})
    outcomes, records = [], []
    for row, original, tuned in zip(rows, answers["original"], answers["tuned"], strict=True):
        outcome = _outcome(row, original, tuned, references)
        outcomes.append(outcome)
        records.append(_record(row, original, tuned, outcome))
    sealed = json.dumps({"answers": records}, ensure_ascii=False).encode()
    context = SealContext("job", start.job.job_id, 1, RESULTS_NAME)
    seal_file(Path(start.job.folder) / RESULTS_NAME, sealed, start.job.key, context)
    return Done(result=compare(outcomes).to_json())


def _outcome(row: Any, original: str, tuned: str, references: list[str]) -> Outcome:
    return Outcome(
        answerable=row.kind != "unanswerable",
        original_right=right(original, reference=row.answer, key_fact=row.key_fact),
        tuned_right=right(tuned, reference=row.answer, key_fact=row.key_fact),
        original_declined=declines(original, references),
        tuned_declined=declines(tuned, references),
    )


def _record(row: Any, original: str, tuned: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "row": row.row,
        "question": row.question,
        "reference": row.answer,
        "original": original,
        "tuned": tuned,
        "original_right": outcome.original_right if outcome.answerable else outcome.original_declined,
        "tuned_right": outcome.tuned_right if outcome.answerable else outcome.tuned_declined,
    }


if __name__ == "__main__":
    run(EvaluateStart, evaluate)
