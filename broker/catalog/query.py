"""Questions to a snapshot: which offers are meant, in which order, and the best of each kind."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Any, Self

from broker.catalog.network import Network
from broker.domain.accelerators import Accelerator
from broker.domain.geography import RegionKey
from broker.domain.ids import ProviderName, ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer


@dataclass(frozen=True, slots=True)
class CountRange:
    """How many devices a machine may have; None leaves that end open.

    >>> CountRange.parse("4:8")
    CountRange(least=Fraction(4, 1), most=Fraction(8, 1))
    >>> CountRange.parse("0.25") == CountRange.parse("1/4")
    True
    """

    least: Fraction | None = None
    most: Fraction | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `8`, `1/4`, `0.5`, `4:8`, `4:` or `:8`; ValueError for anything else."""
        least, colon, most = text.partition(":")
        low, high = _devices(least), _devices(most) if colon else _devices(least)
        if (low is None and high is None) or (low is not None and high is not None and low > high):
            message = f"not a number of devices, nor a range of them: {text!r}"
            raise ValueError(message)
        return cls(low, high)

    def __contains__(self, count: Fraction) -> bool:
        """Whether a machine with *count* devices is meant."""
        return (self.least is None or count >= self.least) and (
            self.most is None or count <= self.most
        )


ANY_COUNT = CountRange()


_DEVICES = re.compile(r"\d{1,6}(\.\d{1,6}|/[1-9]\d{0,5})?", re.ASCII)


def _devices(text: str) -> Fraction | None:
    if not text.strip():
        return None
    if _DEVICES.fullmatch(text.strip()) is None or not (count := Fraction(text.strip())):
        message = f"not a number of devices: {text!r}"
        raise ValueError(message)
    return count


