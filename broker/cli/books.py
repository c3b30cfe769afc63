"""With what the record is put right by hand: the state, its lock, and the journal."""

from typing import TYPE_CHECKING

from broker.cli.locking import locks

if TYPE_CHECKING:
    from broker.usecases.state import Books


def books_of(*, lock: bool, lock_timeout: float) -> "Books":
    """Those of the selected state, for a verb with `lock_options`."""
    from broker import bootstrap
    from broker.cli.render.diagnostics import print_diagnostics
    from broker.usecases.state import Books

    return Books(
        states=bootstrap.state_store(told=print_diagnostics),
        locks=locks(respected=lock, told=lambda finding: print_diagnostics([finding])),
        journal=bootstrap.journal(),
        clock=bootstrap.clock(),
        who=bootstrap.who(),
        lock_seconds=lock_timeout,
    )
