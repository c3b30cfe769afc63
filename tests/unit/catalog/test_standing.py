"""What a cloud says of an offer beside its price."""

from dataclasses import replace
from typing import Any

import pytest

from broker.catalog.snapshot import Snapshot
from broker.catalog.standing import Standing, standings
from broker.domain.ids import MachineType, ZoneId
from broker.domain.offers import CapacityType
from broker.domain.regions import CapacityScore, Restriction
from tests.fakes.problems import EAST, WEST, network, offer

SPOT = CapacityType.SPOT
ZONAL = offer("p5", "10", zone=ZoneId("use1-az1"), capacity_type=SPOT)
REGIONAL = offer("p5", "98")
ELSEWHERE = offer("p5", "9", region=WEST, capacity_type=SPOT)
OFFERS = (ZONAL, REGIONAL, ELSEWHERE)


def told(**facts: Any) -> dict[str, Standing]:
    return standings(Snapshot(offers=OFFERS, coverage=(), network=network(), **facts), OFFERS)


def test_where_a_cloud_says_nothing_there_is_nothing() -> None:
    assert told() == {}


def test_a_score_is_of_its_type_zone_and_capacity_type() -> None:
    score = CapacityScore(
        machine_type=MachineType("p5"), zone=ZONAL.zone, capacity_type=SPOT, nodes=1, score=7
    )

    assert told(scores=((EAST, score),)) == {ZONAL.name: Standing(score=7)}
    assert told(scores=((EAST, replace(score, zone=ZoneId("use1-az9"))),)) == {}
    assert told(scores=((EAST, replace(score, machine_type=MachineType("p4"))),)) == {}


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({}, {ZONAL.name, REGIONAL.name}),
        ({"zone": ZONAL.zone}, {ZONAL.name}),
        ({"capacity_type": CapacityType.ON_DEMAND}, {REGIONAL.name}),
    ],
)
def test_a_restriction_is_of_all_that_it_does_not_narrow(
    fields: dict[str, Any], refused: set[str]
) -> None:
    restriction = Restriction(machine_type=MachineType("p5"), reason="QuotaId", **fields)

    found = told(restrictions=((EAST, restriction),))

    assert found == dict.fromkeys(refused, Standing(refused="QuotaId"))
