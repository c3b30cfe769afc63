"""Clouds that are out of what was planned: the next best fleet, within what was agreed to, or nothing."""

import re
from collections import Counter
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from broker.domain.errors import PartlyApplied
from broker.domain.fleet import NodePool
from broker.domain.members import StepOp
from broker.planning.desired import fleet_of_desired
from broker.ports.provisioning import StepEvent, Watch
from tests.fakes.changing import (
    Desk,
    assert_made_once,
    codes,
    dearer,
    name_of_pool,
    prices,
    recorded,
)
from tests.fakes.provisioner import FakeProvisioner
from tests.fakes.specs import TINY, WIDE

PLAN = Path("fleet.plan")
ANYTHING = Fraction(100)
"""A share that no next best fleet costs more."""
HALF = Fraction(-1, 2)
"""A share within which every fleet is too dear."""
STOCK_OUT = "InsufficientInstanceCapacity"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(TINY)
    return Desk(fleet)


def out_of_stock(desk: Desk, *, rounds: int = 1) -> list[str]:
    """Let the next best pools be out of stock, as often as that; the names of those pools."""
    gone: list[str] = []
    made = FakeProvisioner()
    for _ in range(rounds):
        trial = Desk(desk.fleet, made, plans=desk.plans)
        trial.apply(tolerance=ANYTHING)
        pools = [name for name in made.names() if name not in {"cluster", "network"}]
        trial.destroy()
        for pool in pools:
            made.refuse(pool, STOCK_OUT)
            desk.provisioner.refuse(pool, STOCK_OUT)
        gone += pools
    return gone


@pytest.mark.parametrize("rounds", [1, 3])
def test_the_next_best_fleet_takes_its_place_however_often(desk: Desk, rounds: int) -> None:
    gone = out_of_stock(desk, rounds=rounds)

    applied = desk.apply(tolerance=ANYTHING)

    (bought,) = fleet_of_desired(recorded(desk).desired or {}, "USD").pools
    assert applied.instead == (f"1 x {bought.offer.name}",)
    assert applied.monthly is not None
    assert applied.monthly > applied.proposal.errand.target.pools[0].monthly
    assert len(applied.masked) == rounds
    assert not {*gone} & {*desk.provisioner.names()}
    assert [record.is_tainted for record in recorded(desk).members] == [False]
    assert [*Counter(desk.provisioner.names()).values()] == [1, 1, 1]


def test_the_next_best_fleet_is_not_made_at_prices_that_have_moved(desk: Desk) -> None:
    (pool,) = out_of_stock(desk)
    first = fleet_of_desired(desk.plan().document["desired"], "USD")
    planned = {each.offer.name for each in first.pools}
    desk.offers = tuple(
        offer if offer.name in planned else dearer([offer], times=300)[0]
        for offer in prices().offers
    )

    with pytest.raises(PartlyApplied) as partly:
        desk.apply(tolerance=ANYTHING)

    assert codes(partly.value) == ["capacity-insufficient", "fallback-too-dear", "partly-applied"]
    assert "more than -price-tolerance can agree to" in partly.value.diagnostics[1].hint
    assert pool not in desk.provisioner.names()


def test_what_was_signed_bounds_the_next_best_fleet_at_the_prices_of_now(desk: Desk) -> None:
    (pool,) = out_of_stock(desk)
    desk.plan(out=PLAN, within=HALF)
    desk.offers = dearer(prices().offers, Fraction(1, 1000))

    applied = desk.apply(plan=PLAN)

    assert len(applied.masked) == 1
    assert pool not in desk.provisioner.names()


def test_a_saved_plan_falls_back_within_what_was_signed(desk: Desk) -> None:
    (pool,) = out_of_stock(desk)
    desk.plan(out=PLAN, within=ANYTHING)

    applied = desk.apply(plan=PLAN)

    assert len(applied.masked) == 1
    assert pool not in desk.provisioner.names()
    assert recorded(desk).applied == (desk.plans.saved[PLAN].digest,)


