"""Payloads of EC2 into offers, quotas and scores, where the sandbox has no such case."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from moto.ec2.models.instance_types import INSTANCE_TYPES

from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import CapacityScore
from providers.aws.accelerators import bundled_tables, known_accelerators
from providers.aws.hardware import hardware
from providers.aws.offers import (
    RegionMarket,
    block_offers,
    listed_offers,
    sold_in,
    spot_changes,
    spot_offers,
    zones,
)
from providers.aws.price_list import ListedPrice, Product
from providers.aws.quotas import quotas
from providers.aws.scores import scored_together, scores

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
REGION = RegionKey.parse("aws/us-west-2")
ZONES = [
    ("usw2-az1", "us-west-2b", "availability-zone", "us-west-2", "opt-in-not-required"),
    ("usw2-az2", "us-west-2a", "availability-zone", "us-west-2", "opt-in-not-required"),
    ("usw2-lax1-az1", "us-west-2-lax-1a", "local-zone", "us-west-2-lax-1", "not-opted-in"),
    ("usw2-wl1-x-az1", "us-west-2-wl1-x-1", "wavelength-zone", "us-west-2-wl1", "opted-in"),
    ("usw2-new1-az1", "us-west-2-new-1a", "moon-zone", "us-west-2-new-1", "opted-in"),
]


def market(**sold: tuple[str, ...]) -> RegionMarket:
    """A region that sells the types of *sold* (`p5_48xlarge`) in the zones given."""
    table = known_accelerators(bundled_tables())
    rows = [
        {"InstanceType": name.replace("_", "."), "Location": zone}
        for name, ids in sold.items()
        for zone in ids
    ]
    found = sold_in(rows)
    parts = {name: hardware(INSTANCE_TYPES[name], table) for name in found}
    keys = ("ZoneId", "ZoneName", "ZoneType", "GroupName", "OptInStatus")
    return RegionMarket(
        region=REGION,
        asked_at=NOW,
        zones=zones(dict(zip(keys, row, strict=True)) for row in ZONES),
        sold_in=found,
        hardware={name: made for name, made in parts.items() if made},
    )


def spot(zone: str, price: str, hours_ago: int = 1, **changed: Any) -> dict[str, Any]:
    return {
        "InstanceType": "p5.48xlarge",
        "AvailabilityZone": zone,
        "SpotPrice": price,
        "Timestamp": NOW - timedelta(hours=hours_ago),
        **changed,
    }


def block(fee: str, *, hours: int = 24, nodes: int = 1, **changed: Any) -> dict[str, Any]:
    starts_at = NOW + timedelta(days=1)
    return {
        "InstanceType": "p5.48xlarge",
        "AvailabilityZone": "us-west-2b",
        "InstanceCount": nodes,
        "StartDate": starts_at,
        "EndDate": starts_at + timedelta(hours=hours),
        "UpfrontFee": fee,
        "CurrencyCode": "USD",
        **changed,
    }


def prices(offers: Any) -> dict[str, str]:
    return {offer.name.split("/", 2)[2]: str(offer.price) for offer in offers}


BOTH = ("usw2-az1", "usw2-az2")


def test_zones_are_known_by_id_since_names_differ_between_accounts() -> None:
    offers = spot_offers(
        market(p5_48xlarge=BOTH), [spot("us-west-2a", "20"), spot("us-west-2b", "10")]
    )

    assert prices(offers) == {
        "usw2-az1/p5.48xlarge/spot": "10.00",
        "usw2-az2/p5.48xlarge/spot": "20.00",
    }


def test_the_latest_spot_price_counts_and_holds_now() -> None:
    rows = [spot("us-west-2b", "10", 5), spot("us-west-2b", "30", 1), spot("us-west-2b", "20", 3)]
    (offer,) = spot_offers(market(p5_48xlarge=("usw2-az1",)), rows)

    assert (str(offer.price), offer.fetched_at) == ("30.00", NOW)


def test_the_history_tells_when_each_price_began() -> None:
    rows = [
        spot("us-west-2b", "30", 1),
        spot("us-west-2b", "20", 20),
        spot("us-west-2a", "0", 2),
        spot("us-west-2b", "5", 3, InstanceType="m7i.large"),
        spot("us-west-2-lax-1a", "5", 3),
    ]
    changes = spot_changes(market(p5_48xlarge=BOTH), rows)

    assert [(c.offer, (NOW - c.at) / timedelta(hours=1), c.price) for c in changes] == [
        ("aws/us-west-2/usw2-az1/p5.48xlarge/spot", 20, Money.parse("20")),
        ("aws/us-west-2/usw2-az1/p5.48xlarge/spot", 1, Money.parse("30")),
        ("aws/us-west-2/usw2-az2/p5.48xlarge/spot", 2, None),
    ]


@pytest.mark.parametrize("price", ["0", "0.0000000", "-1", "NaN", "free", ""])
def test_a_spot_price_that_is_none_is_unknown(price: str) -> None:
    (offer,) = spot_offers(market(p5_48xlarge=("usw2-az1",)), [spot("us-west-2b", price)])

    assert offer.price is None


def test_spot_prices_of_zones_that_are_not_there_are_passed_over() -> None:
    rows = [spot("us-west-2z", "1"), spot("us-west-2b", "2", AvailabilityZoneId="usw2-az1")]

    assert prices(spot_offers(market(p5_48xlarge=("usw2-az1",)), rows)) == {
        "usw2-az1/p5.48xlarge/spot": "2.00"
    }


def test_the_fee_of_a_block_is_divided_by_its_nodes_and_hours() -> None:
    (offer,) = block_offers(market(p5_48xlarge=BOTH), [block("96000", hours=48, nodes=4)])

    assert offer.price == Money.parse("500")
    assert offer.zone == "usw2-az1"
    assert str(offer.window) == "20261126T0800Z+48h"


def test_of_two_blocks_alike_the_cheaper_is_taken() -> None:
    rows = [block("4800"), block("2400"), block("7200"), block("4800", hours=48)]

    assert prices(block_offers(market(p5_48xlarge=BOTH), rows)) == {
        "usw2-az1/p5.48xlarge/capacity-block-20261126T0800Z+24h": "100.00",
        "usw2-az1/p5.48xlarge/capacity-block-20261126T0800Z+48h": "100.00",
    }


@pytest.mark.parametrize(
    "changed",
    [{"InstanceType": "p9.xlarge"}, {"AvailabilityZone": "elsewhere"}, {"InstanceCount": 0}],
)
def test_blocks_of_nothing_that_is_sold_here_are_passed_over(changed: dict[str, Any]) -> None:
    rows = [block("2400", **changed), block("2400", hours=0)]

    assert list(block_offers(market(p5_48xlarge=BOTH), rows)) == []


def test_a_block_in_another_currency_has_an_unknown_price() -> None:
    (offer,) = block_offers(market(p5_48xlarge=BOTH), [block("2400", CurrencyCode="CNY")])

    assert offer.price is None


def test_a_type_that_is_sold_in_blocks_only_is_listed_even_without_a_block() -> None:
    sold = market(p5_48xlarge=BOTH)
    only = replace(sold.hardware["p5.48xlarge"], sold_as=frozenset({CapacityType.CAPACITY_BLOCK}))
    offers = list(block_offers(replace(sold, hardware={"p5.48xlarge": only}), []))

    assert prices(offers) == {"p5.48xlarge/capacity-block": "None"}
    assert offers[0].zones == BOTH
    assert list(block_offers(sold, [])) == []


def test_places_of_another_kind_have_offers_of_their_own() -> None:
    sold = market(p5_48xlarge=(*BOTH, "usw2-lax1-az1", "usw2-new1-az1", "usw2-wl1-x-az1"))
    listed = {
        Product("p5.48xlarge", "us-west-2"): ListedPrice(Money.parse("1"), NOW),
        Product("p5.48xlarge", "us-west-2-lax-1"): ListedPrice(Money.parse("2"), NOW),
    }
    offers: dict[str | None, Offer] = {o.zone: o for o in listed_offers(sold, listed)}

    assert offers[None].zones == BOTH
    assert {str(zone): str(offer.price) for zone, offer in offers.items()} == {
        "None": "1.00",
        "usw2-lax1-az1": "2.00",
        "usw2-new1-az1": "None",
        "usw2-wl1-x-az1": "None",
    }
    assert {str(zone): offer.zone_kind for zone, offer in offers.items() if zone} == {
        "usw2-lax1-az1": ZoneKind.LOCAL_ZONE,
        "usw2-new1-az1": ZoneKind.EDGE_ZONE,
        "usw2-wl1-x-az1": ZoneKind.WAVELENGTH_ZONE,
    }


def test_prices_are_asked_for_the_region_and_for_each_place_that_is_not_ordinary() -> None:
    assert market(p5_48xlarge=BOTH).places() == [
        "us-west-2",
        "us-west-2-lax-1",
        "us-west-2-new-1",
        "us-west-2-wl1",
    ]


def test_a_type_of_local_zones_only_is_no_offer_of_the_region() -> None:
    offers = listed_offers(market(p5_48xlarge=("usw2-lax1-az1",)), {})

    assert [offer.zone for offer in offers] == ["usw2-lax1-az1"]


def test_reservations_are_offers_with_their_term() -> None:
    listed = {Product("p5.48xlarge", "us-west-2", 36): ListedPrice(Money.parse("1"), NOW)}
    offers = list(listed_offers(market(p5_48xlarge=BOTH), listed))

    assert [(o.capacity_type, o.term_months, str(o.price)) for o in offers] == [
        (CapacityType.ON_DEMAND, None, "None"),
        (CapacityType.RESERVED, 36, "1.00"),
    ]


def test_a_price_is_never_newer_than_now_whatever_the_cloud_says() -> None:
    later = ListedPrice(Money.parse("1"), NOW + timedelta(days=1))
    (offer,) = listed_offers(market(p5_48xlarge=BOTH), {Product("p5.48xlarge", "us-west-2"): later})

    assert offer.fetched_at == NOW


def quota(name: str, value: float = 100.0) -> dict[str, Any]:
    return {"QuotaName": name, "Value": value, "QuotaCode": "L-0"}


def test_quotas_of_what_is_not_sold_here_are_passed_over() -> None:
    rows = [
        quota("Running On-Demand P instances"),
        quota("Running On-Demand G and VT instances"),
        quota("Running Dedicated p5 Hosts"),
        quota("All P5 Spot Instance Requests"),
        quota("All P6 Spot Instance Requests"),
        {"QuotaName": "Running On-Demand P instances"},
    ]
    sold = market(p5_48xlarge=BOTH, p4d_24xlarge=BOTH)
    found = quotas(rows, REGION, sold.hardware.values())

    assert [(q.name, q.family, q.machine_types, q.limit) for q in found] == [
        (
            "aws/us-west-2 All P5 Spot Instance Requests",
            None,
            frozenset({"p5.48xlarge"}),
            100,
        ),
        ("aws/us-west-2 Running On-Demand P instances", "P", None, 100),
    ]


def test_scores_are_asked_for_the_greatest_accelerator_that_enough_types_have() -> None:
    few = market(p5_48xlarge=BOTH, p5_4xlarge=BOTH, g6_xlarge=BOTH, g6_2xlarge=BOTH)
    enough = market(
        p5_48xlarge=BOTH,
        g6_xlarge=BOTH,
        g6_2xlarge=BOTH,
        g6_4xlarge=("usw2-az1",),
        g4dn_xlarge=BOTH,
        g4dn_2xlarge=BOTH,
        g4dn_4xlarge=BOTH,
    )
    rows = [
        {"Region": "us-west-2", "AvailabilityZoneId": "usw2-az2", "Score": 7},
        {"Region": "us-east-1", "AvailabilityZoneId": "usw2-az1", "Score": 9},
    ]

    assert scored_together(few) == []
    assert scored_together(enough) == ["g6.2xlarge", "g6.4xlarge", "g6.xlarge"]
    assert scores(rows, enough, scored_together(enough)) == tuple(
        CapacityScore(
            machine_type=name,
            zone=ZoneId("usw2-az2"),
            capacity_type=CapacityType.SPOT,
            nodes=1,
            score=7,
        )
        for name in ("g6.2xlarge", "g6.xlarge")
    )


def test_counts_are_exact() -> None:
    sold = market(g6f_large=BOTH)

    assert sold.hardware["g6f.large"].count == Fraction(1, 8)
