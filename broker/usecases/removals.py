"""What must not be taken away: the pools of work that forbids it, and those on which pods run."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from broker.domain.diagnostics import Diagnostic, Where
from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName, PoolName, WorkloadName
from broker.domain.members import Member, StackPreview, StepOp
from broker.domain.spec import FleetSpec
from broker.domain.wording import many
from broker.domain.workloads import Destruction
from broker.planning.member_documents import member_of
from broker.planning.members import pool_of
from broker.planning.parts import NOTHING
from broker.ports.state import State
from broker.ports.work import LiveWork
from broker.usecases.previews import POOL_PREFIX
from broker.usecases.recorded import recorded_state

FORBIDDEN = Destruction.FORBIDDEN

Firm = Mapping[WorkloadName, Where | None]
"""The workloads that forbid to destroy what they are placed on, and where they say so, if anywhere."""


def firm_work(spec: FleetSpec | None, recorded: Collection[WorkloadName]) -> Firm:
    """What *spec* says, and of workloads of which it says nothing, what was *recorded* of them.

    So whoever removes the line, the workload, or the whole spec, takes no protection off with it.
    """
    named = {} if spec is None else {w.name: w for w in spec.workloads}
    said = {name: w for name, w in named.items() if w.destruction is not None}
    stated = {name: w.where for name, w in said.items() if w.destruction is FORBIDDEN}
    return {**stated, **{name: None for name in recorded if name not in said}}


def with_recorded_firm(spec: FleetSpec, recorded: Collection[WorkloadName]) -> FleetSpec:
    """*spec*, with what was *recorded* of work of which it does not say whether it may be destroyed."""
    workloads = tuple(
        replace(w, destruction=FORBIDDEN) if w.destruction is None and w.name in recorded else w
        for w in spec.workloads
    )
    return spec if workloads == spec.workloads else replace(spec, workloads=workloads)


def firm_by_either(spec: FleetSpec | None, recorded: Collection[WorkloadName]) -> Firm:
    """What *spec* says, and what was *recorded* whatever it says: it may be of another fleet."""
    return {**dict.fromkeys(recorded), **firm_work(spec, recorded)}


def protected_pools(firm: Firm, recorded: Fleet, target: Fleet) -> list[Diagnostic]:
    """The recorded pools that *target* has not, and on which *firm* work is placed."""
    left = {(pool.cluster, pool.name) for pool in target.pools}
    return [
        Diagnostic(
            code="cluster-protected",
            subject=f"pool.{one.cluster}.{one.pool}",
            summary=f"pool.{one.cluster}.{one.pool} would go, and workload {one.workload} forbids it",
            hint=f"{_lifted(one.workload, firm)}, or keep the pool with "
            f"-exclude=pool.{one.cluster}.{one.pool}.",
            where=firm[one.workload],
        )
        for one in recorded.placements
        if one.workload in firm and (one.cluster, one.pool) not in left
    ]


def to_be_forgotten(spec: FleetSpec | None, going: Collection[ClusterName]) -> list[Diagnostic]:
    """The clusters *going* that *spec* has forgotten, and left in their clouds."""
    return [
        Diagnostic(
            code="removed-not-forgotten",
            subject=f"cluster.{each.cluster}",
            summary=f"cluster.{each.cluster} would be destroyed, and is to stay in its cloud",
            hint=f"`broker apply` forgets it; or leave it with -exclude=cluster.{each.cluster}, or take its "
            "block out of `removed`.",
            where=each.where,
        )
        for each in (spec.removed if spec is not None else ())
        if each.cluster in going
    ]


def protected_anew(
    members: Iterable[Member], anew: Iterable[tuple[ClusterName, PoolName]]
) -> list[Diagnostic]:
    """The pools *anew*, and on which there is work that forbids to destroy it."""
    firm = {(member.name, pool.name): pool.firm for member in members for pool in member.pools}
    return [
        Diagnostic(
            code="cluster-protected",
            subject=f"pool.{cluster}.{pool}",
            summary=f"pool.{cluster}.{pool} would be made anew, and workload {workload} forbids it",
            hint=f"Say `destroy: allowed` of {workload} in fleet.yaml, or take back what makes it anew: "
            "-replace, or what has changed of the pool.",
        )
        for cluster, pool in sorted(set(anew))
        for workload in firm.get((cluster, pool), ())
    ]


def _lifted(workload: WorkloadName, firm: Firm) -> str:
    if firm[workload] is not None:
        return f"Say `destroy: allowed` of {workload} in fleet.yaml"
    return f"It is recorded so. Name {workload} in fleet.yaml with `destroy: allowed`"


def busy_pools(
    state: State,
    left: Fleet,
    work: LiveWork,
    *,
    among: Collection[ClusterName],
    previews: Iterable[StackPreview] = (),
) -> list[Diagnostic]:
    """The recorded pools of these clusters that *left* has not, and on which pods run.

    So are those that *previews* make anew: their nodes go first. Raises what *work* raises: where nobody
    knows, nothing may be taken away.
    """
    anew = set(made_anew(previews))
    staying = {(pool.cluster, pool.name) for pool in left.pools} - anew
    there = recorded_state(state).fleet or NOTHING
    found = []
    for record in state.members:
        member = _with_pools_of(there, member_of(record.member))
        if record.name not in among or all((record.name, p.name) in staying for p in member.pools):
            continue
        found += [
            Diagnostic(
                code="pool-in-use",
                subject=f"pool.{record.name}.{pool}",
                summary=f"{many(count, 'pod')} still run on pool.{record.name}.{pool}",
                hint="Drain the pool first, or say -drained if they may be lost.",
            )
            for pool, count in sorted(work(member, record).items())
            if count and (record.name, pool) not in staying
        ]
    return found


def _with_pools_of(fleet: Fleet, member: Member) -> Member:
    """*member* with the pools, too, that a change was to take away which failed before it did so."""
    known = {pool.name for pool in member.pools}
    others = (p for p in fleet.pools if p.cluster == member.name and p.name not in known)
    return replace(member, pools=(*member.pools, *map(pool_of, others)))


def made_anew(previews: Iterable[StackPreview]) -> Iterator[tuple[ClusterName, PoolName]]:
    """The pools that *previews* replace by others of their name."""
    for preview in previews:
        for step in preview.steps:
            if step.op is StepOp.REPLACE:
                yield preview.member, PoolName(step.name.removeprefix(POOL_PREFIX))
