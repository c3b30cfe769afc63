"""`broker force-unlock`."""

import sys
from typing import TYPE_CHECKING

import click

from broker.cli.options import flag, json_flag, verb
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid

if TYPE_CHECKING:
    from broker.ports.state import Lease


@verb("force-unlock")
@click.argument("lock_id", metavar="ID")
@flag("force", help="Do not ask.")
@json_flag
def command(*, lock_id: str, force: bool, as_json: bool) -> None:
    """Free the lock with that ID, whoever holds it, after a `yes`.

    This is for a holder that hangs: the lock of one that was killed frees itself. The holder finds
    out when it next writes, and can record nothing more.
    """
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_json
    from broker.cli.render.state import lease_document
    from broker.usecases.force_unlock import Unlocking, force_unlock, holder_of

    locks = bootstrap.locks()
    lease = holder_of(locks, lock_id)
    if not force:
        _ask(lease)
    journal, clock = bootstrap.journal(), bootstrap.clock()
    force_unlock(Unlocking(locks=locks, journal=journal, clock=clock, who=bootstrap.who()), lease)
    if as_json:
        print_json({"unlocked": lease_document(lease)})
    else:
        sys.stdout.write("The lock is free.\n")


def _ask(lease: "Lease") -> None:
    from broker.cli.render.state import render_lease

    sys.stderr.write(
        f"{render_lease(lease)}\n\n"
        "Do you really want to free this lock? If its holder lives, what it is changing in a cloud\n"
        "now will not be recorded. Only `yes` will be accepted.\n\n  Enter a value: "
    )
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if answer.strip() != "yes":
        sys.stderr.write("" if answer.endswith("\n") else "\n")
        raise UsageInvalid(
            Diagnostic(
                code="unlock-cancelled",
                subject=lease.id,
                summary="The lock was not freed: nobody said `yes`",
                hint="-force does not ask.",
            )
        )
