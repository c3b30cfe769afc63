"""What is listed and can not be had."""

from datetime import timedelta

from broker.catalog.snapshot import Snapshot
from broker.domain.ids import MachineType, ZoneId
from broker.domain.offers import CapacityType
from broker.domain.regions import Restriction
from broker.placement.obtainable import aged_offers, restricted_offers
from tests.fakes.problems import EAST, NOW, WEST, offer, problem

ZONE = ZoneId("use1-az1")
REGIONAL, ZONAL = offer("p5"), offer("p5", zone=ZONE)
SPOT = offer("p5", zone=ZONE, capacity_type=CapacityType.SPOT)
OTHERS = (offer("p4"), offer("p5", region=WEST))


def refused(**changes: object) -> set[str]:
    restriction = Restriction(machine_type=MachineType("p5"), reason="QuotaId", **changes)
    offers = (REGIONAL, ZONAL, SPOT, *OTHERS)
    snapshot = Snapshot(
        offers=offers,
        coverage=(),
        network=problem(offers).network,
        restrictions=((EAST, restriction),),
    )
    found = restricted_offers(snapshot)
    assert all("QuotaId" in reason for reason in found.values())
    return set(found)


def test_a_restriction_of_a_region_takes_all_offers_of_the_type_there() -> None:
    assert refused() == {REGIONAL.name, ZONAL.name, SPOT.name}


def test_a_restriction_of_a_zone_leaves_the_region_alone() -> None:
    assert refused(zone=ZONE) == {ZONAL.name, SPOT.name}
    assert refused(zone=ZoneId("use1-az9")) == set()


def test_a_restriction_of_a_capacity_type_leaves_the_others_alone() -> None:
    assert refused(capacity_type=CapacityType.SPOT) == {SPOT.name}


def test_a_price_of_before_is_too_old_and_an_unknown_one_has_no_age() -> None:
    old = offer("p5", fetched_at=NOW - timedelta(seconds=1))

    found = aged_offers([old, offer("p4"), offer("p6", None, fetched_at=NOW - timedelta(9))], NOW)

    assert found == {old.name: "price is of 2026-06-30, older than allowed"}
