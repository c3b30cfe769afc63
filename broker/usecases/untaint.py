"""`broker untaint`: let a pool stay that was to be made anew."""

from dataclasses import replace

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.ports.state import State
from broker.usecases.state import Books, Edited, edited
from broker.usecases.taint import addresses_of, marked_so, pools_at


def untaint(books: Books, address: str, *, dry_run: bool = False) -> Edited:
    """Take the mark off the pool at *address*, or those of the cluster there.

    What is returned has the addresses of the pools that were marked. Raises UsageInvalid where there is none,
    and what `taint` raises.
    """
    freed: list[str] = []

    def change(state: State) -> State:
        pools = pools_at(state, address)
        freed[:] = addresses_of(
            {r.name: {*pools.get(r.name, ())} & {*r.anew} for r in state.members}
        )
        if not freed:
            raise UsageInvalid(_not_marked(address))
        return marked_so(
            state, {r.name: {*r.anew} - {*pools.get(r.name, ())} for r in state.members}
        )

    done = edited(books, "untaint", (address,), change, dry_run=dry_run)
    return replace(done, addresses=tuple(freed))


def _not_marked(address: str) -> Diagnostic:
    return Diagnostic(
        code="not-tainted",
        subject=address,
        summary=f"{address} is not marked to be made anew",
        hint="What `broker state list -json` calls `tainted` is a change that was cut short: the next "
        "`broker apply` mends it by itself.",
    )
