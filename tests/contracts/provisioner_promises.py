"""The promises of what makes members true (broker.ports.provisioning), as a suite for pytest.

A package that adds a provisioner runs it so, in a file of its own tests:

    class TestMine(ProvisionerPromises):
        @pytest.fixture
        def subject(self) -> Subject: ...
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Thread

import pytest

from broker.domain.errors import EngineFailed, InsufficientCapacity, Interrupted, PlanStale
from broker.domain.ids import PoolName
from broker.domain.members import Member, StepOp
from broker.domain.offers import CapacityType
from broker.ports.provisioning import (
    Adoption,
    PoolChoice,
    Provisioner,
    Recovery,
    StepEvent,
    Watch,
)
from tests.fakes.small_program import small_member, small_pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A provisioner, and the cloud that it changes.

    *names* are those of all that is there. *refuse* lets making a pool fail with that message.
    *lose* deletes something behind the provisioner's back, *forget* all of its records. *slow* lets making a pool wait; it returns
    what to call to wait until that has begun.
    """

    provisioner: Provisioner
    names: Callable[[], list[str]]
    refuse: Callable[[str, str], None]
    lose: Callable[[str], None]
    slow: Callable[[str, float], Callable[[], object]]
    forget: Callable[[], object]


STOCK_OUT = "InsufficientInstanceCapacity: We currently do not have sufficient capacity"


def heard_by(events: list[StepEvent]) -> Watch:
    return Watch(heard=events.append)


def told(events: list[StepEvent]) -> list[tuple[str, str]]:
    return [(event.state, event.step.name) for event in events]


