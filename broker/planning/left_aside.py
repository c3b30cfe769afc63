"""Stock-outs as documents: what the state remembers, and what a plan was made without."""

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from broker.domain.canonical import digest
from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType, ProviderName, ReservationName, ZoneId
from broker.domain.offers import CapacityType
from broker.domain.stock_outs import Shortage, StockOut
from broker.planning.shape import (
    FRACTION,
    INSTANT,
    TEXT,
    WHOLE,
    Optional,
    Shape,
    findings,
    one_of,
)

Document = dict[str, Any]

STOCK_OUT: Shape = {
    "provider": TEXT,
    "region": TEXT,
    "zone": Optional(TEXT),
    "machine_type": TEXT,
    "family": TEXT,
    "vcpus": WHOLE,
    "count": FRACTION,
    "capacity_type": one_of(*(member.value for member in CapacityType)),
    "reservation": Optional(TEXT),
    "shortage": one_of(*(member.value for member in Shortage)),
    "at": INSTANT,
    "until": INSTANT,
    "said": TEXT,
}

LEFT_ASIDE: Shape = Optional([STOCK_OUT])


def told_of_stock_outs(document: Document, left_aside: Sequence[StockOut]) -> Document:
    """*document* of a plan that was made without what was *left_aside*; its digests name that, too."""
    if not left_aside:
        return document
    written = [stock_out_document(each) for each in left_aside]
    digests = {**document["digests"], "left_aside": digest(written)}
    return {**document, "digests": digests, "left_aside": written}


def stock_out_document(stock_out: StockOut) -> Document:
    """Every field of it."""
    return {
        "provider": stock_out.region.provider,
        "region": stock_out.region.region,
        "zone": stock_out.zone,
        "machine_type": stock_out.machine_type,
        "family": stock_out.family,
        "vcpus": stock_out.vcpus,
        "count": str(stock_out.count),
        "capacity_type": stock_out.capacity_type.value,
        "reservation": stock_out.reservation,
        "shortage": stock_out.shortage.value,
        "at": stock_out.at.astimezone(UTC).isoformat(),
        "until": stock_out.until.astimezone(UTC).isoformat(),
        "said": stock_out.said,
    }


def stock_out_of(document: Document) -> StockOut:
    """What `stock_out_document` wrote; raises ValueError for anything else."""
    for wrong in findings(document, STOCK_OUT, "stock_out"):
        raise ValueError(wrong)
    zone, reservation = document["zone"], document["reservation"]
    return StockOut(
        region=RegionKey(ProviderName(document["provider"]), document["region"]),
        zone=None if zone is None else ZoneId(zone),
        machine_type=MachineType(document["machine_type"]),
        family=document["family"],
        vcpus=document["vcpus"],
        count=Fraction(document["count"]),
        capacity_type=CapacityType(document["capacity_type"]),
        reservation=None if reservation is None else ReservationName(reservation),
        shortage=Shortage(document["shortage"]),
        at=instant_of(document["at"]),
        until=instant_of(document["until"]),
        said=document["said"],
    )


def instant_of(written: str) -> datetime:
    """Raises ValueError and TypeError for what is none, and for one without its time zone."""
    instant = datetime.fromisoformat(written)
    if instant.tzinfo is None:
        message = f"{written!r} is an instant of no time zone"
        raise ValueError(message)
    return instant.astimezone(UTC)
