"""The vault's ways in. New secrets are written to a file (0600) or printed, once."""

from pathlib import Path

from appliance.cli.command_table import Session, arg, command, deed, listing, opt
from appliance.cli.new_file import NewFile, keep
from appliance.cli.passphrase import read_or_ask, read_recovery
from appliance.foundation.errors import InputError
from appliance.foundation.messages import message
from appliance.vault.secret_text import WORDS, write_recovery

NAME = opt("name", help=message("option-slot-name"))
OUT = opt("out", Path, help=message("option-secret-out"))
NEW_PASSPHRASE = opt("new_passphrase_file", Path)
AFTER_RECOVERY = "after recovery"  # how the way in is called that a recovery key made

listing("key list", "key.list", "id kind name")
deed("key rotate", "key.rotate", examples=("",))
deed("key rotate-log", "key.rotate-log", examples=("",))


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
