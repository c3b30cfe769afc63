"""Prices out of AWS's answers: exact, per node and hour, and never a crash or a price of nothing."""

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import ZoneId
from providers.aws.accelerators import bundled_tables, known_accelerators
from providers.aws.amounts import dollars
from providers.aws.hardware import hardware
from providers.aws.offers import AwsZone, RegionMarket, block_offers
from providers.aws.price_list import WANTED, Product, price_list

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
AMOUNTS = st.integers(1, 10**12).map(lambda micros: f"{micros // 10**6}.{micros % 10**6:06d}")
ZONE = ZoneId("usw2-az1")

GPU = {"Count": 8, "Manufacturer": "NVIDIA", "Name": "H100", "MemoryInfo": {"SizeInMiB": 81920}}
P5 = hardware(
    {
        "InstanceType": "p5.48xlarge",
        "GpuInfo": {"Gpus": [GPU]},
        "VCpuInfo": {"DefaultVCpus": 192},
        "MemoryInfo": {"SizeInMiB": 2097152},
    },
    known_accelerators(bundled_tables()),
)
assert P5 is not None
MARKET = RegionMarket(
    region=RegionKey.parse("aws/us-west-2"),
    asked_at=NOW,
    zones={
        ZONE: AwsZone(
            id=ZONE,
            name="us-west-2a",
            kind=ZoneKind.AVAILABILITY_ZONE,
            group="us-west-2",
            opted_in=True,
        )
    },
    sold_in={"p5.48xlarge": (ZONE,)},
    hardware={"p5.48xlarge": P5},
)


@given(fee=AMOUNTS, nodes=st.integers(1, 64), hours=st.integers(1, 4368))
def test_the_hours_of_a_block_add_up_to_its_fee(fee: str, nodes: int, hours: int) -> None:
    starts_at = NOW + timedelta(days=1)
    row = {
        "InstanceType": "p5.48xlarge",
        "AvailabilityZone": "us-west-2a",
        "InstanceCount": nodes,
        "StartDate": starts_at,
        "EndDate": starts_at + timedelta(hours=hours),
        "UpfrontFee": fee,
    }
    (offer,) = block_offers(MARKET, [row])

    whole = dollars(fee)
    assert whole is not None
    assert offer.price is not None
    assert abs(offer.price.micros * nodes * hours - whole.micros) <= Fraction(nodes * hours, 2)
    per_gpu = offer.price_per_gpu_hour
    assert per_gpu is not None
    assert abs(per_gpu.micros * offer.count - offer.price.micros) <= offer.count / 2


@given(hourly=AMOUNTS, fee=AMOUNTS, years=st.sampled_from([1, 3]))
def test_the_hours_of_a_reservation_add_up_to_its_rates_and_its_fee(
    hourly: str, fee: str, years: int
) -> None:
    term = {
        "termAttributes": {
            "LeaseContractLength": f"{years}yr",
            "OfferingClass": "standard",
            "PurchaseOption": "Partial Upfront",
        },
        "priceDimensions": {
            "rate": {"unit": "Hrs", "pricePerUnit": {"USD": hourly}},
            "fee": {"unit": "Quantity", "pricePerUnit": {"USD": fee}},
        },
    }
    attributes = {**WANTED, "instanceType": "p5.48xlarge", "regionCode": "us-west-2"}
    item = {"product": {"attributes": attributes}, "terms": {"Reserved": {"term": term}}}
    (listed,) = price_list([json.dumps(item)], NOW).prices.values()

    hours = years * 8760
    rate, upfront = dollars(hourly), dollars(fee)
    assert rate is not None
    assert upfront is not None
    assert listed.price is not None
    assert abs(listed.price.micros * hours - rate.micros * hours - upfront.micros) <= hours / 2


KEYS = st.sampled_from(
    [
        "product", "attributes", "terms", "OnDemand", "Reserved", "priceDimensions", "pricePerUnit",
        "USD", "unit", "effectiveDate", "termAttributes", "instanceType", "regionCode",
        "LeaseContractLength", "PurchaseOption", "publicationDate", "x",
    ]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.sampled_from(["Hrs", "1yr", "No Upfront", "2026-11-01", "0.0", "-1", "NaN", "1e999", "1"]),
    st.text(max_size=5),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=30,
)


@st.composite
def items(draw: st.DrawFn) -> str:
    """Something that looks like an item of the price list, with anything at all in one place."""
    item: Any = {
        "product": {"attributes": {"instanceType": "p5.48xlarge", "regionCode": "us-west-2"}},
        "terms": {
            "OnDemand": {
                "t": {
                    "effectiveDate": "2026-11-01T00:00:00Z",
                    "priceDimensions": {"r": {"unit": "Hrs", "pricePerUnit": {"USD": "1.5"}}},
                }
            }
        },
        "publicationDate": "2026-11-20T00:00:00Z",
    }
    place = item
    while True:
        key = draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or draw(st.booleans()):
            place[key] = draw(ANYTHING)
            return json.dumps(item)
        place = place[key]


GOOD = json.dumps(
    {
        "product": {"attributes": {"instanceType": "g6.xlarge", "regionCode": "us-west-2"}},
        "terms": {
            "OnDemand": {
                "t": {"priceDimensions": {"r": {"unit": "Hrs", "pricePerUnit": {"USD": "2"}}}}
            }
        },
    }
)


@given(texts=st.lists(items() | ANYTHING.map(json.dumps) | st.text(max_size=20), max_size=5))
def test_whatever_the_price_list_says_the_rest_of_it_is_read(texts: list[str]) -> None:
    found = price_list([*texts, GOOD], NOW)

    assert str(found.prices[Product("g6.xlarge", "us-west-2")].price) == "2.00"
    assert all(each.price is None or each.price.micros > 0 for each in found.prices.values())


@given(text=st.text(max_size=60) | AMOUNTS | st.none() | st.floats() | st.integers())
def test_an_amount_is_above_zero_or_none(text: object) -> None:
    amount = dollars(text)

    assert amount is None or amount.micros > 0
