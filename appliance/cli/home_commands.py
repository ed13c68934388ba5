"""The home and the server: make it, look at it, open and close its vault, serve it.

Then the vault's ways in (new secrets are written to a file (0600) or printed, once), backup and restore (only the
command's process reaches folders outside of the home).
"""

import sys
from base64 import b64decode
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
from click.shell_completion import ShellComplete, get_completion_class

from appliance import __version__
from appliance.cli.client import Client, server_process, socket_client
from appliance.cli.command_table import Session, arg, command, deed, listing, named, opt
from appliance.cli.new_file import NewFile, keep
from appliance.cli.passphrase import find_passphrase, read_or_ask, read_recovery
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import ApplianceError, HomeError, InputError
from appliance.foundation.json_records import shown
from appliance.foundation.messages import message
from appliance.foundation.roles import FIRST_ROLE
from appliance.jobs.starts.adapters import CONTENDERS
from appliance.reports import doctor_report
from appliance.services.home.backup_folder import copy_files, keep_manifest, prepare_folder
from appliance.services.home.life import create_home
from appliance.services.home.restore_home import restore_home, verify_empty
from appliance.services.models.chat import MAX_CHARACTERS
from appliance.vault.secret_text import WORDS, write_recovery

SHELLS = ("bash", "zsh", "fish")
FIRST_USER = FIRST_ROLE  # the first account is called as its role unless it is given a name
NAME = opt("name", help=message("option-slot-name"))
OUT = opt("out", Path, help=message("option-secret-out"))
NEW_PASSPHRASE = opt("new_passphrase_file", Path)
AFTER_RECOVERY = "after recovery"  # how the way in is called that a recovery key made

listing("key list", "key.list", "id kind name")
deed("key rotate", "key.rotate", examples=("",))
deed("key rotate-log", "key.rotate-log", examples=("",))


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


@command(
    "key add-slot",
    NAME,
    opt("credential", bool),
    NEW_PASSPHRASE,
    OUT,
    examples=("--name deputy", "--credential --out appliance-key"),
)
def _add_slot(
    session: Session, *, name: str, credential: bool, new_passphrase_file: Path | None, out: Path | None
) -> None:
    if not credential:
        chosen = read_or_ask(new_passphrase_file, message("prompt-new-passphrase"), twice=True)
        made = session.perform("key.add", name=name, passphrase=chosen)
        session.result(made, message("done-key-add-slot", id=made["id"]))
        return
    if out is None:
        raise InputError("key.out")
    with NewFile(out) as file:
        made = session.perform("key.credential", name=name)
        keep(file, made.pop("secret"))
    session.result(made, message("done-key-credential", out=str(out)))


@command("key recovery", NAME, OUT, examples=("--out recovery.txt", "--name safe"))
def _recovery(session: Session, *, name: str, out: Path | None) -> None:
    with NewFile(out) as file:
        made = session.perform("key.recovery", name=name)
        if file is not None:
            keep(file, made.pop("secret"))
            made.pop("words")
    told = message("done-key-recovery-file", out=str(out), words=WORDS)
    session.result(made, told if out is not None else message("done-key-recovery", words=made["words"]))


@command(
    "key recover",
    arg("file", Path, required=False, help=message("option-recovery-file")),
    NEW_PASSPHRASE,
    examples=("", "recovery.txt"),
    keys=False,
)
def _recover(session: Session, *, file: Path | None, new_passphrase_file: Path | None) -> None:
    secret = write_recovery(read_recovery(file))
    chosen = read_or_ask(new_passphrase_file, message("prompt-new-passphrase"), twice=True)
    client = session.connect(secret=secret)
    if client.perform("status")["sealed"]:  # a server runs, and waits for its keys
        client.perform("unseal", passphrase=secret)
    made = client.perform("key.add", name=AFTER_RECOVERY, passphrase=chosen)
    session.result(made, message("done-key-recover", id=made["id"]))


@command("key remove-slot", arg("slot"), examples=("deputy", "c41c92"))
def _remove_slot(session: Session, *, slot: str) -> None:
    left = session.perform("key.remove", slot_id=slot)
    session.result(left, message("done-key-remove-slot", slot=slot, left=len(left)))


@command("backup", arg("out", Path, help=message("option-backup-folder")), examples=("/media/disk/appliance",))
def _backup(session: Session, *, out: Path) -> None:
    home = session.settings.home
    folder = prepare_folder(out, home)
    client = session.connect(write=(folder,))
    done = _copy(client, home, folder, client.perform("backup.begin", place=folder.name))
    session.result(done, message("done-backup", id=done["id"], files=done["files"]))


@command(
    "restore",
    arg("source", Path, help=message("option-restore-source")),
    opt("recovery_file", Path),
    opt("new_passphrase_file", Path),
    opt("backup"),
    examples=("/media/disk/appliance", "/media/disk/appliance --recovery-file recovery.txt --backup bk_19"),
    keys=False,
)
def _restore(
    session: Session, *, source: Path, recovery_file: Path | None, new_passphrase_file: Path | None, backup: str
) -> None:
    home, folder = session.settings.home, source.resolve()
    verify_empty(home)
    secret = read_recovery(recovery_file)
    chosen = read_or_ask(new_passphrase_file, message("prompt-new-passphrase"), twice=True)
    with session.program.empty_home(session.settings, read=(folder,)):
        done = shown(restore_home(home, folder, secret, chosen or "", SystemClock(), backup_id=backup))
    session.result(
        done, message("done-restore", **named(done, "backup", "files", "log_entries", "log_key", "policies"))
    )


def _copy(client: Client, home: Path, folder: Path, plan: dict[str, Any]) -> dict[str, Any]:
    try:
        copied = copy_files(home, folder, plan)
        sealed = client.perform("backup.seal", backup_id=plan["id"], files=copied)
        keep_manifest(folder, plan["id"], b64decode(sealed["manifest"]))
    except ApplianceError as error:
        client.perform("backup.abort", backup_id=plan["id"], reason=error.code)
        raise
    return {**client.perform("backup.finish", backup_id=plan["id"]), "files": len(copied)}
