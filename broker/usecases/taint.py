"""`broker taint`: have a pool made anew by the next apply."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.domain.ids import ClusterName, PoolName
from broker.planning.parts import NOTHING, pools_of
from broker.planning.records import records
from broker.ports.state import MemberRecord, State
from broker.usecases.recorded import recorded_state
from broker.usecases.state import Books, Edited, edited, known

CLUSTER, POOL = "cluster.", "pool."

Pools = Mapping[ClusterName, Collection[PoolName]]


def taint(books: Books, address: str, *, dry_run: bool = False) -> Edited:
    """Mark the pool at *address*, or each pool of the cluster there; nothing happens in the cloud.

    Raises UsageInvalid for what is no pool and no cluster that is recorded, and what `edited` raises.
    """

    def change(state: State) -> State:
        pools = pools_at(state, address)
        if not any(pools.values()):
            raise UsageInvalid(_nothing_there(address))
        return marked_so(state, {r.name: {*r.anew, *pools.get(r.name, ())} for r in state.members})

    return edited(books, "taint", (address,), change, dry_run=dry_run)


def pools_at(state: State, address: str) -> Pools:
    """The pools at *address*, by cluster; raises UsageInvalid for what is no pool and no cluster."""
    if not address.startswith((CLUSTER, POOL)):
        raise UsageInvalid(_no_pool(address))
    known(records(state), [address])
    inside = pools_of([recorded_state(state).fleet or NOTHING])
    made = {record.name for record in state.members}
    return {
        name: {pool for pool in pools if address in (f"{CLUSTER}{name}", f"{POOL}{name}.{pool}")}
        for name, pools in inside.items()
        if name in made
    }


def marked_so(state: State, marked: Mapping[ClusterName, Collection[PoolName]]) -> State:
    """*state* with these marks, by cluster, and no others."""

    def changed(record: MemberRecord) -> MemberRecord:
        return replace(record, anew=tuple(sorted(marked[record.name])))

    return replace(state, members=tuple(map(changed, state.members)))


def _no_pool(address: str) -> Diagnostic:
    return Diagnostic(
        code="address-not-replaceable",
        subject=address,
        summary=f"{address} is no pool and no cluster, and can not be made anew by itself",
        hint="Name the pool that it is on: `broker state list` shows pool.CLUSTER.NAME.",
    )


def _nothing_there(address: str) -> Diagnostic:
    return Diagnostic(
        code="address-not-replaceable",
        subject=address,
        summary=f"{address} has no pool that was made, so that there is nothing to make anew",
        hint="`broker apply` makes what is missing, and mends what was cut short.",
    )