@dataclass(frozen=True, slots=True)
class Wanted:
    """Accelerators meant by one name, and how many of them (`H100:8`)."""

    accelerators: frozenset[Accelerator]
    count: CountRange = ANY_COUNT

    def __contains__(self, offer: Offer) -> bool:
        """Whether *offer* has them."""
        return offer.accelerator in self.accelerators and offer.count in self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which offers are meant: each field narrows, an empty one does not.

    An offer has to be in any of *accelerators*. *regions* are names with or without their cloud. An
    offer of a whole region is in each of *zones* in which it is sold. *machine_types* are shell
    patterns, compared without case. *max_price* is per node and hour, *max_price_per_gpu* per device
    and hour; under either, an offer without a price is left out.
    """

    accelerators: tuple[Wanted, ...] = ()
    least_memory_mib: int = 0
    count: CountRange = ANY_COUNT
    providers: frozenset[ProviderName] = frozenset()
    regions: frozenset[str] = frozenset()
    zones: frozenset[str] = frozenset()
    jurisdictions: frozenset[str] = frozenset()
    capacity_types: frozenset[CapacityType] = frozenset()
    machine_types: frozenset[str] = frozenset()
    max_price: Money | None = None
    max_price_per_gpu: Money | None = None


def matching(offers: Iterable[Offer], query: Query, network: Network) -> list[Offer]:
    """The offers that *query* means, whatever their price."""
    return [
        offer
        for offer in offers
        if _hardware_meant(offer, query)
        and _place_meant(offer, query, network)
        and (not query.capacity_types or offer.capacity_type in query.capacity_types)
    ]


def within_price(offers: Iterable[Offer], query: Query) -> list[Offer]:
    """Those of *offers* whose price is known to be within the bounds of *query*, if it has any."""
    return [
        offer
        for offer in offers
        if _at_most(offer.price, query.max_price)
        and _at_most(offer.price_per_gpu_hour, query.max_price_per_gpu)
    ]


def _hardware_meant(offer: Offer, query: Query) -> bool:
    return (
        (not query.accelerators or any(offer in wanted for wanted in query.accelerators))
        and offer.accelerator.memory_mib >= query.least_memory_mib
        and offer.count in query.count
        and _type_meant(offer.machine_type, query.machine_types)
    )


def _type_meant(machine_type: str, patterns: frozenset[str]) -> bool:
    lowered = machine_type.lower()
    return not patterns or any(fnmatchcase(lowered, pattern.lower()) for pattern in patterns)


def _place_meant(offer: Offer, query: Query, network: Network) -> bool:
    if query.jurisdictions:
        region = network.regions.get(offer.region)
        if region is None or query.jurisdictions.isdisjoint(region.jurisdictions):
            return False
    return (
        (not query.providers or offer.region.provider in query.providers)
        and (not query.regions or not query.regions.isdisjoint(_names_of(offer.region)))
        and (not query.zones or not query.zones.isdisjoint(sold_in(offer)))
    )


def sold_in(offer: Offer) -> tuple[ZoneId, ...]:
    """The zones in which *offer* is sold; none if no source says."""
    return (offer.zone,) if offer.zone else offer.zones


def _names_of(region: RegionKey) -> tuple[str, str]:
    return region.region, str(region)


def _at_most(price: Money | None, most: Money | None) -> bool:
    return most is None or (price is not None and price <= most)


class Order(StrEnum):
    """By what a list of offers is sorted; an unknown price comes last, ties go to the name."""

    PRICE = "price"
    PRICE_PER_GPU = "price-per-gpu"
    GPU = "gpu"
    COUNT = "count"
    MEMORY = "memory"
    REGION = "region"
    NAME = "name"


def ordered(offers: Iterable[Offer], order: Order) -> list[Offer]:
    """Sort *offers*; the largest comes first by count and memory, the least by all else."""
    key = _KEYS[order]
    return sorted(offers, key=lambda offer: (*key(offer), offer.name))


def _unknown_last(price: Money | None) -> tuple[bool, int]:
    return (price is None, 0 if price is None else price.micros)


_KEYS: dict[Order, Callable[[Offer], tuple[Any, ...]]] = {
    Order.PRICE: lambda offer: _unknown_last(offer.price),
    Order.PRICE_PER_GPU: lambda offer: _unknown_last(offer.price_per_gpu_hour),
    Order.GPU: lambda offer: (
        offer.accelerator.name, offer.count, *_unknown_last(offer.price_per_gpu_hour),
    ),
    Order.COUNT: lambda offer: (-offer.count, *_unknown_last(offer.price_per_gpu_hour)),
    Order.MEMORY: lambda offer: (
        -offer.accelerator.memory_mib, *_unknown_last(offer.price_per_gpu_hour),
    ),
    Order.REGION: lambda offer: (offer.region, *_unknown_last(offer.price)),
    Order.NAME: lambda _: (),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorSummary:
    """What is offered of one accelerator; offers without a price are never the cheapest.

    *cheapest* is per device, *least_price* that of the cheapest whole machine.
    """

    accelerator: Accelerator
    offers: int
    unknown_prices: int
    machine_types: int
    regions: int
    providers: tuple[ProviderName, ...]
    counts: tuple[Fraction, ...]
    cheapest: dict[CapacityType, Offer]
    least_price: Money | None

    @property
    def least_price_per_gpu(self) -> Money | None:
        """Of one device, whatever the capacity type."""
        prices = (offer.price_per_gpu_hour for offer in self.cheapest.values())
        return min((price for price in prices if price is not None), default=None)


def by_accelerator(offers: Iterable[Offer], order: Order = Order.GPU) -> list[AcceleratorSummary]:
    """One summary per accelerator, sorted as offers are: what is largest, or in most regions, first.

    By price it is that of the cheapest offer of each; ties go to the name.
    """
    groups: dict[Accelerator, list[Offer]] = {}
    for offer in offers:
        groups.setdefault(offer.accelerator, []).append(offer)
    summaries = (_summary(accelerator, offers) for accelerator, offers in groups.items())
    key = _GROUP_KEYS[order]
    return sorted(summaries, key=lambda group: (*key(group), group.accelerator.name))


_GROUP_KEYS: dict[Order, Callable[[AcceleratorSummary], tuple[Any, ...]]] = {
    Order.PRICE: lambda group: _unknown_last(group.least_price),
    Order.PRICE_PER_GPU: lambda group: _unknown_last(group.least_price_per_gpu),
    Order.GPU: lambda _: (),
    Order.COUNT: lambda group: (-group.counts[-1],),
    Order.MEMORY: lambda group: (-group.accelerator.memory_mib,),
    Order.REGION: lambda group: (-group.regions,),
    Order.NAME: lambda _: (),
}


def _summary(accelerator: Accelerator, offers: list[Offer]) -> AcceleratorSummary:
    cheapest: dict[CapacityType, Offer] = {}
    for offer in ordered(offers, Order.PRICE_PER_GPU):
        if offer.price is not None:
            cheapest.setdefault(offer.capacity_type, offer)
    return AcceleratorSummary(
        accelerator=accelerator,
        offers=len(offers),
        unknown_prices=sum(offer.price is None for offer in offers),
        machine_types=len({(o.region.provider, o.machine_type) for o in offers}),
        regions=len({offer.region for offer in offers}),
        providers=tuple(sorted({offer.region.provider for offer in offers})),
        counts=tuple(sorted({offer.count for offer in offers})),
        cheapest=cheapest,
        least_price=min((o.price for o in offers if o.price is not None), default=None),
    )
