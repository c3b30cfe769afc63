"""A saved plan of what is to be destroyed: carried out exactly, once, and as it was signed for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from broker.domain.errors import Denied, PlanFileInvalid, PlanStale
from broker.planning.member_documents import member_of
from broker.ports.stores import SignedPlan
from broker.storage.clock import StoppedClock
from broker.usecases.destroy import Destroyed, DestroyRequest, Removal, foresee
from broker.usecases.removal_documents import is_removal
from broker.usecases.removal_plans import RemovalTerms, apply_removal, removal_plan
from broker.usecases.show import show
from tests.fakes.changing import Desk, codes, recorded, startup_desk
from tests.fakes.provisioner import Crash

PLAN = Path("gone.plan")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = startup_desk(tmp_path)
    desk.apply()
    return desk


def saved(desk: Desk, *target: str, drained: bool = False) -> SignedPlan:
    asked = DestroyRequest(target=target, drained=drained)
    removal = foresee(asked, desk.means(), lambda _: None)
    assert removal is not None
    now = desk.folder.clock.now()
    plan = removal_plan(removal, asked, recorded(desk), fleet=desk.fleet, issued_at=now)
    desk.plans.save(PLAN, *plan)
    return desk.plans.load(PLAN)


def apply_saved(
    desk: Desk,
    plan: SignedPlan,
    *,
    told: Callable[[Removal], None] = lambda _: None,
    busy: str = "",
) -> Destroyed:
    terms = RemovalTerms(fleet=desk.fleet, asked=DestroyRequest(), oldest_plan=timedelta(hours=48))
    work = {busy: 1} if busy else {}
    return apply_removal(plan, terms, desk.means(), told, work=lambda *_: work)


def a_pool(desk: Desk) -> tuple[str, str]:
    (record,) = recorded(desk).members
    pool = member_of(record.member).pools[0].name
    return f"pool.{record.name}.{pool}", pool


def test_what_was_planned_is_taken_away(desk: Desk) -> None:
    plan, seen = saved(desk), list[Removal]()

    destroyed = apply_saved(desk, plan, told=seen.append)

    assert is_removal(plan.document)
    assert show(PLAN, desk.plans) == plan.document
    assert len(seen) == 1
    assert destroyed.outcome.removed
    assert desk.provisioner.names() == []
    state = recorded(desk)
    assert (state.members, state.under_way, state.applied[-1]) == ((), None, plan.digest)


def test_it_is_nothing_to_compare_with(desk: Desk) -> None:
    saved(desk)

    with pytest.raises(PlanFileInvalid) as refused:
        desk.plan(against=PLAN)

    assert codes(refused.value) == ["plan-file-foreign"]


def test_of_a_part_no_more_goes_than_was_planned(desk: Desk) -> None:
    address, pool = a_pool(desk)
    before = desk.provisioner.names()

    apply_saved(desk, saved(desk, address))

    assert sorted([*desk.provisioner.names(), pool]) == before


def test_it_is_applied_once(desk: Desk) -> None:
    plan = saved(desk)
    apply_saved(desk, plan)
    desk.apply()
    before = desk.provisioner.names()

    with pytest.raises(PlanStale) as refused:
        apply_saved(desk, plan)

    assert codes(refused.value) == ["plan-replayed"]
    assert desk.provisioner.names() == before


def _other_state(desk: Desk) -> None:
    desk.apply(replace=(a_pool(desk)[0],))


def _other_spec(desk: Desk) -> None:
    desk.fleet.write_text(desk.fleet.read_text().replace("owner: ", "owner: not-", 1))


def _later(desk: Desk) -> None:
    clock = desk.folder.clock
    desk.folder.clock = StoppedClock(clock.now() + timedelta(hours=30))


def _moved(desk: Desk) -> None:
    desk.provisioner.lose(a_pool(desk)[1])
    for record in recorded(desk).members:
        desk.provisioner.refresh(member_of(record.member))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_other_state, "plan-stale"),
        (_other_spec, "plan-inputs-changed"),
        (_later, "plan-expired"),
        (_moved, "plan-stale"),
    ],
)
def test_a_plan_of_what_is_no_more_is_refused(
    desk: Desk, change: Callable[[Desk], None], code: str
) -> None:
    plan = saved(desk)
    change(desk)
    before = desk.provisioner.names()

    with pytest.raises(PlanStale) as refused:
        apply_saved(desk, plan)

    assert codes(refused.value) == [code]
    assert desk.provisioner.names() == before


def test_a_plan_that_says_less_than_would_go_is_refused(desk: Desk) -> None:
    plan = saved(desk)
    (stack,) = plan.document["stacks"]
    fewer = {**plan.document, "stacks": [{**stack, "steps": stack["steps"][1:]}]}

    with pytest.raises(PlanStale) as refused:
        apply_saved(desk, replace(plan, document=fewer))

    assert codes(refused.value) == ["plan-stale"]
    assert desk.provisioner.names()


def test_what_forbids_a_destroy_forbids_it_when_it_is_applied(desk: Desk) -> None:
    plan, before = saved(desk), desk.provisioner.names()

    with pytest.raises(Denied):
        apply_saved(desk, plan, busy=a_pool(desk)[1])

    assert desk.provisioner.names() == before


def test_work_that_may_be_lost_may_be_when_it_is_applied(desk: Desk) -> None:
    apply_saved(desk, saved(desk, drained=True), busy=a_pool(desk)[1])

    assert desk.provisioner.names() == []


@pytest.mark.parametrize("is_part", [True, False])
def test_one_that_was_cut_short_goes_on(desk: Desk, *, is_part: bool) -> None:
    address, pool = a_pool(desk)
    kept = [name for name in desk.provisioner.names() if name != pool] if is_part else []
    plan = saved(desk, *([address] if is_part else []))

    def die(at: str) -> None:
        if at == "after-call":
            raise Crash(at)

    desk.failpoint = die
    with pytest.raises(Crash):
        apply_saved(desk, plan)
    desk.failpoint = lambda _: None

    apply_saved(desk, plan)

    assert desk.provisioner.names() == kept
    assert recorded(desk).applied[-1] == plan.digest
    assert recorded(desk).under_way is None
