"""What a plan says is proven is said of the fleet that it is proven of."""

import json

from broker.cli.render.plan import _proof
from tests.conftest import ROOT

PLAN = json.loads((ROOT / "tests/golden/plans/new.json").read_text())


def proof(objective: str, **changes: object) -> str:
    told = {"objective": objective, "status": "optimal", "bound": "90.00", **changes}
    solver = {**PLAN["solver"], **told}
    plan = {**PLAN, "solver": solver, "cost": {**PLAN["cost"], "monthly": "100.00"}}
    return " ".join(_proof(plan, 200).split())


def test_the_bound_is_that_of_the_plan() -> None:
    assert "proven: no lawful fleet costs less than $90.00 a month" in proof("100.00")


def test_where_moves_weigh_or_the_plan_is_a_part_it_is_told_of_what_was_solved() -> None:
    told = proof("120.00")

    assert "with what its moves weigh, comes to $120.00 a month, and no lawful one" in told
    assert "costs less" not in told


def test_where_moves_were_weighed_the_bound_is_not_told_of_costs_though_nothing_moves() -> None:
    told = proof("100.00", weighs_moves=True)
    stopped = proof("100.00", weighs_moves=True, status="stopped")

    assert "proven: no lawful fleet, with what its moves weigh, comes to less than $90.00" in told
    assert "a lawful fleet, with what its moves weigh, may come to as little as $90.00" in stopped
