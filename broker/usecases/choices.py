"""What of each cluster the engine may touch, where `-target` and `-exclude` name some of its pools."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from broker.domain.fleet import Fleet
from broker.domain.ids import ClusterName, PoolName
from broker.domain.members import Member
from broker.planning.member_documents import member_of
from broker.planning.parts import Part
from broker.ports.provisioning import PoolChoice
from broker.ports.state import MemberRecord, State

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
    was = {record.name: as_it_was(record) for record in state.members}
    there = {cluster.name for cluster in recorded.clusters}
    return {
        name: _choice(part, member, was[name])
        for name, member in members.items()
        if name in was and name in there and part.divides(name)
    }


def as_it_was(record: MemberRecord) -> Member:
    """The member as it was made last: of a change that was cut short, before it."""
    return member_of(record.was or record.member)


def _choice(part: Part, member: Member, was: Member) -> PoolChoice:
    if member.name in part.hosts:
        left = [pool.name for pool in member.pools if not part.covers(member.name, pool.name)]
        return PoolChoice(pools=frozenset(left), before=member, is_rest=True)
    chosen = frozenset(pool for cluster, pool in part.pools if cluster == member.name)
    return PoolChoice(pools=chosen, before=_before(member, was, chosen))


def _before(member: Member, was: Member, chosen: Collection[PoolName]) -> Member:
    """*member* with the *chosen* pools as they *were*, and what was there for their work."""
    identities = {each.workload: each for each in (*was.identities, *member.identities)}
    return replace(
        member,
        pools=(
            *(pool for pool in member.pools if pool.name not in chosen),
            *(pool for pool in was.pools if pool.name in chosen),
        ),
        identities=tuple(identities[name] for name in sorted(identities)),
    )
