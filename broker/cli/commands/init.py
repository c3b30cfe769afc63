"""`broker init`."""

import sys
from pathlib import Path

import click

from broker.cli import completions
from broker.cli.options import option, shell_path, verb


@verb("init")
@click.argument("folder", default=".", metavar="[DIR]", shell_complete=shell_path("dir"))
@option(
    "example",
    metavar="NAME",
    shell_complete=completions.examples,
    help="Which fleet: starter (the default), startup, platform, research or regulated.",
)
def command(*, folder: str, example: str | None) -> None:
    """Write a fleet.yaml that works into DIR, or into the working folder.

    .broker/, where the broker keeps its own files, is added to .gitignore. A file that is there
    is never written over.
    """
    from broker import bootstrap
    from broker.usecases.init import STARTER, init

    done = init(bootstrap.workspace(Path(folder)), bootstrap.example_fleets(), example or STARTER)
    sys.stdout.write(f"Wrote {done.fleet_file}\n")
    if done.ignore_file is not None:
        sys.stdout.write(f"Added .broker/ to {done.ignore_file}\n")
    change = "" if folder == "." else f" -chdir={folder}"
    sys.stdout.write(f"Next: broker{change} validate, then broker{change} plan\n")
