"""Both views of a cost add up to the same total, to the micro-dollar."""

from dataclasses import replace

import pytest
from hypothesis import given

from broker.domain.fleet import Fleet
from broker.domain.money import Money, total
from broker.planning.cost import SHARED_TEAM, cost
from tests.fakes import fleets
from tests.fakes.random_fleets import fleets as any_fleet


def test_a_month_counts_the_hours_that_things_run() -> None:
    rows = {row.name: row for row in cost(fleets.research(), "USD").clusters}

    # 16 nodes at 22.1234 for 96 h, 3 at 4.6016 for 730 h, and an overhead of 0.145 for 730 h.
    assert str(rows["aws-us-east-1"].monthly) == "44164.8964"
    assert str(rows["aws-us-east-1"].hourly) == "367.9242"
    assert str(rows["(data egress, once)"].monthly) == "240.00"
    assert str(rows["(data egress, once)"].hourly) == "0.00"
    assert str(rows["(data storage)"].monthly) == "276.00"
    assert str(rows["(fixed cost of gcp)"].monthly) == "1500.00"


def test_what_serves_several_teams_is_shared() -> None:
    rows = {row.name: row for row in cost(fleets.research(), "USD").teams}

    assert list(rows) == ["apps", "foundation", SHARED_TEAM]
    assert rows[SHARED_TEAM].monthly == Money.parse("2016") + Money.parse("0.29") * 730


def test_an_unknown_price_is_named_and_not_counted() -> None:
    found = cost(fleets.research(overhead_in_gcp=None), "USD")

    assert found.total.unknown == ("overhead of cluster gcp-europe-west4",)
    assert {row.name: row.unknown for row in found.clusters}["gcp-europe-west4"]
    assert {row.name: row.unknown for row in found.teams}[SHARED_TEAM]
    known = cost(fleets.research(), "USD").total.monthly
    assert known - found.total.monthly == Money.parse("0.145") * 730


def test_an_empty_fleet_costs_nothing() -> None:
    assert cost(fleets.fleet([], []), "USD").total.monthly == Money(0)


def test_shares_that_do_not_add_up_are_a_bug() -> None:
    fleet = fleets.research()
    wrong = replace(fleet.placements[0], monthly=fleet.placements[0].monthly + Money(1))

    with pytest.raises(ValueError, match="teams"):
        cost(replace(fleet, placements=(wrong, *fleet.placements[1:])), "USD")


@given(any_fleet())
def test_clusters_and_teams_add_up_to_everything(fleet: Fleet) -> None:
    found = cost(fleet, "USD")

    assert found.total.monthly == fleets.monthly(fleet)
    for rows in (found.clusters, found.teams):
        assert total(row.monthly for row in rows) == found.total.monthly
        assert total(row.hourly for row in rows) == found.total.hourly
        assert sorted(item for row in rows for item in row.unknown) == sorted(found.total.unknown)
