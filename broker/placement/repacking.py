"""Fleets close to one that is packed already: what is as it was there is not packed again."""

from collections.abc import Iterable

from broker.placement.packing import pack
from broker.placement.purchase import Assignment, BoughtPool, by_pool
from broker.placement.shapes import node_shape


class Repacking:
    """Packs pools; those that are as they were among *pools* stay so."""

    def __init__(self, pools: Iterable[BoughtPool] = ()) -> None:
        self._known = {pool.key: pool for pool in pools}

    def buy(self, assignment: Assignment) -> tuple[BoughtPool, ...]:
        """The fleet of that assignment, in the order of pool names."""
        members = by_pool(assignment)
        return tuple(self.pool(key, members[key]) for key in sorted(members))

    def pool(self, key: tuple[str, str], members: Assignment) -> BoughtPool:
        """One pool of these *members*."""
        ordered = sorted(members, key=lambda member: member[0].workload.name)
        candidates = tuple(candidate for candidate, _ in ordered)
        units = tuple(n for _, n in ordered)
        items = tuple(c.item for c in candidates)
        known = self._known.get(key)
        if known and known.units == units and tuple(c.item for c in known.candidates) == items:
            packing = known.packing
        else:
            counts = [n * c.replicas_per_unit for c, n in ordered]
            packing = pack(items, counts, node_shape(candidates[0].offer))
        return BoughtPool(key=key, candidates=candidates, units=units, packing=packing)