def test_a_saved_plan_does_not_fall_back_to_what_costs_more_than_was_signed(desk: Desk) -> None:
    out_of_stock(desk)
    desk.plan(out=PLAN, within=HALF)

    with pytest.raises(PartlyApplied) as partly:
        desk.apply(plan=PLAN, refresh=False, asking_again="broker apply fleet.plan")

    assert codes(partly.value) == ["capacity-insufficient", "fallback-too-dear", "partly-applied"]
    assert partly.value.diagnostics[-1].hint == "Go on with: broker apply fleet.plan"
    assert recorded(desk).under_way == desk.plans.saved[PLAN].digest
    assert recorded(desk).members[0].is_tainted


@pytest.mark.parametrize("is_saved", [False, True])
def test_the_share_that_is_named_is_enough_to_fall_back(desk: Desk, is_saved: bool) -> None:  # noqa: FBT001
    gone = out_of_stock(desk, rounds=3)
    asked: dict[str, Any] = {"plan": PLAN} if is_saved else {}
    if is_saved:
        desk.plan(out=PLAN, within=Fraction(0))
    with pytest.raises(PartlyApplied) as partly:
        desk.apply(tolerance=Fraction(0), memory=timedelta(0), **asked)
    assert codes(partly.value) == ["capacity-insufficient", "fallback-too-dear", "partly-applied"]
    named = re.match(r"-price-tolerance=(\S+) is enough", partly.value.diagnostics[1].hint)
    assert named is not None

    assert "in place of what was agreed to: 1 x " in partly.value.diagnostics[1].detail

    assert desk.apply(tolerance=Fraction(named[1]), forgets=True).outcome.is_complete
    assert not {*gone} & {*desk.provisioner.names()}


@pytest.mark.parametrize("is_saved", [False, True])
def test_a_part_of_a_fleet_never_becomes_another_whole(desk: Desk, is_saved: bool) -> None:  # noqa: FBT001
    (pool,) = out_of_stock(desk)
    ((cluster,)) = desk.plan().document["desired"]["clusters"]
    target = (f"{cluster['name']}/{pool}",)
    if is_saved:
        desk.plan(out=PLAN, within=ANYTHING, target=target)
        asked: dict[str, Any] = {"plan": PLAN}
    else:
        asked = {"target": target, "tolerance": ANYTHING}

    with pytest.raises(PartlyApplied) as partly:
        desk.apply(**asked)

    assert codes(partly.value) == ["capacity-insufficient", "fallback-of-part", "partly-applied"]


def test_a_plan_whose_spec_is_not_here_says_so_where_it_would_fall_back(desk: Desk) -> None:
    out_of_stock(desk)
    desk.plan(out=PLAN, within=ANYTHING)
    desk.fleet.unlink()

    with pytest.raises(PartlyApplied) as partly:
        desk.apply(plan=PLAN)

    assert codes(partly.value) == ["capacity-insufficient", "file-missing", "partly-applied"]


def test_what_was_out_of_stock_is_made_once_there_is_some_again(desk: Desk) -> None:
    (pool,) = out_of_stock(desk)
    with pytest.raises(PartlyApplied):
        desk.apply(tolerance=HALF, refresh=False)
    desk.provisioner.refuse(pool, "")

    desk.apply(forgets=True)

    assert pool in desk.provisioner.names()
    assert_made_once(desk)


TUNE = """\
  - name: tune
    kind: training
    accelerators: {model: H100, count: 8}
    cpu: 8
    memory-gib: 64
    runs: always
"""


@pytest.mark.parametrize("is_saved", [False, True])
def test_what_was_made_anew_is_not_made_anew_once_more(desk: Desk, is_saved: bool) -> None:  # noqa: FBT001
    desk.fleet.write_text(WIDE)
    desk.apply()
    known = {pool.name: pool.cluster for pool in fleet_of_desired(desired(desk), "USD").pools}
    desk.fleet.write_text(WIDE + TUNE)
    (short,) = [
        pool
        for pool in fleet_of_desired(desk.plan().document["desired"], "USD").pools
        if pool.name not in known
    ]
    desk.provisioner.refuse(short.name, STOCK_OUT)
    (anew,) = [
        f"pool.{cluster}.{name}" for name, cluster in known.items() if cluster != short.cluster
    ]
    asked: dict[str, Any] = {"replace": (anew,), "tolerance": ANYTHING}
    if is_saved:
        desk.plan(out=PLAN, replace=(anew,), within=ANYTHING)
        asked = {"plan": PLAN}
    events: list[StepEvent] = []
    desk.watch = Watch(heard=events.append)

    applied = desk.apply(**asked)

    assert applied.masked == (short.offer.name,)
    replaced = [e.step.name for e in events if e.step.op is StepOp.REPLACE and e.state == "done"]
    assert replaced == [anew.rpartition(".")[2]]


