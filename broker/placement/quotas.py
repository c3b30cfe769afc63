"""Which quotas count an offer, and in which unit."""

from collections.abc import Iterator
from fractions import Fraction

from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.spec import Quota, QuotaUnit
from broker.placement.problem import Problem


def quotas_of(offer: Offer, problem: Problem) -> Iterator[Quota]:
    """The quotas under which *offer* falls, in the order of the spec."""
    return (quota for quota in problem.spec.quotas if counts(quota, offer))


class QuotasByRegion:
    """The same for many offers of one problem: of many quotas, few are about any one region."""

    def __init__(self, problem: Problem) -> None:
        self._quotas = problem.spec.quotas
        self._of_region: dict[RegionKey, list[Quota]] = {}

    def of(self, offer: Offer) -> Iterator[Quota]:
        """The quotas under which *offer* falls, in the order of the spec."""
        region = offer.region
        if region not in self._of_region:
            self._of_region[region] = [
                quota
                for quota in self._quotas
                if quota.provider == region.provider and quota.region in (None, region.region)
            ]
        return (quota for quota in self._of_region[region] if counts(quota, offer))


def counts(quota: Quota, offer: Offer) -> bool:
    """Whether nodes of *offer* use up *quota* of their region."""
    return (
        quota.provider == offer.region.provider
        and quota.region in (None, offer.region.region)
        and quota.zone in (None, offer.zone)
        and (quota.capacity_types is None or offer.capacity_type in quota.capacity_types)
        and quota.accelerator in (None, offer.accelerator.model, offer.accelerator.name)
        and quota.machine_type in (None, offer.machine_type)
        and (quota.machine_types is None or offer.machine_type in quota.machine_types)
        and quota.family in (None, offer.family)
        and (quota.reservation is None or quota.reservation == offer.reservation_key)
        and not (quota.is_unreserved and offer.reservation is not None)
    )


def counted_at(quota: Quota, region: RegionKey) -> str:
    """Where that which *region* uses of *quota* is added up: there, or over all of its cloud."""
    return region.provider if quota.spans else str(region)


def quota_use_per_node(offer: Offer, quota: Quota) -> Fraction:
    """How much of *quota* one node of *offer* uses."""
    match quota.unit:
        case QuotaUnit.ACCELERATORS:
            return offer.count
        case QuotaUnit.VCPUS:
            return Fraction(offer.vcpus)
        case QuotaUnit.NODES:
            return Fraction(1)


def in_words(amount: Fraction | int, quota: Quota) -> str:
    """An amount of what *quota* counts.

    >>> from broker.domain.ids import ProviderName
    >>> nodes = Quota(name="q", provider=ProviderName("aws"), region=None, unit=QuotaUnit.NODES, limit=9)
    >>> in_words(1, nodes), in_words(1024, nodes)
    ('1 node', '1,024 nodes')
    """
    unit = quota.unit.removesuffix("s") if amount == 1 else quota.unit
    return f"{amount:,} {unit}" if isinstance(amount, int) else f"{amount} {unit}"
