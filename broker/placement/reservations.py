"""Capacity that is paid already: offers at no price, as many nodes as are reserved, until it ends."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import SpecInvalid
from broker.domain.geography import ZoneKind
from broker.domain.money import HOURS_PER_MONTH, Money
from broker.domain.offers import Offer
from broker.domain.spec import FleetSpec, Quota, QuotaUnit, Reservation
from broker.domain.workloads import SECONDS_PER_HOUR, Run


def reserved_offers(spec: FleetSpec, offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """An offer at no price for each reservation of *spec*, shaped like its machine type elsewhere.

    The money is spent whether a node is used or not, so using one adds nothing to the month. Its
    instant is that of the newest price: the month being planned begins there. Raises SpecInvalid
    for a machine type that no source describes.
    """
    if not spec.reservations:
        return ()
    known = list(offers)
    newest = newest_price(known)
    shapes = {(o.region.provider, o.machine_type): o for o in reversed(known)}
    missing = [r for r in spec.reservations if (r.region.provider, r.machine_type) not in shapes]
    if missing or newest is None:
        raise SpecInvalid(*(_unknown_shape(reservation) for reservation in missing))
    return tuple(
        _offer(reservation, shapes[reservation.region.provider, reservation.machine_type], newest)
        for reservation in spec.reservations
    )


def newest_price(offers: Iterable[Offer]) -> datetime | None:
    """The instant of the newest price; None if there is no offer."""
    return max((offer.fetched_at for offer in offers), default=None)


def _offer(reservation: Reservation, shape: Offer, newest: datetime) -> Offer:
    return replace(
        shape,
        region=reservation.region,
        zone=reservation.zone,
        zone_kind=ZoneKind.AVAILABILITY_ZONE,
        capacity_type=reservation.capacity_type,
        term_months=None,
        window=None,
        zones=(),
        price=Money(0),
        reservation=reservation.name,
        fetched_at=newest,
        source=f"reservation {reservation.name}",
    )


def _unknown_shape(reservation: Reservation) -> Diagnostic:
    return Diagnostic(
        code="reservation-unknown",
        subject=f"reservations[{reservation.name}].machine-type",
        summary=f"No source describes the machine type {reservation.machine_type} of "
        f"{reservation.region.provider}",
        hint="Write it as the cloud does; `broker offers` lists those that are known.",
        where=reservation.where,
    )


def reserved_quotas(spec: FleetSpec) -> tuple[Quota, ...]:
    """The limit of each reservation: its nodes."""
    return tuple(
        Quota(
            name=f"reservation {_told(reservation, spec.reservations)}",
            provider=reservation.region.provider,
            region=reservation.region.region,
            reservation=reservation.key,
            unit=QuotaUnit.NODES,
            limit=reservation.nodes,
            where=reservation.where,
        )
        for reservation in spec.reservations
    )


def _told(reservation: Reservation, stated: Iterable[Reservation]) -> str:
    """Its name, and of what and where it is if others have that name too."""
    namesakes = [other for other in stated if other.name == reservation.name]
    place = f"{reservation.region}/{reservation.zone}" if reservation.zone else reservation.region
    is_alone = len(namesakes) == 1
    return (
        reservation.name
        if is_alone
        else f"{reservation.name} ({reservation.machine_type}, {place})"
    )


def lasts_for(reservation: Reservation, run: Run, begins: datetime) -> bool:
    """Whether it is still there when *run* is done, in a month that *begins* then.

    Work that always runs needs it for the month; a burst until its deadline, or for its hours
    from the earliest start.
    """
    if reservation.ends is None:
        return True
    if run.ends is not None:
        return run.ends <= reservation.ends
    hours = Fraction(HOURS_PER_MONTH) if run.hours is None else run.hours
    start = begins if run.starts is None else run.starts
    return start + timedelta(seconds=float(hours * SECONDS_PER_HOUR)) <= reservation.ends
