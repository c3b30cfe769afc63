"""Advice into offers, scores and changes: pure."""

from datetime import UTC, datetime, timedelta

import pytest

from broker.domain.geography import RegionKey
from broker.domain.ids import ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from providers.calls.greatest import greatest
from providers.gcp.advice import Opening, PastPrice
from providers.gcp.offers import machines, offers
from providers.gcp.outlook import blocks_of, past_of, score_of
from providers.gcp.tables import bundled_tables, read_tables

NOW = datetime(2026, 11, 25, tzinfo=UTC)
TABLES = read_tables(bundled_tables())
REGION = RegionKey.parse("gcp/us-central1")


def listed(name: str, accelerator: str, count: int, vcpus: int) -> dict[str, object]:
    accelerators = [{"guestAcceleratorType": accelerator, "guestAcceleratorCount": count}]
    return {"name": name, "guestCpus": vcpus, "memoryMb": 8192, "accelerators": accelerators}


LISTED = [
    listed("g2-standard-4", "nvidia-l4", 1, 4),
    listed("g2-standard-8", "nvidia-l4", 1, 8),
    listed("g2-standard-96", "nvidia-l4", 8, 96),
    listed("a3-highgpu-8g", "nvidia-h100-80gb", 8, 208),
    listed("ct6e-standard-8t", "ct6e", 8, 180),
]
FOUND, _ = machines([("us-central1-a", one) for one in LISTED], TABLES, str(REGION))
SOLD, _ = offers(FOUND, {}, REGION, NOW, TABLES)


def spot(price: str | None) -> Offer:
    (offer,) = [o for o in greatest(SOLD, CapacityType.SPOT) if o.machine_type == "a3-highgpu-8g"]
    return Offer(
        **{name: getattr(offer, name) for name in offer.__slots__ if name != "price"},
        price=None if price is None else Money.parse(price),
    )


def test_one_machine_of_each_gpu_is_asked_about() -> None:
    names = [offer.machine_type for offer in greatest(SOLD)]

    assert names == ["a3-highgpu-8g", "g2-standard-96"]


@pytest.mark.parametrize(
    ("obtainability", "score"), [(0.0, 1), (0.05, 1), (0.31, 4), (0.9, 9), (1.0, 10), (7.0, 10)]
)
def test_a_likelihood_is_told_as_a_score(obtainability: float, score: int) -> None:
    assert score_of(spot("10"), obtainability).score == score


def test_openings_without_length_are_no_offers_and_equal_ones_are_one() -> None:
    day = Opening(zone=ZoneId("us-central1-a"), starts_at=NOW, ends_at=NOW + timedelta(hours=24))
    none = Opening(zone=ZoneId("us-central1-a"), starts_at=NOW, ends_at=NOW)
    (machine,) = [m for m in FOUND if m.name == "a3-highgpu-8g"]

    found = list(blocks_of(spot("10"), machine, {}, [day, none, day]))

    assert [(offer.price, str(offer.window)) for offer in found] == [(None, "20261125T0000Z+24h")]


def past(*prices: str | None) -> list[PastPrice]:
    return [
        PastPrice(at=NOW + timedelta(days=n), price=None if p is None else Money.parse(p))
        for n, p in enumerate(prices)
    ]


@pytest.mark.parametrize(
    ("told", "now", "changes"),
    [
        (past("8", "8", "9", "10"), "10", ["8.00", "9.00", "10.00"]),
        (past("8", "10.05"), "10", ["8.00", "10.05"]),
        (past("8", "10.2"), "10", []),
        (past("8", None), "10", []),
        (past("8", "10"), None, []),
        (past(None, "10"), "10", ["10.00"]),
        ([], "10", []),
    ],
)
def test_past_prices_are_taken_if_the_last_one_is_the_present_one(
    told: list[PastPrice], now: str | None, changes: list[str]
) -> None:
    found = list(past_of(spot(now), told[::-1]))

    assert [str(change.price) for change in found] == changes
    assert {change.offer for change in found} <= {spot(now).name}
