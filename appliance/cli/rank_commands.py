"""Commands about the rank: advice before and after training, a smaller adapter, a sweep over several ranks."""

from typing import Annotated, Any

import typer

from appliance.cli.client import Client, OwningClient
from appliance.cli.follow_job import follow_job, verify_succeeded, watch_job
from appliance.cli.frame import AsJson, Frame, Options, PassphraseFile, Wait
from appliance.foundation.errors import InputError

AdapterId = Annotated[str | None, typer.Option(help="Adapter id: explain the rank that it has.")]


def add_rank_commands(app: typer.Typer, group: typer.Typer, adapters: typer.Typer, frame: Frame) -> None:
    """Add `rank advise`, `adapter shrink` and `sweep`."""
    _add_advise(group, frame)
    _add_shrink(adapters, frame)
    _add_sweep(app, frame)


def _add_advise(group: typer.Typer, frame: Frame) -> None:
    @group.command()
    def advise(
        adapter: AdapterId = None,
        dataset: Annotated[str | None, typer.Option(help="Dataset id: recommend a rank before training.")] = None,
        model: Annotated[str | None, typer.Option(help="Model id, together with --dataset.")] = None,
        method: str = "qlora",
        memory_gib: Annotated[
            float | None, typer.Option(help="How much memory training may take; this machine's, if not said.")
        ] = None,
        layers: Annotated[bool, typer.Option("--layers", help="With each matrix and its singular values.")] = False,
        again: Annotated[
            bool, typer.Option("--again", help="Look anew at an adapter that was looked at before.")
        ] = False,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Recommend a rank before training, or say after it which rank would have done."""
        with frame(as_json, passphrase_file) as options:
            before = dataset is not None and model is not None
            if before == (adapter is not None):
                raise InputError("rank.which:options")
            with options.client() as client:
                if adapter is not None:
                    _explain(options, client, adapter, layers=layers, again=again)
                    return
                found = client.perform(
                    "rank.advise", dataset_id=dataset, model_id=model, method=method, memory_gib=memory_gib
                )
                options.printer.result(found, _before(found))


def _explain(options: Options, client: Client, adapter: str, *, layers: bool, again: bool) -> None:
    known = client.perform("adapter.show", adapter_id=adapter)["results"].get("rank")
    if again or not known:
        verify_succeeded(
            watch_job(options, client, client.perform("rank.explain", adapter_id=adapter), "Looking at the adapter")
        )
        known = client.perform("adapter.show", adapter_id=adapter)["results"].get("rank")
        if not known:
            raise InputError("rank.stopped")
    found = client.perform("rank.show", adapter_id=adapter) if layers else known
    options.printer.result(
        {"adapter": adapter, **found}, "\n".join([*_after(found), *map(_layer, found.get("layers", []))])
    )


def _add_shrink(group: typer.Typer, frame: Frame) -> None:
    @group.command()
    def shrink(
        adapter: str,
        rank: Annotated[int | None, typer.Option(help="The smaller rank.")] = None,
        keep: Annotated[
            float | None, typer.Option(help="Instead: how much of what it learned to keep, in percent.")
        ] = None,
        wait: Wait = True,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Make a smaller adapter out of one, and measure the loss of both."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            share = None if keep is None else keep / 100
            job = client.perform("adapter.shrink", adapter_id=adapter, rank=rank, share=share)
            follow_job(options, client, job, "Making it smaller", wait=wait or isinstance(client, OwningClient))


def _add_sweep(app: typer.Typer, frame: Frame) -> None:
    @app.command()
    def sweep(
        dataset: Annotated[str, typer.Option(help="Dataset id.")],
        model: Annotated[str, typer.Option(help="Model id.")],
        ranks: Annotated[str, typer.Option(help="Two to eight ranks, separated by commas.")] = "4,8,16,32",
        method: str = "qlora",
        preset: str = "balanced",
        epochs: int | None = None,
        batch: int | None = None,
        learning_rate: float | None = None,
        seed: int = 0,
        name: str = "",
        wait: Wait = True,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Try several ranks as one job, stop the hopeless early, and keep the best adapter."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            choice = {
                "method": method,
                "preset": preset,
                "epochs": epochs,
                "batch_size": batch,
                "learning_rate": learning_rate,
                "seed": seed,
                "name": name,
            }
            job = client.perform("sweep", dataset_id=dataset, model_id=model, ranks=_numbers(ranks), choice=choice)
            follow_job(options, client, job, "Trying ranks", wait=wait or isinstance(client, OwningClient))


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError("sweep.ranks:list") from None


def _before(found: dict[str, Any]) -> str:
    lines = [found["sentence"], ""]
    for choice in found["choices"]:
        fits = "" if choice["fits"] else "; does not fit"
        lines.append(
            f"  rank {choice['rank']:>3}: {choice['parameters']:>13,} parameters, at most {choice['peak_mib']:,} "
            f"MiB{fits}"
        )
    return "\n".join([*lines, "", "Why: " + ".\n     ".join(found["sources"]) + "."])


def _after(found: dict[str, Any]) -> list[str]:
    enough = ", ".join(f"{percent} %: {rank}" for percent, rank in found["enough"].items())
    return [
        found["sentence"],
        f"  Rank that keeps so much of what it learned (energy): {enough}.",
        f"  On average over {found['matrices']} matrices: effective rank {found['effective_rank']:.1f}, "
        f"stable rank {found['stable_rank']:.1f}.",
    ]


def _layer(layer: dict[str, Any]) -> str:
    largest = ", ".join(f"{value:.3g}" for value in layer["singular_values"][:4])
    return (
        f"  {layer['name']}: effective rank {layer['effective_rank']:.1f}, stable rank {layer['stable_rank']:.1f}, "
        f"{layer['numeric_rank']} in use, largest {largest}"
    )
