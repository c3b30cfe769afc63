"""Machine types and rates into offers: what a machine is made of, and what that costs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.geography import RegionKey
from broker.domain.money import MICROS_PER_UNIT, Money
from broker.domain.offers import CapacityType, Offer
from providers.gcp.offers import Machine, machines, offers, price_of, restrictions
from providers.gcp.rates import Item, Part
from providers.gcp.tables import bundled_tables, read_tables

NOW = datetime(2026, 11, 25, tzinfo=UTC)
REGION = RegionKey.parse("gcp/us-central1")
TABLES = read_tables(bundled_tables())
ON_DEMAND = CapacityType.ON_DEMAND


def listed(
    name: str, accelerator: str | None, count: int, vcpus: int, gib: int, **rest: Any
) -> dict[str, Any]:
    """A machine type as Compute lists it."""
    told: dict[str, Any] = {"name": name, "guestCpus": vcpus, "memoryMb": gib * 1024, **rest}
    if accelerator:
        told["accelerators"] = [
            {"guestAcceleratorType": accelerator, "guestAcceleratorCount": count}
        ]
    return told


A3 = listed(
    "a3-highgpu-8g", "nvidia-h100-80gb", 8, 208, 1872, bundledLocalSsds={"partitionCount": 16}
)
A2_ULTRA = listed("a2-ultragpu-2g", "nvidia-a100-80gb", 2, 24, 340)
G2 = listed("g2-standard-8", "nvidia-l4", 1, 8, 32)
B200 = listed("a4-highgpu-8g", "nvidia-b200", 8, 224, 3968, bundledLocalSsds={"partitionCount": 32})


def machine(payload: Mapping[str, Any]) -> Machine:
    (found,), findings = machines([("us-central1-a", payload)], TABLES, str(REGION))
    assert findings == []
    return found


def rate_table(*entries: tuple[Part, str, str], market: CapacityType = ON_DEMAND) -> Any:
    return {Item(part, name, market): Decimal(rate) for part, name, rate in entries}


A3_RATES = rate_table(
    (Part.CORE, "a3", "0.03"),
    (Part.MEMORY, "a3", "0.0025"),
    (Part.DEVICE, "h100 80gb", "9.8"),
    (Part.LOCAL_SSD, "", "0.0001"),
)


def offered(
    *payloads: Mapping[str, Any], rates: Mapping[Item, Decimal] | None = None
) -> tuple[list[Offer], list[str]]:
    found, unreadable = machines([("us-central1-a", p) for p in payloads], TABLES, str(REGION))
    told, unknown = offers(found, rates or {}, REGION, NOW, TABLES)
    return told, [finding.code for finding in (*unreadable, *unknown)]


def test_the_price_of_a_machine_is_that_of_its_parts() -> None:
    price = price_of(machine(A3), A3_RATES, ON_DEMAND, 0)

    # 208 vCPUs, 1872 GiB, 8 devices, 16 x 375 GiB of local SSD
    assert str(price) == str(Money.parse("89.92"))
    assert Decimal("89.92") == 208 * Decimal("0.03") + 1872 * Decimal("0.0025") + 8 * Decimal(
        "9.8"
    ) + 6000 * Decimal("0.0001")


def test_local_ssd_comes_from_the_table_where_the_interface_is_silent() -> None:
    rates = rate_table(
        (Part.CORE, "a2", "0.03"),
        (Part.MEMORY, "a2", "0.004"),
        (Part.DEVICE, "a100 80gb", "3"),
        (Part.LOCAL_SSD, "", "0.0001"),
    )

    # 24 vCPUs, 340 GiB, 2 devices, 2 x 375 GiB
    assert str(price_of(machine(A2_ULTRA), rates, ON_DEMAND, 0)) == "8.155"


@pytest.mark.parametrize("part", [Part.CORE, Part.MEMORY, Part.DEVICE, Part.LOCAL_SSD])
def test_without_one_of_its_rates_a_machine_has_no_price(part: Part) -> None:
    rates = {item: rate for item, rate in A3_RATES.items() if item.part is not part}

    assert price_of(machine(A3), rates, ON_DEMAND, 0) is None


def test_one_rate_covers_all_of_a_machine_where_it_is_sold_so() -> None:
    rates = rate_table((Part.DEVICE, "a4 b200 slice", "16.11"))

    assert str(price_of(machine(B200), rates, ON_DEMAND, 0)) == "128.88"


def test_disks_of_a_committed_machine_are_paid_as_used() -> None:
    committed = {
        Item(item.part, item.name, CapacityType.RESERVED, 12): rate / 2
        for item, rate in A3_RATES.items()
        if item.part is not Part.LOCAL_SSD
    }

    price = price_of(machine(A3), {**A3_RATES, **committed}, CapacityType.RESERVED, 12)

    assert str(price) == "45.26"  # (89.92 - 0.6) / 2 + 0.6


def test_spot_rates_and_others_are_never_mixed() -> None:
    spot = rate_table((Part.DEVICE, "h100 80gb", "2"), market=CapacityType.SPOT)

    assert price_of(machine(A3), {**A3_RATES, **spot}, CapacityType.SPOT, 0) is None


@given(
    core=st.decimals("0.000001", "1", places=9),
    memory=st.decimals("0.000001", "1", places=9),
    device=st.decimals("0.000001", "100", places=9),
)
def test_the_price_per_device_is_the_price_per_node_divided(
    core: Decimal, memory: Decimal, device: Decimal
) -> None:
    rates = {
        Item(Part.CORE, "g2", ON_DEMAND): core,
        Item(Part.MEMORY, "g2", ON_DEMAND): memory,
        Item(Part.DEVICE, "l4", ON_DEMAND): device,
    }
    four = listed("g2-standard-48", "nvidia-l4", 4, 48, 192)

    (offer, *_), _ = offered(four, rates=rates)

    exact = (Fraction(core) * 48 + Fraction(memory) * 192 + Fraction(device) * 4) * MICROS_PER_UNIT
    assert offer.price is not None
    assert offer.price_per_gpu_hour is not None
    assert abs(offer.price.micros - exact) <= Fraction(1, 2)
    assert abs(offer.price_per_gpu_hour.micros - exact / 4) <= 1


def test_a_part_of_a_device_is_a_fraction_and_is_paid_so() -> None:
    sixth = listed("g4-standard-6", "nvidia-rtx-pro-6000", 1, 6, 22)
    rates = rate_table(
        (Part.CORE, "g4", "0.01"), (Part.MEMORY, "g4", "0.01"), (Part.DEVICE, "rtx 6000 96gb", "4")
    )

    (offer, *_), _ = offered(sixth, rates=rates)

    assert offer.count == Fraction(1, 8)
    assert str(offer.price) == "0.78"  # 6 x 0.01 + 22 x 0.01 + 4 / 8


def test_on_demand_and_spot_are_listed_without_a_price_and_the_others_only_with_one() -> None:
    flex = rate_table(
        (Part.CORE, "g2", "0.01"),
        (Part.MEMORY, "g2", "0.01"),
        (Part.DEVICE, "l4", "0.2"),
        market=CapacityType.FLEX,
    )

    without, _ = offered(G2)
    priced, _ = offered(G2, rates=flex)

    assert {o.capacity_type: o.price for o in without} == {ON_DEMAND: None, CapacityType.SPOT: None}
    assert {o.capacity_type: str(o.price) for o in priced} == {
        ON_DEMAND: "None",
        CapacityType.SPOT: "None",
        CapacityType.FLEX: "0.60",
    }


def test_a_machine_type_is_sold_in_every_zone_that_lists_it() -> None:
    pairs = [("us-central1-c", G2), ("us-central1-a", G2), ("us-central1-a", A3)]

    found, _ = machines(pairs, TABLES, str(REGION))

    assert {m.name: m.zones for m in found} == {
        "a3-highgpu-8g": ("us-central1-a",),
        "g2-standard-8": ("us-central1-a", "us-central1-c"),
    }


def test_a_tpu_is_known_by_its_type_though_no_accelerator_is_listed() -> None:
    (offer, spot), codes = offered(listed("ct5lp-hightpu-4t", None, 0, 112, 192))

    assert codes == ["prices-missing"]
    assert (offer.accelerator.name, offer.count, offer.price) == ("TPU-v5e", 4, None)
    assert spot.capacity_type is CapacityType.SPOT


def test_an_unknown_accelerator_is_said_once_with_all_its_types() -> None:
    skus = [listed(f"x9-highgpu-{n}g", "nvidia-r900", n, 8, 64) for n in (1, 2)]
    found, _ = machines([("z", p) for p in skus], TABLES, str(REGION))

    told, (finding,) = offers(found, {}, REGION, NOW, TABLES)

    assert told == []
    assert finding.code == "accelerator-family-unknown"
    assert "nvidia-r900" in finding.summary
    assert "x9-highgpu-1g, x9-highgpu-2g" in finding.detail


def test_a_known_accelerator_in_an_unknown_series_is_offered_at_an_unknown_price() -> None:
    told, codes = offered(listed("z9-highgpu-8g", "nvidia-h100-80gb", 8, 208, 1872), rates=A3_RATES)

    assert codes == ["prices-missing"]
    assert {offer.price for offer in told} == {None}
    assert {offer.accelerator.name for offer in told} == {"H100"}


@pytest.mark.parametrize(
    "broken",
    [
        {"guestCpus": None},
        {"guestCpus": "8"},
        {"guestCpus": 0},
        {"memoryMb": None},
        {"memoryMb": -1},
        {"accelerators": [{}]},
        {"accelerators": ["nvidia-l4"]},
        {"accelerators": [{"guestAcceleratorType": "nvidia-l4", "guestAcceleratorCount": 0}]},
        {"accelerators": [*G2["accelerators"], *A3["accelerators"]]},
    ],
)
def test_a_type_that_does_not_say_what_it_is_made_of_is_left_out_with_a_word(
    broken: dict[str, Any],
) -> None:
    told, codes = offered({**G2, **broken})

    assert told == []
    assert codes == ["machine-type-unreadable"]


@pytest.mark.parametrize(
    "other",
    [
        listed("n2-standard-8", None, 0, 8, 32),
        {**G2, "deprecated": {"state": "OBSOLETE"}},
        {**G2, "name": ""},
        {**G2, "accelerators": None},
        {},
    ],
)
def test_what_has_no_accelerator_or_is_gone_is_passed_over(other: dict[str, Any]) -> None:
    assert offered(other) == ([], [])


def test_a_deprecated_type_is_still_sold() -> None:
    told, _ = offered({**G2, "deprecated": {"state": "DEPRECATED"}})

    assert told


def test_what_is_not_sold_on_demand_is_restricted() -> None:
    some = [
        machine(A3),
        machine(B200),
        machine(G2),
        machine(listed("a3-highgpu-1g", "nvidia-h100-80gb", 1, 26, 234)),
        machine(listed("a3-ultragpu-8g", "nvidia-h200-141gb", 8, 224, 2952)),
    ]

    assert [(r.machine_type, r.capacity_type) for r in restrictions(some)] == [
        ("a3-highgpu-1g", ON_DEMAND),
        ("a3-ultragpu-8g", ON_DEMAND),
        ("a4-highgpu-8g", ON_DEMAND),
    ]
