"""`broker apply` and `broker destroy` over a cloud in memory: what is done, recorded and refused."""

from fractions import Fraction
from pathlib import Path

import pytest

from broker.domain.errors import (
    BrokerError,
    Denied,
    Interrupted,
    NotCovered,
    PartlyApplied,
    PlanStale,
    StateConflict,
    UsageInvalid,
)
from broker.planning.desired import fleet_of_desired
from broker.usecases.drift import drift
from tests.fakes.changing import Desk, a_pool, codes, dearer, prices, recorded, startup_desk
from tests.fakes.provisioner import Crash

PLAN = Path("fleet.plan")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return startup_desk(tmp_path)


def test_what_was_decided_is_made_and_recorded(desk: Desk) -> None:
    applied = desk.apply()

    state = recorded(desk)
    clusters = {record.name for record in state.members}
    assert clusters == set(applied.outcome.made) != set()
    assert state.desired == applied.proposal.document["desired"]
    assert not any(record.is_tainted for record in state.members)
    assert state.under_way is None
    assert "network" in desk.provisioner.names()


def test_a_second_apply_does_nothing(desk: Desk) -> None:
    desk.apply()
    calls, serial = len(desk.provisioner.calls), recorded(desk).serial

    again = desk.apply()

    assert not again.proposal.has_changes
    assert recorded(desk).serial == serial
    assert ("up", "x") not in desk.provisioner.calls[calls:]
    assert {call for call, _ in desk.provisioner.calls[calls:]} == {"preview"}


def test_a_plan_after_an_apply_has_no_changes(desk: Desk) -> None:
    desk.apply()

    made = desk.plan()

    assert not made.has_changes


def test_without_the_users_word_nothing_is_changed(desk: Desk) -> None:
    desk.answer = False

    applied = desk.apply()

    assert applied.cancelled
    assert desk.states.read() is None
    assert desk.provisioner.names() == []


def test_intent_is_noted_before_each_effect_and_outcome_after(desk: Desk) -> None:
    desk.apply()

    told = [(e.act, e.phase) for e in desk.journal.lines]
    assert told[0] == ("apply", "intent")
    assert told[-1] == ("apply", "outcome")
    for act, phase in told:
        assert phase == "intent" or (act, "intent") in told
    assert desk.journal.checkpoints


def test_a_saved_plan_is_carried_out_once(desk: Desk) -> None:
    desk.plan(out=PLAN)
    desk.apply(plan=PLAN)

    with pytest.raises(PlanStale) as refused:
        desk.apply(plan=PLAN)

    assert codes(refused.value) == ["plan-replayed"]


def test_a_saved_plan_is_refused_once_the_state_has_moved(desk: Desk) -> None:
    desk.plan(out=PLAN)
    desk.apply()

    with pytest.raises(PlanStale) as refused:
        desk.apply(plan=PLAN)

    assert codes(refused.value) == ["plan-stale"]


def test_a_saved_plan_is_refused_once_the_spec_has_changed(desk: Desk) -> None:
    desk.plan(out=PLAN)
    desk.fleet.write_text(desk.fleet.read_text() + "\nlabels: {changed: 'yes'}\n")

    with pytest.raises(PlanStale) as refused:
        desk.apply(plan=PLAN)

    assert codes(refused.value) == ["plan-inputs-changed"]
    assert desk.provisioner.names() == []


def test_prices_that_rose_too_far_refuse_before_anything_is_done(desk: Desk) -> None:
    desk.plan(out=PLAN)
    desk.offers = dearer(prices().offers, 2)

    with pytest.raises(PlanStale) as refused:
        desk.apply(plan=PLAN)

    assert codes(refused.value) == ["price-moved"]
    assert desk.provisioner.names() == []


