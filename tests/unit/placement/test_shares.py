"""What a workload may lose at once is bounded, whatever is cheapest."""

from dataclasses import replace
from fractions import Fraction

import pytest

from broker.domain.errors import Infeasible
from broker.domain.ids import ZoneId
from broker.domain.offers import CapacityType, Offer
from broker.domain.workloads import LargestShares, Workload
from broker.placement.solve import solve
from tests.fakes.problems import FRANKFURT, offer, problem, workload

BOTH = frozenset({CapacityType.SPOT, CapacityType.ON_DEMAND})
SPOT = offer("p5", "2", capacity_type=CapacityType.SPOT)
OTHER_SPOT = offer("p4", "3", capacity_type=CapacityType.SPOT)
FIRM = offer("p5", "10")


def service(**shares: Fraction) -> Workload:
    return workload("chat", replicas=5, capacity_types=BOTH, at_most=LargestShares(**shares))


def placed(work: Workload, *offers: Offer) -> dict[str, int]:
    return {p.offer.name: p.replicas for p in solve(problem(offers, work)).fleet.placements}


def test_spot_holds_no_more_than_its_share_rounded_down() -> None:
    assert placed(service(spot=Fraction(1, 2)), SPOT, OTHER_SPOT, FIRM) == {
        SPOT.name: 2,
        FIRM.name: 3,
    }


def test_each_spot_offer_holds_no_more_than_its_share() -> None:
    assert placed(service(spot_pool=Fraction(2, 5)), SPOT, OTHER_SPOT, FIRM) == {
        SPOT.name: 2,
        OTHER_SPOT.name: 2,
        FIRM.name: 1,
    }


def test_an_offer_without_a_zone_may_lie_in_the_same_one() -> None:
    first = replace(FIRM, zone=ZoneId("z1"))
    second = replace(offer("p5", "11"), zone=ZoneId("z2"))
    anywhere = offer("p4", "5")

    assert placed(service(zone=Fraction(3, 5)), first, second, anywhere) == {
        anywhere.name: 1,
        first.name: 2,
        second.name: 2,
    }


def test_a_dominated_offer_is_kept_where_shares_need_it() -> None:
    elsewhere = replace(FIRM, region=FRANKFURT)

    found = placed(service(zone=Fraction(3, 5)), FIRM, elsewhere)

    assert found.keys() == {FIRM.name, elsewhere.name}
    assert sorted(found.values()) == [2, 3]


def test_too_small_shares_are_named() -> None:
    with pytest.raises(Infeasible) as caught:
        solve(problem([FIRM], service(zone=Fraction(1, 2))))

    (found,) = caught.value.diagnostics
    assert "at-most asks for more zones" in found.detail
    assert found.hint == "Allow larger shares under at-most, or more capacity types."
