"""The part of docs/commands.md that is the help of every verb, as tools/documents.py writes it."""

from pathlib import Path

import click

from broker.cli.group import cli
from broker.cli.verbs import VERBS

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"
BEGIN = "<!-- from here on written by tools/documents.py -->\n"
WIDTH = 100


def help_of(name: str) -> str:
    """What `broker NAME -help` prints on a wide terminal."""
    root = click.Context(cli, info_name="broker", **cli.context_settings)
    command = cli.get_command(root, name)
    if command is None:
        message = f"no such verb: {name}"
        raise LookupError(message)
    context = click.Context(command, info_name=name, parent=root, terminal_width=WIDTH)
    return command.get_help(context)


def page(text: str) -> str:
    """*text* with its generated part renewed."""
    head, marker, _ = text.partition(BEGIN)
    if not marker:
        message = f"{PAGE} has lost its marker"
        raise ValueError(message)
    sections = [
        f"## broker {name}\n{verb.summary}.\n\n```console\n$ broker {name} -help\n{help_of(name)}\n```\n"
        for name, verb in VERBS.items()
    ]
    return head + BEGIN + "\n" + "\n".join(sections)
