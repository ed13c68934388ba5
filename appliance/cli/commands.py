"""The `appliance` command. Exit status: 0 done, 1 refused or failed (a sentence on standard error), 2 wrong usage."""

import json
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from appliance import __version__
from appliance.cli.audit_commands import add_audit_commands
from appliance.cli.backup_commands import add_backup_commands
from appliance.cli.client import OwningClient, within_reach
from appliance.cli.dataset_check_commands import add_check_commands, add_person_commands
from appliance.cli.dataset_commands import add_dataset_commands
from appliance.cli.follow_job import follow_job
from appliance.cli.frame import AsJson, Frame, PassphraseFile, Program, Wait, make_frame, server_only
from appliance.cli.key_commands import add_key_commands
from appliance.cli.new_file import NewFile, keep
from appliance.cli.passphrase import find_passphrase
from appliance.cli.printing import Printer
from appliance.cli.rank_commands import add_rank_commands
from appliance.cli.train_commands import add_train_commands
from appliance.foundation.errors import InputError
from appliance.foundation.roles import FIRST_ROLE
from appliance.foundation.settings import Settings
from appliance.reports import doctor_report, run_report
from appliance.services.home.life import create_home

_LAST_WARNING = (
    "Whoever loses the passphrase loses the data: nobody can open it, we neither. Make a recovery key now, and put it "
    "in a safe: "
    "`appliance key recovery`."
)


