"""The engine is killed while it makes and unmakes real members of each cloud, in the sandbox."""

from collections import Counter
from pathlib import Path
from threading import Event, Thread

import pytest

from broker.domain.errors import BrokerError
from broker.domain.ids import MachineType, ZoneId
from broker.domain.members import Member
from broker.ports.provisioning import StepEvent, Watch, Workshop
from stacks.automation import PulumiProvisioner
from stacks.sandbox.cloud import PulumiSandbox
from stacks.sandbox.control import Control
from tests.fakes.engine import ENGINE_ENVIRONMENT
from tests.fakes.engine_processes import kill_engine
from tests.fakes.recorded_stacks import a_member, a_pool
from tests.fakes.sandbox_stacks import sandbox

ND = MachineType("Standard_ND96isr_H100_v5")
A3 = MachineType("a3-highgpu-8g")
MEMBERS = (
    a_member("aws", "eu-north-1", a_pool("plain"), is_protected=True),
    a_member("azure", "westeurope", a_pool("plain", machine_type=ND), is_protected=True),
    a_member(
        "gcp",
        "europe-west4",
        a_pool("plain", machine_type=A3, zone=ZoneId("europe-west4-b")),
        is_protected=True,
    ),
)
SLOW_SECONDS = 0.4


def killed_at(provisioner: PulumiProvisioner, verb: str, member: Member, name: str) -> None:
    """Kill the engine once that step has begun; nothing of it is recorded."""
    begun, is_over = Event(), Event()

    def heard(event: StepEvent) -> None:
        if event.state == "started" and event.step.name.endswith(name):
            begun.set()

    def kill() -> None:
        begun.wait(120)
        is_over.wait(SLOW_SECONDS / 2)
        kill_engine()

    killer = Thread(target=kill)
    killer.start()
    with pytest.raises(BrokerError):
        getattr(provisioner, verb)(member, watch=Watch(heard=heard))
    is_over.set()
    killer.join()


def in_cloud(folder: Path) -> Counter[str]:
    """What the sandbox's own ledger says that there is."""
    return Counter(resource.id for resource in PulumiSandbox().resources(folder))


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: str(member.region.provider))
def test_a_member_survives_the_death_of_its_engine(member: Member, tmp_path: Path) -> None:
    ledger = tmp_path / "sandbox"
    with sandbox(ledger) as environment, Control(ledger) as control:
        control.latency("*", SLOW_SECONDS)
        workshop = Workshop(folder=tmp_path / "broker", fleet=member.fleet, environment=environment)
        provisioner = PulumiProvisioner(workshop, environment=ENGINE_ENVIRONMENT)

        killed_at(provisioner, "up", member, "-plain")
        recovery = provisioner.recover(member)
        state = provisioner.up(member)

        assert recovery.freed_lock
        assert [each.name for each in recovery.adopted if each.name.endswith("-plain")]
        assert in_cloud(ledger) == Counter(each.id for each in state.resources)
        assert provisioner.preview(member).steps == ()
        assert provisioner.drift(member).steps == ()

        killed_at(provisioner, "down", member, "-plain")
        provisioner.recover(member)
        gone = provisioner.down(member)

        assert in_cloud(ledger) == Counter()
        assert gone.checkpoint is None
