"""`broker audit`."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broker.cli.options import json_flag, option, shell_path, verb
from broker.cli.subcommands import DashedGroup

if TYPE_CHECKING:
    from broker.usecases.audit import Archive

DEFAULT_LIMIT = 40

FILE = click.Path(path_type=Path)


@click.group("audit", cls=DashedGroup, no_args_is_help=True)
def command() -> None:
    """Look at what was done to the fleet, and prove that the record of it is what was written.

    Everything that changes the fleet is noted before it is done, and what came of it after. The
    journal is one Merkle tree with signed checkpoints: keep a checkpoint outside, and nobody can
    change or remove an entry before it without being found out.
    """


@verb("verify", short="Compute every hash again, and compare with all checkpoints")
@option(
    "checkpoint",
    type=FILE,
    multiple=True,
    metavar="FILE",
    shell_complete=shell_path("file"),
    help="A checkpoint that was kept outside: the journal must be its continuation.",
)
@json_flag
def verify_(*, checkpoint: tuple[Path, ...], as_json: bool) -> None:
    """Compute every hash again, and compare with all checkpoints.

    Fails with the first entry that is wrong if an entry was changed, removed, put in or moved, or if
    the end was cut off. Whoever can write here can change the checkpoints here too: only one that was
    kept outside, given with -checkpoint=FILE, is beyond their reach. So is a replica of the state
    (BROKER_STATE_REPLICA), which says how far the journal had come.
    """
    from broker import bootstrap
    from broker.cli.render.audit import render_verdict, verdict_document
    from broker.cli.render.diagnostics import print_json
    from broker.cli.render.style import style_for
    from broker.usecases.audit import verify, witness_of

    witness = witness_of(bootstrap.state_place().replica())
    verdict = verify(_archive(), checkpoint, witness)
    if as_json:
        print_json(verdict_document(verdict, witness))
    else:
        sys.stdout.write(render_verdict(verdict, style_for(), witness))


@verb("list", short="List what was done, the newest last")
@option(
    "limit",
    type=click.IntRange(min=0),
    default=DEFAULT_LIMIT,
    show_default=True,
    metavar="N",
    help="So many entries, 0 for all; -json is always complete.",
)
@json_flag
def list_(*, limit: int, as_json: bool) -> None:
    """List what was done, the newest last."""
    from broker.cli.render.audit import entries_document, render_entries
    from broker.cli.render.diagnostics import print_json
    from broker.cli.render.style import style_for
    from broker.cli.render.table import width_of_output
    from broker.usecases.audit import listed

    entries = list(listed(_archive()))
    if as_json:
        print_json(entries_document(entries))
        return
    shown = entries[-limit:] if limit else entries
    sys.stdout.write(render_entries(shown, len(entries), style_for(), width_of_output()))


@verb("export", short="Print all entries, one JSON document in each line")
@option(
    "format",
    "form",
    type=click.Choice(["jsonl"]),
    default="jsonl",
    show_default=True,
    metavar="jsonl",
    help="The form of the output.",
)
def export(*, form: str) -> None:
    """Print all entries, one JSON document in each line, with index and hash."""
    from broker.cli.render.audit import entry_document
    from broker.usecases.audit import listed

    for row, entry in listed(_archive()):
        sys.stdout.write(json.dumps(entry_document(row, entry), ensure_ascii=False) + "\n")


@verb("prove", short="Print a proof that others can check")
@click.argument("index", type=int, required=False, metavar="[INDEX]")
@option(
    "from",
    "earlier",
    type=FILE,
    metavar="FILE",
    shell_complete=shell_path("file"),
    help="Prove that the journal continues this earlier checkpoint.",
)
@json_flag
def prove_(*, index: int | None, earlier: Path | None, as_json: bool) -> None:
    """Print a proof that others can check, as JSON with or without -json.

    With INDEX, that this entry is in the journal. With -from=FILE, that nothing was changed or removed
    since that checkpoint.
    """
    from broker.cli.render.diagnostics import print_json
    from broker.usecases.audit import prove, prove_continued

    if earlier is not None and index is None:
        print_json(prove_continued(_archive(), earlier))
    elif index is not None and earlier is None:
        print_json(prove(_archive(), index))
    else:
        message = "Give either the INDEX of an entry or -from=FILE."
        raise click.UsageError(message)


@verb("check", short="Check a proof that somebody else made")
@click.argument("file", type=FILE, metavar="FILE", shell_complete=shell_path("file"))
@json_flag
def check_(*, file: Path, as_json: bool) -> None:
    """Check a proof that `broker audit prove` made, here or elsewhere.

    Needs no journal, only the signer's public key among those that you trust.
    """
    from broker import bootstrap
    from broker.cli.render.diagnostics import FORMAT_VERSION, print_json
    from broker.usecases.audit import check

    told = check(file, bootstrap.verifier())
    if as_json:
        print_json({"format_version": FORMAT_VERSION, "valid": True, "proves": told})
    else:
        sys.stdout.write(told + "\n")


@verb("checkpoint", short="Print a signed checkpoint, to be kept outside")
def checkpoint_() -> None:
    """Print a signed checkpoint over all entries, to be kept where nobody here can change it.

    In the log of a CI run, in a git note, in a bucket with object lock.
    """
    from broker.usecases.audit import newest_checkpoint

    sys.stdout.write(newest_checkpoint(_archive()))


for action in (verify_, list_, export, prove_, check_, checkpoint_):
    command.add_command(action)


def _archive() -> "Archive":
    from broker import bootstrap
    from broker.usecases.audit import Archive

    journal = bootstrap.journal()
    return Archive(trail=journal, journal=journal, verifier=bootstrap.verifier())