def test_work_that_is_left_out_for_want_of_stock_is_told_of(desk: Desk) -> None:
    desk.fleet.write_text(TINY + TUNE)
    for offer in prices().offers:
        if offer.accelerator.model == "H100":
            desk.provisioner.refuse(name_of_pool(offer), STOCK_OUT)

    applied = desk.apply(tolerance=ANYTHING, allow_unplaced=True)

    assert not applied.proposal.warnings
    assert [(w.code, w.subject) for w in desk.warned] == [("work-unplaced", "workloads.tune")]


MORE = """\
apiVersion: broker/v1
fleet: tiny
owner: ml
providers: {gcp: {regions: [us-central1, us-east4]}}
workloads:
  - name: chat
    kind: inference
    accelerators: {model: L4, count: 1}
    capacity: [on-demand]
    replicas: 3
    cpu: 3
    memory-gib: 8
"""


def running_pool(desk: Desk) -> NodePool:
    """The only one there is, of which no more nodes can be had from now on."""
    desk.apply()
    (pool,) = fleet_of_desired(desired(desk), "USD").pools
    desk.provisioner.refuse(pool.name, STOCK_OUT)
    return pool


def test_what_runs_goes_on_running_where_no_more_of_it_can_be_had(desk: Desk) -> None:
    desk.fleet.write_text(MORE)
    running = running_pool(desk)
    desk.fleet.write_text(MORE.replace("replicas: 3", "replicas: 6"))

    applied = desk.apply(tolerance=ANYTHING)

    pools = fleet_of_desired(desired(desk), "USD").pools
    assert applied.masked == (running.offer.name,)
    assert running in pools
    assert sum(pool.nodes for pool in pools) == 2 * running.nodes
    assert running.name in desk.provisioner.names()


@pytest.mark.parametrize("is_saved", [False, True])
def test_no_next_best_fleet_destroys_what_was_to_stay(desk: Desk, is_saved: bool) -> None:  # noqa: FBT001
    desk.fleet.write_text(MORE.replace("replicas: 3", "gang: 3"))
    running = running_pool(desk)
    desk.fleet.write_text(MORE.replace("replicas: 3", "gang: 6"))
    asked: dict[str, Any] = {"tolerance": ANYTHING}
    if is_saved:
        desk.plan(out=PLAN, within=ANYTHING)
        asked = {"plan": PLAN}
    before, fleet = desk.provisioner.names(), desired(desk)

    with pytest.raises(PartlyApplied) as partly:
        desk.apply(asking_again="broker apply -auto-approve", **asked)

    assert codes(partly.value) == ["capacity-insufficient", "fallback-destroys", "partly-applied"]
    assert partly.value.diagnostics[1].detail == f"pool.{running.cluster}.{running.name}"
    assert partly.value.diagnostics[-1].hint == "Go on with: broker apply -auto-approve"
    assert (desk.provisioner.names(), desired(desk)) == (before, fleet)


def test_what_was_agreed_to_go_may_go_with_the_next_best_fleet(desk: Desk) -> None:
    desk.fleet.write_text(MORE)
    desk.apply()
    before = {*desk.provisioner.names()} - {"cluster", "network"}
    desk.fleet.write_text(MORE.replace("model: L4", "model: H100"))
    (planned,) = fleet_of_desired(desk.plan().document["desired"], "USD").pools
    desk.provisioner.refuse(planned.name, STOCK_OUT)

    applied = desk.apply(tolerance=ANYTHING)

    assert applied.masked == (planned.offer.name,)
    assert not {*before, planned.name} & {*desk.provisioner.names()}


def desired(desk: Desk) -> dict[str, Any]:
    found = recorded(desk).desired
    assert found is not None
    return found
