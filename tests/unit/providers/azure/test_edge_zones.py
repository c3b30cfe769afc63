"""Edge zones of Azure: places of their own kind, with prices of their own."""

from dataclasses import replace
from typing import Any

import pytest

from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import MachineType, ZoneId
from broker.domain.offers import CapacityType
from broker.domain.regions import RegionResult, RegionStatus, Restriction, Zone
from providers.azure.adapter import Azure
from providers.azure.edge_zones import only_at_edge, sold_at_edge
from providers.sandbox.azure.cloud import AzureSandbox, Subscription
from tests.fakes.stand_ins import CONNECTION, HASTY, list_prices, of_region, serving

EAST = RegionKey.parse("azure/eastus2")
ATLANTA, DETROIT = ZoneId("attatlanta1"), ZoneId("attdetroit1")

LISTED = of_region(list_prices("azure"), str(EAST))
(T4,) = (o for o in LISTED if o.machine_type == "Standard_NC4as_T4_v3" and not o.term_months)
AT_EDGE = tuple(
    replace(T4, zone=zone, zone_kind=ZoneKind.EDGE_ZONE, price=T4.price * factor)
    for zone, factor in ((ATLANTA, 2), (DETROIT, 3))
    if T4.price
)


def discovered(cloud: AzureSandbox, *, alone: bool = False) -> RegionResult:
    """What is found of a region with two edge zones; *alone* if the region sells nothing else."""
    others = of_region(list_prices("azure"), "azure/westeurope")
    with serving(cloud, (*(() if alone else LISTED), *AT_EDGE, *others)) as environment:
        azure = Azure(CONNECTION, environment=environment, patience=HASTY)
        assert EAST in azure.regions()
        assert {region.region for region in azure.regions()}.isdisjoint({ATLANTA, DETROIT})
        return azure.discover(EAST)


def test_what_an_edge_zone_sells_is_an_offer_there_at_the_price_of_there() -> None:
    result = discovered(AzureSandbox())

    assert (result.status, result.findings) == (RegionStatus.OK, ())
    assert {o.zone: (o.machine_type, o.price) for o in result.offers if o.zone} == {
        offer.zone: (offer.machine_type, offer.price) for offer in AT_EDGE
    }
    assert {o.zone_kind for o in result.offers if o.zone} == {ZoneKind.EDGE_ZONE}
    assert Zone(ATLANTA, ZoneKind.EDGE_ZONE) in result.zones
    names = [offer.name for offer in result.offers]
    assert names == sorted(set(names))


def test_the_offers_of_the_region_are_those_that_it_has_without_edge_zones() -> None:
    result = discovered(AzureSandbox())

    in_region = {offer.name: offer for offer in result.offers if not offer.zone}
    assert in_region.keys() == {offer.name for offer in LISTED}
    assert ATLANTA not in {zone for offer in in_region.values() for zone in offer.zones}


def test_what_is_sold_at_the_edge_alone_is_no_offer_of_the_region() -> None:
    result = discovered(AzureSandbox(), alone=True)

    assert {offer.zone for offer in result.offers} == {ATLANTA, DETROIT}
    assert {quota.family for quota in result.quotas} >= {T4.family}


def test_a_restriction_at_the_edge_is_of_the_edge_zone() -> None:
    result = discovered(
        AzureSandbox(subscription=Subscription(restricted=[T4.machine_type])), alone=True
    )

    reason = "NotAvailableForSubscription"
    assert result.restrictions == tuple(
        Restriction(machine_type=T4.machine_type, zone=zone, reason=reason)
        for zone in (ATLANTA, DETROIT)
    )


def sku(*infos: Any) -> dict[str, Any]:
    return {"name": "Standard_NC4as_T4_v3", "locationInfo": list(infos)}


EDGE = {"location": "EastUS2", "type": "EdgeZone", "extendedLocations": ["ATTAtlanta1"]}
HERE = {"location": "eastus2", "zones": ["1"]}


def test_a_sku_that_is_sold_in_both_is_of_both() -> None:
    both = sku(HERE, EDGE)

    assert not only_at_edge(both)
    assert only_at_edge(sku(EDGE))
    assert sold_at_edge([both, sku(HERE)], "eastus2", [ATLANTA, DETROIT]) == {ATLANTA: [both]}


@pytest.mark.parametrize(
    "odd",
    [
        {**EDGE, "location": "westus"},
        {**EDGE, "extendedLocations": ["portland"]},
        {**EDGE, "extendedLocations": "attatlanta1"},
        {**EDGE, "extendedLocations": None},
        {**EDGE, "type": None},
        "EdgeZone",
        None,
    ],
)
def test_what_is_not_at_an_edge_zone_of_the_region_is_not_sold_there(odd: Any) -> None:
    assert sold_at_edge([sku(odd), {}, {"locationInfo": 7}], "eastus2", [ATLANTA]) == {}


def test_spot_without_a_price_of_the_edge_zone_is_not_offered_there() -> None:
    spot = replace(T4, capacity_type=CapacityType.SPOT, price=None)
    with serving(AzureSandbox(), (*LISTED, *AT_EDGE, spot)) as environment:
        result = Azure(CONNECTION, environment=environment, patience=HASTY).discover(EAST)

    at = {(o.zone, o.capacity_type) for o in result.offers if o.machine_type == T4.machine_type}
    assert (None, CapacityType.SPOT) in at
    assert (ATLANTA, CapacityType.SPOT) not in at
    assert MachineType("Standard_NC4as_T4_v3") == T4.machine_type
