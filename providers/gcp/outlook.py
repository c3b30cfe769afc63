"""What Google Cloud advises of a region beside its prices: calendar offers, scores, past prices.

Each question is about one machine type, so one is asked about for each GPU.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil

from broker.domain.diagnostics import Diagnostic
from broker.domain.history import PriceChange
from broker.domain.offers import CapacityType, Offer, Window
from broker.domain.regions import CapacityScore
from providers.calls.beside import Beside
from providers.calls.greatest import greatest
from providers.gcp.advice import Advisor, Opening, PastPrice
from providers.gcp.offers import Machine, price_of
from providers.gcp.rates import Item, Part

NODES = 1

BLOCK_HOURS = 24
"""The shortest time that can be reserved in calendar mode."""

LEAD = timedelta(hours=88)
HORIZON = timedelta(days=60)
"""GPUs are delivered 87 hours after the request at the earliest, and openings told so far ahead
(cloud.google.com/compute/docs/instances/future-reservations-calendar-mode-overview)."""

CALENDAR = "Compute Engine calendar mode"

HIGHEST_SCORE = 10

AGREEMENT = Fraction(1, 100)
"""By how much the last of the past prices may differ from the composed one to be of the same unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is advised; *findings* say what could not be had."""

    blocks: tuple[Offer, ...] = ()
    scores: tuple[CapacityScore, ...] = ()
    past: tuple[PriceChange, ...] = ()
    findings: tuple[Diagnostic, ...] = ()


def outlook(
    advisor: Advisor,
    found: Sequence[Machine],
    offers: Sequence[Offer],
    rates: Mapping[Item, Decimal],
    now: datetime,
) -> Outlook:
    """What *advisor* tells of the region whose machines were *found* and sell as *offers*.

    Of other offers nothing is asked: machines with accelerators attached have no name of their own.
    """
    machines = {machine.name: machine for machine in found}
    known = [offer for offer in offers if offer.machine_type in machines]
    spot = greatest(known, CapacityType.SPOT)
    sold = [offer for offer in greatest(known) if _in_calendar(machines[offer.machine_type], rates)]
    beside = Beside()
    blocks = beside.read(
        "calendar offers",
        lambda: [
            block
            for offer in sold
            for block in blocks_of(
                offer,
                machines[offer.machine_type],
                rates,
                advisor.openings(
                    offer.machine_type, after=now + LEAD, before=now + HORIZON, hours=BLOCK_HOURS
                ),
            )
        ],
    )
    scores = beside.read(
        "placement scores",
        lambda: [
            score_of(offer, told)
            for offer in spot
            if (told := advisor.obtainability(offer.machine_type, NODES)) is not None
        ],
    )
    past = beside.read(
        "past spot prices",
        lambda: [
            change
            for offer in spot
            for change in past_of(offer, advisor.past_spot_prices(offer.machine_type))
        ],
    )
    return Outlook(
        blocks=tuple(blocks),
        scores=tuple(scores),
        past=tuple(past),
        findings=tuple(beside.findings),
    )


def _in_calendar(machine: Machine, rates: Mapping[Item, Decimal]) -> bool:
    """Whether its region has a rate of calendar mode for its devices: nothing else says so."""
    series = machine.series
    block = CapacityType.CAPACITY_BLOCK
    return series is not None and Item(Part.DEVICE, series.devices, block) in rates


def blocks_of(
    offer: Offer, machine: Machine, rates: Mapping[Item, Decimal], openings: Sequence[Opening]
) -> Iterator[Offer]:
    """The machine of *offer* in calendar mode, in each of *openings*, at the rates of that mode."""
    price = price_of(machine, rates, CapacityType.CAPACITY_BLOCK, 0)
    for opening in sorted(set(openings), key=lambda o: (o.zone, o.starts_at, o.ends_at)):
        if opening.ends_at > opening.starts_at:
            yield Offer(
                region=offer.region,
                zone=opening.zone,
                machine_type=offer.machine_type,
                family=offer.family,
                accelerator=offer.accelerator,
                count=offer.count,
                vcpus=offer.vcpus,
                memory_mib=offer.memory_mib,
                capacity_type=CapacityType.CAPACITY_BLOCK,
                window=Window(opening.starts_at, opening.ends_at),
                price=price,
                fetched_at=offer.fetched_at,
                source=CALENDAR,
            )


def score_of(offer: Offer, obtainability: float) -> CapacityScore:
    """A likelihood from 0 to 1 as a score from 1 to 10, of the region as a whole."""
    score = min(HIGHEST_SCORE, max(1, ceil(obtainability * HIGHEST_SCORE)))
    return CapacityScore(
        machine_type=offer.machine_type,
        capacity_type=CapacityType.SPOT,
        nodes=NODES,
        score=score,
    )


def past_of(offer: Offer, prices: Sequence[PastPrice]) -> Iterator[PriceChange]:
    """The changes of the price of a spot *offer*, in their order.

    The interface does not say for how long a price is. So they are taken only if the last one is,
    but for rounding, that of a node and hour which the catalog comes to.
    """
    ordered = sorted(prices, key=lambda told: told.at)
    last = ordered[-1].price if ordered else None
    if last is None or offer.price is None:
        return
    if abs(last.micros - offer.price.micros) > offer.price.micros * AGREEMENT:
        return
    before = None
    for told in ordered:
        if told.price != before:
            yield PriceChange(offer=offer.name, at=told.at, price=told.price)
        before = told.price
