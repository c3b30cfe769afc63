"""Which rows of Azure's retail list are the price of what."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from broker.domain.money import Money
from broker.domain.offers import CapacityType
from providers.azure.prices import Market, PriceList, price_list

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SIZE = "Standard_ND96isr_H100_v5"
PRODUCT = "Virtual Machines NDsr H100 v5 Series"

# The four rows of one size that share a name or a product (Azure Retail Prices, eastus, 2025).
RECORDED = [
    ("ND96isrH100v5", PRODUCT, "98.32"),
    ("ND96isrH100v5", f"{PRODUCT} Windows", "102.736"),
    ("ND96isrH100v5 Spot", PRODUCT, "18.169536"),
    ("ND96isrH100v5 Low Priority", f"{PRODUCT} Windows", "41.094"),
]


def row(**changes: Any) -> dict[str, Any]:
    """The recorded on-demand row, with *changes*."""
    return {
        "armRegionName": "eastus",
        "armSkuName": SIZE,
        "meterName": "ND96isrH100v5",
        "productName": PRODUCT,
        "type": "Consumption",
        "unitOfMeasure": "1 Hour",
        "currencyCode": "USD",
        "retailPrice": Decimal("98.32"),
        "tierMinimumUnits": Decimal(0),
        "isPrimaryMeterRegion": True,
        "effectiveStartDate": "2024-01-01T00:00:00Z",
        **changes,
    }


def priced(*rows: dict[str, Any]) -> dict[Market, str]:
    return {market: str(price) for market, price in price_list(rows, NOW).prices.items()}


ON_DEMAND = Market(SIZE, CapacityType.ON_DEMAND)
SPOT = Market(SIZE, CapacityType.SPOT)


def test_linux_windows_spot_and_low_priority_are_told_apart() -> None:
    rows = [
        row(meterName=meter, productName=product, retailPrice=Decimal(price))
        for meter, product, price in RECORDED
    ]

    assert priced(*rows) == {ON_DEMAND: "98.32", SPOT: "18.169536"}
    assert priced(*reversed(rows)) == {ON_DEMAND: "98.32", SPOT: "18.169536"}


@pytest.mark.parametrize(
    "product",
    [
        f"{PRODUCT} Windows",
        f"{PRODUCT} Win",
        "NDsr H100 v5 Series Cloud Services",
        "NDsr H100 v5 Series CloudServices",
        "NDsr H100 v5 Series Dedicated Host",
        "",
        None,
    ],
)
def test_other_products_are_no_price_of_a_linux_machine(product: str | None) -> None:
    assert priced(row(productName=product)) == {}


def test_a_reservation_is_paid_for_all_hours_of_its_term() -> None:
    reserved = row(type="Reservation", reservationTerm="1 Year", retailPrice=Decimal(876000))

    assert priced(reserved) == {Market(SIZE, CapacityType.RESERVED, 12): "100.00"}


def test_a_savings_plan_is_paid_by_the_hour_and_gives_way_to_a_reservation() -> None:
    plans = [
        {"term": "1 Year", "retailPrice": Decimal(70), "unitPrice": Decimal(70)},
        {"term": "3 Years", "retailPrice": Decimal(50), "unitPrice": Decimal(50)},
    ]
    both = [
        row(savingsPlan=plans, effectiveStartDate="2026-01-01T00:00:00Z"),
        row(type="Reservation", reservationTerm="3 Years", retailPrice=Decimal(26280 * 40)),
    ]

    expected = {
        ON_DEMAND: "98.32",
        Market(SIZE, CapacityType.RESERVED, 12): "70.00",
        Market(SIZE, CapacityType.RESERVED, 36): "40.00",
    }
    assert priced(*both) == priced(*reversed(both)) == expected
    for rows in (both, both[::-1]):
        assert price_list(rows, NOW).plans == {Market(SIZE, CapacityType.RESERVED, 12)}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currencyCode": "EUR"}, "in EUR"),
        ({"currencyCode": None}, "in an unknown currency"),
        ({"unitOfMeasure": "1 Second"}, "per 1 Second"),
        ({"unitOfMeasure": "10 Hours"}, "per 10 Hours"),
        ({"retailPrice": Decimal(0)}, "not above zero"),
        ({"retailPrice": Decimal(-1)}, "not above zero"),
        ({"retailPrice": Decimal("NaN")}, "no amount"),
        ({"retailPrice": Decimal("Infinity")}, "no amount"),
        ({"retailPrice": "much"}, "no amount"),
        ({"retailPrice": None}, "no amount"),
        ({"tierMinimumUnits": Decimal(100)}, "for large amounts only"),
        ({"type": "Reservation", "reservationTerm": "2 Moons"}, "for a term of 2 Moons"),
    ],
)
def test_a_price_that_can_not_be_used_is_left_out_with_its_reason(
    changes: dict[str, Any], reason: str
) -> None:
    found = price_list([row(**changes)], NOW)

    assert found.prices == {}
    assert found.left_out == {reason: 1}
    (finding,) = found.findings("azure/eastus")
    assert finding.code == "price-left-out"
    assert reason in finding.detail


def test_only_what_is_in_force_now_counts() -> None:
    past = row(retailPrice=Decimal(90), effectiveEndDate="2025-01-01T00:00:00Z")
    later = row(retailPrice=Decimal(80), effectiveStartDate="2027-01-01T00:00:00Z")

    assert priced(past, row(), later) == {ON_DEMAND: "98.32"}


def test_the_primary_meter_counts_then_the_later_row() -> None:
    secondary = row(
        retailPrice=Decimal(1), isPrimaryMeterRegion=False, effectiveStartDate="2026-06-01"
    )
    newer = row(retailPrice=Decimal(97), effectiveStartDate="2026-01-01T00:00:00Z")

    assert (
        priced(secondary, row(), newer) == priced(newer, row(), secondary) == {ON_DEMAND: "97.00"}
    )


def test_two_prices_at_one_time_are_said_and_the_higher_one_is_taken() -> None:
    rows = [row(), row(retailPrice=Decimal(120))]

    for found in (price_list(rows, NOW), price_list(rows[::-1], NOW)):
        assert found.prices == {ON_DEMAND: Money.parse("120")}
        assert [finding.code for finding in found.findings("azure/eastus")] == ["price-ambiguous"]


def test_the_same_price_twice_is_no_ambiguity() -> None:
    assert price_list([row(), row()], NOW) == PriceList(prices={ON_DEMAND: Money.parse("98.32")})
