"""Clusters that are in the cloud and in no record: what the real engine finds of them again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import pytest

from broker.domain.errors import NotOurs
from broker.domain.members import Member, StepOp
from broker.ports.provisioning import Adoption, StepEvent, Watch, Workshop
from providers.sandbox.aws.cloud import AwsSandbox
from stacks.automation import PulumiProvisioner
from stacks.sandbox.ledger import Ledger
from tests.engine.test_sandbox_members import CASES
from tests.fakes.engine import ENGINE_ENVIRONMENT
from tests.fakes.sandbox_stacks import sandbox
from tests.fakes.stand_ins import list_prices, of_region, serving

AWS, AZURE, GCP = (
    next(member for member, _ in CASES if member.region.provider == cloud)
    for cloud in ("aws", "azure", "gcp")
)


class Land:
    """The sandbox clouds, with what they have and were asked to change."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment

    def provisioner(self) -> PulumiProvisioner:
        """One whose records are in this folder."""
        workshop = Workshop(
            folder=self._folder / "stacks",
            fleet="research",
            environment=self._environment,
            passphrase="a passphrase",  # noqa: S106
        )
        return PulumiProvisioner(workshop, environment=ENGINE_ENVIRONMENT)

    def lose_records(self) -> PulumiProvisioner:
        """Be on another computer, which knows nothing."""
        rmtree(self._folder / "stacks")
        return self.provisioner()

    def lose(self, *names: str) -> None:
        """Delete things behind everybody's back."""
        with self._ledger() as ledger:
            for made in ledger.resources():
                if made.name in names:
                    ledger.vanish(made)

    def mark(self, name: str, kind: str, **tags: str) -> None:
        """Change the tags of something behind everybody's back."""
        with self._ledger() as ledger:
            (made,) = [m for m in ledger.resources() if m.name == name and kind in m.type]
            changed = {**made.inputs["tags"], **{k.replace("_", "-"): v for k, v in tags.items()}}
            sides = {s: {**getattr(made, s), "tags": changed} for s in ("inputs", "outputs")}
            ledger.drift(replace(made, **sides))

    def names(self) -> list[str]:
        with self._ledger() as ledger:
            return sorted(made.name for made in ledger.resources())

    def calls(self) -> int:
        with self._ledger() as ledger:
            return len(ledger.calls())

    def _ledger(self) -> Ledger:
        return Ledger(self._folder / "cloud")


@pytest.fixture
def land(tmp_path: Path) -> Iterator[Land]:
    offers = [offer for cloud in ("aws", "azure", "gcp") for offer in list_prices(cloud)]
    with (
        serving(AwsSandbox(), of_region(list_prices("aws"), "aws/us-east-1")) as leads,
        sandbox(tmp_path / "cloud", offers, environment=leads) as attached,
    ):
        yield Land(tmp_path, attached)


@pytest.mark.parametrize("member", [AWS, AZURE, GCP], ids=["aws", "azure", "gcp"])
def test_a_whole_cluster_is_found_again_and_lives_on(land: Land, member: Member) -> None:
    before = land.provisioner().up(member)
    provisioner, events = land.lose_records(), list[StepEvent]()
    calls = land.calls()

    adoption = provisioner.adopt(member, watch=Watch(heard=events.append))

    assert adoption == Adoption(adopted=before.resources)
    assert {(event.state, event.step.op) for event in events} == {("done", StepOp.IMPORT)}
    after = provisioner.state(member)
    assert (after.resources, after.outputs) == (before.resources, before.outputs)
    assert provisioner.preview(member).steps == ()
    assert provisioner.drift(member).steps == ()
    assert land.calls() == calls
    provisioner.down(member)
    assert land.names() == []


def test_what_is_not_there_is_left_to_be_made_and_the_rest_goes_in_order(land: Land) -> None:
    land.provisioner().up(AZURE)
    land.lose("pool-gpus", "kueue")
    provisioner = land.lose_records()
    calls = land.calls()

    adoption = provisioner.adopt(AZURE)

    assert (adoption.missing, adoption.differing) == (("kueue", "pool-gpus"), ())
    assert land.calls() == calls
    steps = provisioner.preview(AZURE).steps
    assert {(step.name, step.op) for step in steps} == {
        ("kueue", StepOp.CREATE),
        ("pool-gpus", StepOp.CREATE),
    }
    provisioner.down(AZURE)
    assert land.names() == []


def test_nothing_is_recorded_where_nothing_is(land: Land) -> None:
    provisioner = land.provisioner()

    adoption = provisioner.adopt(GCP)

    assert adoption.adopted == ()
    assert "cluster" in adoption.missing
    assert provisioner.state(GCP).checkpoint is None
    assert land.calls() == 0


def test_a_cluster_with_the_tags_of_another_fleet_is_refused(land: Land) -> None:
    land.provisioner().up(AZURE)
    land.mark("cluster", "ManagedCluster", broker_fleet="theirs")
    provisioner = land.lose_records()
    calls = land.calls()

    with pytest.raises(NotOurs) as refused:
        provisioner.adopt(AZURE)

    (finding,) = refused.value.diagnostics
    assert (finding.code, finding.subject) == (
        "resource-not-ours",
        "azure-westeurope/cluster",
    )
    assert "broker-fleet=research" in finding.detail
    assert provisioner.state(AZURE).checkpoint is None
    assert land.calls() == calls
