"""Items of the price list, in the form of the Price List API, into prices."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from broker.domain.money import Money
from providers.aws.price_list import WANTED, ListedPrice, PriceList, Product, price_list

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
PUBLISHED = "2026-11-20T00:00:00Z"
P5 = Product("p5.48xlarge", "us-east-1")


def term(amount: str, *, since: str = "2026-11-01T00:00:00Z", **changed: Any) -> dict[str, Any]:
    dimension = {"unit": "Hrs", "pricePerUnit": {"USD": amount}, **changed}
    return {"effectiveDate": since, "termAttributes": {}, "priceDimensions": {"rate": dimension}}


def reserved(years: int, payment: str, *dimensions: dict[str, Any], **attributes: str) -> Any:
    return {
        "effectiveDate": "2026-11-01T00:00:00Z",
        "termAttributes": {
            "LeaseContractLength": f"{years}yr",
            "OfferingClass": "standard",
            "PurchaseOption": payment,
            **attributes,
        },
        "priceDimensions": {str(n): dimension for n, dimension in enumerate(dimensions)},
    }


def item(*terms: dict[str, Any], reservations: tuple[Any, ...] = (), **attributes: str) -> str:
    return json.dumps(
        {
            "product": {
                "attributes": {
                    **WANTED,
                    "instanceType": "p5.48xlarge",
                    "regionCode": "us-east-1",
                    **attributes,
                }
            },
            "terms": {
                "OnDemand": {f"t{n}": one for n, one in enumerate(terms)},
                "Reserved": {f"r{n}": one for n, one in enumerate(reservations)},
            },
            "publicationDate": PUBLISHED,
        }
    )


def listed(*items: str) -> PriceList:
    return price_list(items, NOW)


def price(*items: str, of: Product = P5) -> str:
    return str(listed(*items).prices[of].price)


def test_a_price_is_exact_and_as_old_as_its_list() -> None:
    found = listed(item(term("55.0400000000")))

    published = datetime(2026, 11, 20, tzinfo=UTC)
    assert found.prices == {P5: ListedPrice(Money.parse("55.04"), published)}
    assert list(found.findings("aws/us-east-1")) == []


@pytest.mark.parametrize(
    "attributes",
    [
        {"operatingSystem": "Windows"},
        {"tenancy": "Dedicated"},
        {"preInstalledSw": "SQL Std"},
        {"capacitystatus": "UnusedCapacityReservation"},
        {"marketoption": "CapacityBlock"},
    ],
)
def test_items_for_something_else_are_passed_over(attributes: dict[str, str]) -> None:
    assert listed(item(term("1"), **attributes)).prices == {}


def test_zero_dollars_is_an_unknown_price() -> None:
    assert price(item(term("0.0000000000"))) == "None"


def test_the_term_that_took_effect_last_counts_and_one_to_come_does_not() -> None:
    terms = [
        term("3", since="2026-10-01T00:00:00Z"),
        term("2", since="2026-11-02T00:00:00Z"),
        term("1", since="2026-12-01T00:00:00Z"),
    ]

    assert price(item(*terms)) == "2.00"
    assert price(item(*reversed(terms))) == "2.00"


def test_of_two_prices_at_one_time_the_higher_is_taken_and_said() -> None:
    for items in ([item(term("1")), item(term("2"))], [item(term("2")), item(term("1"))]):
        found = listed(*items)

        assert str(found.prices[P5].price) == "2.00"
        (finding,) = found.findings("aws/us-east-1")
        assert (finding.code, finding.detail) == ("price-ambiguous", "p5.48xlarge")


def test_a_known_price_counts_before_an_unknown_one_and_is_not_ambiguous() -> None:
    for items in ([item(term("0")), item(term("2"))], [item(term("2")), item(term("0"))]):
        found = listed(*items)

        assert str(found.prices[P5].price) == "2.00"
        assert list(found.findings("aws/us-east-1")) == []


def test_a_later_term_ends_an_ambiguity() -> None:
    found = listed(item(term("1")), item(term("2")), item(term("3", since="2026-11-09T00:00:00Z")))

    assert str(found.prices[P5].price) == "3.00"
    assert list(found.findings("aws/us-east-1")) == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (term("1", unit="Seconds"), "per Seconds"),
        (term("1", pricePerUnit={"CNY": "7"}), "in CNY"),
        (term("NaN"), "not a number"),
        (term("-1"), "below zero"),
        (term("9e99999"), "not a number"),
        ({"effectiveDate": "2026-11-01T00:00:00Z"}, "not of the form of a price"),
        ({"priceDimensions": {"rate": 1}}, "not of the form of a price"),
    ],
)
def test_what_is_no_price_per_hour_in_dollars_is_left_out_and_said(
    row: dict[str, Any], reason: str
) -> None:
    found = listed(item(row))

    assert found.prices == {}
    (finding,) = found.findings("aws/us-east-1")
    assert (finding.code, finding.detail) == ("price-left-out", f"{reason}: 1")


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"product": {"attributes": 1}}', "nan"])
def test_what_is_no_item_is_left_out_and_said(text: str) -> None:
    found = listed(text, item(term("2")))

    assert found.left_out == {"not of the form of a price": 1}
    assert str(found.prices[P5].price) == "2.00"


def test_a_reservation_without_upfront_fee_is_taken_first() -> None:
    hourly = {"unit": "Hrs", "pricePerUnit": {"USD": "2.0"}}
    cheaper = {"unit": "Hrs", "pricePerUnit": {"USD": "1.0"}}
    fee = {"unit": "Quantity", "pricePerUnit": {"USD": "8760"}}
    terms = (reserved(1, "Partial Upfront", fee, cheaper), reserved(1, "No Upfront", hourly))
    year = Product("p5.48xlarge", "us-east-1", 12)

    assert price(item(reservations=terms), of=year) == "2.00"
    assert price(item(reservations=terms[::-1]), of=year) == "2.00"


def test_an_upfront_fee_is_spread_over_the_hours_of_the_term() -> None:
    hourly = {"unit": "Hrs", "pricePerUnit": {"USD": "1.5"}}
    fee = {"unit": "Quantity", "pricePerUnit": {"USD": "26280"}}
    terms = (reserved(3, "Partial Upfront", fee, hourly),)

    assert price(item(reservations=terms), of=Product("p5.48xlarge", "us-east-1", 36)) == "2.50"


def test_convertible_reservations_are_another_product() -> None:
    hourly = {"unit": "Hrs", "pricePerUnit": {"USD": "2.0"}}
    terms = (reserved(1, "No Upfront", hourly, OfferingClass="convertible"),)

    assert listed(item(reservations=terms)).prices == {}


def test_a_local_zone_has_prices_of_its_own() -> None:
    found = listed(item(term("1"), regionCode="us-east-1-atl-2"), item(term("2")))

    assert set(found.prices) == {P5, Product("p5.48xlarge", "us-east-1-atl-2")}
