"""Pools that `broker taint` has marked: they are made anew by the next change of their cluster."""

from collections.abc import Iterable, Mapping

from broker.domain.ids import ClusterName
from broker.domain.members import Member
from broker.planning.parts import Part
from broker.ports.state import State


def marked_pools(
    state: State | None, members: Mapping[ClusterName, Member], part: Part | None = None
) -> tuple[str, ...]:
    """The addresses of those that stay, and are in *part* where only one is meant."""
    staying = {(name, pool.name) for name, member in members.items() for pool in member.pools}
    return tuple(
        f"pool.{record.name}.{pool}"
        for record in (() if state is None else state.members)
        for pool in record.anew
        if (record.name, pool) in staying and (part is None or part.covers(record.name, pool))
    )


def with_marks(requested: Iterable[str], marked: Iterable[str]) -> tuple[str, ...]:
    """All that is to be made anew, each once."""
    return tuple(dict.fromkeys((*requested, *marked)))
