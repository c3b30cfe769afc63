"""`broker completion`."""

import sys

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from broker.cli.options import verb

SHELLS: dict[str, type[ShellComplete]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": FishComplete,
}


@verb("completion")
@click.argument("shell", type=click.Choice(list(SHELLS)))
def command(shell: str) -> None:
    """Print a script that completes verbs, options and values in a shell.

    In bash, put `eval "$(broker completion bash)"` into ~/.bashrc.

    In zsh, put `eval "$(broker completion zsh)"` into ~/.zshrc, after compinit.

    In fish, put `broker completion fish | source` into ~/.config/fish/config.fish.
    """
    from broker.cli.group import cli
    from broker.cli.main import COMPLETION_VARIABLE

    engine = SHELLS[shell](cli, {}, "broker", COMPLETION_VARIABLE)
    sys.stdout.write(engine.source().rstrip() + "\n")