def test_an_offer_that_is_gone_refuses(desk: Desk) -> None:
    desk.plan(out=PLAN)
    bought = {
        pool["offer"]["machine_type"]
        for cluster in desk.plans.saved[PLAN].document["desired"]["clusters"]
        for pool in cluster["pools"]
    }
    desk.offers = tuple(o for o in prices().offers if o.machine_type not in bought)

    with pytest.raises((PlanStale, NotCovered)):
        desk.apply(plan=PLAN)

    assert desk.provisioner.names() == []


def test_without_refresh_the_prices_of_the_plan_stand(desk: Desk) -> None:
    desk.plan(out=PLAN)
    desk.offers = dearer(prices().offers, 2)

    applied = desk.apply(plan=PLAN, refresh=False)

    assert applied.outcome.is_complete


def test_a_stock_out_is_answered_with_the_next_best_fleet(desk: Desk) -> None:
    cluster, pool = a_pool(desk)
    desk.provisioner.refuse(pool, "InsufficientInstanceCapacity")

    applied = desk.apply(tolerance=1)

    assert len(applied.masked) == 1
    assert {record.name for record in recorded(desk).members} == set(applied.outcome.made)
    there = fleet_of_desired(recorded(desk).desired or {}, "USD")
    assert (cluster, pool) not in {(p.cluster, p.name) for p in there.pools}
    assert not any(record.is_tainted for record in recorded(desk).members)
    assert {p.workload for p in there.placements} == {
        p["workload"] for p in applied.proposal.document["placements"]
    }


def test_a_next_best_fleet_that_costs_too_much_is_not_made(desk: Desk) -> None:
    _, pool = a_pool(desk)
    desk.provisioner.refuse(pool, "InsufficientInstanceCapacity")

    with pytest.raises(PartlyApplied) as partly:
        desk.apply(refresh=False, tolerance=Fraction(-1, 2))

    assert "fallback-too-dear" in codes(partly.value)
    assert recorded(desk).members[0].is_tainted


def test_what_fails_leaves_the_rest_recorded_and_says_how_to_go_on(desk: Desk) -> None:
    _, pool = a_pool(desk)
    desk.provisioner.refuse(pool, "the cloud is on fire")

    with pytest.raises(PartlyApplied) as partly:
        desk.apply(command="broker apply x")

    assert codes(partly.value)[-1] == "partly-applied"
    assert partly.value.diagnostics[-1].hint == "Go on with: broker apply x"
    assert partly.value.diagnostics[-1].summary.startswith("As planned: 0 of 1 cluster;")
    desk.provisioner.refuse(pool, "")
    desk.apply()
    assert not any(record.is_tainted for record in recorded(desk).members)
    assert len(desk.provisioner.names()) == len(set(desk.provisioner.names()))


def test_a_saved_plan_that_was_cut_short_goes_on_with_the_same_command(desk: Desk) -> None:
    desk.plan(out=PLAN)
    _, pool = a_pool(desk)
    desk.provisioner.crashes.add(pool)
    with pytest.raises(Crash):
        desk.apply(plan=PLAN)
    desk.provisioner.crashes.clear()

    applied = desk.apply(plan=PLAN)

    assert applied.proposal.mended
    assert applied.outcome.is_complete
    assert desk.provisioner.names().count(pool) == 1
    assert recorded(desk).applied == (desk.plans.saved[PLAN].digest,)


def test_a_plan_that_goes_on_shows_what_is_left_of_it(desk: Desk) -> None:
    desk.plan(out=PLAN)
    cluster, pool = a_pool(desk)
    desk.provisioner.crashes.add(pool)
    with pytest.raises(Crash):
        desk.apply(plan=PLAN)
    desk.provisioner.crashes.clear()
    made = set(desk.provisioner.names())

    desk.apply(plan=PLAN)

    first, again = (shown.document for shown in desk.shown[-2:])
    assert "resumed" not in first
    assert again["resumed"] == {"done": [], "left": [cluster]}
    (before, left) = ({s["name"] for s in d["stacks"][0]["steps"]} for d in (first, again))
    assert made
    assert left == before - made


