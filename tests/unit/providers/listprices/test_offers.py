"""A row of the tables into an offer, field by field."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import MachineType, ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from providers.listprices.offers import accelerators, hardware, instant, offers

L4_ROW = ["L4", "L4", "", "24576", "gpu", "NVIDIA", "a list"]
G6F_ROW = ["aws", "g6f.large", "G and VT", "L4", "1/8", "2", "8192", "1.5", "a list"]
L4 = Accelerator("L4", "", 24576, AcceleratorKind.GPU)


def offer(row: list[str]) -> Offer:
    """The one offer of *row*, of the machine type above."""
    (found,) = offers([row], hardware([G6F_ROW], {"L4": L4}))
    return found


def test_every_field_is_carried() -> None:
    row = [
        "aws", "us-east-1", "use1-atl2-az1", "local-zone", "g6f.large", "spot", "", "0.0808",
        "a list", "2026-07-20",
    ]  # fmt: skip

    assert offer(row) == Offer(
        region=RegionKey.parse("aws/us-east-1"),
        zone=ZoneId("use1-atl2-az1"),
        zone_kind=ZoneKind.LOCAL_ZONE,
        machine_type=MachineType("g6f.large"),
        family="G and VT",
        accelerator=L4,
        count=Fraction(1, 8),
        vcpus=2,
        memory_mib=8192,
        network_gbps=Fraction(3, 2),
        capacity_type=CapacityType.SPOT,
        price=Money(80_800),
        fetched_at=datetime(2026, 7, 20, tzinfo=UTC),
        source="a list",
    )


def test_an_empty_price_is_unknown_and_an_empty_zone_is_the_region() -> None:
    row = [
        "aws", "us-east-1", "", "availability-zone", "g6f.large", "reserved", "36", "", "a list",
        "2026-07-20",
    ]  # fmt: skip

    found = offer(row)

    assert found.price is None
    assert found.price_per_gpu_hour is None
    assert found.zone is None
    assert found.term_months == 36


def test_the_whole_device_has_the_nominal_memory_whatever_the_share() -> None:
    assert accelerators([L4_ROW]) == {"L4": L4}
    assert hardware([G6F_ROW], {"L4": L4})["aws", "g6f.large"].accelerator.memory_mib == 24576


def test_an_unstated_bandwidth_is_unknown() -> None:
    row = [*G6F_ROW[:7], "", "a list"]

    assert hardware([row], {"L4": L4})["aws", "g6f.large"].network_gbps is None


def test_a_day_is_its_first_instant_in_utc() -> None:
    assert instant("2026-11-22") == datetime(2026, 11, 22, 0, 0, tzinfo=UTC)


def test_a_capacity_type_that_does_not_exist_is_an_error() -> None:
    row = [
        "aws", "us-east-1", "", "availability-zone", "g6f.large", "leased", "", "1", "a list",
        "2026-07-20",
    ]  # fmt: skip

    with pytest.raises(ValueError, match="leased"):
        offer(row)
