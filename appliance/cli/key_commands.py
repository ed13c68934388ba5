"""The `key` commands: the vault's ways in. New secrets are written to a file (0600) or printed, once."""

from pathlib import Path
from typing import Annotated

import typer

from appliance.cli.frame import AsJson, Frame, PassphraseFile
from appliance.cli.new_file import NewFile, keep
from appliance.cli.passphrase import read_or_ask, read_recovery
from appliance.foundation.errors import InputError
from appliance.vault.secret_text import WORDS, write_recovery

Out = Annotated[Path | None, typer.Option(help="Write the secret to this new file (0600).")]
NewPassphraseFile = Annotated[Path | None, typer.Option(help="Read the new passphrase from this file.")]


def add_key_commands(group: typer.Typer, frame: Frame) -> None:  # noqa: PLR0915 - seven commands of a few lines each
    """Register the commands."""

    @group.command("list")
    def list_(passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """List the ways in."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            columns = {"id": "id", "kind": "kind", "name": "name"}
            options.printer.table(client.perform("key.list"), columns, "There is no slot.")

    @group.command()
    def add_slot(
        name: str = "",
        credential: Annotated[
            bool, typer.Option("--credential", help="For a systemd credential in place of a passphrase.")
        ] = False,
        new_passphrase_file: NewPassphraseFile = None,
        out: Out = None,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Add a passphrase, or a systemd credential (`appliance-key`, written to --out)."""
        with frame(as_json, passphrase_file) as options:
            if credential:
                if out is None:
                    raise InputError("key.out")
                with NewFile(out) as file, options.client() as client:
                    made = client.perform("key.credential", name=name)
                    keep(file, made.pop("secret"))
                sentence = f"{out} opens the home now: give it to systemd (systemd-creds encrypt --name=appliance-key)."
            else:
                chosen = read_or_ask(new_passphrase_file, "New passphrase: ", twice=True)
                with options.client() as client:
                    made = client.perform("key.add", name=name, passphrase=chosen)
                sentence = f"The slot {made['id']} is there: the new passphrase opens the home too."
            options.printer.result(made, sentence)

    @group.command()
    def recovery(
        name: str = "", out: Out = None, passphrase_file: PassphraseFile = None, as_json: AsJson = False
    ) -> None:
        """Make a recovery key: 24 words to print, and a file. It opens the home when every passphrase is lost."""
        with frame(as_json, passphrase_file) as options, NewFile(out) as file, options.client() as client:
            made = client.perform("key.recovery", name=name)
            if file is not None:
                keep(file, made.pop("secret"))
                made.pop("words")
                sentence = (
                    f"The recovery key is in {out}, as {WORDS} words too. Print it, put it in a safe, delete the file."
                )
            else:
                sentence = (
                    "These words open the home. They are shown this once: write them down, put them in a "
                    f"safe.\n\n{made['words']}\n"
                )
            options.printer.result(made, sentence)

    @group.command()
    def recover(
        file: Annotated[
            Path | None, typer.Argument(help="The recovery key's file; without it, the words are typed.")
        ] = None,
        new_passphrase_file: NewPassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Open the home with a recovery key, and give it a new passphrase."""
        with frame(as_json) as options:
            secret = write_recovery(read_recovery(file))
            chosen = read_or_ask(new_passphrase_file, "New passphrase: ", twice=True)
            with options.client(secret=secret) as client:
                if client.perform("status")["sealed"]:  # a server runs, and waits for its keys
                    client.perform("unseal", passphrase=secret)
                made = client.perform("key.add", name="after recovery", passphrase=chosen)
            options.printer.result(
                made,
                f"The home opens with the new passphrase (slot {made['id']}). Remove what was lost: "
                "`appliance key remove-slot`.",
            )

    @group.command()
    def remove_slot(slot: str, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Remove a way in, and replace the keys that its holder could have kept."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            left = client.perform("key.remove", slot_id=slot)
            options.printer.result(
                left, f"The slot {slot} is gone; old copies of the keyring open nothing here either. {len(left)} left."
            )

    @group.command()
    def rotate(passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Replace the root key, the epoch's and the database's. Every slot stays as it is."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            done = client.perform("key.rotate")
            options.printer.result(done, f"The keys are new; this is epoch {done['epoch']}.")

    @group.command()
    def rotate_log(passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Give the audit log a new signing key, signed by the old one, which is then forgotten."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            done = client.perform("key.rotate-log")
            options.printer.result(
                done, f"Entry {done['entry']} hands the audit log over to the key {done['log_key']}."
            )
