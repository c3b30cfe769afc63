"""What was approved is done, and nothing else: no other step, reason or value."""

from dataclasses import replace
from typing import Any

import pytest

from broker.domain.errors import PlanStale
from broker.domain.members import ResourceStep, StackPreview, StepOp
from stacks.approval import other_values, require_approval, unapproved
from stacks.steps import KNOWN_AFTER
from tests.fakes.recorded_stacks import a_member

POOL = "aws:eks/nodeGroup:NodeGroup"


def step(name: str = "pool", **other: Any) -> ResourceStep:
    return ResourceStep(**{"name": name, "type": POOL, "op": StepOp.UPDATE, **other})


@pytest.mark.parametrize(
    "done",
    [
        step("another"),
        step(type="aws:ec2/vpc:Vpc"),
        step(op=StepOp.REPLACE),
        step(changed=("size", "zone")),
        step(changed=("size",), forcing=("size",)),
    ],
)
def test_another_step_is_not_what_was_approved(done: ResourceStep) -> None:
    assert unapproved([done], [step(changed=("size",))]) == [done]


@pytest.mark.parametrize(("number", "told"), [(1, "1 change would"), (2, "2 changes would")])
def test_what_was_not_approved_is_counted(number: int, told: str) -> None:
    member = a_member("aws", "us-east-1")
    approved = StackPreview(member=member.name, steps=(), unchanged=0, checkpoint=None)
    fresh = replace(approved, steps=tuple(step(f"pool-{n}") for n in range(number)))

    with pytest.raises(PlanStale) as stale:
        require_approval(member, fresh, approved)

    assert told in stale.value.diagnostics[0].summary


def test_to_do_without_the_old_one_has_to_be_approved() -> None:
    gently, first = (step(op=StepOp.REPLACE, deletes_first=is_first) for is_first in (False, True))

    assert unapproved([first], [gently]) == [first]
    assert unapproved([gently], [first]) == []
    assert unapproved([first], [first]) == []


def test_less_than_was_approved_is_approved() -> None:
    assert unapproved([step()], [step(), step("another")]) == []


def sets(value: Any) -> ResourceStep:
    return step(changed=("input",), after={"input": value})


@pytest.mark.parametrize(
    ("approved", "now"),
    [
        (2, 3),
        (2, "2"),
        (1, True),
        ("0.0.0.0/8", "0.0.0.0/0"),
        (["a"], ["a", "b"]),
        ({"size": 2}, {"size": 2, "max": 9}),
        ({"size": {"max": 2}}, {"size": {"max": 9}}),
        ("known", KNOWN_AFTER),
        (None, "a secret no more"),
        ("plain", None),
        ("network-0a1b2c3", "other-0a1b2c3"),
    ],
)
def test_another_value_is_not_what_was_approved(approved: Any, now: Any) -> None:
    assert unapproved([sets(now)], [sets(approved)]) == [sets(now)]
    assert other_values(sets(now), sets(approved)) == ["input"]


@pytest.mark.parametrize(
    ("approved", "now"),
    [
        (2, 2.0),
        ("0.5", 0.5),
        (KNOWN_AFTER, "vpc-1"),
        ([KNOWN_AFTER, "b"], ["subnet-1", "b"]),
        ({"ids": KNOWN_AFTER}, {"ids": ["a", "b"]}),
        (None, None),
        ("pool-0a1b2c3", "pool-7f7f7f7"),
        ("pool0a1b2c3d", "pool7f7f7f7f"),
    ],
)
def test_what_was_not_known_or_is_made_up_each_time_is_approved(approved: Any, now: Any) -> None:
    assert unapproved([sets(now)], [sets(approved)]) == []


def test_a_value_that_was_not_there_is_not_approved() -> None:
    more = step(changed=("input",), after={"input": 1, "more": 2})

    assert other_values(more, sets(1)) == ["more"]
    assert other_values(sets(1), more) == ["more"]