class ProvisionerPromises:
    """What every provisioner keeps, in the order of a member's life."""

    def test_members_with_a_record_are_known_by_name(self, subject: Subject) -> None:
        member = small_member(pool=2)
        assert [*subject.provisioner.known(member.fleet)] == []

        subject.provisioner.up(member)

        assert [*subject.provisioner.known(member.fleet)] == [member.name]
        assert [*subject.provisioner.known("")] == [member.name]
        subject.provisioner.down(member)
        assert [*subject.provisioner.known(member.fleet)] == []

    def test_a_new_member_is_previewed_as_all_to_be_created(self, subject: Subject) -> None:
        member = small_member(pool=2)

        preview = subject.provisioner.preview(member)

        assert preview.member == member.name
        assert {step.op for step in preview.steps} == {StepOp.CREATE}
        assert "pool" in [step.name for step in preview.steps]
        assert preview.unchanged == 0
        assert preview.checkpoint is None

    def test_a_preview_changes_nothing(self, subject: Subject) -> None:
        events: list[StepEvent] = []

        subject.provisioner.preview(small_member(), watch=heard_by(events))

        assert subject.names() == []
        assert events == []
        assert subject.provisioner.state(small_member()).checkpoint is None

    def test_a_preview_tells_values_and_what_is_not_known_yet(self, subject: Subject) -> None:
        preview = subject.provisioner.preview(small_member(pool=2))

        pool = next(step for step in preview.steps if step.name == "pool")
        assert pool.before == {}
        assert pool.after["instanceTypes"] == ["p5.48xlarge"]
        cluster = next(step for step in preview.steps if step.name == "cluster")
        assert cluster.after["vpcConfig"] == {"subnetIds": ["(known after apply)"]}

    def test_what_was_previewed_is_made_recorded_and_told(self, subject: Subject) -> None:
        member, events = small_member(), list[StepEvent]()
        approved = subject.provisioner.preview(member)

        state = subject.provisioner.up(member, approved=approved, watch=heard_by(events))

        made = sorted(step.name for step in approved.steps)
        assert subject.names() == made
        assert sorted(resource.name for resource in state.resources) == made
        assert all(resource.id for resource in state.resources)
        assert state.outputs["cluster"] == member.name
        assert subject.provisioner.state(member) == state
        assert sorted(told(events)) == sorted(
            (s, name) for name in made for s in ("done", "started")
        )

    def test_the_same_again_changes_nothing(self, subject: Subject) -> None:
        member = small_member()
        state = subject.provisioner.up(member)

        preview = subject.provisioner.preview(member)

        assert preview.steps == ()
        assert preview.unchanged == len(state.resources)
        assert preview.checkpoint == state.checkpoint
        assert subject.provisioner.up(member, approved=preview) == state

    def test_another_size_is_an_update_and_says_of_what(self, subject: Subject) -> None:
        subject.provisioner.up(small_member(pool=2))

        preview = subject.provisioner.preview(small_member(pool=3))

        (step,) = preview.steps
        assert (step.name, step.op) == ("pool", StepOp.UPDATE)
        assert step.changed == ("scalingConfig",)
        assert step.forcing == ()
        assert step.before["scalingConfig"]["desiredSize"] == 2
        assert step.after["scalingConfig"]["desiredSize"] == 3

    def test_another_capacity_type_replaces_and_says_why(self, subject: Subject) -> None:
        subject.provisioner.up(small_member(pool=2))
        on_demand = replace(small_member(), pools=(small_pool("pool", 2, CapacityType.ON_DEMAND),))

        preview = subject.provisioner.preview(on_demand)
        state = subject.provisioner.up(on_demand, approved=preview)

        (step,) = preview.steps
        assert (step.op, step.forcing) == (StepOp.REPLACE, ("capacityType",))
        assert subject.names().count("pool") == 1
        assert len(state.resources) == len(subject.names())

    def test_a_pool_that_is_no_longer_wanted_is_deleted(self, subject: Subject) -> None:
        subject.provisioner.up(small_member(pool=2, spare=1))

        preview = subject.provisioner.preview(small_member(pool=2))
        subject.provisioner.up(small_member(pool=2), approved=preview)

        assert [(step.name, step.op) for step in preview.steps] == [("spare", StepOp.DELETE)]
        assert "spare" not in subject.names()

    def test_what_is_told_to_be_replaced_is_made_anew(self, subject: Subject) -> None:
        member = small_member()
        state = subject.provisioner.up(member)
        pool = next(each for each in state.resources if each.name == "pool")

        preview = subject.provisioner.preview(member, replace=[pool.urn])
        after = subject.provisioner.up(member, approved=preview, replace=[pool.urn])

        assert [(step.name, step.op) for step in preview.steps] == [("pool", StepOp.REPLACE)]
        assert next(each.id for each in after.resources if each.name == "pool") != pool.id

    def test_chosen_pools_are_changed_and_the_rest_stays_as_it_drifted(
        self, subject: Subject
    ) -> None:
        before, after = small_member(one=2, two=2), small_member(one=3, two=2)
        subject.provisioner.up(before)
        subject.lose("two")
        subject.provisioner.refresh(before)
        choice = PoolChoice(pools=frozenset({PoolName("one")}), before=before)

        preview = subject.provisioner.preview(after, choice=choice)
        subject.provisioner.up(after, approved=preview, choice=choice)
        chosen = subject.names()
        subject.provisioner.up(after)

        assert [(step.name, step.op) for step in preview.steps] == [("one", StepOp.UPDATE)]
        assert "two" not in chosen
        assert "two" in subject.names()

    def test_chosen_pools_come_and_go_with_what_they_need(self, subject: Subject) -> None:
        before, after = small_member(one=2, two=2), small_member(three=1, two=2)
        subject.provisioner.up(before)
        subject.lose("cluster")
        subject.lose("two")
        subject.provisioner.refresh(before)
        choice = PoolChoice(pools=frozenset(map(PoolName, ("one", "three"))), before=before)

        preview = subject.provisioner.preview(after, choice=choice)
        state = subject.provisioner.up(after, approved=preview, choice=choice)

        assert [(step.name, step.op) for step in preview.steps] == [
            ("cluster", StepOp.CREATE),
            ("one", StepOp.DELETE),
            ("three", StepOp.CREATE),
        ]
        assert subject.names() == ["cluster", "network", "three"]
        assert sorted(resource.name for resource in state.resources) == subject.names()

    def test_a_drifted_pool_is_put_right_if_it_is_chosen(self, subject: Subject) -> None:
        member = small_member(one=2, two=2)
        subject.provisioner.up(member)
        subject.lose("two")
        subject.lose("one")
        subject.provisioner.refresh(member)
        choice = PoolChoice(pools=frozenset({PoolName("one")}), before=member)

        subject.provisioner.up(member, choice=choice)

        assert subject.names() == ["cluster", "network", "one"]

    def test_where_the_rest_is_chosen_it_alone_is_changed(self, subject: Subject) -> None:
        member = small_member(one=2, two=2)
        subject.provisioner.up(member)
        for name in ("network", "one", "two"):
            subject.lose(name)
        subject.provisioner.refresh(member)
        left = PoolChoice(pools=frozenset({PoolName("one")}), before=member, is_rest=True)

        preview = subject.provisioner.preview(member, choice=left)
        subject.provisioner.up(member, approved=preview, choice=left)

        assert "one" not in [step.name for step in preview.steps]
        assert subject.names() == ["cluster", "network", "two"]

    def test_an_approval_of_another_record_is_stale(self, subject: Subject) -> None:
        approved = subject.provisioner.preview(small_member(pool=3))
        state = subject.provisioner.up(small_member(pool=2))

        with pytest.raises(PlanStale) as stale:
            subject.provisioner.up(small_member(pool=3), approved=approved)

        assert stale.value.diagnostics[0].code == "plan-stale"
        assert subject.provisioner.state(small_member()) == state

    def test_a_step_that_was_not_approved_is_not_done(self, subject: Subject) -> None:
        subject.provisioner.up(small_member(pool=2))
        approved = subject.provisioner.preview(small_member(pool=3))

        with pytest.raises(PlanStale) as stale:
            subject.provisioner.up(small_member(pool=3, more=1), approved=approved)

        assert "more" in stale.value.diagnostics[0].detail
        assert "more" not in subject.names()

    def test_a_value_that_was_not_approved_is_not_set(self, subject: Subject) -> None:
        subject.provisioner.up(small_member(pool=2))
        approved = subject.provisioner.preview(small_member(pool=3))
        state = subject.provisioner.state(small_member())

        with pytest.raises(PlanStale) as stale:
            subject.provisioner.up(small_member(pool=4), approved=approved)

        assert "pool" in stale.value.diagnostics[0].detail
        assert subject.provisioner.state(small_member()) == state

    def test_fewer_steps_than_approved_may_be_done(self, subject: Subject) -> None:
        approved = subject.provisioner.preview(small_member(pool=2, more=1))

        subject.provisioner.up(small_member(pool=2), approved=approved)

        assert "more" not in subject.names()

    def test_a_stock_out_names_the_pool_and_leaves_the_rest_recorded(
        self, subject: Subject
    ) -> None:
        member, events = small_member(big=8), list[StepEvent]()
        subject.refuse("big", STOCK_OUT)

        with pytest.raises(InsufficientCapacity) as refused:
            subject.provisioner.up(member, watch=heard_by(events))

        assert (refused.value.member, refused.value.pool) == (member.name, "big")
        assert "sufficient capacity" in refused.value.diagnostics[0].detail
        state = subject.provisioner.state(member)
        assert sorted(resource.name for resource in state.resources) == subject.names()
        assert ("failed", "big") in told(events)

    def test_what_nobody_can_name_is_a_failure_of_the_engine(self, subject: Subject) -> None:
        subject.refuse("pool", "the moon is in the wrong house")

        with pytest.raises(EngineFailed) as failed:
            subject.provisioner.up(small_member())

        assert "moon" in failed.value.diagnostics[0].detail

    def test_a_failed_change_goes_on_where_it_was(self, subject: Subject) -> None:
        member = small_member()
        subject.refuse("pool", STOCK_OUT)
        with pytest.raises(InsufficientCapacity):
            subject.provisioner.up(member)
        before = subject.names()
        subject.refuse("pool", "")

        preview = subject.provisioner.preview(member)
        subject.provisioner.up(member, approved=preview)

        assert [step.name for step in preview.steps] == ["pool"]
        assert subject.names() == sorted([*before, "pool"])

    def test_asked_to_stop_before_nothing_is_begun(self, subject: Subject) -> None:
        watch = Watch()
        watch.stop.set()

        with pytest.raises(Interrupted):
            subject.provisioner.up(small_member(), watch=watch)

        assert subject.names() == []

    def test_asked_to_stop_meanwhile_what_is_under_way_is_finished_and_recorded(
        self, subject: Subject
    ) -> None:
        member, watch = small_member(pool=2), Watch()
        begun = subject.slow("pool", 2.0)
        raised: list[BaseException] = []

        def change() -> None:
            try:
                subject.provisioner.up(member, watch=watch)
            except Interrupted as interrupted:
                raised.append(interrupted)

        thread = Thread(target=change)
        thread.start()
        begun()
        watch.stop.set()
        thread.join()

        assert [type(each) for each in raised] == [Interrupted]
        recorded = subject.provisioner.state(member).resources
        assert sorted(resource.name for resource in recorded) == subject.names()
        assert "pool" in subject.names()
        assert subject.provisioner.preview(member).steps == ()

    def test_drift_leads_from_the_record_to_the_cloud(self, subject: Subject) -> None:
        member = small_member()
        state = subject.provisioner.up(member)
        assert subject.provisioner.drift(member).steps == ()
        subject.lose("pool")

        drift = subject.provisioner.drift(member)

        assert [(step.name, step.op) for step in drift.steps] == [("pool", StepOp.DELETE)]
        assert subject.provisioner.state(member) == state

    def test_a_refresh_records_what_is_there_and_the_next_change_heals(
        self, subject: Subject
    ) -> None:
        member = small_member()
        before = subject.provisioner.up(member)
        subject.lose("pool")

        state = subject.provisioner.refresh(member)
        healed = subject.provisioner.up(member)

        assert "pool" not in [resource.name for resource in state.resources]
        assert state.checkpoint != before.checkpoint
        assert sorted(resource.name for resource in healed.resources) == subject.names()

    def test_nothing_is_to_be_recovered_where_nothing_is_amiss(self, subject: Subject) -> None:
        member = small_member()
        assert subject.provisioner.recover(member) == Recovery()
        state = subject.provisioner.up(member)

        assert subject.provisioner.recover(member) == Recovery()
        assert subject.provisioner.state(member) == state

    def test_what_the_cloud_has_and_nobody_recorded_is_adopted(self, subject: Subject) -> None:
        member = small_member(pool=2)
        state = subject.provisioner.up(member)
        subject.forget()

        adoption = subject.provisioner.adopt(member)

        assert adoption == Adoption(adopted=state.resources)
        assert adoption.is_complete
        assert subject.provisioner.state(member) == state
        assert subject.provisioner.preview(member).steps == ()

    def test_what_is_not_there_is_left_to_be_made(self, subject: Subject) -> None:
        member = small_member(pool=2)
        state = subject.provisioner.up(member)
        subject.forget()
        subject.lose("pool")

        adoption = subject.provisioner.adopt(member)
        preview = subject.provisioner.preview(member)
        healed = subject.provisioner.up(member)

        assert (adoption.missing, adoption.differing) == (("pool",), ())
        assert adoption.adopted == tuple(r for r in state.resources if r.name != "pool")
        assert [(step.name, step.op) for step in preview.steps] == [("pool", StepOp.CREATE)]
        assert sorted(resource.name for resource in healed.resources) == subject.names()

    def test_what_is_adopted_and_otherwise_than_wanted_is_named(self, subject: Subject) -> None:
        subject.provisioner.up(small_member(pool=2))
        subject.forget()

        adoption = subject.provisioner.adopt(small_member(pool=3))

        assert (adoption.missing, adoption.differing) == ((), ("pool",))
        assert not adoption.is_complete

    def test_nothing_is_adopted_where_nothing_is(self, subject: Subject) -> None:
        member = small_member(pool=2)

        adoption = subject.provisioner.adopt(member)

        assert adoption == Adoption(missing=("cluster", "network", "pool"))
        assert subject.provisioner.state(member).checkpoint is None

    def test_what_is_recorded_already_is_not_adopted_again(self, subject: Subject) -> None:
        member = small_member(pool=2)
        state = subject.provisioner.up(member)

        assert subject.provisioner.adopt(member) == Adoption()
        assert subject.provisioner.state(member) == state

    def test_a_protected_member_is_taken_away_when_asked_to(self, subject: Subject) -> None:
        member = small_member(is_protected=True)
        subject.provisioner.up(member)

        state = subject.provisioner.down(member)

        assert subject.names() == []
        assert (state.resources, state.checkpoint) == ((), None)
        assert subject.provisioner.state(member) == state

    def test_what_is_not_there_is_taken_away_at_once(self, subject: Subject) -> None:
        member: Member = small_member()

        assert subject.provisioner.down(member).checkpoint is None
        assert subject.provisioner.drift(member).steps == ()
        assert subject.provisioner.refresh(member).resources == ()

    def test_two_members_do_not_meet(self, subject: Subject) -> None:
        first, second = small_member("aws-eu-north-1"), small_member("aws-us-east-1")
        subject.provisioner.up(first)
        subject.provisioner.up(second)

        subject.provisioner.down(first)

        state = subject.provisioner.state(second)
        assert sorted(resource.name for resource in state.resources) == subject.names()
