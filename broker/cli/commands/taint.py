"""`broker taint`."""

from typing import Any

import click

from broker.cli import completions
from broker.cli.books import books_of
from broker.cli.commands.state import dry_run_flag, tell
from broker.cli.locking import lock_options
from broker.cli.options import json_flag, verb


@verb("taint")
@click.argument("address", metavar="ADDRESS", shell_complete=completions.addresses)
@dry_run_flag
@lock_options
@json_flag
def command(*, address: str, dry_run: bool, as_json: bool, **locking: Any) -> None:
    """Mark what is at ADDRESS, so that the next plan and apply make it anew; no cloud is changed.

    ADDRESS is pool.CLUSTER.NAME, or its NAME alone, as for -target; or cluster.NAME for each pool in it:
    the control plane stays. `broker untaint` takes the mark off; `broker apply -replace` does it at once.
    """
    from broker.usecases.taint import taint

    done = taint(books_of(**locking), address, dry_run=dry_run)
    what = "Would mark" if dry_run else "Marked"
    told = [f"{what} {pool}: the next apply makes it anew." for pool in done.addresses]
    tell(done, "\n".join(told), as_json=as_json)
