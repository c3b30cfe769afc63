"""`broker taint`: have a pool made anew by the next apply."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.domain.ids import ClusterName, PoolName
from broker.planning.addresses import spellings
from broker.planning.parts import NOTHING, pools_of
from broker.planning.records import records
from broker.ports.state import MemberRecord, State
from broker.usecases.recorded import recorded_state
from broker.usecases.state import Books, Edited, edited, known

CLUSTER, POOL = "cluster.", "pool."

Pools = Mapping[ClusterName, Collection[PoolName]]


def taint(books: Books, address: str, *, dry_run: bool = False) -> Edited:
    """Mark the pool at *address*, or each pool of the cluster there; nothing happens in the cloud.

    What is returned has the addresses of the pools that are marked. Raises UsageInvalid for what is no
    pool and no cluster that is recorded, and what `edited` raises.
    """
    marked: list[str] = []

    def change(state: State) -> State:
        pools = pools_at(state, address)
        if not any(pools.values()):
            raise UsageInvalid(_nothing_there(address))
        marked[:] = addresses_of(pools)
        return marked_so(state, {r.name: {*r.anew, *pools.get(r.name, ())} for r in state.members})

    done = edited(books, "taint", (address,), change, dry_run=dry_run)
    return replace(done, addresses=tuple(marked))


def pools_at(state: State, address: str) -> Pools:
    """The pools at *address*, by cluster; raises UsageInvalid for what is no pool and no cluster.

    An address may be as short as for -target: the name alone, if no other cluster has a pool of that name.
    """
    inside = pools_of([recorded_state(state).fleet or NOTHING])
    made = {record.name for record in state.members}
    there = {name: pools for name, pools in inside.items() if name in made}
    meant = spellings(there).get(address)
    if meant is None:
        if not address.startswith((CLUSTER, POOL)):
            raise UsageInvalid(_no_pool(address, addresses_of(there)))
        known(records(state), [address])
        return {}
    cluster, pool = meant
    return {cluster: set(there[cluster]) if pool is None else {pool}}


def addresses_of(pools: Pools) -> list[str]:
    """Of each pool, in their order."""
    return sorted(f"{POOL}{name}.{pool}" for name, inside in pools.items() for pool in inside)


def marked_so(state: State, marked: Mapping[ClusterName, Collection[PoolName]]) -> State:
    """*state* with these marks, by cluster, and no others."""

    def changed(record: MemberRecord) -> MemberRecord:
        return replace(record, anew=tuple(sorted(marked[record.name])))

    return replace(state, members=tuple(map(changed, state.members)))


def _no_pool(address: str, pools: Collection[str]) -> Diagnostic:
    alike = [pool for pool in pools if pool.endswith(f".{address}")]
    guess = f"Did you mean {' or '.join(alike)}? " if alike else ""
    return Diagnostic(
        code="address-not-replaceable",
        subject=address,
        summary=f"{address} is no pool and no cluster, and can not be made anew by itself",
        hint=f"{guess}Name the pool that it is on: `broker state list` shows pool.CLUSTER.NAME.",
    )


def _nothing_there(address: str) -> Diagnostic:
    return Diagnostic(
        code="address-not-replaceable",
        subject=address,
        summary=f"{address} has no pool that was made, so that there is nothing to make anew",
        hint="`broker apply` makes what is missing, and mends what was cut short.",
    )
