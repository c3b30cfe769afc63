"""`broker fmt`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broker.cli.exit_codes import ExitCode
from broker.cli.options import flag, option, shell_path, verb
from broker.domain.errors import BrokerError

if TYPE_CHECKING:
    from broker.usecases.fmt import Formatted


@verb("fmt")
@click.argument(
    "files", nargs=-1, metavar="[FILE]...", shell_complete=shell_path("file"), type=click.Path()
)
@flag("check", help="Write nothing; exit with 2 if the layout of a file is another.")
@flag("diff", help="Show what changes.")
@option(
    "write",
    type=bool,
    default=True,
    show_default=True,
    metavar="BOOL",
    help="Whether to write the files that change.",
)
def command(*, files: tuple[str, ...], check: bool, diff: bool, write: bool) -> ExitCode:
    """Put files into the canonical layout: indentation, spaces and blank lines; names those that change.

    FILE is fleet.yaml, its folder, a file of values, or - for the standard input, which goes to the
    standard output. Lines, comments, quotes and the order of keys stay, and so does what a file says.
    """
    from broker.cli.render.diagnostics import print_diagnostics

    code = ExitCode.OK
    for name in files or ("fleet.yaml",):
        try:
            done = _formatted(name)
        except BrokerError as error:
            if len(files) < 2:  # noqa: PLR2004  # the only one fails as the verb does
                raise
            print_diagnostics(error.diagnostics)
            code = ExitCode.ERROR
            continue
        _tell(done, name, diff=diff, is_output=name == "-" and not check)
        if done.has_changes and write and not check and name != "-":
            _write(done)
        if done.has_changes and check and code is ExitCode.OK:
            code = ExitCode.CHANGES
    return code


def _formatted(name: str) -> "Formatted":
    from broker.usecases.fmt import fmt, fmt_bytes

    if name == "-":
        return fmt_bytes(sys.stdin.buffer.read(), "standard input")
    return fmt(Path(name))


def _tell(done: "Formatted", name: str, *, diff: bool, is_output: bool) -> None:
    if is_output and not diff:
        sys.stdout.write(done.after)
    elif done.has_changes:
        sys.stdout.write(f"{done.source}\n")
    if diff:
        sys.stdout.write(done.diff())


def _write(done: "Formatted") -> None:
    from broker.storage.whole_file import rewrite_whole

    rewrite_whole(Path(done.source), done.after.encode())
