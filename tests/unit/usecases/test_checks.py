"""Checks of a fleet.yaml as plan and apply heed them: warnings, denials, and nothing changed."""

from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from broker.domain.diagnostics import Severity
from broker.domain.errors import Denied, PartlyApplied, PlanFileInvalid
from broker.planning.cost import cost as price
from broker.planning.desired import fleet_of_desired
from broker.storage.clock import StoppedClock
from tests.fakes.changing import NOW, Desk, codes, dearer, prices, recorded
from tests.fakes.provisioner import FakeProvisioner
from tests.fakes.specs import TINY

PLAN = Path("fleet.plan")
ANYTHING = Fraction(100)
MOST_ROUNDS = 20
STOCK_OUT = "InsufficientInstanceCapacity"
DEAR = "what: monthly-cost, at-most: 100"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "fleet.yaml")


def checking(desk: Desk, *checks: str, level: str = "mandatory") -> None:
    """Write the fleet with *checks* of that *level*."""
    lines = [f"  - {{name: check-{i}, level: {level}, {c}}}" for i, c in enumerate(checks)]
    desk.fleet.write_text("\n".join([TINY.rstrip(), "checks:", *lines, ""]))


def monthly(desk: Desk) -> Fraction:
    """What the fleet costs, by its own plan."""
    desk.fleet.write_text(TINY)
    return Fraction(desk.plan().document["cost"]["monthly"])


def statuses(document: dict[str, Any]) -> list[str]:
    return [check["status"] for check in document["checks"]]


def test_an_advisory_check_that_fails_warns_and_lets_everything_go_on(desk: Desk) -> None:
    checking(desk, DEAR, "what: clusters, at-most: 1", level="advisory")

    made = desk.plan(out=PLAN)
    applied = desk.apply()

    (warning,) = [warning for warning in made.warnings if warning.code == "check-failed"]
    assert warning.severity is Severity.WARNING
    assert statuses(made.document) == ["fail", "pass"]
    assert made.saved is not None
    assert [w.code for w in applied.proposal.warnings].count("check-failed") == 1
    assert recorded(desk).members


def test_a_mandatory_check_that_fails_shows_the_plan_and_saves_nothing(desk: Desk) -> None:
    checking(desk, DEAR)

    with pytest.raises(Denied) as denied:
        desk.plan(out=PLAN)

    assert codes(denied.value) == ["check-failed"]
    assert denied.value.diagnostics[0].where is not None
    assert PLAN not in desk.plans.saved
    (made,) = desk.planned
    assert made.denied == denied.value.diagnostics
    assert made.document["applyable"] is False
    assert made.has_changes


def test_a_mandatory_check_that_fails_denies_apply_before_anything_is_changed(desk: Desk) -> None:
    checking(desk, DEAR)

    with pytest.raises(Denied) as denied:
        desk.apply()

    assert codes(denied.value) == ["check-failed"]
    assert [statuses(shown.document) for shown in desk.shown] == [["fail"]]
    assert desk.provisioner.names() == []
    assert desk.states.read() is None


def test_a_fleet_that_stays_as_it_is_is_checked_too(desk: Desk) -> None:
    desk.fleet.write_text(TINY)
    desk.apply()
    checking(desk, DEAR)

    with pytest.raises(Denied):
        desk.apply()


def test_an_increase_counts_from_what_is_recorded(desk: Desk) -> None:
    checking(desk, "what: cost-increase, at-most: 0")
    with pytest.raises(Denied):
        desk.plan()
    desk.fleet.write_text(TINY)
    desk.apply()
    checking(desk, "what: cost-increase, at-most: 0", "what: destroyed, is: 0")

    assert statuses(desk.plan().document) == ["pass", "pass"]


def test_a_saved_plan_is_checked_again_without_its_spec(desk: Desk) -> None:
    checking(desk, "what: price-age, at-most: 3650d")
    desk.plan(out=PLAN)
    saved = desk.plans.saved[PLAN]
    (check,) = saved.document["checks"]
    saved.document["checks"] = [{**check, "bound": "60"}]
    desk.fleet.unlink()

    with pytest.raises(Denied) as denied:
        desk.apply(plan=PLAN)

    assert codes(denied.value) == ["check-failed"]
    assert desk.provisioner.names() == []