def test_a_run_that_was_told_to_stop_records_what_is_done(desk: Desk) -> None:
    desk.watch.stop.set()

    with pytest.raises(Interrupted) as stopped:
        desk.apply()

    assert codes(stopped.value) == ["apply-interrupted"]


def test_a_target_leaves_the_rest_as_it_is(desk: Desk) -> None:
    cluster, pool = a_pool(desk)

    applied = desk.apply(target=(f"{cluster}/{pool}",))

    there = fleet_of_desired(recorded(desk).desired or {}, "USD")
    assert [(p.cluster, p.name) for p in there.pools] == [(cluster, pool)]
    assert applied.proposal.warnings[-1].code == "plan-targeted"
    desk.apply()
    assert not desk.plan().has_changes


def test_an_address_of_nothing_is_refused(desk: Desk) -> None:
    with pytest.raises(UsageInvalid) as refused:
        desk.apply(target=("cluster.nowhere",))

    assert codes(refused.value) == ["address-unknown"]


@pytest.mark.parametrize(
    "asked", [{"target": ("aws-us-est-1",)}, {"exclude": ("x/y",)}, {"replace": ("pool.a.b",)}]
)
def test_a_typing_error_in_an_address_is_refused_before_the_engine_is_asked(
    desk: Desk, asked: dict[str, tuple[str, ...]]
) -> None:
    desk.apply()
    calls = list(desk.provisioner.calls)

    with pytest.raises(UsageInvalid) as refused:
        desk.apply(**asked)

    assert codes(refused.value) == ["address-unknown"]
    assert desk.provisioner.calls == calls


def test_a_pool_is_named_by_its_name_alone_where_no_other_has_it(desk: Desk) -> None:
    cluster, pool = a_pool(desk)

    desk.apply(target=(pool,))

    there = fleet_of_desired(recorded(desk).desired or {}, "USD")
    assert [(p.cluster, p.name) for p in there.pools] == [(cluster, pool)]


def test_a_pool_that_is_to_be_made_anew_is(desk: Desk) -> None:
    desk.apply()
    cluster, pool = a_pool(desk)

    applied = desk.apply(replace=(f"pool.{cluster}.{pool}",))

    (stack,) = [s for s in applied.proposal.document["stacks"] if s["cluster"] == cluster]
    assert [(s["name"], s["op"]) for s in stack["steps"]] == [(pool, "replace")]


def test_what_drifted_is_made_again(desk: Desk) -> None:
    desk.apply()
    _, pool = a_pool(desk)
    desk.provisioner.lose(pool)

    desk.apply()

    assert desk.provisioner.names().count(pool) == 1


def test_what_was_deleted_by_hand_is_named_before_it_is_made_again(desk: Desk) -> None:
    desk.apply()
    _, pool = a_pool(desk)
    desk.provisioner.lose(pool)

    told = [w for w in desk.apply().proposal.warnings if w.code == "resources-gone"]
    again = [w for w in desk.apply().proposal.warnings if w.code == "resources-gone"]

    (warning,) = told
    assert warning.detail.endswith(f" {pool}")
    assert again == []


def test_destroy_takes_everything_away_and_records_nothing_left(desk: Desk) -> None:
    desk.apply()

    destroyed = desk.destroy()

    assert destroyed.outcome.is_complete
    assert desk.provisioner.names() == []
    assert recorded(desk).members == ()
    assert fleet_of_desired(recorded(desk).desired or {}, "USD").clusters == ()
    assert desk.destroy().removal is None


def test_a_pool_alone_can_be_destroyed(desk: Desk) -> None:
    desk.apply()
    cluster, pool = a_pool(desk)

    desk.destroy(target=(f"{cluster}/{pool}",))

    assert pool not in desk.provisioner.names()
    assert "cluster" in desk.provisioner.names()
    assert desk.plan().has_changes


