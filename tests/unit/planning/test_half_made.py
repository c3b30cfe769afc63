"""What a pool that was begun and never finished is billed for."""

from dataclasses import replace

import pytest

from broker.domain.ids import ClusterName, PoolName
from broker.domain.members import Member, MemberPool
from broker.domain.money import HOURS_PER_MONTH
from broker.domain.offers import CapacityType
from broker.planning.half_made import half_made
from broker.planning.parts import NOTHING
from tests.fakes.changing import prices


@pytest.mark.parametrize(
    ("capacity", "least", "hours"),
    [
        (CapacityType.ON_DEMAND, 1, HOURS_PER_MONTH),
        (CapacityType.ON_DEMAND, 0, HOURS_PER_MONTH),
        (CapacityType.FLEX, 0, 0),
    ],
)
def test_nodes_are_billed_unless_they_come_with_work(
    capacity: CapacityType, least: int, hours: int
) -> None:
    found = next(o for o in prices().offers if o.capacity_type is CapacityType.ON_DEMAND)
    offer = replace(found, capacity_type=capacity)
    pool = MemberPool(
        name=PoolName("begun"),
        machine_type=offer.machine_type,
        capacity_type=capacity,
        zone=offer.zone,
        nodes=1,
        min_nodes=least,
        max_nodes=1,
        accelerator=offer.accelerator.name,
        accelerators=offer.count,
    )
    name = ClusterName("begun")
    member = Member(
        name=name,
        fleet="tiny",
        owner="ml",
        region=offer.region,
        pools=(pool,),
        address_block="10.0.0.0/16",
    )

    (cluster,) = half_made([member], {name: ["begun"]}, NOTHING, [offer], lambda region: None)

    assert [each.hours for each in cluster.pools] == [hours]
