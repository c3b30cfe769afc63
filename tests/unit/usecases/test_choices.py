"""Where some pools of a cluster are meant, the engine touches nothing else of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker.domain.ids import PoolName
from broker.planning.member_documents import member_document, member_of
from broker.planning.parts import NOTHING, part_of
from broker.usecases.choices import choices_of
from broker.usecases.recorded import recorded_state
from tests.fakes.changing import Desk, recorded, startup_desk
from tests.fakes.provisioner import Crash

PLAN = Path("fleet.plan")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = startup_desk(tmp_path)
    desk.apply()
    return desk


def addresses(desk: Desk) -> tuple[str, str]:
    """Two pools of one cluster."""
    (record,) = recorded(desk).members
    one, other, *_ = member_of(record.member).pools
    return f"pool.{record.name}.{one.name}", f"pool.{record.name}.{other.name}"


def name_in(address: str) -> str:
    return address.rpartition(".")[2]


def steps_in(document: dict[str, Any]) -> list[str]:
    return sorted(step["name"] for stack in document["stacks"] for step in stack["steps"])


def lose(desk: Desk, *names: str) -> None:
    """In the cloud, and as the clouds were read last."""
    for name in names:
        desk.provisioner.lose(name)
    for record in recorded(desk).members:
        desk.provisioner.refresh(member_of(record.member))


def test_a_target_leaves_what_has_drifted_elsewhere_in_its_cluster(desk: Desk) -> None:
    one, other = map(name_in, addresses(desk))
    desk.provisioner.lose(one)
    desk.provisioner.lose(other)

    applied = desk.apply(target=(addresses(desk)[0],))

    assert steps_in(applied.proposal.document) == [one]
    assert one in desk.provisioner.names()
    assert other not in desk.provisioner.names()
    assert steps_in(desk.plan().document) == [other]
    desk.apply()
    assert other in desk.provisioner.names()


def test_what_is_excluded_stays_as_it_has_drifted_and_its_cluster_does_not(desk: Desk) -> None:
    one = name_in(addresses(desk)[0])
    desk.provisioner.lose(one)
    desk.provisioner.lose("network")

    applied = desk.apply(exclude=(addresses(desk)[0],))

    assert steps_in(applied.proposal.document) == ["network"]
    assert one not in desk.provisioner.names()
    assert "network" in desk.provisioner.names()


@pytest.mark.parametrize("is_previewed", [True, False])
def test_a_saved_plan_of_a_part_is_held_to_it(desk: Desk, *, is_previewed: bool) -> None:
    one, other = map(name_in, addresses(desk))
    lose(desk, one, other)
    made = desk.plan(out=PLAN, target=(addresses(desk)[0],), is_previewed=is_previewed)

    desk.apply(plan=PLAN)

    assert not is_previewed or steps_in(made.document) == [one]
    assert one in desk.provisioner.names()
    assert other not in desk.provisioner.names()


def test_a_saved_plan_of_a_part_goes_on_as_one(desk: Desk) -> None:
    one, other = map(name_in, addresses(desk))
    lose(desk, one, other)
    desk.plan(out=PLAN, target=(addresses(desk)[0],))
    desk.provisioner.crashes.add(one)
    with pytest.raises(Crash):
        desk.apply(plan=PLAN)
    desk.provisioner.crashes.clear()

    desk.apply(plan=PLAN)

    assert desk.provisioner.names().count(one) == 1
    assert other not in desk.provisioner.names()


def test_a_pool_that_is_destroyed_goes_alone(desk: Desk) -> None:
    one, other = map(name_in, addresses(desk))
    lose(desk, other, "network")

    destroyed = desk.destroy(target=(addresses(desk)[0],), drained=True)

    assert destroyed.removal is not None
    (preview,) = destroyed.removal.previews.values()
    assert [step.name for step in preview.steps if step.name != "network"] == [one]
    assert one not in desk.provisioner.names()
    assert other not in desk.provisioner.names()


def test_a_pool_that_was_to_be_destroyed_when_the_process_died_goes_by_the_same_command(
    desk: Desk,
) -> None:
    one, other = map(name_in, addresses(desk))

    def die(at: str) -> None:
        if at == "after-state-write" and recorded(desk).members[0].is_tainted:
            raise Crash(at)

    desk.failpoint = die
    with pytest.raises(Crash):
        desk.destroy(target=(addresses(desk)[0],), drained=True)
    desk.failpoint = lambda _: None
    assert one in desk.provisioner.names()
    address = f"pool.{recorded(desk).members[0].name}.{one}"

    desk.destroy(target=(address,), drained=True)

    assert one not in desk.provisioner.names()
    assert other in desk.provisioner.names()
    assert recorded(desk).members[0].was is None


def test_what_was_there_before_a_change_that_was_cut_short_is_known(desk: Desk) -> None:
    state = recorded(desk)
    (record,) = state.members
    address = addresses(desk)[0]
    fleet = recorded_state(state).fleet or NOTHING
    part = part_of((fleet,), (address,), ())
    cut_short = member_of(record.member).shrunk({PoolName(name_in(addresses(desk)[1]))})
    begun = replace(record, member=member_document(cut_short), is_tainted=True, was=record.member)
    state = replace(state, members=(begun,))

    known = choices_of(part, {record.name: cut_short}, state, fleet)[record.name]
    gone = choices_of(part, {record.name: cut_short}, state, NOTHING)

    assert known.pools == {name_in(address)}
    there = {pool.name: pool for pool in member_of(record.member).pools}
    assert list(known.before.pools) == [there[name_in(a)] for a in reversed(addresses(desk))]
    assert known.before.identities == member_of(record.member).identities
    assert gone == {}


def test_a_whole_cluster_is_not_chosen_from(desk: Desk) -> None:
    state = recorded(desk)
    (record,) = state.members
    members = {record.name: member_of(record.member)}
    fleet = recorded_state(state).fleet or NOTHING

    whole = part_of((fleet,), (f"cluster.{record.name}",), ())

    assert choices_of(whole, members, state, fleet) == {}
    assert choices_of(None, members, state, fleet) == {}
