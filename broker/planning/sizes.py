"""Pools whose nodes an autoscaler counts: how many run, and what of that a plan should say."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.fleet import Fleet, NodePool
from broker.domain.ids import ClusterName, PoolName
from broker.domain.members import Member, MemberPool
from broker.domain.wording import many

SIZES = "sizes"
"""Among the outputs of a stack: the nodes of each pool when its cloud was last read."""

Running = Mapping[ClusterName, Mapping[PoolName, int]]


def running(told: Mapping[ClusterName, Mapping[str, Any]]) -> Running:
    """The nodes of each pool, from the outputs of each cluster's stack; older ones tell none."""
    return {
        cluster: {
            PoolName(name): nodes
            for name, nodes in (outputs.get(SIZES) or {}).items()
            if isinstance(nodes, int)
        }
        for cluster, outputs in told.items()
    }


def size_warnings(members: Iterable[Member], there: Running, fleet: Fleet) -> list[Diagnostic]:
    """Where more nodes run than are planned: what that costs, and which of them would have to go."""
    planned = {(pool.cluster, pool.name): pool for pool in fleet.pools}
    return [
        warning
        for member in members
        for pool in member.pools
        for warning in _warnings(
            member.name,
            pool,
            there.get(member.name, {}).get(pool.name),
            planned.get((member.name, pool.name)),
        )
    ]


def _warnings(
    cluster: ClusterName, pool: MemberPool, nodes: int | None, planned: NodePool | None
) -> Iterator[Diagnostic]:
    if nodes is None or pool.min_nodes == pool.max_nodes or nodes <= pool.nodes:
        return
    if nodes > pool.max_nodes:
        yield _shrinks(f"pool.{cluster}.{pool.name}", pool, nodes)
    else:
        yield _grown(f"pool.{cluster}.{pool.name}", pool, nodes, planned)


def _shrinks(address: str, pool: MemberPool, nodes: int) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code="pool-shrinks",
        subject=address,
        summary=f"{many(nodes, 'node')} of {address} run, and it may have {pool.max_nodes} at most: "
        f"{nodes - pool.max_nodes} would be taken away, with what runs on them",
        hint="Let the work end first, or plan more replicas.",
    )


def _grown(address: str, pool: MemberPool, nodes: int, planned: NodePool | None) -> Diagnostic:
    more = nodes - pool.nodes
    cost = "" if planned is None else f", and cost {(planned.price * more).shown()} more an hour"
    return Diagnostic(
        severity=Severity.WARNING,
        code="pool-grown",
        subject=address,
        summary=f"{many(nodes, 'node')} of {address} run, {pool.nodes} are planned",
        detail=f"Its autoscaler has made {more} more within its bounds ({pool.min_nodes} to "
        f"{pool.max_nodes}), which are left alone{cost}.",
        hint="They go when the work is less. `replicas` and `max` in fleet.yaml are the bounds.",
    )
