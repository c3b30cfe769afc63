"""GPUs that are attached to machines of any size: which go together, and what both cost."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType, ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import RegionStatus
from providers.gcp.adapter import Gcp
from providers.gcp.attached import attached, most_per_machine
from providers.gcp.offers import price_of
from providers.gcp.rates import Item, Part
from providers.gcp.tables import bundled_tables, read_tables
from providers.sandbox.faults import Fault, FaultKind
from providers.sandbox.gcp.cloud import GcpSandbox
from tests.fakes.stand_ins import CONNECTION, STEADY, list_prices, of_region, serving

TABLES = read_tables(bundled_tables())
CENTRAL = RegionKey.parse("gcp/us-central1")

T4 = Accelerator("T4", "", 16384, AcceleratorKind.GPU)
L4_OFFER = next(
    offer
    for offer in of_region(list_prices("gcp"), str(CENTRAL))
    if offer.capacity_type is CapacityType.ON_DEMAND
)


def listed(name: str, vcpus: int, gib: int, **rest: Any) -> dict[str, Any]:
    return {"name": name, "guestCpus": vcpus, "memoryMb": gib * 1024, **rest}


def names(types: list[dict[str, Any]], there: Mapping[str, int]) -> list[str]:
    found = attached((("us-central1-a", one) for one in types), {"us-central1-a": there}, TABLES)
    return [machine.name for machine in found]


def test_a_machine_takes_as_many_as_go_with_its_size() -> None:
    types = [listed("n1-standard-8", 8, 30), listed("n1-standard-64", 64, 240)]

    assert names(types, {"nvidia-tesla-t4": 4}) == [
        "n1-standard-64+4xnvidia-tesla-t4",
        "n1-standard-8+1xnvidia-tesla-t4",
        "n1-standard-8+2xnvidia-tesla-t4",
        "n1-standard-8+4xnvidia-tesla-t4",
    ]
    assert names([listed("n1-standard-16", 16, 60)], {"nvidia-tesla-v100": 8}) == [
        "n1-standard-16+2xnvidia-tesla-v100",
        "n1-standard-16+4xnvidia-tesla-v100",
        "n1-standard-16+8xnvidia-tesla-v100",
    ]


@pytest.mark.parametrize(
    ("types", "there"),
    [
        ([listed("n2-standard-8", 8, 32)], {"nvidia-tesla-t4": 4}),
        ([listed("n1-highcpu-8", 8, 8)], {"nvidia-tesla-t4": 4}),
        ([listed("n1-standard-8", 8, 30)], {"nvidia-tesla-t4-vws": 4, "nvidia-l4": 8}),
        ([listed("n1-standard-8", 8, 30)], {}),
        (
            [listed("n1-standard-8", 8, 30, deprecated={"state": "OBSOLETE"})],
            {"nvidia-tesla-t4": 4},
        ),
        ([{"name": "n1-standard-8", "guestCpus": "8"}], {"nvidia-tesla-t4": 4}),
        ([listed("n1-highmem-96", 96, 700)], {"nvidia-tesla-t4": 4}),
    ],
)
def test_what_does_not_go_together_is_no_machine(
    types: list[dict[str, Any]], there: Mapping[str, int]
) -> None:
    assert names(types, there) == []


def test_zones_are_those_that_have_both() -> None:
    types = [(f"us-central1-{zone}", listed("n1-standard-4", 4, 15)) for zone in "abf"]
    there = {"us-central1-a": {"nvidia-tesla-p4": 1}, "us-central1-f": {"nvidia-tesla-p4": 4}}

    found = {machine.name: machine.zones for machine in attached(types, there, TABLES)}

    assert found == {
        "n1-standard-4+1xnvidia-tesla-p4": ("us-central1-a", "us-central1-f"),
        "n1-standard-4+2xnvidia-tesla-p4": ("us-central1-f",),
        "n1-standard-4+4xnvidia-tesla-p4": ("us-central1-f",),
    }


def test_a_zone_says_how_many_fit_into_one_machine() -> None:
    told = [
        {"name": "nvidia-tesla-t4", "maximumCardsPerInstance": 4},
        {
            "name": "nvidia-tesla-k80",
            "maximumCardsPerInstance": 8,
            "deprecated": {"state": "OBSOLETE"},
        },
        {"name": "nvidia-l4", "maximumCardsPerInstance": "8"},
        {},
    ]

    assert most_per_machine(told) == {"nvidia-tesla-t4": 4}


def test_the_price_is_that_of_the_machine_and_of_its_accelerators() -> None:
    types = [("us-central1-a", listed("n1-standard-8", 8, 30))]
    (machine,) = attached(types, {"us-central1-a": {"nvidia-tesla-t4": 1}}, TABLES)
    on_demand = CapacityType.ON_DEMAND
    rates = {
        Item(Part.CORE, "n1", on_demand): Decimal("0.031611"),
        Item(Part.MEMORY, "n1", on_demand): Decimal("0.004237"),
        Item(Part.DEVICE, "t4", on_demand): Decimal("0.35"),
    }

    assert str(price_of(machine, rates, on_demand, 0)) == "0.729998"
    assert price_of(machine, rates, CapacityType.SPOT, 0) is None


def sold(n1: str, count: int, vcpus: int, gib: int, price: str) -> Offer:
    return replace(
        L4_OFFER,
        zone=None,
        zones=(ZoneId("us-central1-a"),),
        machine_type=MachineType(f"{n1}+{count}xnvidia-tesla-t4"),
        family="T4",
        accelerator=T4,
        count=Fraction(count),
        vcpus=vcpus,
        memory_mib=gib * 1024,
        price=Money.parse(price),
    )


OFFERS = (
    sold("n1-standard-4", 1, 4, 15, "0.540000"),
    sold("n1-standard-8", 1, 8, 30, "0.730000"),
    sold("n1-standard-8", 2, 8, 30, "1.080000"),
    sold("n1-highmem-8", 1, 8, 52, "0.823200"),
)


def test_the_stand_in_sells_them_and_the_adapter_finds_them_at_their_price() -> None:
    with serving(GcpSandbox(), OFFERS) as environment:
        gcp = Gcp(CONNECTION, environment=environment, patience=STEADY)
        result = gcp.discover(CENTRAL)

    told = {o.machine_type: o for o in result.offers if o.capacity_type is CapacityType.ON_DEMAND}
    assert (result.status, result.findings) == (RegionStatus.OK, ())
    assert {offer.machine_type for offer in OFFERS} <= set(told)
    for offer in OFFERS:
        found = told[offer.machine_type]
        assert (found.accelerator, found.count, found.zones) == (T4, offer.count, offer.zones)
        assert found.price is not None
        assert offer.price is not None
        assert abs(found.price.micros - offer.price.micros) <= 1000
    assert "NVIDIA_T4_GPUS" in {quota.name for quota in result.quotas if quota.family == "T4"}


def test_where_the_accelerators_can_not_be_had_the_other_offers_stand() -> None:
    some = of_region(list_prices("gcp"), "gcp/us-central1")
    zones = len({zone for offer in some for zone in offer.zones} | {o.zone for o in some} - {None})
    fault = Fault(region="us-central1", kind=FaultKind.DENIED, after=zones, times=1)
    with serving(GcpSandbox([fault]), some) as environment:
        gcp = Gcp(CONNECTION, environment=environment, patience=STEADY)
        result = gcp.discover(CENTRAL)

    assert result.status is RegionStatus.OK
    assert any(offer.price for offer in result.offers)
    assert [f.summary.partition(":")[0] for f in result.findings] == [
        "No accelerators to attach are known"
    ]
