"""`broker state`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from broker.cli import completions
from broker.cli.books import books_of
from broker.cli.locking import lock_options
from broker.cli.options import flag, json_flag, shell_path, verb
from broker.cli.replicating import promote, replicate
from broker.cli.subcommands import DashedGroup

if TYPE_CHECKING:
    from broker.usecases.state import Edited

dry_run_flag = flag("dry-run", help="Say what would be done, and do nothing.")


@click.group("state", cls=DashedGroup, no_args_is_help=True)
def command() -> None:
    """Look at what is recorded of the fleet, and put it right by hand.

    An address is `cluster.NAME`, `pool.CLUSTER.NAME`, `workload.NAME` or `data.NAME.REGION`, as
    `broker plan` and `broker state list` show them. Nothing here changes a cloud. What changes the
    record takes the lock, is written into the journal, and leaves a copy in .broker/backups.
    """


@verb("list", short="List the addresses of what is recorded")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...", shell_complete=completions.addresses)
@json_flag
def list_(*, addresses: tuple[str, ...], as_json: bool) -> None:
    """List the addresses of what is recorded: all, or what is at ADDRESS and inside of it."""
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_diagnostics, print_json
    from broker.cli.render.state import records_document
    from broker.planning.lifetime import shown
    from broker.usecases.state import listed

    found = listed(bootstrap.state_place().reader(print_diagnostics), addresses)
    if as_json:
        print_json(records_document(found))
        return
    sys.stdout.writelines(f"{record.address}\n" for record in found)
    ends = {record.expires_at for record in found} - {None}
    sys.stderr.writelines(f"The fleet is to end: {shown(end)}.\n" for end in ends)


@verb("show", short="Show what is recorded of one resource")
@click.argument("address", metavar="ADDRESS", shell_complete=completions.addresses)
@json_flag
def show(*, address: str, as_json: bool) -> None:
    """Show what is recorded of one resource; of a cluster, what the engine made of it too."""
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_diagnostics, print_json
    from broker.cli.render.state import record_document, render_record
    from broker.cli.render.style import style_for
    from broker.usecases.state import shown

    record = shown(bootstrap.state_place().reader(print_diagnostics), address)
    if as_json:
        print_json(record_document(record))
    else:
        sys.stdout.write(render_record(record, style_for()))


@verb("mv", short="Let a resource have another address")
@click.argument("source", metavar="SOURCE", shell_complete=completions.addresses)
@click.argument("destination", metavar="DESTINATION")
@dry_run_flag
@lock_options
@json_flag
def mv(*, source: str, destination: str, dry_run: bool, as_json: bool, **locking: Any) -> None:
    """Let what is at SOURCE be at DESTINATION, after it was renamed in fleet.yaml.

    The next plan then finds it in place of making it anew. A cluster or pool that exists in a cloud
    keeps its name, which its stack bears.
    """
    from broker.usecases.state import moved

    done = moved(books_of(**locking), source, destination, dry_run=dry_run)
    told = f"{'Would move' if dry_run else 'Moved'} {source} to {destination}."
    tell(done, told, as_json=as_json)


@verb("rm", short="Forget resources, which the cloud keeps")
@click.argument(
    "addresses",
    nargs=-1,
    required=True,
    metavar="ADDRESS...",
    shell_complete=completions.addresses,
)
@flag("allow-orphan", help="Forget even what exists in a cloud, and goes on costing money.")
@dry_run_flag
@lock_options
@json_flag
def rm(
    *,
    addresses: tuple[str, ...],
    allow_orphan: bool,
    dry_run: bool,
    as_json: bool,
    **locking: Any,
) -> None:
    """Forget what is at each ADDRESS and inside of it; the cloud keeps it."""
    from broker.usecases.state import removed

    done = removed(books_of(**locking), addresses, allow_orphan=allow_orphan, dry_run=dry_run)
    what = "Would forget" if dry_run else "Forgot"
    told = "\n".join(f"{what} {address}." for address in done.addresses)
    tell(done, told, as_json=as_json)


@verb("pull", short="Print the state as one JSON document")
@json_flag
def pull(*, as_json: bool) -> None:
    """Print the state as one JSON document, with or without -json; nothing if there is none."""
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_diagnostics, print_json
    from broker.usecases.state import pulled

    document = pulled(bootstrap.state_place().reader(print_diagnostics))
    if document is not None:
        print_json(document)


@verb("push", short="Put a state in the place of the recorded one")
@click.argument("file", metavar="FILE", shell_complete=shell_path("file"))
@flag("force", help="Even over an unrelated state, or over a newer one.")
@lock_options
@json_flag
def push(*, file: str, force: bool, as_json: bool, **locking: Any) -> None:
    """Put the state in FILE (`-` for standard input) in the place of the recorded one.

    FILE is what `broker state pull` printed, or a backup of .broker/backups.
    """
    from broker.usecases.state import pushed

    done = pushed(books_of(**locking), _content(file), file, force=force)
    told = (
        f"Recorded as serial {done.state.serial} of lineage {done.state.lineage}."
        if done.written
        else "The state is recorded already; nothing was changed."
    )
    tell(done, told, as_json=as_json)


for action in (list_, show, mv, rm, pull, push, replicate, promote):
    command.add_command(action)


def _content(file: str) -> bytes:
    from broker.domain.diagnostics import Diagnostic
    from broker.domain.errors import UsageInvalid

    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UsageInvalid(
            Diagnostic(
                code="state-file-unreadable",
                subject=file,
                summary=f"Can not read {file}: {error.strerror}",
                hint="Name a file that `broker state pull` wrote, or a backup in .broker/backups.",
            )
        ) from error


def tell(done: "Edited", text: Any, *, as_json: bool) -> None:
    """Say what came of a change of the record: in words, or for programs."""
    from broker.cli.render.diagnostics import print_json
    from broker.cli.render.state import edited_document

    if as_json:
        print_json(edited_document(done))
    else:
        sys.stdout.write(f"{text}\n")
