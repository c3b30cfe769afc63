"""What each stack of a decision would do, asked of the engine before anything is done."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import EngineMissing, PlanStale, StateConflict, UsageInvalid
from broker.domain.ids import ClusterName, PoolName
from broker.domain.members import Member, ResourceStep, StackPreview, StackState, StepOp
from broker.planning.addresses import meant, spellings
from broker.planning.member_documents import member_of
from broker.ports.provisioning import PoolChoice, Provisioner
from broker.ports.state import State
from broker.usecases.choices import NO_CHOICES, Choices
from broker.usecases.operation import Means

POOL_PREFIX = "pool-"
"""What programs may put before the name of a pool."""


def preview_all(
    changing: Mapping[ClusterName, Member],
    leaving: Mapping[ClusterName, Member],
    means: Means,
    *,
    replace: Collection[str] = (),
    choices: Choices = NO_CHOICES,
) -> dict[ClusterName, StackPreview]:
    """What making *changing* true, and taking away *leaving*, would do, by cluster.

    *replace* are addresses of clusters and pools to make anew. Where there are *choices*, the rest stays. Raises EngineMissing with all that is
    missing, and what the provisioner raises: the first by name.
    """
    check_ready([*changing.values()], means.provisioner, there=[*leaving.values()])
    asked: dict[ClusterName, Callable[[], StackPreview]] = {}
    for name, member in changing.items():
        asked[name] = partial(_preview, member, means, replace, choices.get(name))
    for name, member in leaving.items():
        asked[name] = partial(_removal, member, means)
    with ThreadPoolExecutor(max_workers=max(1, means.parallel)) as pool:
        answers = {name: pool.submit(question) for name, question in asked.items()}
        try:
            return {name: answers[name].result() for name in sorted(answers)}
        except KeyboardInterrupt:
            means.watch.stop.set()  # the engine is waited for below; let it end
            raise


def going(members: Collection[ClusterName], state: State) -> dict[ClusterName, Member]:
    """The recorded members that are not among *members*."""
    return {
        record.name: member_of(record.member)
        for record in state.members
        if record.name not in members
    }


def check_kept(checkpoints: Mapping[ClusterName, str | None], state: State) -> None:
    """Refuse to go on without the engine's records of members that are there: raises StateConflict.

    *checkpoints* are those that the engine starts from. Without a record it would make everything a
    second time, and take nothing away. A member that is half changed may have none: it was being taken
    away, or `mend` has looked for it in the cloud.
    """
    lost = [
        record.name
        for record in state.members
        if record.name in checkpoints
        and checkpoints[record.name] is None
        and record.checkpoint is not None
        and not record.is_tainted
    ]
    if lost:
        raise StateConflict(*(_lost(name) for name in lost))


def checkpoints_of(
    members: Mapping[ClusterName, Member], means: Means
) -> dict[ClusterName, str | None]:
    """From where the engine would start with each, several asked at once; raises what it raises."""
    with ThreadPoolExecutor(max_workers=max(1, means.parallel)) as pool:
        found = pool.map(
            lambda each: means.provisioner.state(each, watch=means.watch), members.values()
        )
        return {name: state.checkpoint for name, state in zip(members, found, strict=True)}


def check_unmoved(
    previews: Mapping[ClusterName, StackPreview], checkpoints: Mapping[ClusterName, str | None]
) -> None:
    """Refuse what was approved of records that are others now: raises PlanStale."""
    moved = [name for name in sorted(checkpoints) if checkpoints[name] != previews[name].checkpoint]
    if moved:
        raise PlanStale(*(_moved(name) for name in moved))


def _moved(name: ClusterName) -> Diagnostic:
    return Diagnostic(
        code="plan-stale",
        subject=f"cluster.{name}",
        summary=f"The engine's record of cluster.{name} is another one since the plan was made",
        detail="Something was changed, or read from its cloud: by an apply that was called off, too.",
        hint="Plan again.",
    )


def _lost(name: ClusterName) -> Diagnostic:
    return Diagnostic(
        code="stack-record-missing",
        subject=f"cluster.{name}",
        summary=f"cluster.{name} is recorded as made, and the engine has no record of its stack here",
        detail="Without it, all of the cluster would be made a second time.",
        hint="Work where it was made, or put its records where BROKER_STACKS says on both computers. "
        "Where they are lost, `broker state rm -allow-orphan` and then `broker import` find it again.",
    )


def check_addresses(members: Mapping[ClusterName, Member], addresses: Collection[str]) -> None:
    """Refuse to make anew what is no cluster and no pool of *members*; raises UsageInvalid."""
    meant(addresses, _spellings(members))


def _spellings(
    members: Mapping[ClusterName, Member],
) -> dict[str, tuple[ClusterName, PoolName | None]]:
    pools = {name: {pool.name for pool in member.pools} for name, member in members.items()}
    return spellings(pools)


def check_ready(
    members: list[Member], provisioner: Provisioner, *, there: Sequence[Member] = ()
) -> None:
    """Raise EngineMissing if these members can not be changed from here, with every reason.

    Members that are *there* need only be read, or taken away.
    """
    missing = provisioner.readiness(members, there=there)
    if missing:
        raise EngineMissing(*missing)


def _preview(
    member: Member, means: Means, replace: Collection[str], choice: PoolChoice | None
) -> StackPreview:
    urns = urns_to_replace(member, means.provisioner, replace)
    return means.provisioner.preview(member, replace=urns, choice=choice, watch=means.watch)


def _removal(member: Member, means: Means) -> StackPreview:
    return removal(means.provisioner.state(member, watch=means.watch))


def urns_to_replace(
    member: Member, provisioner: Provisioner, replace: Collection[str]
) -> tuple[str, ...]:
    """The resources of *member* that the addresses *replace* mean: its pools by name, or its cluster.

    A cluster is replaced by its control plane, with which everything inside it goes.
    """
    known = _spellings({member.name: member})
    meant_here = [known[address][1] for address in replace if address in known]
    named = [str(pool) for pool in meant_here if pool is not None]
    wanted = {*named, *(POOL_PREFIX + name for name in named)}
    if None in meant_here:
        raise UsageInvalid(
            Diagnostic(
                code="cluster-not-replaceable",
                subject=f"cluster.{member.name}",
                summary="A cluster is not made anew in one go: its name is taken until it is gone",
                hint=f"`broker destroy -target=cluster.{member.name}`, then `broker apply`.",
            )
        )
    if not wanted:
        return ()
    return tuple(r.urn for r in provisioner.state(member).resources if r.name in wanted)


def pools_meant(urns: Collection[str]) -> set[PoolName]:
    """The pools whose resources have these URNs."""
    return {PoolName(urn.rpartition("::")[2].removeprefix(POOL_PREFIX)) for urn in urns}


def removal(state: StackState) -> StackPreview:
    """That everything a stack holds goes."""
    return StackPreview(
        member=state.member,
        steps=tuple(
            sorted(
                ResourceStep(name=r.name, type=r.type, urn=r.urn, op=StepOp.DELETE)
                for r in state.resources
            )
        ),
        unchanged=0,
        checkpoint=state.checkpoint,
    )
