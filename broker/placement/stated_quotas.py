"""Quotas that the clouds themselves state: what is left of them, and which could ever matter."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from broker.domain.fleet import Fleet
from broker.domain.ids import MachineType
from broker.domain.offers import Offer
from broker.domain.spec import FleetSpec, ProviderScope, Quota
from broker.placement.problem import Problem
from broker.placement.quotas import counts, quota_use_per_node


def with_stated_quotas(asked: Problem, stated: Iterable[Quota]) -> Problem:
    """*asked*, within what is left of the quotas that the clouds have *stated* too."""
    binding = tuple(binding_quotas(stated, asked.spec, asked.offers))
    if not binding:
        return asked
    return replace(asked, spec=replace(asked.spec, quotas=(*asked.spec.quotas, *binding)))


def with_recorded(asked: Problem, recorded: Fleet | None) -> Problem:
    """*asked* of somebody who has the fleet *recorded* already, which uses quotas of its own."""
    if recorded is None:
        return asked
    quotas = given_back(asked.spec.quotas, recorded)
    return replace(asked, recorded=recorded, spec=replace(asked.spec, quotas=quotas))


def binding_quotas(
    quotas: Iterable[Quota], spec: FleetSpec, offers: Iterable[Offer]
) -> Iterator[Quota]:
    """Those of *quotas* that some fleet for *spec* could exceed, less what is used of each.

    A replica takes one node at most. So a quota binds nothing if all replicas, each on the largest
    node that it counts, are within it; it is left out, and does not tie workloads together. One
    that spans regions is stated by each of them, and comes once.
    """
    replicas = sum(workload.replicas.maximum for workload in spec.workloads)
    kinds = _kinds(offers)
    for quota in _told_once(quotas):
        if not _in_scope(quota, spec.providers):
            continue
        places = kinds if quota.region is None else [(quota.provider, quota.region)]
        largest = max(
            (
                quota_use_per_node(offer, quota)
                for place in places
                for offer in kinds.get(place, ())
                if counts(quota, offer)
            ),
            default=Fraction(0),
        )
        left = max(0, quota.limit - (quota.used or 0))
        if replicas * largest > left:
            yield replace(quota, limit=left)


def _told_once(quotas: Iterable[Quota]) -> Iterable[Quota]:
    """*quotas*, those that several regions state for all of them as one, in their order.

    It counts the machine types of all. Where one heard of another limit, since it answered at
    another time, the lower one holds.
    """
    found: dict[Quota | int, Quota] = {}
    for number, quota in enumerate(quotas):
        alike = replace(quota, machine_types=None, limit=0, used=None, where=None)
        key = alike if quota.spans else number
        known = found.setdefault(key, quota)
        if known is not quota:
            found[key] = replace(
                known,
                machine_types=_both(known.machine_types, quota.machine_types),
                limit=min(known.limit, quota.limit),
                used=max((u for u in (known.used, quota.used) if u is not None), default=None),
            )
    return found.values()


def _both(
    ours: frozenset[MachineType] | None, theirs: frozenset[MachineType] | None
) -> frozenset[MachineType] | None:
    """What either counts; None counts all."""
    return None if ours is None or theirs is None else ours | theirs


def _kinds(offers: Iterable[Offer]) -> dict[tuple[str, str], list[Offer]]:
    """An example of each machine type and capacity type by region: zones count alike."""
    found: dict[tuple[str, str], dict[tuple[str, str], Offer]] = defaultdict(dict)
    for offer in offers:
        region = found[offer.region.provider, offer.region.region]
        region.setdefault((offer.machine_type, offer.capacity_type), offer)
    return {place: list(kinds.values()) for place, kinds in found.items()}


def _in_scope(quota: Quota, scopes: Iterable[ProviderScope]) -> bool:
    return any(
        scope.provider == quota.provider
        and (scope.regions is None or quota.region is None or quota.region in scope.regions)
        for scope in scopes
    )


def given_back(quotas: Sequence[Quota], recorded: Fleet) -> tuple[Quota, ...]:
    """*quotas* as if the *recorded* fleet, which the cloud counts as used, were not there."""
    return tuple(
        replace(quota, limit=quota.limit + _own(quota, recorded)) if quota.used else quota
        for quota in quotas
    )


def _own(quota: Quota, recorded: Fleet) -> int:
    """What the nodes of *recorded* use of it, and no more than the cloud says is used."""
    use = sum(
        (
            pool.nodes * quota_use_per_node(pool.offer, quota)
            for pool in recorded.pools
            if counts(quota, pool.offer)
        ),
        Fraction(0),
    )
    return min(quota.used or 0, use.numerator // use.denominator)