def test_a_saved_plan_whose_prices_have_grown_old_meanwhile_is_denied(desk: Desk) -> None:
    checking(desk, "what: price-age, at-most: 1s", level="advisory")
    since = datetime.fromisoformat(desk.plan().document["checks"][0]["value"])
    hours = (NOW - since) // timedelta(hours=1) + 2
    checking(desk, f"what: price-age, at-most: {hours}h")
    desk.plan(out=PLAN)
    desk.folder.clock = StoppedClock(NOW + timedelta(hours=23))

    with pytest.raises(Denied) as denied:
        desk.apply(plan=PLAN, refresh=False)

    assert codes(denied.value) == ["check-failed"]
    assert desk.provisioner.names() == []


def test_a_saved_plan_is_held_to_its_checks_at_the_prices_of_now(desk: Desk) -> None:
    cost = monthly(desk)
    checking(desk, f'what: monthly-cost, at-most: "{float(cost * Fraction(101, 100)):.2f}"')
    desk.plan(out=PLAN)
    desk.offers = dearer(prices().offers, Fraction(1015, 1000))

    with pytest.raises(Denied) as denied:
        desk.apply(plan=PLAN)

    assert codes(denied.value) == ["check-failed"]
    assert desk.provisioner.names() == []
    desk.offers = None
    desk.apply(plan=PLAN)
    assert recorded(desk).members


def test_an_advisory_check_that_fails_at_the_prices_of_now_is_told(desk: Desk) -> None:
    cost = monthly(desk)
    bound = f'what: monthly-cost, at-most: "{float(cost * Fraction(101, 100)):.2f}"'
    checking(desk, bound, level="advisory")
    desk.offers = dearer(prices().offers, Fraction(1015, 1000))

    desk.apply()

    assert [warning.code for warning in desk.warned] == ["check-failed"]


def out_of_stock(desk: Desk) -> Fraction:
    """Let all that costs as little as what is planned first be out of stock; what that costs."""
    cost = monthly(desk)
    refused: set[str] = set()
    for _ in range(MOST_ROUNDS):
        made = FakeProvisioner()
        for name in refused:
            made.refuse(name, STOCK_OUT)
        trial = Desk(desk.fleet, made, plans=desk.plans)
        applied = trial.apply(tolerance=ANYTHING)
        fleet = fleet_of_desired(recorded(trial).desired or {}, "USD")
        if Fraction(str(price(fleet, "USD").total.monthly)) > cost:
            break
        assert applied.outcome.is_complete
        refused |= {name for name in made.names() if name not in {"cluster", "network"}}
    for name in refused:
        desk.provisioner.refuse(name, STOCK_OUT)
    return cost


@pytest.mark.parametrize("is_saved", [False, True])
def test_the_next_best_fleet_has_to_pass_mandatory_checks(desk: Desk, is_saved: bool) -> None:  # noqa: FBT001
    cost = out_of_stock(desk)
    checking(desk, f'what: monthly-cost, at-most: "{float(cost) + 0.01:.2f}"')
    asked: dict[str, Any] = {"plan": PLAN} if is_saved else {"tolerance": ANYTHING}
    if is_saved:
        desk.plan(out=PLAN, within=ANYTHING)

    with pytest.raises(PartlyApplied) as partly:
        desk.apply(**asked)

    assert codes(partly.value) == ["capacity-insufficient", "check-failed", "partly-applied"]


def test_the_next_best_fleet_is_made_where_only_an_advisory_check_fails(desk: Desk) -> None:
    cost = out_of_stock(desk)
    checking(desk, f'what: monthly-cost, at-most: "{float(cost) + 0.01:.2f}"', level="advisory")

    applied = desk.apply(tolerance=ANYTHING)

    assert applied.masked
    assert "check-failed" in [warning.code for warning in desk.warned]


def test_increases_of_the_next_best_fleet_count_from_where_it_began(desk: Desk) -> None:
    cost = out_of_stock(desk)
    checking(desk, f'what: cost-increase, at-most: "{float(cost) + 0.01:.2f}"')

    with pytest.raises(PartlyApplied) as partly:
        desk.apply(tolerance=ANYTHING)

    assert "check-failed" in codes(partly.value)


def test_a_plan_of_which_the_checks_are_damaged_is_refused(desk: Desk) -> None:
    checking(desk, "what: nodes, at-most: 8")
    desk.plan(out=PLAN)
    desk.plans.saved[PLAN].document["checks"][0]["what"] = "nodules"

    with pytest.raises(PlanFileInvalid):
        desk.apply(plan=PLAN)


def test_a_fleet_without_checks_has_none_in_its_plan(desk: Desk) -> None:
    desk.fleet.write_text(TINY)

    assert "checks" not in desk.plan().document


def test_destroy_asks_no_check(desk: Desk) -> None:
    checking(desk, "what: nodes, at-most: 8", "what: destroyed, is: 0")
    desk.apply()

    desk.destroy()

    assert desk.provisioner.names() == []
