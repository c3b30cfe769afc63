"""Zones, quotas and restrictions of an Azure region."""

from typing import Any

import pytest

from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import ZoneId
from broker.domain.offers import CapacityType
from broker.domain.regions import Restriction, Zone
from broker.domain.spec import Quota, QuotaUnit
from providers.azure import capacity
from providers.azure.capacity import Place
from providers.azure.offers import Size

REGION = RegionKey.parse("azure/eastus")
STABLE = {"1": "eastus-az1", "2": "eastus-az3", "3": "eastus-az2"}
FIRM = frozenset({CapacityType.ON_DEMAND, CapacityType.RESERVED})


def size(**sku: Any) -> Size:
    return Size(
        name="Standard_ND96isr_H100_v5",
        family="standardNDSH100v5Family",
        vcpus=96,
        memory_mib=1945600,
        told_devices=8,
        spot=True,
        sku=sku,
    )


def usage(name: str, limit: Any, used: Any = 0) -> dict[str, Any]:
    return {
        "unit": "Count",
        "currentValue": used,
        "limit": limit,
        "name": {"value": name, "localizedValue": f"{name} vCPUs"},
    }


def restriction(kind: str, **where: list[str]) -> dict[str, Any]:
    return {
        "type": kind,
        "values": ["eastus"],
        "restrictionInfo": {"locations": ["eastus"], "zones": [], **where},
        "reasonCode": "NotAvailableForSubscription",
    }


def test_regions_are_the_physical_ones_with_their_zones_by_number() -> None:
    locations = [
        {
            "name": "EastUS",
            "metadata": {"regionType": "Physical"},
            "availabilityZoneMappings": [
                {"logicalZone": number, "physicalZone": stable} for number, stable in STABLE.items()
            ],
        },
        {"name": "westus", "metadata": {"regionType": "Physical"}},
        {"name": "europe", "metadata": {"regionType": "Logical"}},
        {"name": "odd"},
        {"metadata": {"regionType": "Physical"}},
    ]

    assert capacity.regions(locations) == {"eastus": Place(STABLE), "westus": Place()}


def test_an_edge_zone_is_a_place_in_its_home_region_and_no_region() -> None:
    physical = {"regionType": "Physical"}
    locations = [
        {"name": "eastus2", "type": "Region", "metadata": physical},
        *(
            {"name": name, "type": "EdgeZone", "metadata": {**physical, "homeLocation": home}}
            for name, home in (("AttDetroit1", "EastUS2"), ("attatlanta1", "eastus2"))
        ),
        {"name": "attdallas1", "type": "EdgeZone", "metadata": physical},
        {"type": "EdgeZone"},
    ]

    assert capacity.regions(locations) == {
        "eastus2": Place(edges=(ZoneId("attatlanta1"), ZoneId("attdetroit1")))
    }


def test_zones_are_sorted_by_their_stable_id_edge_zones_among_them() -> None:
    assert capacity.zones(Place(STABLE, (ZoneId("attatlanta1"),))) == (
        Zone(ZoneId("attatlanta1"), ZoneKind.EDGE_ZONE),
        Zone("eastus-az1"),  # type: ignore[arg-type]
        Zone("eastus-az2"),  # type: ignore[arg-type]
        Zone("eastus-az3"),  # type: ignore[arg-type]
    )


def test_a_size_is_sold_in_the_zones_of_this_region_that_list_it() -> None:
    info = [
        {"location": "EastUS", "zones": ["3", "2", "9"]},
        {"location": "westeurope", "zones": ["1"]},
    ]

    assert capacity.zones_of(size(locationInfo=info), "eastus", STABLE) == (
        "eastus-az2",
        "eastus-az3",
    )
    assert capacity.zones_of(size(), "eastus", STABLE) == ()


def test_a_zone_that_is_restricted_sells_nothing_to_this_subscription() -> None:
    info = [{"location": "eastus", "zones": ["1", "2", "3"]}]
    closed = size(locationInfo=info, restrictions=[restriction("Zone", zones=["1"])])

    assert capacity.zones_of(closed, "eastus", STABLE) == ("eastus-az2", "eastus-az3")


def test_a_restriction_is_of_the_region_or_of_its_zones() -> None:
    everywhere = capacity.restrictions(
        [size(restrictions=[restriction("Location")])], "eastus", STABLE
    )
    in_zones = capacity.restrictions(
        [size(restrictions=[restriction("Zone", zones=["1", "2"])])], "eastus", STABLE
    )

    name, reason = "Standard_ND96isr_H100_v5", "NotAvailableForSubscription"
    assert everywhere == (Restriction(machine_type=name, reason=reason),)  # type: ignore[arg-type]
    assert [(r.zone, r.reason) for r in in_zones] == [
        ("eastus-az1", reason),
        ("eastus-az3", reason),
    ]


def test_a_restriction_elsewhere_is_none_here() -> None:
    elsewhere = {**restriction("Location", locations=["westus"]), "values": ["westus"]}

    assert capacity.restrictions([size(restrictions=[elsewhere])], "eastus", STABLE) == ()


def test_quotas_are_in_vcpus_by_family_and_spot_has_a_pool_of_its_own() -> None:
    usages = [
        usage("lowPriorityCores", 100, 3),
        usage("StandardNDSH100v5Family", 192, 96),
        usage("cores", 500, 200),
        usage("standardDSv3Family", 50),
        usage("virtualMachines", 25000),
    ]

    found = capacity.quotas(usages, [size()], REGION)

    def quota(name: str, limit: int, used: int, **rest: Any) -> Quota:
        return Quota(
            name=name,
            provider=REGION.provider,
            region="eastus",
            unit=QuotaUnit.VCPUS,
            limit=limit,
            used=used,
            stated_by="azure",
            **rest,
        )

    assert found == (
        quota(
            "StandardNDSH100v5Family",
            192,
            96,
            capacity_types=FIRM,
            family="standardNDSH100v5Family",
        ),
        quota("cores", 500, 200, capacity_types=FIRM),
        quota("lowPriorityCores", 100, 3, capacity_types=frozenset({CapacityType.SPOT})),
    )


@pytest.mark.parametrize("limit", [None, -1, "many", True, 1.5])
def test_a_limit_that_is_no_count_is_not_known(limit: Any) -> None:
    assert capacity.quotas([usage("cores", limit)], [size()], REGION) == ()


def test_a_quota_of_nothing_is_a_quota() -> None:
    (found,) = capacity.quotas([usage("standardNDSH100v5Family", 0)], [size()], REGION)

    assert found.limit == 0


@pytest.mark.parametrize(
    "odd",
    [
        {"restrictions": "all"},
        {"restrictions": ["all"]},
        {"restrictions": [{"type": "Zone", "restrictionInfo": None}]},
        {"locationInfo": {"zones": ["1"]}},
        {"locationInfo": [{"location": "eastus", "zones": None}]},
    ],
)
def test_other_shapes_do_no_harm(odd: dict[str, Any]) -> None:
    assert capacity.restrictions([size(**odd)], "eastus", STABLE) == ()
    assert capacity.zones_of(size(**odd), "eastus", STABLE) == ()
    assert capacity.quotas([{}, {"name": "cores"}], [size(**odd)], REGION) == ()
