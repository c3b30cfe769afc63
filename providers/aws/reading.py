"""One reading of one region: which calls are made, in which order, and what each may cost."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.geography import RegionKey
from broker.domain.history import PriceChange
from broker.domain.ids import MachineType
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import CapacityScore, RegionResult, RegionStatus, Restriction, Zone
from broker.domain.spec import Quota
from providers.aws.accelerators import KnownAccelerators
from providers.aws.calls import AwsCalls
from providers.aws.hardware import Hardware, hardware, may_have_accelerator
from providers.aws.offers import (
    RegionMarket,
    block_offers,
    listed_offers,
    sold_in,
    spot_changes,
    spot_offers,
    zones,
)
from providers.aws.price_list import ListedPrice, Product, price_list
from providers.aws.quotas import quotas
from providers.aws.reservations import own_reservations
from providers.aws.savings_plans import savings_plan_rates
from providers.aws.scores import NODES, scored_together, scores
from providers.calls.beside import Beside
from providers.calls.findings import new_accelerator, prices_missing
from providers.calls.reservations import Held, reservations_idle

NOT_OPTED_IN = "not-opted-in"

SPOT_HISTORY = timedelta(days=1)
"""How far back spot prices are asked for: a day's changes come in the same answer as today's."""

ATTEMPTS = 2
"""A type that was offered a moment ago may be described a moment later: answers settle late."""


class Descriptions:
    """The hardware of machine types, each described once for all regions: it is the same in all.

    Threads that ask at once may describe a type twice; nobody waits for another.
    """

    def __init__(self, known: KnownAccelerators) -> None:
        self._known = known
        self._described: dict[str, Hardware | None] = {}

    def of(
        self, names: Sequence[str], calls: AwsCalls
    ) -> tuple[dict[str, Hardware], dict[str, str]]:
        """The hardware of those of *names* that have an accelerator; why others are not told."""
        untold: dict[str, str] = {}
        for _ in range(ATTEMPTS):
            missing = [name for name in names if name not in {*self._described, *untold}]
            for row in calls.machine_types(missing) if missing else ():
                try:
                    self._described[row["InstanceType"]] = hardware(row, self._known)
                except (LookupError, TypeError, ValueError) as error:
                    untold[row["InstanceType"]] = f"{type(error).__name__}: {error}"
        found = {}
        for name in names:
            parts = self._described.get(name)
            if parts is not None:
                found[name] = parts
            elif name not in self._described:
                untold.setdefault(name, "It is offered, and not described.")
        return found, untold


class Reading:
    """What *calls* tell of *region*, as of *asked_at*; for one thread."""

    def __init__(self, region: RegionKey, calls: AwsCalls, asked_at: datetime) -> None:
        self._region = region
        self._calls = calls
        self._asked_at = asked_at
        self._beside = Beside()
        self._findings = self._beside.findings
        self._past: tuple[PriceChange, ...] = ()

    def result(self, descriptions: Descriptions, source: str) -> RegionResult:
        """Everything that the region sells; raises CloudError where prices can not be told."""
        market = self._market(descriptions)
        found = self._priced(market)
        # What comes after the prices may fail, and the prices are still good.
        blocks = self._beside.read("capacity blocks", lambda: self._blocks(market))
        limits = self._beside.read("quotas", lambda: self._quotas(market))
        scored = self._beside.read("placement scores", lambda: self._scores(market))
        held = self._beside.read("reservations of the account", lambda: self._held(market))
        self._findings += reservations_idle(self._region, held)
        offers = sorted((*found, *blocks), key=lambda offer: offer.name)
        return RegionResult(
            region=self._region,
            status=RegionStatus.OK,
            offers=tuple(offers),
            fetched_at=min((offer.fetched_at for offer in offers), default=self._asked_at),
            source=source,
            findings=tuple(self._findings),
            zones=tuple(sorted(Zone(zone.id, zone.kind) for zone in market.zones.values())),
            quotas=tuple(limits),
            restrictions=tuple(_restrictions(market)),
            scores=tuple(scored),
            past=self._past,
        )

    def _market(self, descriptions: Descriptions) -> RegionMarket:
        places = zones(self._calls.zones())
        sold = sold_in(self._calls.offerings())
        candidates = {name: ids for name, ids in sold.items() if may_have_accelerator(name)}
        described, untold = descriptions.of(list(candidates), self._calls)
        self._findings += [
            _undescribed(self._region, name, why) for name, why in sorted(untold.items())
        ]
        unknown = {parts.accelerator.name for parts in described.values() if not parts.known}
        self._findings += [new_accelerator(str(self._region), name) for name in sorted(unknown)]
        return RegionMarket(
            region=self._region,
            asked_at=self._asked_at,
            zones=places,
            sold_in=candidates,
            hardware=described,
        )

    def _priced(self, market: RegionMarket) -> list[Offer]:
        """On demand, reserved and spot; nobody is asked where nothing is sold.

        A reservation counts before a savings plan, which is there for what can not be reserved.
        """
        names = list(market.hardware)
        if not names:
            return []
        listed = price_list(self._calls.products(names, market.places()), self._asked_at)
        self._findings += listed.findings(str(self._region))
        if not listed.prices:
            self._findings.append(prices_missing(str(self._region), len(names)))
        told = self._calls.spot_prices(names, self._asked_at - SPOT_HISTORY)
        self._past = spot_changes(market, told)
        plans = dict(self._beside.read("savings plans", lambda: self._savings_plans(names)))
        reserved = {product: each for product, each in listed.prices.items() if each.price}
        return [
            *listed_offers(market, {**listed.prices, **plans, **reserved}),
            *spot_offers(market, told),
        ]

    def _savings_plans(self, names: Sequence[str]) -> list[tuple[Product, ListedPrice]]:
        rows = self._calls.savings_plans(names)
        return list(savings_plan_rates(rows, self._region.region, self._asked_at).items())

    def _blocks(self, market: RegionMarket) -> list[Offer]:
        rows = [
            row
            for name, parts in market.hardware.items()
            if CapacityType.CAPACITY_BLOCK in parts.sold_as
            for row in self._calls.capacity_blocks(name)
        ]
        return list(block_offers(market, rows))

    def _quotas(self, market: RegionMarket) -> tuple[Quota, ...]:
        return quotas(self._calls.quotas(), market.region, market.hardware.values())

    def _held(self, market: RegionMarket) -> list[Held]:
        rows = self._calls.reservations() if market.hardware else ()
        return list(own_reservations(rows, market))

    def _scores(self, market: RegionMarket) -> tuple[CapacityScore, ...]:
        names = scored_together(market)
        rows = self._calls.placement_scores(names, NODES) if names else ()
        return scores(rows, market, names)


def _restrictions(market: RegionMarket) -> Iterator[Restriction]:
    """Machine types in zones that the account has not opted into."""
    for name in sorted(market.hardware):
        for zone in market.sold_in[name]:
            if zone in market.zones and not market.zones[zone].opted_in:
                yield Restriction(machine_type=MachineType(name), zone=zone, reason=NOT_OPTED_IN)


def _undescribed(region: RegionKey, machine_type: str, why: str) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code="machine-type-unreadable",
        subject=f"{region}/{machine_type}",
        summary="The cloud does not say what this machine type is made of",
        detail=why,
        hint="It is left out; a later refresh may find it described.",
    )
