"""The `appliance` command: every command of the modules of this package whose names end in `_commands`."""

import importlib
import pkgutil

import click

from appliance import cli
from appliance.cli.command_table import COMMANDS
from appliance.cli.interface import build_program
from appliance.cli.session import Program


def build_commands(program: Program) -> click.Group:
    """Return the `appliance` command."""
    for module in pkgutil.iter_modules(cli.__path__, f"{cli.__name__}."):
        if module.name.endswith("_commands"):
            importlib.import_module(module.name)
    return build_program(COMMANDS, program)
