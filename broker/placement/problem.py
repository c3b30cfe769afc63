"""The question put to the solver, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from broker.catalog.network import Network
from broker.catalog.snapshot import Snapshot
from broker.domain.fleet import Fleet
from broker.domain.offers import Offer
from broker.domain.spec import FleetSpec
from broker.placement.interruptions import with_reclaims
from broker.placement.obtainable import aged_offers, restricted_offers
from broker.placement.reservations import newest_price, reserved_offers, reserved_quotas


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A fleet that is wanted, the offers there are, and the distances between regions.

    Every question is one of these: a new plan, a what-if, a fallback. *banned* names offers that
    must not be used, *sold_out* others by name of which there are no nodes now, each with the reason;
    *pins* are pairs of a workload and an offer: a workload that has any may use
    these offers alone. *restricted* and *aged* are offers by name that the cloud does not sell to
    this account, or whose price is too old, each with the reason. *recorded* is the fleet that is
    there already, from which a move has to pay. The month that is planned *begins* with the newest
    price. *allow_unplaced* asks for the best fleet for a part of the work where there is none for all.
    *is_urgent*: somebody waits for what takes the place of a fleet that can not be had.
    """

    spec: FleetSpec
    offers: tuple[Offer, ...]
    network: Network
    banned: frozenset[str] = frozenset()
    sold_out: Mapping[str, str] = field(default_factory=dict)
    pins: tuple[tuple[str, str], ...] = ()
    restricted: Mapping[str, str] = field(default_factory=dict)
    aged: Mapping[str, str] = field(default_factory=dict)
    recorded: Fleet | None = None
    begins: datetime | None = None
    allow_unplaced: bool = False
    is_urgent: bool = False

    def pinned(self, workload: str, *offers: str) -> "Problem":
        """The same question with *workload* on none but the offers of these names."""
        return replace(self, pins=(*self.pins, *((workload, offer) for offer in offers)))


def problem(
    spec: FleetSpec, snapshot: Snapshot, *, oldest_price: datetime | None = None
) -> Problem:
    """Ask for *spec* over all offers of *snapshot*, and what is reserved already.

    A price that is stated for an instant before *oldest_price* is not ranked, nor is what a cloud
    does not sell to this account. Raises SpecInvalid for a reservation of a machine type that no
    source describes.
    """
    asked = Problem(
        begins=newest_price(snapshot.offers),
        spec=spec,
        offers=with_reclaims(snapshot.offers, spec.objective.spot_reclaims_per_hour),
        network=snapshot.network,
        restricted=restricted_offers(snapshot),
        aged={} if oldest_price is None else aged_offers(snapshot.offers, oldest_price),
    )
    return with_reservations(asked)


def with_reservations(asked: Problem) -> Problem:
    """*asked*, with an offer and a limit for each reservation of its spec."""
    spec = asked.spec
    if not spec.reservations:
        return asked
    return replace(
        asked,
        spec=replace(spec, quotas=(*spec.quotas, *reserved_quotas(spec))),
        offers=(*asked.offers, *reserved_offers(spec, asked.offers)),
    )
