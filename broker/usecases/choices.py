"""What of each cluster the engine may touch, where `-target` and `-exclude` name some of its pools."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from broker.domain.fleet import Fleet, NodePool
from broker.domain.ids import ClusterName, PoolName
from broker.domain.members import Member
from broker.planning.member_documents import member_of
from broker.planning.members import pool_of
from broker.planning.parts import Part
from broker.ports.provisioning import PoolChoice
from broker.ports.state import State

Choices = Mapping[ClusterName, PoolChoice]
"""By cluster; of one that is not among them, everything may be touched."""

NO_CHOICES: Choices = {}


def choices_of(
    part: Part | None, members: Mapping[ClusterName, Member], state: State, recorded: Fleet
) -> dict[ClusterName, PoolChoice]:
    """What *part* chooses among the pools of *members* that are in the *recorded* fleet.

    A cluster that was never made to its end is made whole, with the pools that are meant.
    """
    if part is None:
        return {}
    was = {record.name: member_of(record.member) for record in state.members}
    there = {cluster.name: cluster.pools for cluster in recorded.clusters}
    return {
        name: _choice(part, member, was[name], there[name])
        for name, member in members.items()
        if name in was and name in there and part.divides(name)
    }


def _choice(part: Part, member: Member, was: Member, recorded: Collection[NodePool]) -> PoolChoice:
    if member.name in part.hosts:
        left = [pool.name for pool in member.pools if not part.covers(member.name, pool.name)]
        return PoolChoice(pools=frozenset(left), before=member, is_rest=True)
    chosen = frozenset(pool for cluster, pool in part.pools if cluster == member.name)
    return PoolChoice(pools=chosen, before=_before(member, was, recorded, chosen))


def _before(
    member: Member, was: Member, recorded: Collection[NodePool], chosen: Collection[PoolName]
) -> Member:
    """*member* with the *chosen* pools as they *were*.

    Of a change that was cut short, what it was to come to is known in their place: then the *recorded*
    fleet tells of pools that were there before it.
    """
    pools = {pool.name: pool_of(pool) for pool in recorded} | {
        pool.name: pool for pool in was.pools
    }
    identities = {each.workload: each for each in (*was.identities, *member.identities)}
    return replace(
        member,
        pools=(
            *(pool for pool in member.pools if pool.name not in chosen),
            *(pools[name] for name in sorted(chosen) if name in pools),
        ),
        identities=tuple(identities[name] for name in sorted(identities)),
    )