def test_pools_on_which_work_runs_are_not_destroyed_unless_drained(desk: Desk) -> None:
    desk.apply()
    _, pool = a_pool(desk)
    before = desk.provisioner.names()

    with pytest.raises(Denied) as refused:
        desk.destroy(work=lambda *_: {pool: 3})

    assert codes(refused.value) == ["pool-in-use"]
    assert desk.provisioner.names() == before
    desk.destroy(work=lambda *_: {pool: 3}, drained=True)
    assert desk.provisioner.names() == []


def test_a_journal_that_can_not_be_written_refuses_the_act(desk: Desk) -> None:
    class Full(BrokerError):
        pass

    def full(_: object) -> int:
        raise Full

    desk.journal.append = full  # type: ignore[method-assign,assignment]

    with pytest.raises(Full):
        desk.apply()

    assert desk.provisioner.names() == []


def test_a_lock_that_was_taken_over_is_noted(desk: Desk) -> None:
    desk.folder.abandon("apply")

    desk.apply()

    first = desk.journal.lines[0]
    assert (first.act, first.subject) == ("lock-taken-over", "dead@nowhere")


def test_the_state_of_one_fleet_is_not_changed_by_the_spec_of_another(desk: Desk) -> None:
    desk.apply()
    desk.fleet.write_text(desk.fleet.read_text().replace("fleet: startup", "fleet: other"))

    with pytest.raises(UsageInvalid) as refused:
        desk.apply()

    assert codes(refused.value) == ["state-of-other-fleet"]
    desk.destroy()
    assert desk.apply().outcome.is_complete


def test_nothing_is_made_twice_where_the_engine_has_lost_its_records(desk: Desk) -> None:
    desk.apply()
    made = desk.provisioner.names()
    before = recorded(desk)
    desk.provisioner.forget()

    attempts = (
        desk.plan,
        desk.apply,
        lambda: desk.apply(refresh=False),
        desk.destroy,
        lambda: drift(desk.means()),
    )
    for attempt in attempts:
        with pytest.raises(StateConflict) as refused:
            attempt()
        assert set(codes(refused.value)) == {"stack-record-missing"}
    assert desk.provisioner.names() == made
    assert recorded(desk) == before


def test_what_is_to_be_made_anew_has_to_be_there(desk: Desk) -> None:
    desk.apply()

    for attempt in (desk.apply, desk.plan):
        with pytest.raises(UsageInvalid) as refused:
            attempt(replace=("cluster.nowhere",))
        assert codes(refused.value) == ["address-unknown"]


SPREAD = """\
apiVersion: broker/v1
fleet: spread
owner: ml
providers: {gcp: {regions: [us-central1, us-east4]}}
workloads:
  - name: chat
    kind: inference
    accelerators: {model: L4, count: 1}
    cpu: 4
    memory-gib: 16
    replicas: {min: 2, max: 2}
    spread: {regions: 2}
"""


def half_made(desk: Desk) -> tuple[str, str]:
    """A cluster that is there, and another one whose making failed."""
    desk.fleet.write_text(SPREAD)
    clusters = desk.plan().document["desired"]["clusters"]
    first, second = clusters[0], clusters[1]
    desk.apply(target=(f"cluster.{first['name']}",))
    desk.provisioner.refuse(second["pools"][0]["name"], "no")
    with pytest.raises(PartlyApplied):
        desk.apply(target=(f"cluster.{second['name']}",))
    return first["name"], second["name"]


def test_a_part_leaves_alone_what_was_begun_elsewhere(desk: Desk) -> None:
    whole, half = half_made(desk)
    desk.provisioner.calls.clear()
    target = (f"cluster.{whole}",)

    desk.apply(target=target)
    desk.plan(out=PLAN, target=target)
    desk.apply(plan=PLAN)
    desk.destroy(target=target)

    assert {name for act, name in desk.provisioner.calls if act in {"preview", "up", "down"}} == {
        whole
    }
    assert [record.name for record in recorded(desk).members] == [half]


def test_a_destroy_of_all_takes_what_was_begun_too(desk: Desk) -> None:
    half_made(desk)

    desk.destroy()

    assert recorded(desk).members == ()
    assert desk.provisioner.names() == []
