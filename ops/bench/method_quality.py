"""Right answers on held-out questions of the sample handbook, for each method and seed, through the `appliance`
command.

    APPLIANCE_HOME=HOME APPLIANCE_PASSPHRASE_FILE=FILE python -m ops.bench.method_quality OUT.json [--methods
    qlora,lora] [--seeds 0,1,2]

HOME has been made by `appliance init`. Each run trains by `--preset` and is asked all held-out questions. A run that is
in OUT.json already is not repeated, so that this may be interrupted. Prints a table with Wilson intervals at 95 %, a
row a run and one for each method's seeds together.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from appliance.evaluation.comparison import wilson
from ops.first_run import COMMAND, NAME, SAMPLE

METHODS = "qlora,lora,last-layers,full"


def appliance(*words: str) -> Any:
    """Run one command and return its value."""
    return json.loads(subprocess.run([COMMAND, *words, "--json"], stdout=subprocess.PIPE, check=True).stdout)


def prepared() -> tuple[str, str]:
    """Return the ids of the handbook and of the starter model."""
    datasets = [each for each in appliance("dataset", "list") if each["name"] == NAME]
    models = appliance("model", "list") or [appliance("model", "import", "--starter")]
    dataset = datasets[0] if datasets else appliance("dataset", "import", str(SAMPLE), "--name", NAME)
    return dataset["id"], models[0]["id"]


def run(dataset: str, model: str, method: str, seed: int, preset: str) -> dict[str, Any]:
    """Train and measure once."""
    options = ("--method", method, "--seed", str(seed), "--preset", preset, "--name", f"{method} {seed}")
    trained = appliance("train", "--dataset", dataset, "--model", model, *options, "--wait")
    appliance("evaluate", "--adapter", trained["adapter"])
    results = appliance("adapter", "show", trained["adapter"])["results"]
    return {"method": method, "seed": seed, "preset": preset, "training": trained, "results": results}


def table(runs: list[dict[str, Any]]) -> str:
    """Return the rows of a Markdown table."""
    lines = [
        "| method | seed | right before | right after | not in the data, declined | training |",
        "| --- " * 6 + "|",
    ]
    for method in dict.fromkeys(each["method"] for each in runs):
        own = [each for each in runs if each["method"] == method]
        lines += [_row(method, str(each["seed"]), [each]) for each in own]
        if len(own) > 1:
            lines.append(_row(method, "all", own))
    return "\n".join(lines)


def _row(method: str, seed: str, runs: list[dict[str, Any]]) -> str:
    def counted(name: str) -> str:
        parts = [each["results"][name] for each in runs]
        whole = wilson(sum(part["count"] for part in parts), sum(part["total"] for part in parts))
        return f"{whole.count} of {whole.total} ({100 * whole.low:.0f} to {100 * whole.high:.0f} %)"

    seconds = sum(each["training"]["seconds"] for each in runs) / len(runs)
    return (
        f"| {method} | {seed} | {counted('original')} | {counted('tuned')} | {counted('tuned_declined')} | "
        f"{seconds:.0f} s |"
    )


def main() -> None:
    """Do what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--methods", default=METHODS)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--preset", default="quick")
    chosen = parser.parse_args()
    runs: list[dict[str, Any]] = json.loads(chosen.out.read_text(encoding="utf-8")) if chosen.out.exists() else []
    dataset, model = prepared()
    for seed in map(int, chosen.seeds.split(",")):
        for method in chosen.methods.split(","):
            if any((each["method"], each["seed"], each["preset"]) == (method, seed, chosen.preset) for each in runs):
                continue
            print(f"{method}, seed {seed} ...", file=sys.stderr, flush=True)
            runs.append(run(dataset, model, method, seed, chosen.preset))
            chosen.out.write_text(json.dumps(runs, indent=1), encoding="utf-8")
    print(table(runs))


if __name__ == "__main__":
    main()
