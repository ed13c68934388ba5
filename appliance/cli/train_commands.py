"""Train, compare ranks, and count: what a training takes, what it can choose, and what a rank is good for.

The options of a training are those of `planning.training_settings.SETTINGS`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from appliance.cli.command_table import Parameter, Session, command, named, opt
from appliance.cli.object_commands import WAIT
from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message, sentences
from appliance.planning import ADAPTER_METHODS, AUTOMATIC, PRESETS, compare_adapter, gpu_table
from appliance.planning.gpu_table import GPU_GB
from appliance.planning.methods import METHODS
from appliance.planning.training_settings import SETTINGS, Setting, TrainingChoice
from appliance.reports.training_plan import plan_report
from appliance.services.training.train_adapter import DEFAULT_RANKS

DEFAULTS = TrainingChoice()
LAYER_COLUMNS = ("name", "copies", "size", "full", "adapter")
DATASET, MODEL = opt("dataset", required=True), opt("model", required=True)


def _setting(row: Setting) -> Parameter:
    about = row.help if row.type is bool else sentences(row.help, message("option-range", low=row.low, high=row.high))
    return opt(row.name, row.type, flag=row.flag, help=about)


def _choices(settings: Iterable[Setting], methods: tuple[str, ...]) -> tuple[Parameter, ...]:
    return (
        opt("method", default=AUTOMATIC, choices=(AUTOMATIC, *methods)),
        opt("preset", default=DEFAULTS.preset, choices=tuple(PRESETS)),
        *map(_setting, settings),
        opt("seed", int, DEFAULTS.seed),
        opt("name", help=message("option-adapter-name")),
    )


@command(
    "train",
    DATASET,
    MODEL,
    *_choices(SETTINGS, METHODS),
    opt("dry_run", bool),
    WAIT,
    examples=(
        "--dataset staff --model SmolLM2",
        "--dataset staff --model SmolLM2 --preset quick --dry-run",
        "--dataset staff --model SmolLM2 --method lora --rank 8 --epochs 3",
    ),
)
def _train(session: Session, *, dataset: str, model: str, dry_run: bool, wait: bool, **choice: Any) -> None:
    subject = {"dataset_id": dataset, "model_id": model}
    if dry_run:
        plan = session.perform("train.plan", **subject, choice=choice)
        session.result(plan, plan_report(plan))
        return
    session.follow(session.perform("train", **subject, choice=choice), "progress-train", wait=wait)


@command(
    "sweep",
    DATASET,
    MODEL,
    opt("ranks", default=",".join(map(str, DEFAULT_RANKS))),
    *_choices((row for row in SETTINGS if row.name != "rank" and row.has(AUTOMATIC)), ADAPTER_METHODS),
    WAIT,
    examples=("--dataset staff --model SmolLM2", "--dataset staff --model SmolLM2 --ranks 2,4,8"),
)
def _sweep(session: Session, *, dataset: str, model: str, ranks: str, wait: bool, **choice: Any) -> None:
    try:
        numbers = [int(part) for part in ranks.split(",")]
    except ValueError:
        raise InputError("sweep.ranks:list") from None
    job = session.perform("sweep", dataset_id=dataset, model_id=model, ranks=numbers, choice=choice)
    session.follow(job, "progress-sweep", wait=wait)


@command(
    "rank advise",
    opt("adapter"),
    opt("dataset"),
    opt("model"),
    opt("method", default=ADAPTER_METHODS[0], choices=ADAPTER_METHODS, help=message("option-adapter-method")),
    opt("memory_gib", float),
    opt("layers", bool),
    opt("again", bool),
    examples=("--dataset staff --model SmolLM2", "--adapter staff", "--adapter staff --layers"),
)
def _advise(
    session: Session, *, adapter: str, dataset: str, model: str, layers: bool, again: bool, **budget: Any
) -> None:
    if bool(dataset and model) == bool(adapter):
        raise InputError("rank.which:options")
    if adapter:
        _explain(session, adapter, layers=layers, again=again)
        return
    found = session.perform("rank.advise", dataset_id=dataset, model_id=model, **budget)
    session.result(found, found["sentence"], "", *map(_choice, found["choices"]), "", *_sources(found["sources"]))


def _explain(session: Session, adapter: str, *, layers: bool, again: bool) -> None:
    shown = session.perform("adapter.show", adapter_id=adapter)
    if again or not shown["results"].get("rank"):
        job = session.perform("rank.explain", adapter_id=shown["id"])
        session.watch(job, message("progress-explain"))
        shown = session.perform("adapter.show", adapter_id=shown["id"])
        if not shown["results"].get("rank"):
            raise InputError("rank.stopped")
    known = shown["results"]["rank"]
    found = session.perform("rank.show", adapter_id=shown["id"]) if layers else known
    session.result({"adapter": shown["id"], **found}, *_explained(found), *map(_layer, found.get("layers", [])))


def _choice(choice: Mapping[str, Any]) -> Message:
    said = "rank-choice" if choice["fits"] else "rank-choice-too-large"
    return message(said, **named(choice, "rank", "parameters", "peak_mib"))


def _sources(sources: Iterable[str]) -> list[Message]:
    return [message("rank-source", source=source) for source in sources]


def _explained(found: Mapping[str, Any]) -> list[str | Message]:
    enough = ", ".join(f"{percent} %: {rank}" for percent, rank in found["enough"].items())
    facts = named(found, "matrices", "effective_rank", "stable_rank")
    return [found["sentence"], message("rank-energy", enough=enough), message("rank-mean", **facts)]


def _layer(layer: Mapping[str, Any]) -> Message:
    largest = ", ".join(f"{value:.3g}" for value in layer["singular_values"][:4])
    return message(
        "rank-layer", largest=largest, **named(layer, "name", "effective_rank", "stable_rank", "numeric_rank")
    )


@command(
    "parameters",
    opt("rows", int, help=message("option-matrix-rows")),
    opt("columns", int),
    opt("rank", int, 16),
    opt("model"),
    opt("table", bool),
    examples=("--rows 1000 --columns 1000 --rank 8", "--model SmolLM2", "--table"),
)
def _parameters(session: Session, *, rows: int | None, columns: int | None, rank: int, model: str, table: bool) -> None:
    asked = ((rows is not None or columns is not None), bool(model), table)
    if sum(asked) != 1 or (rows is None) != (columns is None):
        raise InputError("parameters.which")
    if table:
        _show_gpus(session)
    elif model:
        _show_layers(session, session.perform("model.parameters", model_id=model, rank=rank), rank)
    else:
        count = compare_adapter(rows or 0, columns or 0, rank)
        facts: dict[str, Any] = {"rows": rows, "columns": columns, "rank": rank, **asdict(count)}
        session.result(facts, message("parameters-matrix", **facts))


def _show_gpus(session: Session) -> None:
    lines = gpu_table()
    cells = [zip(map(str, GPU_GB), line.fitting, strict=True) for line in lines]
    rows = [
        {"name": line.name, **{size: ", ".join(cell) or "-" for size, cell in each}}
        for line, each in zip(lines, cells, strict=True)
    ]
    headings = {str(size): f"{size} GB" for size in GPU_GB}
    session.printer.table(rows, ("name", *headings), "", headings, [asdict(line) for line in lines])


def _show_layers(session: Session, found: dict[str, Any], rank: int) -> None:
    if session.as_json:
        session.result(found)
        return
    layers = [{**layer, "size": f"{layer['rows']} x {layer['columns']}"} for layer in found["layers"]]
    headings = {name: str(message(f"layer-{name}", rank=rank)) for name in LAYER_COLUMNS}
    session.printer.table(layers, LAYER_COLUMNS, "", headings)
    session.result(
        found, message("parameters-model", rank=rank, **named(found, "name", "parameters", "adapter", "times_smaller"))
    )
