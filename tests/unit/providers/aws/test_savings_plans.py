"""Rates of savings plans, in the form of the Savings Plans API, into prices."""

from datetime import UTC, datetime
from typing import Any

import pytest

from broker.domain.geography import RegionKey
from broker.domain.money import Money
from providers.aws.adapter import AwsProvider
from providers.aws.price_list import PRICE_LIST, ListedPrice, Product
from providers.aws.savings_plans import SAVINGS_PLANS, savings_plan_rates

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
YEAR = 31_536_000
P5 = {"region": "us-east-1", "instanceType": "p5.48xlarge"}


def rate(dollars: str, *, seconds: int = YEAR, currency: str = "USD", **changed: Any) -> Any:
    return {
        "savingsPlanOffering": {"durationSeconds": seconds, "currency": currency},
        "rate": dollars,
        "unit": "Hrs",
        "properties": [{"name": name, "value": value} for name, value in P5.items()],
        **changed,
    }


def test_a_rate_is_a_price_of_its_term_and_of_now() -> None:
    rows = [rate("30.5"), rate("20.25", seconds=3 * YEAR)]

    assert savings_plan_rates(rows, "us-east-1", NOW) == {
        Product("p5.48xlarge", "us-east-1", 12): ListedPrice(
            Money.parse("30.5"), NOW, SAVINGS_PLANS
        ),
        Product("p5.48xlarge", "us-east-1", 36): ListedPrice(
            Money.parse("20.25"), NOW, SAVINGS_PLANS
        ),
    }


def test_of_two_rates_for_one_term_the_higher_is_taken() -> None:
    for rows in ([rate("1"), rate("2")], [rate("2"), rate("1")]):
        (found,) = savings_plan_rates(rows, "us-east-1", NOW).values()

        assert str(found.price) == "2.00"


@pytest.mark.parametrize(
    "row",
    [
        rate("1", currency="CNY"),
        rate("1", unit="Request"),
        rate("1", seconds=0),
        rate("0"),
        rate("much"),
        rate("1", properties=[{"name": "region", "value": "us-east-2"}]),
        {},
    ],
)
def test_what_is_no_rate_per_hour_in_dollars_is_passed_over(row: dict[str, Any]) -> None:
    assert savings_plan_rates([row], "us-east-1", NOW) == {}


def test_what_can_not_be_reserved_has_the_rate_of_a_savings_plan(aws: AwsProvider) -> None:
    offers = aws.discover(RegionKey.parse("aws/us-east-1")).offers
    reserved = {str(o.machine_type): o.source for o in offers if o.term_months}

    assert reserved["p4d.24xlarge"] == SAVINGS_PLANS
    assert reserved["g6.xlarge"] == PRICE_LIST
