"""The plan document: Terraform's shape, no float, no clock, and a fleet that comes back."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from broker.domain.canonical import canonical_json
from broker.domain.errors import PlanFileInvalid
from broker.domain.fleet import Fleet
from broker.domain.money import Money
from broker.domain.regions import RegionStatus
from broker.domain.spec import Budget, OnBreach
from broker.planning.desired import fleet_of
from broker.planning.diff import diff
from broker.planning.document import Plan, document
from broker.planning.plan_shape import checked
from tests.fakes import fleets
from tests.fakes.random_fleets import fleets as any_fleet


def plan_of(desired: Fleet, recorded: Fleet | None = None, **settings: Any) -> dict[str, Any]:
    return document(
        Plan(
            spec=fleets.spec(**settings),
            snapshot=fleets.snapshot(),
            solution=fleets.solution(desired),
            recorded=recorded,
            recorded_digest=None if recorded is None else "sha256:0",
            changes=diff(desired, recorded),
            broker_version="0.1.0",
        )
    )


def test_changes_have_the_shape_of_terraform() -> None:
    plan = plan_of(fleets.research())

    assert plan["format_version"] == "1.2"
    assert (plan["applyable"], plan["complete"], plan["errored"]) == (True, True, False)
    change = plan["resource_changes"][1]
    assert change["address"] == "cluster.aws-us-east-1"
    assert (change["mode"], change["type"], change["name"]) == (
        "managed",
        "cluster",
        "aws-us-east-1",
    )
    assert change["change"] == {
        "actions": ["create"],
        "before": None,
        "after": {"provider": "aws", "region": "us-east-1"},
        "after_unknown": {},
        "before_sensitive": False,
        "after_sensitive": {},
    }


def test_a_deletion_says_why() -> None:
    plan = plan_of(fleets.fleet([], []), fleets.research())

    for change in plan["resource_changes"]:
        assert change["change"]["actions"] == ["delete"]
        assert change["change"]["after"] is None
        assert change["change"]["after_unknown"] is False
        assert change["action_reason"] == "delete_because_no_resource_config"


def test_an_unchanged_thing_is_a_no_op_with_equal_sides() -> None:
    plan = plan_of(fleets.research(), fleets.research())

    assert plan["applyable"] is False
    for change in plan["resource_changes"]:
        assert change["change"]["actions"] == ["no-op"]
        assert change["change"]["before"] == change["change"]["after"]
        assert "action_reason" not in change


def test_a_placement_says_what_runs_where_for_how_much() -> None:
    placements = {p["workload"]: p for p in plan_of(fleets.research())["placements"]}

    assert placements["pretrain"] == {
        "workload": "pretrain",
        "team": "foundation",
        "cluster": "aws-us-east-1",
        "pool": "p5-48xlarge-spot",
        "provider": "aws",
        "region": "us-east-1",
        "zone": "use1-az4",
        "machine_type": "p5.48xlarge",
        "capacity_type": "spot",
        "accelerator": "H100",
        "count": 8,
        "replicas": 16,
        "nodes": 16,
        "hourly_cost": "353.9744",
        "monthly_cost": "33981.5424",
    }


def test_the_budget_is_measured() -> None:
    within = plan_of(fleets.research())["cost"]["budget"]
    beyond = plan_of(fleets.research(), budget="100000", on_breach=OnBreach.WARN)["cost"]["budget"]

    assert within == {
        "monthly": "260000.00", "on_breach": "deny", "used": "0.3921", "exceeded": False,
        "teams": [],
    }  # fmt: skip
    assert (beyond["used"], beyond["exceeded"]) == ("1.0195", True)
    assert plan_of(fleets.research(), budget=None)["cost"]["budget"] is None


def test_a_budget_of_nothing_has_no_share() -> None:
    spec = replace(fleets.spec(), budget=Budget(monthly=Money(0)))
    plan = Plan(
        spec=spec,
        snapshot=fleets.snapshot(),
        solution=fleets.solution(fleets.research()),
        changes=(),
        broker_version="0.1.0",
    )

    assert document(plan)["cost"]["budget"]["used"] is None


def test_a_gap_is_never_shown_smaller_than_proven() -> None:
    solution = fleets.solution(fleets.research(), saving="0.000001")
    plan = Plan(
        spec=fleets.spec(),
        snapshot=fleets.snapshot(),
        solution=solution,
        changes=(),
        broker_version="0.1.0",
    )

    assert document(plan)["solver"]["gap"] == "0.000001"
    assert document(plan)["solver"]["status"] == "stopped"


def test_coverage_counts_regions_offers_and_dates_per_cloud() -> None:
    coverage = plan_of(fleets.research())["coverage"]

    azure = next(cloud for cloud in coverage["clouds"] if cloud["provider"] == "azure")
    assert (azure["regions_ok"], azure["regions_total"]) == (1, 2)
    assert (azure["offers"], azure["offers_without_price"]) == (1, 1)
    assert (azure["oldest"], azure["newest"]) == (None, None)
    assert coverage["missing"] == [
        {"region": "azure/eastus2", "status": "throttled", "source": "price list"}
        | {"offers": 0, "oldest": None}
    ]
    assert coverage["oldest"] == "2026-11-20T00:00:00+00:00"


def test_what_is_kept_of_a_region_without_an_answer_is_told_with_its_age() -> None:
    snapshot = fleets.snapshot()
    kept = tuple(
        replace(row, offers=12) if row.status is RegionStatus.THROTTLED else row
        for row in snapshot.coverage
    )
    plan = Plan(
        spec=fleets.spec(),
        snapshot=replace(snapshot, coverage=kept),
        solution=fleets.solution(fleets.fleet([], [])),
        changes=(),
        broker_version="0.1.0",
    )

    (missing,) = document(plan)["coverage"]["missing"]

    assert missing["offers"] == 12
    assert missing["oldest"] == next(r.fetched_at for r in kept if r.offers == 12).isoformat()


def test_coverage_leaves_out_clouds_that_the_spec_does_not_name() -> None:
    spec = fleets.spec()
    plan = Plan(
        spec=replace(spec, providers=tuple(s for s in spec.providers if s.provider == "gcp")),
        snapshot=fleets.snapshot(),
        solution=fleets.solution(fleets.fleet([], [])),
        changes=(),
        broker_version="0.1.0",
    )

    coverage = document(plan)["coverage"]
    assert [cloud["provider"] for cloud in coverage["clouds"]] == ["gcp"]
    assert (coverage["offers"], coverage["missing"]) == (2, [])


def test_the_same_plan_is_the_same_text_without_floats() -> None:
    first, second = plan_of(fleets.research()), plan_of(fleets.research())

    # canonical_json refuses floats.
    assert canonical_json(first) == canonical_json(second)
    assert json.dumps(first) == json.dumps(second)


@given(any_fleet())
def test_a_fleet_comes_back_from_its_document(fleet: Fleet) -> None:
    read = json.loads(json.dumps(plan_of(fleet)))

    assert fleet_of(read) == fleet


@given(any_fleet(), any_fleet())
def test_every_plan_has_the_shape_of_a_plan(desired: Fleet, recorded: Fleet) -> None:
    plan = plan_of(desired, recorded)

    assert checked(plan) is plan


@given(any_fleet())
def test_placements_add_up_to_the_pools(fleet: Fleet) -> None:
    plan = plan_of(fleet)

    pools = [c for c in plan["resource_changes"] if c["type"] == "pool"]
    assert sum(Decimal(p["monthly_cost"]) for p in plan["placements"]) == sum(
        Decimal(pool["figures"]["after"]["monthly"]) for pool in pools
    )


def test_a_document_whose_costs_do_not_add_up_is_no_plan() -> None:
    plan = plan_of(fleets.research())
    plan["desired"]["placements"][0]["monthly"] = "1.00"

    with pytest.raises(PlanFileInvalid):
        fleet_of(plan)


def test_a_placement_in_no_pool_is_no_plan() -> None:
    plan = plan_of(fleets.research())
    plan["desired"]["placements"][0]["pool"] = "elsewhere"

    with pytest.raises(PlanFileInvalid):
        fleet_of(plan)
