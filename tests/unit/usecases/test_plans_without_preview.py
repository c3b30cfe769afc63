"""A plan that was saved without a preview approves no resource: they are shown, and asked for."""

from pathlib import Path

import pytest

from broker.domain.errors import PlanStale, UsageInvalid
from broker.usecases.proposal import Proposal
from tests.fakes.changing import Desk, a_pool, codes, recorded, startup_desk
from tests.fakes.provisioner import Crash

PLAN = Path("fleet.plan")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return startup_desk(tmp_path)


def warned(proposal: Proposal) -> list[str]:
    return [warning.code for warning in proposal.warnings]


def test_the_plan_says_so(desk: Desk) -> None:
    unseen = desk.plan(out=PLAN, is_previewed=False)
    seen = desk.plan(out=PLAN)
    unsaved = desk.plan(is_previewed=False)

    made = [[warning.code for warning in each.warnings] for each in (unseen, seen, unsaved)]
    assert ["plan-not-previewed" in each for each in made] == [True, False, False]


def test_its_resources_are_shown_and_made_once_the_user_agrees(desk: Desk) -> None:
    desk.plan(out=PLAN, is_previewed=False)

    applied = desk.apply(plan=PLAN)

    (shown,) = desk.shown
    assert "plan-not-previewed" in warned(shown)
    assert {stack["cluster"] for stack in shown.document["stacks"]} == {*applied.outcome.made}
    assert recorded(desk).applied == (desk.plans.saved[PLAN].digest,)


def test_a_plan_with_a_preview_is_the_approval(desk: Desk) -> None:
    desk.plan(out=PLAN)
    desk.answer = False

    assert desk.apply(plan=PLAN).outcome.is_complete
    assert "plan-not-previewed" not in warned(desk.shown[0])


def test_without_the_users_word_nothing_is_changed(desk: Desk) -> None:
    desk.plan(out=PLAN, is_previewed=False)
    desk.answer = False

    assert desk.apply(plan=PLAN).cancelled
    assert desk.provisioner.names() == []
    assert desk.states.read() is None


def test_where_nobody_can_be_asked_it_is_refused_with_what_to_do(desk: Desk) -> None:
    desk.plan(out=PLAN, is_previewed=False)
    desk.answer = None

    with pytest.raises(UsageInvalid) as refused:
        desk.apply(plan=PLAN)

    assert codes(refused.value) == ["plan-not-previewed"]
    assert "-auto-approve" in refused.value.diagnostics[0].hint
    assert desk.provisioner.names() == []


def test_one_that_was_cut_short_is_shown_again(desk: Desk) -> None:
    desk.plan(out=PLAN, is_previewed=False)
    _, pool = a_pool(desk)
    desk.provisioner.crashes.add(pool)
    with pytest.raises(Crash):
        desk.apply(plan=PLAN)
    desk.provisioner.crashes.clear()

    applied = desk.apply(plan=PLAN)

    assert len(desk.shown) == 2
    assert applied.outcome.is_complete


def test_a_part_of_a_fleet_stays_a_part(desk: Desk) -> None:
    cluster, _ = a_pool(desk)
    desk.plan(out=PLAN, is_previewed=False, target=(f"cluster.{cluster}",))

    applied = desk.apply(plan=PLAN)

    assert applied.outcome.made == (cluster,)
    assert [stack["cluster"] for stack in desk.shown[0].document["stacks"]] == [cluster]


def test_what_a_preview_does_not_tell_of_is_not_approved(desk: Desk) -> None:
    desk.plan(out=PLAN)
    document = desk.plans.saved[PLAN].document
    document["stacks"] = document["stacks"][1:]

    with pytest.raises(PlanStale) as refused:
        desk.apply(plan=PLAN)

    assert codes(refused.value) == ["plan-stale"]
    assert desk.provisioner.names() == []
