"""Which SKU of the billing catalog is the rate of what."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from broker.domain.offers import CapacityType
from providers.gcp.rates import Item, Part, device_name, rates
from providers.gcp.tables import bundled_tables, read_tables

NOW = datetime(2026, 11, 25, tzinfo=UTC)
NAMES = read_tables(bundled_tables()).billed_names()
ON_DEMAND, SPOT, FLEX = CapacityType.ON_DEMAND, CapacityType.SPOT, CapacityType.FLEX
RESERVED, BLOCK = CapacityType.RESERVED, CapacityType.CAPACITY_BLOCK


def sku(  # noqa: PLR0913
    description: str,
    *,
    usage: str = "OnDemand",
    group: str = "GPU",
    unit: str = "h",
    units: Any = "2",
    nanos: Any = 933908000,
    regions: tuple[str, ...] = ("us-central1", "us-east1"),
    **pricing: Any,
) -> dict[str, Any]:
    """A SKU as the catalog writes it (Nvidia Tesla A100 in the Americas, 2023)."""
    price = {"currencyCode": "USD", "units": units, "nanos": nanos, **pricing}
    return {
        "description": description,
        "category": {
            "serviceDisplayName": "Compute Engine",
            "resourceFamily": "Compute",
            "resourceGroup": group,
            "usageType": usage,
        },
        "serviceRegions": list(regions),
        "pricingInfo": [
            {
                "pricingExpression": {
                    "usageUnit": unit,
                    "tieredRates": [{"startUsageAmount": 0, "unitPrice": price}],
                },
                "effectiveTime": "2023-03-24T10:52:50.681Z",
            }
        ],
    }


def item_of(entry: dict[str, Any]) -> Item | None:
    """The item of a SKU; None if it is left out as something else."""
    found = rates([entry], NOW, NAMES)
    assert not found.left_out
    items = [item for region in found.by_region.values() for item in region]
    assert len(set(items)) <= 1
    return items[0] if items else None


@pytest.mark.parametrize(
    ("description", "usage", "group", "item"),
    [
        # Cores and memory.
        (
            "A2 Instance Core running in Americas",
            "OnDemand",
            "CPU",
            Item(Part.CORE, "a2", ON_DEMAND),
        ),
        (
            "Spot Preemptible A3 Instance Core running in Iowa",
            "Preemptible",
            "CPU",
            Item(Part.CORE, "a3", SPOT),
        ),
        (
            "A3Plus Instance Core running in Frankfurt",
            "OnDemand",
            "CPU",
            Item(Part.CORE, "a3plus", ON_DEMAND),
        ),
        (
            "Commitment v1: A2 Cpu in Americas for 1 Year",
            "Commit1Yr",
            "CPU",
            Item(Part.CORE, "a2", RESERVED, 12),
        ),
        (
            "DWS Defined Duration A3 Core running in Americas",
            "OnDemand",
            "CPU",
            Item(Part.CORE, "a3", FLEX),
        ),
        # Devices.
        (
            "Nvidia Tesla A100 GPU running in Americas",
            "OnDemand",
            "GPU",
            Item(Part.DEVICE, "a100", ON_DEMAND),
        ),
        (
            "Nvidia Tesla A100 80GB GPU running in Americas",
            "OnDemand",
            "GPU",
            Item(Part.DEVICE, "a100 80gb", ON_DEMAND),
        ),
        (
            "Nvidia H100 80GB GPU attached to Spot Preemptible VMs running in Americas",
            "Preemptible",
            "GPU",
            Item(Part.DEVICE, "h100 80gb", SPOT),
        ),
        (
            "Nvidia H100 Mega 80GB GPU attached to DWS Defined Duration VMs running in Americas",
            "OnDemand",
            "GPU",
            Item(Part.DEVICE, "h100 80gb mega", FLEX),
        ),
        (
            "Nvidia H100 80GB Plus GPU running in Americas",
            "OnDemand",
            "GPU",
            Item(Part.DEVICE, "h100 80gb mega", ON_DEMAND),
        ),
        (
            "Commitment v1: Nvidia L4 GPU running in Iowa for 3 Years",
            "Commit3Yr",
            "GPU",
            Item(Part.DEVICE, "l4", RESERVED, 36),
        ),
        (
            "H200 141GB GPU running in Belgium",
            "OnDemand",
            "GPU",
            Item(Part.DEVICE, "h200 141gb", ON_DEMAND),
        ),
        (
            "RTX 6000 96GB running in Oregon",
            "OnDemand",
            "GPU",
            Item(Part.DEVICE, "rtx 6000 96gb", ON_DEMAND),
        ),
        # One rate for all of a machine; spot, though its category says otherwise.
        (
            "A4 Nvidia B200 (1 gpu slice) running in Americas",
            "OnDemand",
            "GPU",
            Item(Part.DEVICE, "a4 b200 slice", ON_DEMAND),
        ),
        (
            "Spot Preemptible A4 Nvidia B200 (1 gpu slice) running in Americas",
            "OnDemand",
            "GPU",
            Item(Part.DEVICE, "a4 b200 slice", SPOT),
        ),
        (
            "Commitment v1: A4 Nvidia B200 (1 gpu slice) in Americas for 1 Year",
            "Commit1Yr",
            "GPU",
            Item(Part.DEVICE, "a4 b200 slice", RESERVED, 12),
        ),
        # Calendar mode.
        (
            "Reserved Nvidia H100 80GB Mega GPU in Americas in Calendar Mode",
            "OnDemand",
            "GPU",
            Item(Part.DEVICE, "h100 80gb mega", BLOCK),
        ),
        (
            "DWS Calendar Mode A4 Nvidia B200 (1 gpu slice) in Seoul",
            "OnDemand",
            "GPU",
            Item(Part.DEVICE, "a4 b200 slice", BLOCK),
        ),
        (
            "Reserved V6e TPU in Columbus in Calendar Mode",
            "OnDemand",
            "TPU",
            Item(Part.DEVICE, "tpuv6e", BLOCK),
        ),
        # TPUs.
        ("TpuV6e running in Columbus", "OnDemand", "TPU", Item(Part.DEVICE, "tpuv6e", ON_DEMAND)),
        (
            "TpuV6e attached to Spot Preemptible VMs running in Columbus",
            "Preemptible",
            "TPU",
            Item(Part.DEVICE, "tpuv6e", SPOT),
        ),
        (
            "DWS Defined Duration V6e running in Columbus",
            "OnDemand",
            "TPU",
            Item(Part.DEVICE, "tpuv6e", FLEX),
        ),
        (
            "Commitment v1: TpuV6e running in Columbus for 1 Year",
            "Commit1Yr",
            "TPU",
            Item(Part.DEVICE, "tpuv6e", RESERVED, 12),
        ),
    ],
)
def test_a_description_tells_what_a_rate_is_for(
    description: str, usage: str, group: str, item: Item
) -> None:
    assert item_of(sku(description, usage=usage, group=group)) == item


@pytest.mark.parametrize(
    ("description", "usage", "item"),
    [
        ("A2 Instance Ram running in Americas", "OnDemand", Item(Part.MEMORY, "a2", ON_DEMAND)),
        (
            "Spot Preemptible G2 Instance Ram running in Las Vegas",
            "Preemptible",
            Item(Part.MEMORY, "g2", SPOT),
        ),
        (
            "Commitment v1: A3 Ram in Americas for 3 Years",
            "Commit3Yr",
            Item(Part.MEMORY, "a3", RESERVED, 36),
        ),
    ],
)
def test_memory_is_paid_by_the_gibibyte_and_hour(description: str, usage: str, item: Item) -> None:
    assert item_of(sku(description, usage=usage, group="RAM", unit="GiBy.h")) == item


@pytest.mark.parametrize(
    ("description", "usage", "capacity_type"),
    [
        ("SSD backed Local Storage", "OnDemand", ON_DEMAND),
        ("SSD backed Local Storage in Tokyo", "OnDemand", ON_DEMAND),
        ("SSD backed Local Storage attached to Spot Preemptible VMs", "Preemptible", SPOT),
        ("SSD backed Local Storage attached to Spot Preemptible VMs in Iowa", "Preemptible", SPOT),
    ],
)
def test_local_ssd_is_paid_by_the_gibibyte_and_month(
    description: str, usage: str, capacity_type: CapacityType
) -> None:
    entry = sku(
        description, usage=usage, group="LocalSSD", unit="GiBy.mo", units="0", nanos=73_000_000
    )

    (found,) = rates([entry], NOW, NAMES).by_region["us-east1"].items()

    assert found == (Item(Part.LOCAL_SSD, "", capacity_type), Decimal("0.0001"))


@pytest.mark.parametrize(
    ("description", "group"),
    [
        ("A2 Sole Tenancy Instance Core running in Americas", "CPU"),
        ("Sole Tenancy Premium for A2 Sole Tenancy Instance Core running in Americas", "CPU"),
        ("G2 Custom Instance Core running in Americas", "CPU"),
        ("Reserved A3 Core in Americas", "CPU"),
        ("Reserved Nvidia H100 80GB Mega GPU in Americas", "GPU"),
        ("Capacity Optimized TpuV6e running in Columbus", "TPU"),
        ("Nvidia L4 Virtual Workstation GPU running in Netherlands", "GPU"),
        ("Storage PD Capacity", "PDStandard"),
        ("Network Egress via Carrier Peering", "PeeringOrInterconnectEgress"),
        ("Commitment v1: Nvidia L4 GPU in Iowa", "GPU"),
        ("", "GPU"),
    ],
)
def test_what_is_no_part_of_a_machine_is_passed_over(description: str, group: str) -> None:
    assert item_of(sku(description, group=group)) is None


def test_what_no_machine_of_ours_is_billed_by_is_not_kept() -> None:
    others = [
        sku("N2 Instance Core running in Americas", group="CPU"),
        sku("Nvidia Tesla K80 GPU running in Americas", currencyCode="EUR"),
    ]

    found = rates(others, NOW, NAMES)

    assert (found.by_region, found.left_out) == ({}, {})


def test_a_rate_holds_in_every_region_of_its_sku_and_is_exact() -> None:
    found = rates([sku("Nvidia Tesla A100 GPU running in Americas")], NOW, NAMES)

    assert found.by_region == {
        region: {Item(Part.DEVICE, "a100", ON_DEMAND): Decimal("2.933908")}
        for region in ("us-central1", "us-east1")
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currencyCode": "EUR"}, "in another currency"),
        ({"unit": "s"}, "per s"),
        ({"unit": "GiBy.h"}, "per GiBy.h"),
        ({"unit": None}, "per an unknown unit"),
        ({"units": "0", "nanos": 0}, "not above zero"),
        ({"units": "-3"}, "not above zero"),
        ({"units": "much"}, "no amount"),
        ({"nanos": "much"}, "no amount"),
        ({"nanos": {}}, "not above zero"),
    ],
)
def test_a_rate_that_can_not_be_used_is_left_out_with_its_reason(
    changes: dict[str, Any], reason: str
) -> None:
    if changes == {"nanos": {}}:
        changes = {"nanos": {}, "units": "0"}

    found = rates([sku("Nvidia L4 GPU running in Iowa", **changes)], NOW, NAMES)

    assert found.by_region == {}
    assert found.left_out["us-east1"] == {reason: 1}
    (finding,) = found.findings("us-east1", "gcp/us-east1")
    assert (finding.code, finding.severity) == ("price-left-out", "warning")
    assert reason in finding.detail
    assert found.findings("europe-west1", "gcp/europe-west1") == []


def test_of_two_rates_at_one_time_the_higher_is_taken_and_said() -> None:
    both = [
        sku("Nvidia L4 GPU running in Iowa"),
        sku("Nvidia L4 GPU running in Ohio", units="3", regions=("us-east1",)),
    ]

    for found in (rates(both, NOW, NAMES), rates(both[::-1], NOW, NAMES)):
        item = Item(Part.DEVICE, "l4", ON_DEMAND)
        assert found.by_region["us-east1"][item] == Decimal("3.933908")
        assert found.by_region["us-central1"][item] == Decimal("2.933908")
        assert [f.code for f in found.findings("us-east1", "gcp/us-east1")] == ["price-ambiguous"]
        assert found.findings("us-central1", "gcp/us-central1") == []


def test_of_several_prices_the_last_that_has_begun_holds() -> None:
    entry = sku("Nvidia L4 GPU running in Iowa")
    (first,) = entry["pricingInfo"]

    def at(when: str, units: str) -> dict[str, Any]:
        other = sku("", units=units)["pricingInfo"][0]
        return {**other, "effectiveTime": when}

    entry["pricingInfo"] = [
        at("2027-01-01T00:00:00Z", "9"), first, at("2026-01-01T00:00:00Z", "5"),
    ]  # fmt: skip

    assert set(rates([entry], NOW, NAMES).by_region["us-east1"].values()) == {Decimal("5.933908")}


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"category": None},
        {"serviceRegions": None},
        {"pricingInfo": None},
        {"pricingInfo": [None]},
        {"pricingInfo": [{"effectiveTime": "yesterday", "pricingExpression": {}}]},
    ],
)
def test_other_shapes_do_no_harm(odd: dict[str, Any]) -> None:
    entry = {**sku("Nvidia L4 GPU running in Iowa"), **odd} if odd else {}

    assert rates([entry], NOW, NAMES).by_region == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nvidia H100 80GB Mega GPU", "Nvidia H100 Mega 80GB GPU"),
        ("NVIDIA TESLA A100 80GB GPU", "nvidia a100 80gb"),
        ("V6e TPU", "TpuV6e"),
    ],
)
def test_a_device_has_one_name_in_every_spelling(one: str, other: str) -> None:
    assert device_name(one) == device_name(other)


@pytest.mark.parametrize(
    ("description", "item"),
    [
        ("N1 Predefined Instance Core running in Americas", Item(Part.CORE, "n1", ON_DEMAND)),
        (
            "Spot Preemptible N1 Predefined Instance Core running in Americas",
            Item(Part.CORE, "n1", SPOT),
        ),
        ("Nvidia Tesla T4 GPU running in Americas", Item(Part.DEVICE, "t4", ON_DEMAND)),
        (
            "Nvidia Tesla V100 GPU attached to Spot Preemptible VMs running in Frankfurt",
            Item(Part.DEVICE, "v100", SPOT),
        ),
    ],
)
def test_machines_and_accelerators_that_are_attached_have_rates_of_their_own(
    description: str, item: Item
) -> None:
    assert item_of(sku(description, group="CPU" if "Core" in description else "GPU")) == item
