"""Whatever is wrong with a document is named, before anything is read from it."""

import copy
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.cli.render.plan import Page, render_plan
from broker.cli.render.style import Style
from broker.domain.errors import PlanFileInvalid
from broker.planning.desired import fleet_of
from broker.planning.diff import diff
from broker.planning.document import Plan, document
from broker.planning.left_aside import told_of_stock_outs
from broker.planning.plan_shape import PLAN as PLAN_SHAPE
from broker.planning.plan_shape import checked
from tests.fakes import fleets
from tests.fakes.problems import offer, sold_out

PLAN = document(
    Plan(
        spec=fleets.spec(),
        snapshot=fleets.snapshot(),
        solution=fleets.solution(fleets.research(training_nodes=20, overhead_in_gcp=None)),
        recorded=fleets.research(),
        recorded_digest="sha256:0",
        changes=diff(fleets.research(training_nodes=20, overhead_in_gcp=None), fleets.research()),
        broker_version="0.1.0",
    )
)
PLAN = told_of_stock_outs(PLAN, [sold_out(offer())])
PAGE = Page(now=datetime(2026, 11, 25, tzinfo=UTC), style=Style(), width=100)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*path, key))


def with_change(path: tuple[Any, ...], change: Any) -> dict[str, Any]:
    plan = copy.deepcopy(PLAN)
    place: Any = plan
    for step in path[:-1]:
        place = place[step]
    change(place, path[-1])
    return plan


def use(plan: dict[str, Any]) -> None:
    """Do all that is done with a plan from disk."""
    with suppress(PlanFileInvalid):
        render_plan(checked(plan), PAGE)
        fleet_of(plan)


@pytest.mark.parametrize(
    ("path", "value", "finding"),
    [
        (("cost", "monthly"), 1, "plan.cost.monthly: not a decimal amount as text"),
        (("cost", "monthly"), "1e999999999", "plan.cost.monthly: not a decimal amount as text"),
        (("coverage", "oldest"), "yesterday", "plan.coverage.oldest: not a time with its zone"),
        (("placements",), {}, "plan.placements: not a list"),
        (("solver", "status"), "guessed", "plan.solver.status: not one of optimal, stopped"),
        (("desired", "clusters", 0), 3, "plan.desired.clusters[0]: not an object"),
        (
            ("desired", "clusters", 0, "pools", 0, "hours"),
            "1/0",
            "plan.desired.clusters[0].pools[0].hours: not a number as text",
        ),
        (
            ("resource_changes", 1, "change", "after"),
            {},
            "cluster.aws-us-east-1.after.provider: missing",
        ),
    ],
)
def test_what_is_wrong_is_named(path: tuple[Any, ...], value: Any, finding: str) -> None:
    with pytest.raises(PlanFileInvalid) as failure:
        checked(with_change(path, lambda place, key: place.__setitem__(key, value)))

    assert finding in failure.value.diagnostics[0].detail


def test_a_few_findings_are_shown_and_the_rest_counted() -> None:
    with pytest.raises(PlanFileInvalid) as failure:
        checked({})

    *shown, last = failure.value.diagnostics[0].detail.splitlines()
    assert len(shown) == 5
    assert last == f"and {len(PLAN_SHAPE) - 5} more"


def test_a_change_of_nothing_is_no_change() -> None:
    def empty(change: dict[str, Any], key: str) -> None:
        change[key]["before"] = change[key]["after"] = None

    with pytest.raises(PlanFileInvalid, match="lacks"):
        checked(with_change(("resource_changes", 0, "change"), empty))


def test_unknown_keys_are_left_alone() -> None:
    plan = PLAN | {"later": 1}

    assert checked(plan) is plan


@given(st.sampled_from(list(paths(PLAN))))
def test_no_missing_key_leads_to_a_bug(path: tuple[Any, ...]) -> None:
    use(with_change(path, lambda place, key: place.pop(key)))


@given(
    st.sampled_from(list(paths(PLAN))),
    st.sampled_from([None, -1, 2**70, True, "", "x", "\x1b[2J", "1e9", [], [[]], {}, {"a": 1}]),
)
def test_no_foreign_value_leads_to_a_bug(path: tuple[Any, ...], value: Any) -> None:
    use(with_change(path, lambda place, key: place.__setitem__(key, value)))
