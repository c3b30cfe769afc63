"""What stacks would do, and what drifted, on a terminal and in a pipe."""

from typing import Any

import pytest

from broker.cli.render import drift as drift_page
from broker.cli.render import stacks as stacks_page
from broker.cli.render.drift import render_drift
from broker.cli.render.stacks import UNSET, render_stacks, shown_value
from broker.cli.render.style import Style
from broker.domain.ids import ClusterName
from broker.domain.members import ResourceStep, StackPreview, StepOp
from broker.planning.drift import drifted
from broker.planning.stacks import stack_documents, stack_previews
from broker.ports.state import first_state
from broker.usecases.drift import DriftFound

KINDS = (
    "aws:ec2/subnet:Subnet",
    "aws:eks/nodeGroup:NodeGroup",
    "aws:kms/key:Key",
    "aws:iam/role:Role",
)
MEMBER = ClusterName("aws-us-east-1")


def preview(*steps: ResourceStep) -> StackPreview:
    return StackPreview(member=MEMBER, steps=steps, unchanged=0, checkpoint=None)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> int:
    for page in (stacks_page, drift_page):
        monkeypatch.setattr(page, "width_of_output", lambda: 48)
    return 48


def stacks() -> list[dict[str, Any]]:
    made = [ResourceStep(name=k, type=k, op=StepOp.CREATE) for k in KINDS]
    change = {"path": "x" * 20}
    changed = ResourceStep(
        name="main", type="aws:eks/cluster:Cluster", op=StepOp.UPDATE,
        changed=("path",), before=change, after=change,
    )  # fmt: skip
    return stack_documents([preview(*made, changed)])


def test_on_a_terminal_nothing_is_wider_than_it(narrow: int) -> None:
    text = render_stacks(stacks(), Style())

    assert max(map(len, text.splitlines())) <= narrow
    assert "NodeGroup" in text


def test_in_a_pipe_each_kind_is_on_one_line() -> None:
    assert "      + 1 Key, 1 NodeGroup, 1 Role, 1 Subnet" in render_stacks(stacks(), Style())


def test_each_that_comes_or_goes_is_listed_where_it_is_asked_for() -> None:
    gone = ResourceStep(name="old", type=KINDS[0], op=StepOp.DELETE)
    pages = stack_documents(
        [preview(*(ResourceStep(name=k, type=k, op=StepOp.CREATE) for k in KINDS), gone)]
    )

    lines = render_stacks(pages, Style(), lists_all=True).splitlines()

    assert [line for line in lines if line.startswith("      +")] == [
        f"      + {kind} {kind}" for kind in sorted(KINDS)
    ]
    assert f"      - {KINDS[0]} old" in lines
    assert lines[-1] == "  Cloud resources: 4 to add, 1 to destroy."


@pytest.mark.parametrize(("deletes_first", "mark"), [(True, "-/+"), (False, "+/-")])
def test_a_replacement_is_marked_by_what_comes_first(deletes_first: bool, mark: str) -> None:  # noqa: FBT001
    anew = ResourceStep(
        name="pool-a", type=KINDS[1], op=StepOp.REPLACE, forcing=("id",),
        deletes_first=deletes_first,
    )  # fmt: skip
    seen = preview(anew)

    lines = render_stacks(stack_documents([seen]), Style()).splitlines()

    line = f"    {mark} {KINDS[1]} pool-a   # will be replaced, as requested"
    assert line in lines
    assert stack_previews(stack_documents([seen])) == {MEMBER: seen}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        ("x", '"x"'),
        ([1, {"a": False}], '[1, {"a": false}]'),
        (None, "(not shown)"),
        (UNSET, UNSET),
    ],
)
def test_values_are_shown_as_in_json(value: Any, shown: str) -> None:
    assert shown_value(value) == shown


def test_what_drifted_is_named_with_what_became_of_it(narrow: int) -> None:
    gone = ResourceStep(name="pool", type=KINDS[1], op=StepOp.DELETE)
    other = ResourceStep(
        name="main", type="aws:eks/cluster:Cluster", op=StepOp.UPDATE, changed=("publicAccess",),
        before={"publicAccess": False}, after={"publicAccess": "for everybody in the whole world"},
    )  # fmt: skip
    found = DriftFound(
        state=first_state("f", "USD"), drifted=drifted([preview(gone, other)]), tainted=()
    )

    lines = render_drift(found, Style()).splitlines()

    assert "  ! aws-us-east-1/pool (NodeGroup) is gone" in lines
    assert '        publicAccess: false -> "for everybody in' in "\n".join(lines)
    assert "  ! aws-us-east-1/main (Cluster) differs: security" in lines
    assert max(len(line) for line in lines if "publicAccess" in line) <= narrow
