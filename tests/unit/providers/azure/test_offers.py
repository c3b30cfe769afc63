"""Azure's SKUs into sizes and offers."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from broker.domain.geography import RegionKey
from broker.domain.ids import ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from providers.azure.accelerators import bundled_tables, known_families, plain
from providers.azure.offers import offers, sizes
from providers.azure.prices import Market, PriceList

NOW = datetime(2026, 11, 25, tzinfo=UTC)
KNOWN = known_families(bundled_tables())
REGION = RegionKey.parse("azure/southcentralus")


def sku(name: str, family: str, **capabilities: str | None) -> dict[str, Any]:
    """A virtual machine as the SKU list writes it; None takes a capability away."""
    told = {"vCPUs": "24", "MemoryGB": "220", "GPUs": "1", "LowPriorityCapable": "False"}
    told |= {key: value for key, value in capabilities.items() if value is not None}
    for key in [key for key, value in capabilities.items() if value is None]:
        del told[key]
    return {
        "resourceType": "virtualMachines",
        "name": name,
        "family": family,
        "locations": ["SouthCentralUS"],
        "capabilities": [{"name": key, "value": value} for key, value in told.items()],
        "restrictions": [],
    }


A100 = sku("Standard_NC24ads_A100_v4", "StandardNCADSA100v4Family")


def offered(
    *skus: dict[str, Any], prices: dict[Market, Money] | None = None
) -> tuple[list[Offer], list[str]]:
    """The offers and the codes of all findings."""
    listed, unreadable = sizes(skus, REGION.region, str(REGION))
    found, unknown = offers(listed, PriceList(prices=prices or {}), {}, REGION, NOW, KNOWN)
    return found, [finding.code for finding in (*unreadable, *unknown)]


def test_a_size_without_a_price_is_offered_at_an_unknown_price() -> None:
    (offer,), codes = offered(A100)

    assert codes == ["prices-missing"]
    assert offer.price is None
    assert offer.capacity_type is CapacityType.ON_DEMAND
    assert offer.accelerator.name == "A100-80GB"
    assert (offer.count, offer.vcpus, offer.memory_mib) == (1, 24, 225280)


def test_every_market_that_is_priced_is_an_offer() -> None:
    name = A100["name"]
    prices = {
        Market(name, CapacityType.ON_DEMAND): Money.parse("3.673"),
        Market(name, CapacityType.SPOT): Money.parse("1.1"),
        Market(name, CapacityType.RESERVED, 12): Money.parse("2.5"),
        Market(name, CapacityType.RESERVED, 36): Money.parse("1.6"),
    }

    found, _ = offered(A100, prices=prices)

    assert [(o.capacity_type, o.term_months, str(o.price)) for o in found] == [
        (CapacityType.ON_DEMAND, None, "3.673"),
        (CapacityType.RESERVED, 12, "2.50"),
        (CapacityType.RESERVED, 36, "1.60"),
        (CapacityType.SPOT, None, "1.10"),
    ]


def test_a_rate_of_a_savings_plan_says_that_it_is_one() -> None:
    one, three = (Market(A100["name"], CapacityType.RESERVED, months) for months in (12, 36))
    prices = PriceList(prices={one: Money.parse("2.5"), three: Money.parse("1.6")}, plans={three})
    listed, _ = sizes([A100], REGION.region, str(REGION))

    found, _ = offers(listed, prices, {}, REGION, NOW, KNOWN)

    assert {offer.term_months: offer.source for offer in found} == {
        None: "Azure Retail Prices",
        12: "Azure Retail Prices",
        36: "Azure Retail Prices, savings plans",
    }


def test_what_can_be_evicted_is_offered_as_spot_though_no_price_is_known() -> None:
    found, _ = offered(sku(A100["name"], A100["family"], LowPriorityCapable="True"))

    assert {o.capacity_type: o.price for o in found} == {
        CapacityType.ON_DEMAND: None,
        CapacityType.SPOT: None,
    }


@pytest.mark.parametrize(
    ("name", "vcpus", "told", "count"),
    [
        ("Standard_NV6ads_A10_v5", "6", "1", Fraction(1, 6)),
        ("Standard_NV12ads_A10_v5", "12", "1", Fraction(1, 3)),
        ("Standard_NV18ads_A10_v5", "18", "1", Fraction(1, 2)),
        ("Standard_NV36ads_A10_v5", "36", "1", Fraction(1)),
        ("Standard_NV72ads_A10_v5", "72", "2", Fraction(2)),
    ],
)
def test_a_part_of_a_device_is_a_fraction_though_azure_tells_one(
    name: str, vcpus: str, told: str, count: Fraction
) -> None:
    (offer,), _ = offered(sku(name, "StandardNVADSA10v5Family", vCPUs=vcpus, GPUs=told))

    assert offer.count == count


def test_an_unknown_family_is_said_once_with_all_its_sizes() -> None:
    skus = [sku(f"Standard_ND{n}_X_v9", "standardNDXv9Family") for n in (1, 2)]
    listed, _ = sizes(skus, REGION.region, str(REGION))

    found, (finding,) = offers(listed, PriceList(), {}, REGION, NOW, KNOWN)

    assert found == []
    assert finding.code == "accelerator-family-unknown"
    assert "standardNDXv9Family" in finding.summary
    assert "Standard_ND1_X_v9, Standard_ND2_X_v9" in finding.detail


def test_what_azure_counts_as_gpus_and_is_something_else_is_passed_over() -> None:
    assert offered(sku("Standard_NP10s", "standardNPSFamily")) == ([], [])


@pytest.mark.parametrize(
    "spelling", ["Standard NCASv3_T4 Family", "standardNCASv3T4Family", "STANDARDNCASV3_T4FAMILY"]
)
def test_a_family_is_known_in_every_spelling(spelling: str) -> None:
    family = KNOWN[plain(spelling)]

    assert family is not None
    assert family.accelerator.name == "T4"


@pytest.mark.parametrize(
    "broken",
    [
        {"vCPUs": None},
        {"MemoryGB": None},
        {"MemoryGB": "a lot"},
        {"MemoryGB": "NaN"},
        {"MemoryGB": "Infinity"},
        {"GPUs": "-1"},
        {"GPUs": "many"},
        {"vCPUs": "0"},
    ],
)
def test_a_size_that_does_not_say_what_it_is_made_of_is_left_out_with_a_word(
    broken: dict[str, str | None],
) -> None:
    found, codes = offered(sku(A100["name"], A100["family"], **broken))

    assert found == []
    assert codes == ["machine-type-unreadable"]


def test_only_machines_with_accelerators_in_this_region_count() -> None:
    disk = {**A100, "resourceType": "disks"}
    elsewhere = {**A100, "locations": ["westeurope"]}
    without = sku("Standard_D2_v5", "standardDv5Family", GPUs=None)
    none = sku("Standard_D2_v5", "standardDv5Family", GPUs="0")

    assert offered(disk, elsewhere, without, none) == ([], [])


def test_a_size_that_is_listed_twice_is_one_offer() -> None:
    found, _ = offered(A100, A100)

    assert len(found) == 1


def test_an_offer_has_the_zones_of_its_size() -> None:
    listed, _ = sizes([A100], REGION.region, str(REGION))
    zones = {A100["name"]: (ZoneId("southcentralus-az1"), ZoneId("southcentralus-az3"))}

    (offer,), _ = offers(listed, PriceList(), zones, REGION, NOW, KNOWN)

    assert offer.zones == ("southcentralus-az1", "southcentralus-az3")


@pytest.mark.parametrize(
    "shape", [{"capabilities": None}, {"capabilities": ["GPUs"]}, {"locations": None}, {}]
)
def test_a_sku_of_another_shape_does_no_harm(shape: dict[str, Any]) -> None:
    assert offered({**A100, **shape} if shape else {})[1] == []
