"""`broker completion`."""

import sys

import click

from broker.cli.completions import SHELLS, VARIABLE
from broker.cli.options import verb


@verb("completion")
@click.argument("shell", type=click.Choice(list(SHELLS)))
def command(shell: str) -> None:
    """Print a script that completes verbs, options and values in a shell.

    In bash, put `eval "$(broker completion bash)"` into ~/.bashrc.

    In zsh, put `eval "$(broker completion zsh)"` into ~/.zshrc, after compinit.

    In fish, put `broker completion fish | source` into ~/.config/fish/config.fish.
    """
    from broker.cli.group import cli

    engine = SHELLS[shell](cli, {}, "broker", VARIABLE)
    sys.stdout.write(engine.source().rstrip() + "\n")
