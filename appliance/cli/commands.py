"""The `appliance` command: every command of the modules named here."""

import click

from appliance.cli import (
    audit_archive_commands,
    audit_commands,
    audit_export_commands,
    backup_commands,
    dataset_commands,
    home_commands,
    key_commands,
    object_commands,
    train_commands,
)
from appliance.cli.command_table import COMMANDS
from appliance.cli.interface import build_program
from appliance.cli.session import Program

MODULES = (
    home_commands,
    object_commands,
    dataset_commands,
    train_commands,
    backup_commands,
    key_commands,
    audit_commands,
    audit_archive_commands,
    audit_export_commands,
)


def build_commands(program: Program) -> click.Group:
    """Return the `appliance` command."""
    return build_program(COMMANDS, program)
