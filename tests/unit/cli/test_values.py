"""Option values are read or refused, however odd."""

from decimal import Decimal

import click
import pytest

from broker.cli.values import Gib, Members, Names, Price, Seconds, flat
from broker.domain.money import Money
from broker.domain.offers import CapacityType

HOSTILE = ["", "-1", "nan", "inf", "1e999999999", "1,5", "0x10", "\u0661", "9" * 40]


@pytest.mark.parametrize("text", ["12.5", "$12.50", " 12.500 "])
def test_a_price_may_have_a_dollar_sign(text: str) -> None:
    assert Price().convert(text, None, None) == Money.parse("12.5")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="not a price"):
        Price().convert(text, None, None)


@pytest.mark.parametrize("text", ["80", "80GB", "80 GiB", "80g", "80.0"])
def test_memory_may_have_a_unit(text: str) -> None:
    assert Gib().convert(text, None, None) == Decimal(80)


@pytest.mark.parametrize("text", [*HOSTILE, "80MB"])
def test_what_is_no_memory_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="not a number of GiB"):
        Gib().convert(text, None, None)


def test_names_are_separated_by_commas() -> None:
    assert Names().convert("H100, H200,", None, None) == ("H100", "H200")
    assert flat([("a", "b"), ("c",)]) == ("a", "b", "c")


@pytest.mark.parametrize("text", ["", " , "])
def test_no_name_at_all_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="names nothing"):
        Names().convert(text, None, None)


def test_members_are_found_by_either_spelling() -> None:
    kind = Members(CapacityType)

    assert kind.convert("spot,On_Demand", None, None) == (CapacityType.SPOT, CapacityType.ON_DEMAND)


def test_what_is_no_member_is_refused_with_the_list() -> None:
    with pytest.raises(click.BadParameter, match="'spt' is none of reserved, on-demand, spot"):
        Members(CapacityType).convert("spt", None, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("0.5", 0.5), ("30s", 30), ("2m", 120), ("1m30s", 90), (" 1h ", 3600), (45.0, 45)],
)
def test_a_duration_has_its_unit_or_is_of_seconds(text: str, seconds: float) -> None:
    assert Seconds(min=0.1, max=3600).convert(text, None, None) == seconds


@pytest.mark.parametrize("text", [*HOSTILE, "s", "5x", "1.5m", "30 s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not"):
        Seconds(min=0.1, max=3600).convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0", "'0' is too short: 0.1s at the least"),
        ("0s", "too short"),
        ("0.01", "too short"),
        ("2h", "'2h' is too long: 1h at the most"),
        ("4000", "too long"),
    ],
)
def test_a_duration_that_is_too_short_or_too_long_is_refused(text: str, told: str) -> None:
    with pytest.raises(click.BadParameter, match=told):
        Seconds(min=0.1, max=3600).convert(text, None, None)
