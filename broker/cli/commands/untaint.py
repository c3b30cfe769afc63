"""`broker untaint`."""

from typing import Any

import click

from broker.cli import completions
from broker.cli.books import books_of
from broker.cli.commands.state import dry_run_flag, tell
from broker.cli.locking import lock_options
from broker.cli.options import json_flag, verb


@verb("untaint")
@click.argument("address", metavar="ADDRESS", shell_complete=completions.addresses)
@dry_run_flag
@lock_options
@json_flag
def command(*, address: str, dry_run: bool, as_json: bool, **locking: Any) -> None:
    """Take the mark of `broker taint` off what is at ADDRESS; no cloud is changed.

    A change that was cut short is mended by the next `broker apply`, and needs no word.
    """
    from broker.usecases.untaint import untaint

    done = untaint(books_of(**locking), address, dry_run=dry_run)
    what = "Would take" if dry_run else "Took"
    told = [f"{what} the mark off {pool}: it stays as it is." for pool in done.addresses]
    tell(done, "\n".join(told), as_json=as_json)
