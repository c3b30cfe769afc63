"""A plan that was made with values of variables is carried out with these, whatever is given now."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest

from broker.domain.errors import PlanStale, SpecInvalid
from broker.domain.members import Member, StackState
from broker.ports.provisioning import Watch
from broker.spec.load import Given
from broker.spec.variables import Assigned
from broker.usecases.question import Surroundings
from tests.fakes.changing import Desk, codes
from tests.fakes.provisioner import UNWATCHED, FakeProvisioner
from tests.fakes.specs import TINY

PLAN = Path("fleet.plan")

FLEET = TINY.replace("memory-gib: 16", "memory-gib: ${var.memory}") + "variables: {memory: {}}\n"


@dataclass
class GivenDesk(Desk):
    """A desk at which values are *given*."""

    given: Given = Given()  # noqa: RUF009  # frozen

    def surroundings(self) -> Surroundings:
        return replace(super().surroundings(), given=self.given)


def typed(memory: str) -> Given:
    return Given(typed=(Assigned(name="memory", text=memory),))


@pytest.fixture
def desk(tmp_path: Path) -> GivenDesk:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(FLEET)
    made = GivenDesk(fleet, given=typed("16"))
    made.plan(out=PLAN, within=Fraction(100))
    made.given = Given()
    return made


def test_it_needs_no_value_any_more(desk: GivenDesk) -> None:
    with pytest.raises(SpecInvalid):
        desk.plan()

    applied = desk.apply(plan=PLAN)

    assert applied.proposal.document["variables"]["memory"]["value"] == "16"


def test_it_is_refused_once_the_file_has_changed(desk: GivenDesk) -> None:
    desk.fleet.write_text(FLEET.replace("cpu: 4", "cpu: 5"))

    with pytest.raises(PlanStale) as refused:
        desk.apply(plan=PLAN)

    assert codes(refused.value) == ["plan-inputs-changed"]


def test_plans_with_other_values_are_of_other_specs(desk: GivenDesk) -> None:
    desk.given = typed("17")
    other = desk.plan().document["digests"]["spec"]

    assert other != desk.plans.saved[PLAN].document["digests"]["spec"]


def test_where_another_fleet_is_looked_for_it_is_with_the_same_values(desk: GivenDesk) -> None:
    trial = GivenDesk(desk.fleet, given=typed("16"))
    trial.apply()
    (pool,) = {*trial.provisioner.names()} - {"cluster", "network"}
    desk.provisioner.refuse(pool, "InsufficientInstanceCapacity")

    applied = desk.apply(plan=PLAN, tolerance=Fraction(100))

    assert len(applied.masked) == 1


class Unread(FakeProvisioner):
    """Must not be asked what a cloud has."""

    def refresh(self, member: Member, *, watch: Watch = UNWATCHED) -> StackState:
        raise AssertionError(member.name)


def test_a_variable_that_the_spec_has_not_is_refused_before_any_cloud_is_read(
    desk: GivenDesk,
) -> None:
    desk.apply(plan=PLAN)
    desk.provisioner = Unread()
    desk.given = Given(typed=(*typed("16").typed, Assigned(name="x", text="1")))

    with pytest.raises(SpecInvalid) as refused:
        desk.apply()

    assert codes(refused.value) == ["variable-undeclared"]
