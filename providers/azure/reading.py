"""One region of Azure, read from beginning to end: what is asked, and in which order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from broker.domain.diagnostics import Diagnostic
from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import ZoneId
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import CapacityScore, RegionResult, RegionStatus, Restriction
from broker.domain.spec import Quota
from providers.azure import capacity
from providers.azure.accelerators import Families
from providers.azure.arm import Arm
from providers.azure.capacity import Place
from providers.azure.edge_zones import sold_at_edge
from providers.azure.offers import Size, Sku, offers, sizes, with_accelerators
from providers.azure.prices import price_list
from providers.azure.reservations import groups_in, own_reservations
from providers.azure.scores import asked_together, request_body, scores
from providers.azure.spot_market import QUERY, SpotMarket, past_of, spot_market, with_evictions
from providers.calls.beside import Beside
from providers.calls.once import Once
from providers.calls.reservations import Held, reservations_idle


@dataclass(frozen=True, slots=True)
class Shared:
    """What serves all regions, and is asked once in a refresh: all of it may be missing."""

    spot: Once[SpotMarket] = field(default_factory=lambda: Once(one_try=True))
    groups: Once[list[Sku]] = field(default_factory=lambda: Once(one_try=True))


class Reading:
    """Questions with *arm* about *region*, which is *place*; for one thread."""

    def __init__(self, arm: Arm, region: RegionKey, place: Place) -> None:
        self._arm = arm
        self._region = region
        self._place = place
        self._beside = Beside()
        self._findings: list[Diagnostic] = []

    def result(
        self, known: Families, shared: Shared, asked_at: datetime, source: str
    ) -> RegionResult:
        """Everything that the region sells; raises CloudError where prices can not be told.

        *known* are the families of sizes.
        """
        skus = self._arm.skus(self._region.region)
        listed, unreadable = sizes(skus, self._region.region, str(self._region))
        at_edge = self._sizes_at_edge(skus)
        self._findings += unreadable
        found = [
            *self._sold(listed, known, asked_at),
            *self._sold_at_edge(at_edge, known, asked_at),
        ]
        every = [*listed, *(size for sold in at_edge.values() for size in sold)]
        # What comes after the prices may fail, and the prices are still good.
        limits = self._quotas(every)
        scored = self._scores([offer for offer in found if offer.zone is None])
        held = self._held(every, shared)
        market = self._spot_market(found, shared.spot)
        return RegionResult(
            region=self._region,
            status=RegionStatus.OK,
            offers=tuple(sorted(with_evictions(found, market), key=lambda offer: offer.name)),
            fetched_at=asked_at,
            source=source,
            findings=(
                *dict.fromkeys(self._findings),
                *self._beside.findings,
                *reservations_idle(self._region, held),
            ),
            zones=capacity.zones(self._place),
            quotas=limits,
            restrictions=self._restrictions(listed, at_edge),
            scores=scored,
            past=past_of(sorted(found, key=lambda offer: offer.name), market),
        )

    def _sold(self, listed: Sequence[Size], known: Families, now: datetime) -> list[Offer]:
        """What all of the region sells. Many regions have nothing: no price is asked for then."""
        region, stable_ids = self._region.region, self._place.stable_ids
        zones = {size.name: capacity.zones_of(size, region, stable_ids) for size in listed}
        return self._priced(region, listed, zones, known, now)

    def _priced(
        self,
        place: str,
        listed: Sequence[Size],
        zones: Mapping[str, tuple[ZoneId, ...]],
        known: Families,
        now: datetime,
    ) -> list[Offer]:
        """The offers of *listed* at the prices of *place*, which is the region or an edge zone."""
        prices = price_list(self._arm.prices(place) if listed else (), now)
        found, unknown = offers(listed, prices, zones, self._region, now, known)
        self._findings += [*unknown, *prices.findings(str(self._region))]
        return found

    def _sizes_at_edge(self, skus: Sequence[Sku]) -> dict[ZoneId, list[Size]]:
        found = {}
        for edge, sold in sold_at_edge(skus, self._region.region, self._place.edges).items():
            listed, unreadable = with_accelerators(sold, str(self._region))
            self._findings += unreadable
            if listed:
                found[edge] = listed
        return found

    def _sold_at_edge(
        self, at_edge: Mapping[ZoneId, Sequence[Size]], known: Families, now: datetime
    ) -> Iterator[Offer]:
        """What each edge zone sells; their prices are listed under their own names.

        As spot only what has such a price: the list of SKUs speaks of the region.
        """
        for edge, listed in at_edge.items():
            for offer in self._priced(edge, listed, {}, known, now):
                if offer.capacity_type is not CapacityType.SPOT or offer.price is not None:
                    yield replace(offer, zone=edge, zone_kind=ZoneKind.EDGE_ZONE)

    def _quotas(self, every: Sequence[Size]) -> tuple[Quota, ...]:
        region = self._region
        usages = self._beside.read(
            "quotas", lambda: self._arm.usages(region.region) if every else []
        )
        return capacity.quotas(usages, every, region)

    def _scores(self, found: Sequence[Offer]) -> tuple[CapacityScore, ...]:
        region = self._region.region
        told = self._beside.read(
            "placement scores",
            lambda: [
                row
                for together in asked_together(found)
                for row in self._arm.placement_scores(region, request_body(region, together))
            ],
        )
        return scores(told, region)

    def _held(self, every: Sequence[Size], shared: Shared) -> Sequence[Held]:
        """What the subscription has reserved here; nobody is asked where nothing is sold."""
        arm, names = self._arm, {size.name for size in every}
        return self._beside.read(
            "reservations of the subscription",
            lambda: [
                held
                for place in groups_in(
                    shared.groups.value(arm.reservation_groups, arm.effort) if every else (),
                    self._region.region,
                )
                for held in own_reservations(
                    place, arm.reservations(*place), self._place.stable_ids, names
                )
            ],
        )

    def _spot_market(self, found: Sequence[Offer], spot: Once[SpotMarket]) -> SpotMarket:
        """What is told of spot nodes of all regions; nobody is asked where none are sold."""
        if not any(offer.capacity_type is CapacityType.SPOT for offer in found):
            return SpotMarket()
        told = self._beside.read(
            "past spot prices and rates of eviction",
            lambda: [spot.value(lambda: spot_market(self._arm.graph(QUERY)), self._arm.effort)],
        )
        return told[0] if told else SpotMarket()

    def _restrictions(
        self, listed: Sequence[Size], at_edge: Mapping[ZoneId, Sequence[Size]]
    ) -> tuple[Restriction, ...]:
        region, stable_ids = self._region.region, self._place.stable_ids
        everywhere = capacity.restrictions(listed, region, stable_ids)
        there = (
            replace(restriction, zone=edge)
            for edge, sold in at_edge.items()
            for restriction in capacity.restrictions(sold, region, stable_ids)
            if restriction.zone is None
        )
        return tuple(
            sorted({*everywhere, *there}, key=lambda r: (r.machine_type, r.zone or "", r.reason))
        )
