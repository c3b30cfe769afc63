"""What a saved plan may do when it goes on after a next best fleet that could not be made either."""

from typing import Any

import pytest

from broker.domain.ids import ClusterName
from broker.domain.members import ResourceStep, StackPreview, StepOp
from broker.ports.state import MemberRecord, State
from broker.usecases.resumed import approved_still

HERE = ClusterName("here")


def step(name: str, op: StepOp, **after: Any) -> ResourceStep:
    return ResourceStep(name=name, type="test", op=op, urn=f"urn:{name}", after=after)


def preview(*steps: ResourceStep) -> StackPreview:
    return StackPreview(member=HERE, steps=steps, unchanged=0, checkpoint="c")


def state(*held: str, is_tainted: bool = True) -> State:
    record = MemberRecord(
        name=HERE,
        member={},
        outputs={},
        resources=tuple({"urn": f"urn:{name}"} for name in held),
        checkpoint="c",
        is_tainted=is_tainted,
    )
    return State(lineage="l", serial=3, fleet="tiny", currency="USD", members=(record,))


APPROVED = preview(
    step("pool", StepOp.CREATE, nodes=2),
    step("budget", StepOp.UPDATE, limit="200", labels={"values": ["a", "b"]}),
)


@pytest.mark.parametrize(
    ("now", "is_allowed"),
    [
        (step("leftover", StepOp.DELETE), True),
        (step("network", StepOp.DELETE), False),
        (step("pool", StepOp.DELETE), False),
        (step("budget", StepOp.UPDATE, limit="200"), True),
        (step("budget", StepOp.UPDATE, limit="300"), False),
        (step("budget", StepOp.UPDATE, **{"labels.values[1]": "b"}), True),
        (step("budget", StepOp.UPDATE, **{"labels.values[2]": "b"}), False),
        (step("budget", StepOp.REPLACE, limit="200"), False),
        (step("other", StepOp.UPDATE, limit="200"), False),
        (step("other", StepOp.CREATE), False),
    ],
)
def test_only_what_leads_back_to_the_plan_is_done_beside_it(
    now: ResourceStep,
    is_allowed: bool,  # noqa: FBT001
) -> None:
    allowed = approved_still(APPROVED, preview(now), state("network"))

    assert allowed == ((*APPROVED.steps, now) if is_allowed else APPROVED.steps)


def test_of_a_cluster_that_nobody_has_begun_to_change_nothing_more_goes() -> None:
    leftover = preview(step("leftover", StepOp.DELETE))

    whole = state("network", is_tainted=False)

    assert approved_still(APPROVED, leftover, whole) == APPROVED.steps
    assert approved_still(APPROVED, None, state()) == APPROVED.steps
