"""What a training says when it steps down, waits, or ends before its time: the sentences, from the code that says them,
as a table.

python -m ops.bench.stepped_down
"""

from appliance.foundation.messages import message
from appliance.planning import Footprint, step_down
from appliance.planning.passes import PASS_TOKENS
from appliance.training.endings import Ending, TrainingOutcome
from appliance.workers.room import FULL


def rows() -> list[tuple[str, str]]:
    """Return (when, sentence)."""
    found = []
    now = Footprint(PASS_TOKENS[0], activation_checkpointing=False)
    while (lower := step_down(now)) is not None:
        kept = ", checkpointing" if now.activation_checkpointing else ""
        found.append((f"memory ran out with passes of {now.pass_tokens} tokens{kept}", str(lower.sentence)))
        now = lower.footprint
    found.append(
        (
            f"memory ran out with passes of {now.pass_tokens} tokens, checkpointing",
            str(message("worker.out-of-memory:nothing-left")),
        )
    )
    found.append(("the disk is full", str(FULL)))
    for ending, best, when in (
        (Ending.STOPPED, 36, "somebody stops it"),
        (Ending.STOPPED, None, "somebody stops it before the first validation"),
        (Ending.EARLY, 36, "three validations bring nothing better"),
        (Ending.DIVERGED, 36, "the loss is no number, or far over where it began"),
        (Ending.DIVERGED, None, "the same, before the first validation"),
    ):
        outcome = TrainingOutcome(ending, 51, 120, 0.0, None, best, 0, 0.0)
        found.append((when, str(outcome.sentence)))
    return found


def main() -> None:
    """Print the table."""
    print("| when | what the job says |\n| --- | --- |")
    for when, sentence in rows():
        print(f"| {when} | {sentence} |")


if __name__ == "__main__":
    main()
