"""`appliance train`, and the arithmetic behind it: `appliance parameters`."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from appliance.cli.client import OwningClient
from appliance.cli.follow_job import follow_job
from appliance.cli.frame import AsJson, Frame, PassphraseFile, Wait
from appliance.foundation.errors import InputError
from appliance.planning import compare_adapter, gpu_table
from appliance.planning.gpu_table import GPU_GB
from appliance.reports.training_plan import plan_report


def add_train_commands(app: typer.Typer, frame: Frame) -> None:
    """Add the commands to `app`."""

    @app.command()
    def train(
        dataset: Annotated[str, typer.Option(help="Dataset id.")],
        model: Annotated[str, typer.Option(help="Model id.")],
        method: Annotated[
            str, typer.Option(help="qlora, lora, last-layers, full, or auto: what fits this machine.")
        ] = "qlora",
        preset: Annotated[str, typer.Option(help="quick, balanced or thorough.")] = "balanced",
        rank: Annotated[int | None, typer.Option(help="Of LoRA and QLoRA.")] = None,
        rslora: Annotated[bool, typer.Option("--rslora", help="Scale by the root of the rank (LoRA, QLoRA).")] = False,
        dora: Annotated[bool, typer.Option("--dora", help="Learn lengths and directions apart (LoRA, QLoRA).")] = False,
        last_layers: Annotated[
            int | None, typer.Option(help="How many of the last layers learn (last-layers).")
        ] = None,
        train_head: Annotated[bool, typer.Option("--train-head", help="The head learns too (last-layers).")] = False,
        epochs: int | None = None,
        batch: int | None = None,
        learning_rate: float | None = None,
        seed: int = 0,
        name: str = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would take, and start nothing.")] = False,
        wait: Wait = True,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Train a model on a dataset."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            choice: dict[str, Any] = {
                "method": method,
                "preset": preset,
                "rank": rank,
                "use_rslora": rslora,
                "use_dora": dora,
                "last_layers": last_layers,
                "train_head": train_head,
                "epochs": epochs,
                "batch_size": batch,
                "learning_rate": learning_rate,
                "seed": seed,
                "name": name,
            }
            if dry_run:
                plan = client.perform("train.plan", dataset_id=dataset, model_id=model, choice=choice)
                options.printer.result(plan, plan_report(plan))
                return
            job = client.perform("train", dataset_id=dataset, model_id=model, choice=choice)
            follow_job(options, client, job, "Training", wait=wait or isinstance(client, OwningClient))

    @app.command()
    def parameters(
        rows: Annotated[int | None, typer.Option(help="Rows d of one matrix.")] = None,
        columns: Annotated[int | None, typer.Option(help="Columns k of one matrix.")] = None,
        rank: Annotated[int, typer.Option(help="The adapter's rank r.")] = 16,
        model: Annotated[str, typer.Option(help="A model's id: every matrix of it.")] = "",
        table: Annotated[bool, typer.Option("--table", help="Which models fit on which GPU.")] = False,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Count what a matrix, an adapter or a whole model has to learn."""
        with frame(as_json, passphrase_file) as options:
            if ((rows is not None or columns is not None) + bool(model) + table) != 1 or (rows is None) != (
                columns is None
            ):
                raise InputError("parameters.which")
            if table:
                lines = gpu_table()
                columns_of = {"name": "model", **{str(size): f"{size} GB" for size in GPU_GB}}
                shown = [
                    {
                        "name": line.name,
                        **{str(size): ", ".join(cell) or "-" for size, cell in zip(GPU_GB, line.fitting, strict=True)},
                    }
                    for line in lines
                ]
                options.printer.table([asdict(line) for line in lines] if as_json else shown, columns_of, "")
            elif model:
                with options.client() as client:
                    found = client.perform("model.parameters", model_id=model, rank=rank)
                layers = [{**layer, "size": f"{layer['rows']} x {layer['columns']}"} for layer in found["layers"]]
                if as_json:
                    options.printer.result(found, "")
                    return
                heads = {
                    "name": "matrix",
                    "copies": "copies",
                    "size": "d x k",
                    "full": "d·k",
                    "adapter": f"r·(d+k), r={rank}",
                }
                options.printer.table(layers, heads, "")
                sentence = (
                    f"{found['name']}: {found['parameters']:,} numbers; an adapter of rank {rank} on all linear "
                    "layers: "
                )
                options.printer.result(
                    found, f"{sentence}{found['adapter']:,}, {found['times_smaller']:.0f} times fewer."
                )
            else:
                count = compare_adapter(rows or 0, columns or 0, rank)
                options.printer.result(
                    {"rows": rows, "columns": columns, "rank": rank, **asdict(count)},
                    f"W0 has d·k = {rows} x {columns} = {count.full:,} numbers. B·A of rank {rank} has d·r + r·k = "
                    f"{rows} x {rank} + {rank} x {columns} = {count.adapter:,}: {count.times_smaller:.1f} times fewer.",
                )
