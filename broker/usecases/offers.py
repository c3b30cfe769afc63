"""`broker offers`: what the clouds sell, as far as the snapshot knows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from types import MappingProxyType

from broker.catalog.query import (
    ANY_COUNT,
    AcceleratorSummary,
    CountRange,
    Order,
    Query,
    Wanted,
    by_accelerator,
    matching,
    ordered,
    sold_in,
    within_price,
)
from broker.catalog.snapshot import Coverage, Snapshot
from broker.catalog.standing import Standing, standings
from broker.domain.accelerators import MIB_PER_GIB, Accelerator
from broker.domain.countries import CODES
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.domain.geography import Region, RegionKey
from broker.domain.ids import ProviderName
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import RegionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class OffersRequest:
    """What was asked for, in the user's words; empty means everything.

    *accelerators* are models (`A100`), full names (`A100-80GB`), or either with a count (`H100:8`).
    *order* None is by price.
    """

    accelerators: Sequence[str] = ()
    least_memory_gib: Decimal | None = None
    count: CountRange = ANY_COUNT
    providers: Sequence[str] = ()
    regions: Sequence[str] = ()
    zones: Sequence[str] = ()
    jurisdictions: Sequence[str] = ()
    capacity_types: Sequence[CapacityType] = ()
    machine_types: Sequence[str] = ()
    max_price: Money | None = None
    max_price_per_gpu: Money | None = None
    order: Order | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OffersFound:
    """The answer: *total* offers were looked at.

    *order* is the one asked for, None if none was. *unpriced* counts those that were left out because their price is not known to be within the
    bound. *regions* has the law of each place; *standings* are those that clouds tell, by offer. *coverage_gaps* are the regions of the snapshot that
    gave no answer.
    """

    offers: tuple[Offer, ...]
    total: int
    unpriced: int
    regions: dict[RegionKey, Region]
    coverage_gaps: tuple[Coverage, ...]
    standings: Mapping[str, Standing] = field(default_factory=dict)
    order: Order | None = None

    def by_accelerator(self) -> list[AcceleratorSummary]:
        """The same, summed up; by name unless an order was asked for."""
        return by_accelerator(self.offers, self.order or Order.GPU)


def find_offers(
    request: OffersRequest, snapshot: Snapshot, accelerators: Sequence[Accelerator]
) -> OffersFound:
    """Filter and sort the offers of *snapshot*.

    Raises UsageInvalid, with every finding, for names that are in none of the tables. A name that
    is known and not offered leads to an empty answer.
    """
    query = _query(request, snapshot, accelerators)
    meant = matching(snapshot.offers, query, snapshot.network)
    affordable = within_price(meant, query)
    bounded = query.max_price is not None or query.max_price_per_gpu is not None
    return OffersFound(
        offers=tuple(ordered(affordable, request.order or Order.PRICE)),
        total=len(snapshot.offers),
        unpriced=sum(offer.price is None for offer in meant) if bounded else 0,
        regions=snapshot.network.regions,
        coverage_gaps=tuple(c for c in snapshot.coverage if c.status is not RegionStatus.OK),
        standings=standings(snapshot, affordable),
        order=request.order,
    )


def _query(
    request: OffersRequest, snapshot: Snapshot, accelerators: Sequence[Accelerator]
) -> Query:
    names = _Names()
    catalogued = {*accelerators, *(offer.accelerator for offer in snapshot.offers)}
    places = {*snapshot.network.regions, *(covered.region for covered in snapshot.coverage)}
    laws = {law for region in snapshot.network.regions.values() for law in region.jurisdictions}
    gib = request.least_memory_gib or Decimal(0)
    query = Query(
        accelerators=names.accelerators(request.accelerators, catalogued),
        least_memory_mib=int(gib * MIB_PER_GIB),
        count=request.count,
        providers=frozenset(
            ProviderName(name)
            for name in names.known(
                request.providers, {key.provider for key in places}, code="cloud-unknown"
            )
        ),
        regions=names.known(
            request.regions,
            {key.region for key in places} | {str(k) for k in places},
            code="region-unknown",
        ),
        zones=names.known(
            request.zones, {z for o in snapshot.offers for z in sold_in(o)}, code="zone-unknown"
        ),
        jurisdictions=names.known(
            request.jurisdictions, laws, code="jurisdiction-unknown", called=CODES
        ),
        capacity_types=frozenset(request.capacity_types),
        machine_types=frozenset(request.machine_types),
        max_price=request.max_price,
        max_price_per_gpu=request.max_price_per_gpu,
    )
    names.refuse_unknown()
    return query


class _Names:
    """Looks names up without minding their case, and collects those that are nowhere."""

    def __init__(self) -> None:
        self._findings: list[Diagnostic] = []

    def known(
        self,
        wanted: Iterable[str],
        existing: Iterable[str],
        *,
        code: str,
        called: Mapping[str, str] = MappingProxyType({}),
    ) -> frozenset[str]:
        """The existing spelling of each wanted name; *called* has other names to suggest for."""
        spelled = {name.lower(): name for name in existing}
        others = {name: meant for name, meant in called.items() if meant.lower() in spelled}
        found = {name: spelled.get(name.lower()) for name in wanted}
        for name, spelling in found.items():
            if spelling is None:
                self._add(name, {**others, **spelled}, code=code)
        return frozenset(spelling for spelling in found.values() if spelling)

    def accelerators(
        self, wanted: Sequence[str], existing: Collection[Accelerator]
    ) -> tuple[Wanted, ...]:
        """Those meant by model, by full name or by model and memory, with their counts."""
        meant = []
        for text in wanted:
            name, _, count = text.partition(":")
            hits = frozenset(one for one in existing if name.lower() in _names_of(one))
            if not hits:
                names = {n.lower(): n for one in existing for n in (one.model, one.name)}
                self._add(name, names, code="accelerator-unknown")
            meant.append(Wanted(hits, self._count(text, count) if count else ANY_COUNT))
        return tuple(meant)

    def _count(self, text: str, count: str) -> CountRange:
        try:
            return CountRange.parse(count)
        except ValueError as error:
            self._findings.append(
                Diagnostic(
                    code="count-invalid",
                    subject=text,
                    summary=f"In {text}: {error}",
                    hint="Write `H100:8`, `H100:4:8` for a range, `T4:1/2` for a slice.",
                )
            )
            return ANY_COUNT

    def refuse_unknown(self) -> None:
        """Raise UsageInvalid if any name was not found."""
        if self._findings:
            raise UsageInvalid(*self._findings)

    def _add(self, name: str, existing: Mapping[str, str], *, code: str) -> None:
        """*existing* maps what may have been meant, in lower case, to how it is written."""
        what = code.removesuffix("-unknown")
        exact = [name.lower()] if name.lower() in existing else []
        close = exact or get_close_matches(name.lower(), sorted(existing), n=3, cutoff=0.5)
        meant = dict.fromkeys(existing[hit] for hit in close)
        known = ", ".join(meant or sorted(set(existing.values()))[:12])
        self._findings.append(
            Diagnostic(
                code=code,
                subject=name,
                summary=f"No {what} named {name} is known",
                hint=f"Did you mean {known}?" if close else f"There are, among others, {known}.",
            )
        )


def _names_of(accelerator: Accelerator) -> set[str]:
    model = accelerator.model.lower()
    return {model, accelerator.name.lower(), f"{model}-{accelerator.memory_gib}gb"}
