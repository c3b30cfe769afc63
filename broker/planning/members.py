"""A planned fleet as the members that stacks are to make."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from math import ceil

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import BrokerError
from broker.domain.fleet import Cluster, Fleet, NodePool
from broker.domain.ids import ClusterName, MachineType, PoolName, TeamName, WorkloadName
from broker.domain.members import Member, MemberPool, WorkloadIdentity
from broker.domain.money import HOURS_PER_MONTH, Money, total
from broker.domain.offers import CapacityType
from broker.domain.spec import FleetSpec
from broker.domain.workloads import Destruction, Workload
from broker.planning.sharing import Tenants, sharing_of

BLOCKS = 256
"""How many /16 blocks 10.0.0.0/8 has: one cluster each, so that members can be peered."""

LONGEST_DNS_LABEL = 63
DIGITS = 8
DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LOOKS_REWRITTEN = re.compile(rf"-[0-9a-f]{{{DIGITS}}}$")

ALARM_STEP_MICROS = 100 * 10**6
"""Budget alarms are rounded up to 100 of the currency: they follow sizes, not every price."""


def members(
    fleet: Fleet, spec: FleetSpec, *, blocks: Mapping[ClusterName, str]
) -> dict[ClusterName, Member]:
    """One member per cluster of *fleet*, by name.

    *blocks* are the address blocks of the members that are there, which keep theirs: a network can
    not be renumbered in place. Raises BrokerError where more than 256 clusters want one.
    """
    workloads = {workload.name: workload for workload in spec.workloads}
    taken = dict(blocks)
    made = {}
    for cluster in sorted(fleet.clusters, key=lambda cluster: cluster.name):
        taken.setdefault(cluster.name, _free_block(cluster.name, taken.values()))
        tenants = {
            pool.name: [
                (workloads[placed.workload], placed.replicas)
                for placed in fleet.placements
                if (placed.cluster, placed.pool) == (cluster.name, pool.name)
                and placed.workload in workloads
            ]
            for pool in cluster.pools
        }
        made[cluster.name] = _member(cluster, spec, tenants, taken[cluster.name])
    return made


def _free_block(name: ClusterName, taken: Collection[str]) -> str:
    """A block that follows from the name, or the next one that is free."""
    first = hashlib.sha256(name.encode()).digest()[0]
    for step in range(BLOCKS):
        block = f"10.{(first + step) % BLOCKS}.0.0/16"
        if block not in taken:
            return block
    raise BrokerError(
        Diagnostic(
            code="addresses-exhausted",
            subject=name,
            summary=f"No address block is left for {name}: {BLOCKS} clusters have one each",
            hint="Divide the fleet into two.",
        )
    )


def _member(
    cluster: Cluster, spec: FleetSpec, tenants: Mapping[PoolName, Tenants], block: str
) -> Member:
    here = {workload.name: workload for found in tenants.values() for workload, _ in found}
    return Member(
        name=cluster.name,
        fleet=spec.name,
        owner=spec.owner,
        region=cluster.region,
        pools=tuple(pool_of(pool, tenants[pool.name]) for pool in cluster.pools),
        address_block=block,
        authorized_networks=spec.clusters.authorized_networks,
        security_extras=spec.clusters.has_sensor,
        budget_monthly=_alarm(cluster),
        identities=tuple(_identity(name, here[name].team) for name in sorted(here)),
        labels=dict(spec.labels),
    )


def pool_of(pool: NodePool, tenants: Tenants = ()) -> MemberPool:
    """The pool as programs make it; without *tenants*, as if nothing were planned onto it."""
    offer, workloads = pool.offer, [workload for workload, _ in tenants]
    is_burst = pool.hours < HOURS_PER_MONTH
    return MemberPool(
        name=pool.name,
        # What follows a plus is attached to the machine, and told by `accelerator`.
        machine_type=MachineType(offer.machine_type.partition("+")[0]),
        capacity_type=CapacityType.ON_DEMAND if is_committed(pool) else offer.capacity_type,
        zone=offer.zone,
        nodes=pool.nodes,
        # Work that ends gives its nodes back; steady work keeps what was bought for it.
        min_nodes=0 if is_burst else pool.nodes,
        max_nodes=max(pool.nodes, ceil(pool.nodes * _growth(workloads))),
        accelerator=offer.accelerator.name,
        accelerators=offer.count,
        sharing=sharing_of(pool, tenants),
        is_compact=any(w.is_gang and w.replicas.minimum > 1 for w in workloads),
        reservation=offer.reservation,
        term_months=offer.term_months,
        workloads=pool.workloads,
        firm=tuple(w.name for w in workloads if w.destruction is Destruction.FORBIDDEN),
    )


def is_committed(pool: NodePool) -> bool:
    """Whether its price is that of a commitment: a contract about money, for ordinary nodes."""
    offer = pool.offer
    return (
        offer.capacity_type is CapacityType.RESERVED
        and offer.reservation is None
        and offer.term_months is not None
    )


def commitments(fleet: Fleet) -> tuple[Diagnostic, ...]:
    """That the user has to sign them: a warning for each pool whose price rests on one."""
    return tuple(
        Diagnostic(
            severity=Severity.WARNING,
            code="commitment-not-signed",
            subject=f"pool.{pool.cluster}.{pool.name}",
            summary=f"The price of {pool.offer.machine_type} is that of a commitment of "
            f"{pool.offer.term_months} months, which the broker does not sign",
            hint="Sign it with the cloud; until then the nodes are billed on demand. "
            "Or take `reserved` off the workload's `capacity`.",
        )
        for pool in fleet.pools
        if is_committed(pool)
    )


def _growth(workloads: Iterable[Workload]) -> Fraction:
    """By what factor the replicas of a pool may grow at most."""
    return max(
        (Fraction(w.replicas.maximum, w.replicas.minimum) for w in workloads if w.replicas.minimum),
        default=Fraction(1),
    )


def _identity(workload: WorkloadName, team: TeamName) -> WorkloadIdentity:
    return WorkloadIdentity(
        workload=workload, namespace=namespace_of(team), service_account=workload
    )


def namespace_of(team: str) -> str:
    """The namespace in Kubernetes of *team*, a DNS label: another for each team.

    A name that is one stays as it is. What has to be written otherwise, and what could be mistaken for
    that, ends in a digest of it.

    >>> namespace_of("foundation")
    'foundation'
    >>> namespace_of("ml@example.com")
    'ml-example-com-7196167c'
    """
    if DNS_LABEL.fullmatch(team) and not LOOKS_REWRITTEN.search(team):
        return team
    plain = re.sub(r"[^a-z0-9]+", "-", team.lower())
    kept = plain[: LONGEST_DNS_LABEL - DIGITS - 1].strip("-") or "team"
    return f"{kept}-{hashlib.sha256(team.encode()).hexdigest()[:DIGITS]}"


def _alarm(cluster: Cluster) -> Money | None:
    """What the cluster is planned to cost a month, rounded up; None where a price is unknown."""
    if cluster.overhead_monthly is None:
        return None
    pools = [pool.monthly for pool in cluster.pools]
    monthly = total([cluster.overhead_monthly, *pools], cluster.overhead_monthly.currency)
    return Money(-(-monthly.micros // ALARM_STEP_MICROS) * ALARM_STEP_MICROS, monthly.currency)
