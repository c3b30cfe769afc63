"""The part of docs/commands.md that is the help of every verb, as tools/documents.py writes it."""

from collections.abc import Iterator
from pathlib import Path

import click

from broker.cli.group import cli
from broker.cli.verbs import VERBS

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"
BEGIN = "<!-- from here on written by tools/documents.py -->\n"
WIDTH = 100


def helps_of(name: str) -> Iterator[tuple[str, str]]:
    """What `broker NAME -help` prints on a wide terminal, and then the same for its actions."""
    root = click.Context(cli, info_name="broker", **cli.context_settings)
    command = cli.get_command(root, name)
    if command is None:
        message = f"no such verb: {name}"
        raise LookupError(message)
    context = click.Context(command, info_name=name, parent=root, terminal_width=WIDTH)
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for action, below in command.commands.items():
            inner = click.Context(below, info_name=action, parent=context, terminal_width=WIDTH)
            yield f"{name} {action}", below.get_help(inner)


def consoles_of(name: str) -> str:
    """They as blocks of a page."""
    return "\n".join(
        f"```console\n$ broker {words} -help\n{text}\n```\n" for words, text in helps_of(name)
    )


def page(text: str) -> str:
    """*text* with its generated part renewed."""
    head, marker, _ = text.partition(BEGIN)
    if not marker:
        message = f"{PAGE} has lost its marker"
        raise ValueError(message)
    sections = [
        f"## broker {name}\n{verb.summary}.\n\n{consoles_of(name)}" for name, verb in VERBS.items()
    ]
    return head + BEGIN + "\n" + "\n".join(sections)
