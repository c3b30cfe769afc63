"""The sandbox cloud fails in the ways of the real ones, as it is told to while it runs."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from stacks.command import CommandEnded
from stacks.sandbox.control import Control
from stacks.sandbox.ledger import Ledger
from tests.fakes.sandbox_stacks import SandboxStack, library, refused, sandbox

aws = library("aws", "ec2", "iam")
POOL = "aws:eks/nodeGroup:NodeGroup"
ROLE = "aws:iam/role:Role"
SEED = 8


def roles(*names: str) -> Callable[[], None]:
    """Roles that are made one after the other."""

    def make() -> None:
        before = None
        for name in names:
            before = aws.iam.Role(
                name, name=name, assume_role_policy=before.arn if before else "{}"
            )

    return make


def reservation(**told: object) -> Callable[[], None]:
    def make() -> None:
        aws.ec2.CapacityReservation(
            "reservation",
            **{
                "availability_zone": "us-east-1a",
                "instance_count": 2,
                "instance_platform": "Linux/UNIX",
                "instance_type": "p5.48xlarge",
                "region": "us-east-1",
                **told,
            },
        )

    return make


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SandboxStack]:
    with sandbox(tmp_path / "cloud") as environment:
        yield SandboxStack(tmp_path / "stack", environment, roles("first", "second"))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "cloud") as opened:
        yield opened


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    with Control(tmp_path / "cloud") as opened:
        yield opened


def test_a_machine_type_is_out_of_stock_until_it_is_not(
    stack: SandboxStack, ledger: Ledger, control: Control
) -> None:
    stack.program = reservation()
    control.stock_out("p5.48xlarge", "us-east-1", times=1)

    said = refused(stack.up)

    assert "InsufficientInstanceCapacity" in said
    assert "sufficient p5.48xlarge capacity in the Availability Zone you requested" in said
    assert ledger.resources() == []
    assert stack.up() == ["create reservation"]


def test_another_region_has_what_one_has_not(stack: SandboxStack, control: Control) -> None:
    stack.program = reservation()
    control.stock_out("p5.48xlarge", "eu-north-1")

    assert stack.up() == ["create reservation"]


def test_credentials_expire_in_the_midst(
    stack: SandboxStack, ledger: Ledger, control: Control
) -> None:
    control.expire_credentials(after=1)

    said = refused(stack.up)
    control.renew_credentials()
    resumed = stack.up()

    assert "ExpiredToken: The security token included in the request is expired" in said
    assert resumed == ["create second"]
    assert [made.name for made in ledger.resources()] == ["first", "second"]


def test_an_error_after_creating_leaves_an_orphan(
    stack: SandboxStack, ledger: Ledger, control: Control
) -> None:
    control.fail(ROLE, "api error ServiceFailure: try again", after_creating=True)

    said = refused(stack.up)
    again = refused(stack.up)

    assert "ServiceFailure: try again" in said
    assert "EntityAlreadyExists" in again, "the cloud has it, and the record has not"
    assert "first" not in stack.resources()
    assert [made.name for made in ledger.resources()] == ["first"]
    assert [call.outcome.partition(":")[0] for call in ledger.calls()] == [
        "made",
        "refused",
        "refused",
    ]


def test_a_late_success_is_a_success(stack: SandboxStack, control: Control) -> None:
    control.late_success(ROLE, 1.0)

    assert stack.up() == ["create first", "create second"]


def test_a_cloud_that_says_nothing_is_given_up(
    stack: SandboxStack, ledger: Ledger, control: Control
) -> None:
    control.hang(ROLE)
    stack.seconds = 8

    refused(stack.up)
    stack.seconds = 120
    stack.one.cancel(stack.bounds)

    assert ledger.resources() == []
    assert stack.up() == ["create first", "create second"]


def test_what_can_not_be_deleted_stays_recorded(
    stack: SandboxStack, ledger: Ledger, control: Control
) -> None:
    stack.up()
    control.fail(ROLE, "api error DeleteConflict: still in use", method="delete")

    said = refused(stack.destroy)
    left = [made.name for made in ledger.resources()]
    ended = stack.destroy()

    assert "DeleteConflict" in said
    assert left == ["first", "second"]
    assert ended == ["delete second", "delete first"]


def test_inputs_of_a_wrong_shape_are_refused_before_anything_is_made(
    stack: SandboxStack, ledger: Ledger
) -> None:
    stack.program = reservation(instance_count="two", end_date_type="never")

    said = refused(stack.preview)

    assert "expected instanceCount to be a integer, got 'two'" in said
    assert ledger.calls() == []


def test_words_that_the_cloud_does_not_know_are_refused(stack: SandboxStack) -> None:
    stack.program = reservation(end_date_type="never")

    assert "expected endDateType to be one of ['limited', 'unlimited']" in refused(stack.preview)


def test_a_seed_lets_the_same_resources_fail_once(tmp_path: Path) -> None:
    names = [f"role-{number}" for number in range(24)]

    def make() -> None:
        for name in names:
            aws.iam.Role(name, name=name, assume_role_policy="{}")

    def refused_ones(folder: Path) -> list[str]:
        with (
            sandbox(folder / "cloud", fault_seed=SEED) as environment,
            Ledger(folder / "cloud") as ledger,
        ):
            stack = SandboxStack(folder / "stack", environment, make)
            refused(stack.up)
            while len(ledger.resources()) < len(names):
                with suppress(CommandEnded):
                    stack.up()
            calls = [call for call in ledger.calls() if call.outcome != "made"]
            return sorted(call.urn.rpartition("::")[2] for call in calls)

    first = refused_ones(tmp_path / "one")

    assert first == refused_ones(tmp_path / "two")
    assert len(set(first)) == len(first) > 0