def build_commands(program: Program) -> typer.Typer:  # noqa: PLR0915 - one statement a command; each is a few lines
    """Return the `appliance` command."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="A private fine-tuning appliance.",
    )

    frame = make_frame(program)

    def group(name: str, help_text: str) -> typer.Typer:
        child = typer.Typer(no_args_is_help=True, help=help_text)
        app.add_typer(child, name=name)
        return child

    @app.command()
    def init(passphrase_file: PassphraseFile = None, user: str = "trainer", as_json: AsJson = False) -> None:
        """Make a home: keys, encrypted database, audit log and the first account."""
        with frame(as_json, passphrase_file) as options:
            passphrase = find_passphrase(passphrase_file or options.settings.passphrase_file, twice=True)
            with program.own_home(options.settings) as appliance:
                made = create_home(appliance.context, passphrase or "", first_user=user)
            sentence = f"The home is made. First account: {made.user}, one-time password: {made.password} (shown once)."
            options.printer.result(asdict(made), f"{sentence}\n{_LAST_WARNING}")

    @app.command()
    def status(passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Say how the home is."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            answer = client.perform("status")
            sealed = "sealed" if answer["sealed"] else "open"
            sentence = f"The vault is {sealed}. The audit log has {answer['log_entries']} entries."
            told = [sentence, answer["log_problem"], answer["log_damage"], *answer.get("reminders", [])]
            options.printer.result(answer, "\n".join(filter(None, told)))

    @app.command()
    def unseal(passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Open the vault of the running server."""
        with frame(as_json, passphrase_file) as options:
            client = server_only(options)
            passphrase = find_passphrase(passphrase_file or options.settings.passphrase_file)
            options.printer.result(client("unseal", passphrase=passphrase), "The vault is open.")

    @app.command()
    def seal(as_json: AsJson = False) -> None:
        """Make the running server forget its keys."""
        with frame(as_json) as options:
            options.printer.result(server_only(options)("seal"), "The vault is sealed.")

    @app.command()
    def doctor(passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Prove the isolation, and name what is wrong with this machine or installation."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            found = doctor_report(client.perform("isolation.test"), client.perform("status").get("reminders", []))
            options.printer.result(found, found["sentence"])
            if found["problems"]:
                raise typer.Exit(1)

    @app.command()
    def serve(
        host: str | None = None,
        port: int | None = None,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Serve the pages, and run the queue, until stopped."""
        with frame(as_json, passphrase_file) as options:
            chosen = options.settings
            settings = Settings(
                chosen.home, host or chosen.host, chosen.port if port is None else port, chosen.passphrase_file
            )
            if not (settings.home / "keyring.json").exists():
                raise InputError("home.absent")
            passphrase = find_passphrase(passphrase_file or settings.passphrase_file, optional=True)
            program.serve(
                settings, passphrase, lambda sentence: options.printer.result({"serving": sentence}, sentence)
            )

    @app.command()
    def evaluate(
        adapter: Annotated[str, typer.Option(help="Adapter id.")],
        wait: Wait = True,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Measure an adapter against its original on held-out questions."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            job = client.perform("evaluate", adapter_id=adapter)
            follow_job(options, client, job, "Evaluating", wait=wait or isinstance(client, OwningClient))

    @app.command()
    def chat(
        adapter: Annotated[str, typer.Option(help="Adapter id.")],
        prompt: Annotated[str, typer.Option(help="What to ask.")],
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Ask the tuned model and the original the same."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            answers = client.perform("chat", adapter_id=adapter, prompt=prompt)
            options.printer.result(answers, f"original: {answers['original']}\ntuned:    {answers['tuned']}")

    @app.command()
    def version(as_json: AsJson = False) -> None:
        """Print the version."""
        Printer(as_json=as_json).result({"version": __version__}, f"appliance {__version__}")

    add_train_commands(app, frame)
    add_backup_commands(app, frame)
    add_key_commands(group("key", "The vault's ways in, and the keys behind them."), frame)
    _add_model_commands(group("model", "Base models."), frame)
    datasets = group("dataset", "Datasets.")
    add_dataset_commands(datasets, frame)
    add_check_commands(datasets, frame)
    add_person_commands(group("person", "Who is in the datasets, and their erasure."), frame)
    _add_job_commands(group("job", "Jobs."), frame)
    adapters = group("adapter", "Trained adapters.")
    _add_adapter_commands(adapters, frame)
    add_rank_commands(
        app, group("rank", "The rank of adapters: how much room, and how much of it is used."), adapters, frame
    )
    _add_user_commands(group("user", "Accounts."), frame)
    add_audit_commands(group("audit", "The audit log."), frame)
    return app


def _add_model_commands(group: typer.Typer, frame: Frame) -> None:
    @group.command("import")
    def import_(
        path: Annotated[Path | None, typer.Argument(help="A folder of safetensors.")] = None,
        starter: Annotated[
            bool, typer.Option("--starter", help="The small model that is installed with the appliance.")
        ] = False,
        name: str = "",
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Import a base model."""
        with frame(as_json, passphrase_file) as options:
            if starter == (path is not None):
                raise InputError("model.which")
            source = path.resolve() if path else None
            with options.client(read=(source,) if source else ()) as client, ExitStack() as stack:
                place = stack.enter_context(within_reach(client, options.settings.home, source)) if source else None
                model = client.perform(
                    "model.import", source=str(place) if place else None, name=name or (source.name if source else "")
                )
            options.printer.result(
                model,
                f"{model['name']} is installed as {model['id']}: {model['parameters'] / 1e6:.0f} million parameters.",
            )

    @group.command("list")
    def list_(passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """List the base models."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            columns = {"id": "id", "name": "name", "parameters": "parameters", "licence": "licence"}
            options.printer.table(
                client.perform("model.list"), columns, "No model is installed yet: `appliance model import --starter`."
            )

    @group.command()
    def show(model: str, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Show one base model with the hashes of its files."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            found = client.perform("model.show", model_id=model)
            options.printer.result(found, json.dumps(found, indent=2))


def _add_job_commands(group: typer.Typer, frame: Frame) -> None:
    @group.command("list")
    def list_(passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """List the jobs."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            columns = {"id": "id", "kind": "kind", "state": "state", "reason": "reason"}
            options.printer.table(client.perform("job.list"), columns, "There is no job yet.")

    @group.command()
    def show(job: str, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Show one job with its progress."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            found = client.perform("job.show", job_id=job)
            last = found["progress"][-1]["body"] if found["progress"] else {}
            where = f", step {last['step']} of {last['steps']}" if last else ""
            options.printer.result(found, f"The job is {found['state']}{where}. {found['reason']}")

    @group.command()
    def watch(job: str, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Follow one job to its end; without a server, this runs it."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            follow_job(options, client, client.perform("job.show", job_id=job), "Working", wait=True)

    @group.command()
    def stop(job: str, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Stop a job; the best so far is kept."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            options.printer.result(client.perform("job.stop", job_id=job), "The job was asked to stop.")

    @group.command()
    def resume(
        job: str,
        learning_rate: Annotated[float | None, typer.Option(help="Go on with a lower one.")] = None,
        wait: Wait = True,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Go on with a stopped or failed job from its last checkpoint."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            found = client.perform("job.resume", job_id=job, learning_rate=learning_rate)
            follow_job(options, client, found, "Working", wait=wait or isinstance(client, OwningClient))


def _add_adapter_commands(group: typer.Typer, frame: Frame) -> None:
    @group.command("list")
    def list_(passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """List the adapters."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            columns = {"id": "id", "name": "name", "method": "method", "rank": "rank", "state": "state"}
            options.printer.table(
                client.perform("adapter.list"), columns, "There is no adapter yet: `appliance train`."
            )

    @group.command()
    def show(
        adapter: str,
        answers: Annotated[
            bool, typer.Option("--answers", help="With each held-out question and both answers.")
        ] = False,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Report on an adapter in plain words."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            found = client.perform("adapter.show", adapter_id=adapter)
            job = client.perform("job.show", job_id=found["job_id"])
            report = run_report(found, job)
            if answers:
                found["answers"] = client.perform("adapter.answers", adapter_id=adapter)
                report += "".join(
                    f"\n\n{row['question']}\n  expected: {row['reference']}\n  original: {row['original']}\n  tuned:   "
                    f" {row['tuned']}"
                    for row in found["answers"]
                )
            options.printer.result({**found, "report": report}, report)

    @group.command()
    def card(
        adapter: str,
        out: Annotated[Path | None, typer.Option(help="Write the card to this new file (Markdown).")] = None,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Say what is known of an adapter, in plain language, each fact with its entries of the log."""
        with frame(as_json, passphrase_file) as options, NewFile(out) as file, options.client() as client:
            found = client.perform("adapter.card", adapter_id=adapter)
            if file is not None:
                keep(file, found["card"])
            options.printer.result(found, found["card"] if out is None else f"{out} is the model card.")


def _add_user_commands(group: typer.Typer, frame: Frame) -> None:
    @group.command()
    def add(name: str, role: str = FIRST_ROLE, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Create an account with a one-time password."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            made = client.perform("user.add", name=name, role=role)
            options.printer.result(
                made, f"{made['name']} ({made['role']}) has the one-time password {made['password']} (shown once)."
            )

    @group.command("list")
    def list_(passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """List the accounts."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            options.printer.table(
                client.perform("user.list"), {"id": "id", "name": "name", "role": "role"}, "There is no account."
            )
