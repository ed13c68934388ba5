"""The home and the server: make it, look at it, open and close its vault, serve it."""

import sys
from dataclasses import asdict, replace

import click
from click.shell_completion import ShellComplete, get_completion_class

from appliance import __version__
from appliance.cli.client import server_process, socket_client
from appliance.cli.command_table import Session, arg, command, opt
from appliance.cli.passphrase import find_passphrase
from appliance.foundation.errors import HomeError, InputError
from appliance.foundation.messages import message
from appliance.foundation.roles import FIRST_ROLE
from appliance.jobs.starts.adapters import CONTENDERS
from appliance.reports import doctor_report
from appliance.services.home.life import create_home
from appliance.services.models.chat import MAX_CHARACTERS

SHELLS = ("bash", "zsh", "fish")
FIRST_USER = FIRST_ROLE  # the first account is called as its role unless it is given a name


@command("init", opt("user", default=FIRST_USER), examples=("", "--user anna"))
def _init(session: Session, *, user: str) -> None:
    passphrase = find_passphrase(session.passphrase_file, twice=True)
    with session.program.own_home(session.settings) as appliance:
        made = create_home(appliance.context, passphrase or "", first_user=user)
    session.result(asdict(made), message("done-init", user=made.user, password=made.password), message("init-warning"))


@command("status", examples=("", "--json"))
def _status(session: Session) -> None:
    found = session.perform("status")
    told = [found["log_problem"], found["log_damage"], *found.get("reminders", [])]
    vault = "sealed" if found["sealed"] else "open"
    session.result(found, message(f"status-{vault}", entries=found["log_entries"]), *filter(None, told))


@command("unseal", examples=("", "--passphrase-file /run/secrets/passphrase"))
def _unseal(session: Session) -> None:
    server = session.connect_server()
    passphrase = find_passphrase(session.passphrase_file)
    session.result(server.perform("unseal", passphrase=passphrase), message("done-unseal"))


@command("seal", examples=("",), keys=False)
def _seal(session: Session) -> None:
    session.result(session.connect_server().perform("seal"), message("done-seal"))


@command("doctor", examples=("",))
def _doctor(session: Session) -> None:
    isolation, state = session.perform("isolation.test"), session.perform("status")
    found = doctor_report(isolation, state.get("reminders", []))
    session.result(found, found["sentence"])
    if found["problems"]:
        raise click.exceptions.Exit(1)


@command("serve", opt("host"), opt("port", int), examples=("", "--port 8080"))
def _serve(session: Session, *, host: str, port: int | None) -> None:
    chosen = session.settings
    settings = replace(chosen, host=host or chosen.host, port=chosen.port if port is None else port)
    with socket_client(settings) as running:
        if running is not None:
            address = running.perform("status")["address"]
            raise HomeError("home.in-use:served", process=str(server_process(settings)), address=address)
    session.serve(settings, lambda sentence: session.result({"serving": sentence}, sentence))


@command(
    "chat", opt("adapter", required=True), opt("prompt"), examples=("--adapter staff", "--adapter staff < question.txt")
)
def _chat(session: Session, *, adapter: str, prompt: str) -> None:
    answers = session.perform("chat", adapter_id=adapter, prompt=prompt or _asked_question())
    session.result(answers, *(message(f"chat-{name}", answer=answers[name]) for name in CONTENDERS))


@command("version", examples=("",), keys=False)
def _version(session: Session) -> None:
    session.result({"version": __version__}, message("done-version", version=__version__))


@command("completion", arg("shell", choices=SHELLS), examples=SHELLS, keys=False)
def _completion(session: Session, *, shell: str) -> None:
    found = get_completion_class(shell)
    if found is None:
        raise InputError("completion.shell", shell=shell, shells=SHELLS)
    made = found(click.get_current_context().find_root().command, {}, "appliance", "_APPLIANCE_COMPLETE")
    script = ShellComplete.source(made)  # its own would start a shell, to ask for the version
    session.result({"shell": shell, "script": script}, script.rstrip())


def _asked_question() -> str:
    """Return a question from a terminal or a pipe: in the words of a command, other users of the machine could read it.

    Raises `InputError` when there is none.
    """
    if sys.stdin is None:
        raise InputError("chat.question")
    if sys.stdin.isatty():
        sys.stderr.write(f"{message('prompt-question')} ")
        sys.stderr.flush()
    question = sys.stdin.readline() if sys.stdin.isatty() else sys.stdin.read(MAX_CHARACTERS + 1)
    if not question.strip():
        raise InputError("chat.question")
    return question.strip()
