"""The account's own capacity reservations at AWS: those not used are told, as fleet.yaml has them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from broker.domain.geography import RegionKey
from broker.domain.regions import RegionResult, RegionStatus
from providers.aws.offers import RegionMarket
from providers.aws.reservations import own_reservations
from providers.calls.reservations import Held
from providers.sandbox.aws.cloud import AwsSandbox
from providers.sandbox.stock import Reserved
from tests.fakes.stand_ins import NOW, list_prices, of_region, serving
from tests.unit.providers.aws.conftest import connect

OREGON = RegionKey.parse("aws/us-west-2")
OFFERS = of_region(list_prices("aws"), str(OREGON))


def reserved(used: int, machine_type: str = "p5.48xlarge") -> Reserved:
    return Reserved(
        name="cr-1",
        region=OREGON,
        zone="usw2-az1",
        machine_type=machine_type,
        nodes=4,
        used=used,
    )


def discovered(*held: Reserved) -> RegionResult:
    with serving(AwsSandbox(reserved=held), OFFERS) as environment:
        return connect(environment).discover(OREGON)


def test_a_capacity_block_is_told_as_one_with_its_end() -> None:
    (finding,) = discovered(replace(reserved(0), ends=NOW + timedelta(days=2))).findings

    assert "capacity: capacity-block, zone: usw2-az1" in finding.hint
    assert "nodes: 4, ends: 2026-11-27T08:00:00Z}" in finding.hint


def test_nodes_that_are_paid_and_not_used_are_told_with_the_line_of_the_spec() -> None:
    result = discovered(reserved(1))

    (finding,) = result.findings
    assert result.status is RegionStatus.OK
    assert (finding.code, finding.severity) == ("reservation-idle", "warning")
    assert finding.subject == "aws/us-west-2/usw2-az1/p5.48xlarge:cr-1"
    assert "3 nodes of p5.48xlarge" in finding.summary
    assert (
        "[{name: cr-1, at: aws/us-west-2, zone: usw2-az1, machine-type: p5.48xlarge, nodes: 4}]"
        in finding.hint
    )


@pytest.mark.parametrize("held", [reserved(4), reserved(0, "m7i.large")])
def test_one_that_is_used_or_has_no_accelerators_is_passed_over(held: Reserved) -> None:
    assert discovered(held).findings == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"Tenancy": "dedicated"},
        {"Tags": [{"Key": "broker-fleet", "Value": "research"}]},
        {"InstanceType": "m7i.large"},
        {"TotalInstanceCount": None},
        {"AvailableInstanceCount": None},
    ],
)
def test_what_is_no_reservation_of_these_says_nothing(changed: dict[str, Any]) -> None:
    market = RegionMarket(
        region=OREGON,
        asked_at=NOW,
        zones={},
        sold_in={},
        hardware={"p5.48xlarge": None},  # type: ignore[dict-item]
    )
    row = {
        "CapacityReservationId": "cr-1",
        "InstanceType": "p5.48xlarge",
        "AvailabilityZone": "us-west-2a",
        "TotalInstanceCount": 4,
        "AvailableInstanceCount": 4,
    }

    assert list(own_reservations([{**row, **changed}], market)) == []
    assert list(own_reservations([row], market)) == [
        Held(name="cr-1", zone="", machine_type="p5.48xlarge", nodes=4, used=0)
    ]
