"""A plan that rests on what is no longer so is refused, in words that say what changed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from broker.domain.canonical import digest
from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanStale
from broker.planning.staleness import CLOCK_SKEW, check_current, check_fresh, check_unused
from tests.fakes.plan_files import NOW, bindings

PLAN = bindings()
HERE: dict[str, Any] = {
    "lineage": PLAN.lineage,
    "serial": PLAN.serial,
    "place": ".broker",
    "digests": {},
}
FIRST = bindings(lineage=None, serial=0, place=".broker")
"""Of a plan that was made where nothing was recorded."""


def refusal(check: Callable[..., None], *args: Any, **named: Any) -> Diagnostic:
    with pytest.raises(PlanStale) as failure:
        check(*args, **named)
    (diagnostic,) = failure.value.diagnostics
    assert diagnostic.hint
    return diagnostic


def test_a_plan_is_fresh_until_it_expires() -> None:
    last = PLAN.expires_at - timedelta(microseconds=1)

    check_fresh(PLAN, NOW)
    check_fresh(PLAN, last)

    assert refusal(check_fresh, PLAN, PLAN.expires_at).code == "plan-expired"


def test_a_plan_may_be_refused_earlier() -> None:
    check_fresh(PLAN, NOW + timedelta(minutes=5), timedelta(minutes=5))

    late = NOW + timedelta(minutes=5, seconds=1)
    assert refusal(check_fresh, PLAN, late, timedelta(minutes=5)).code == "plan-too-old"


def test_clocks_may_differ_a_little_and_no_more() -> None:
    check_fresh(PLAN, NOW - CLOCK_SKEW)

    early = NOW - CLOCK_SKEW - timedelta(seconds=1)
    assert refusal(check_fresh, PLAN, early).code == "plan-from-future"


def test_the_state_it_was_made_from_is_current() -> None:
    check_current(PLAN, **HERE)
    check_current(FIRST, **(HERE | {"lineage": None, "serial": 0}))


@pytest.mark.parametrize(
    ("plan", "here"),
    [
        (PLAN, {"serial": PLAN.serial + 1}),
        (PLAN, {"serial": PLAN.serial - 1}),
        (PLAN, {"lineage": None, "serial": 0}),
        (FIRST, {"serial": 0}),
    ],
    ids=["later", "earlier", "gone", "made meanwhile"],
)
def test_another_serial_is_told_in_the_words_of_terraform(plan: Any, here: dict[str, Any]) -> None:
    told = refusal(check_current, plan, **(HERE | here))

    assert told.code == "plan-stale"
    assert told.summary == "Saved plan is stale"
    assert (
        "can no longer be applied because the state was changed by another operation after the "
        "plan was created." in told.detail
    )


def test_where_nothing_is_recorded_states_are_told_apart_by_their_place() -> None:
    there = "s3://states/fleet/workspaces/staging"

    told = refusal(check_current, FIRST, **(HERE | {"lineage": None, "serial": 0, "place": there}))
    check_current(PLAN, **(HERE | {"place": there}))  # which was moved, and has a lineage

    assert told.code == "plan-for-other-state"
    assert told.detail == f"The plan is for .broker, the state here is in {there}."


def test_a_plan_for_another_state_is_refused() -> None:
    assert refusal(check_current, PLAN, **(HERE | {"lineage": "other"})).code == (
        "plan-for-other-state"
    )


@pytest.mark.parametrize("name", ["spec", "policy", "snapshot", "desired", "tool"])
def test_another_input_is_named(name: str) -> None:
    digests = {"spec": PLAN.spec, name: digest("another")}

    told = refusal(check_current, PLAN, **(HERE | {"digests": digests}))

    assert told.code == "plan-inputs-changed"
    assert name in told.summary
    assert digest("another") in told.detail


def test_a_plan_is_applied_once() -> None:
    check_unused("sha256:1", ["sha256:2"])

    assert refusal(check_unused, "sha256:1", ["sha256:2", "sha256:1"]).code == "plan-replayed"
