"""The main job, step by step, through the `appliance` command: what `./ops/run` does once everything is installed.

Each step first looks whether it is done: interrupted anywhere, it goes on from there.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "ops" / "sample" / "handbook.csv"
COMMAND = Path(sys.executable).with_name("appliance")
NAME = "staff handbook"
SHORT_EPOCHS = 4  # on a CPU that multiplies no bf16; measured to be enough for this sample, see ops/bench/README.md


class StepError(Exception):
    """A step failed; its sentence was printed."""


def appliance(*words: str, show: bool = False) -> Any:
    """Run one command with `--json` and return its value; with `show`, its progress is seen."""
    answer = subprocess.run(
        [COMMAND, *words, "--json"] if not show else [COMMAND, *words], stdout=subprocess.PIPE, check=False
    )
    if answer.returncode:
        raise StepError
    return answer.stdout.decode() if show else json.loads(answer.stdout)


def main() -> int:
    """Do the steps and print the report. Returns the exit status."""
    home = Path(os.environ["APPLIANCE_HOME"])
    try:
        _make_home(home)
        print("Proving the isolation ...", flush=True)
        doctor = appliance("doctor")
        model = _first("model", "Installing the starter model ...", "model", "import", "--starter")
        dataset = _first(
            "dataset", "Importing the sample handbook, encrypted ...", "dataset", "import", str(SAMPLE), "--name", NAME
        )
        adapter = _trained(dataset["id"], model["id"])
        if not adapter["results"]:
            print("Measuring on questions that it never saw ...", flush=True)
            appliance("evaluate", "--adapter", adapter["id"], show=True)
        _report(home, adapter["id"], doctor)
    except StepError:
        print("Stopped here. Run ./ops/run again: it goes on from this step.", file=sys.stderr)
        return 1
    return 0


def _make_home(home: Path) -> None:
    if (home / "keyring.json").exists():
        return
    print("Making the home ...", flush=True)
    made = appliance("init")
    note = home.with_name(home.name + ".first-account")
    with open(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(f"user: {made['user']}\none-time password: {made['password']}\n")
    print(f"The first account's one-time password is in {note} (0600).")
    if sys.stdout.isatty():
        print(f"  user: {made['user']}   one-time password: {made['password']}")


def _first(kind: str, title: str, *words: str) -> Any:
    found = appliance(kind, "list")
    if found:
        return found[0]
    print(title, flush=True)
    return appliance(*words)


def _trained(dataset: str, model: str) -> Any:
    adapters = appliance("adapter", "list")
    if adapters:
        return adapters[0]
    unfinished = [job for job in appliance("job", "list") if job["kind"] == "train" and job["state"] != "succeeded"]
    if unfinished and unfinished[-1]["state"] in {"stopped", "failed"}:
        print("Going on with the training ...", flush=True)
        appliance("job", "resume", unfinished[-1]["id"], show=True)
    elif unfinished:
        print("Going on with the training ...", flush=True)
        appliance("job", "watch", unfinished[-1]["id"], show=True)
    else:
        print("Training a QLoRA adapter in the sandbox ...", flush=True)
        shorter = [] if _fast() else ["--epochs", str(SHORT_EPOCHS)]
        if shorter:
            print(
                f"This machine multiplies no bf16, so the demo takes {SHORT_EPOCHS} passes only, to fit twenty "
                "minutes.",
                flush=True,
            )
        appliance("train", "--dataset", dataset, "--model", model, "--name", NAME, *shorter, show=True)
    adapters = appliance("adapter", "list")
    if not adapters:
        raise StepError
    return adapters[0]


def _fast() -> bool:
    """Tell whether this machine can be expected to compute in bf16.

    The worker probes for itself; this only sizes the demo.
    """
    flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    return bool({"avx512_bf16", "amx_bf16"} & flags) or Path("/dev/nvidiactl").exists()


def _report(home: Path, adapter_id: str, doctor: dict[str, Any]) -> None:
    adapter, audit = appliance("adapter", "show", adapter_id), appliance("audit", "verify")
    print(f"\n{adapter['report']}")
    print(f"  The adapter lies encrypted in {home / 'adapters' / adapter_id}.")
    print(f"  The audit log verifies: {audit['entries']} entries.")
    print(f"  {doctor['sentence']}")
    print(
        "\nWhere to look next: the pages (`appliance serve`), `appliance adapter show --answers`, `appliance chat`, "
        "`appliance audit show`."
    )


if __name__ == "__main__":
    sys.exit(main())
