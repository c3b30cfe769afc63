"""The engine is killed at every kind of step: nothing is lost, doubled or left behind."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from broker.domain.errors import BrokerError, EngineFailed, Locked
from broker.domain.members import Member
from broker.domain.offers import CapacityType
from broker.ports.provisioning import Recovery
from stacks.automation import PulumiProvisioner
from tests.engine.conftest import Provision
from tests.fakes.engine_processes import kill_engine, meanwhile
from tests.fakes.small_cloud import SmallCloud
from tests.fakes.small_program import small_member, small_pool

MEMBER = small_member(pool=2)
ALL = ["cluster", "network", "pool"]
LONG_SECONDS = 30.0


def killed(
    cloud: SmallCloud, at: str, change: Callable[[], object], seconds: float = LONG_SECONDS
) -> BrokerError:
    """Let *change* run until the cloud is at that step, kill the engine, and return what was raised."""
    cloud.seconds[at] = seconds
    killer = meanwhile(cloud, kill_engine)
    with pytest.raises(BrokerError) as raised:
        change()
    killer.join()
    cloud.seconds = {}
    return raised.value


def program_with_a_secret(member: Member) -> Callable[[], None]:
    """A role whose description nobody may read."""
    import pulumi
    import pulumi_aws as aws

    def make() -> None:
        aws.iam.Role(
            "secretive",
            name="secretive",
            assume_role_policy="{}",
            description=pulumi.Output.secret("whisper"),
        )

    return make


def is_true(provisioner: PulumiProvisioner, member: Member, cloud: SmallCloud) -> bool:
    """Whether record, cloud and program agree."""
    state = provisioner.state(member)
    return (
        provisioner.preview(member).steps == ()
        and provisioner.drift(member).steps == ()
        and {resource.id for resource in state.resources} == set(cloud.there())
    )


def test_a_resource_that_was_being_made_is_adopted(provision: Provision, cloud: SmallCloud) -> None:
    provisioner = provision()

    raised = killed(cloud, "pool", lambda: provisioner.up(MEMBER))
    recovery = provisioner.recover(MEMBER)

    assert isinstance(raised, EngineFailed)
    assert raised.exit_code == -9
    assert recovery.freed_lock
    assert [resource.name for resource in recovery.adopted] == ["pool"]
    assert recovery.forgotten == ()
    assert cloud.names() == ALL
    assert is_true(provisioner, MEMBER, cloud)
    assert provisioner.recover(MEMBER) == Recovery()


def test_the_secrets_of_what_is_adopted_can_still_be_read(
    provision: Provision, cloud: SmallCloud
) -> None:
    provisioner = provision(program_of=program_with_a_secret)
    killed(cloud, "secretive", lambda: provisioner.up(MEMBER))

    recovery = provisioner.recover(MEMBER)

    assert [resource.name for resource in recovery.adopted] == ["secretive"]
    assert is_true(provisioner, MEMBER, cloud)
    provisioner.down(MEMBER)
    assert cloud.names() == []


def test_without_recovery_nothing_is_made_twice(provision: Provision, cloud: SmallCloud) -> None:
    provisioner = provision()
    killed(cloud, "pool", lambda: provisioner.up(MEMBER))

    with pytest.raises(Locked) as locked:
        provisioner.up(MEMBER)

    assert locked.value.diagnostics[0].code == "engine-locked"
    assert cloud.names() == ALL


def test_a_freed_lock_alone_does_not_lead_to_a_second(
    provision: Provision, cloud: SmallCloud
) -> None:
    provisioner = provision()
    killed(cloud, "pool", lambda: provisioner.up(MEMBER))
    for lock in provisioner.workshop.folder.rglob("locks/organization/**/*.json"):
        lock.unlink()

    provisioner.up(MEMBER)

    assert cloud.names() == ALL
    assert is_true(provisioner, MEMBER, cloud)


def test_a_resource_that_was_not_made_is_forgotten_and_made_by_the_next_change(
    provision: Provision, cloud: SmallCloud
) -> None:
    provisioner = provision()
    killed(cloud, "pool", lambda: provisioner.up(MEMBER))
    cloud.lose("pool")

    recovery = provisioner.recover(MEMBER)
    provisioner.up(MEMBER)

    assert recovery.adopted == ()
    assert [urn.rpartition("::")[2] for urn in recovery.forgotten] == ["pool"]
    assert cloud.names() == ALL
    assert is_true(provisioner, MEMBER, cloud)


def test_several_that_were_being_made_at_once_are_adopted(
    provision: Provision, cloud: SmallCloud
) -> None:
    member = small_member(one=1, three=3, two=2)
    provisioner = provision()
    cloud.seconds = dict.fromkeys(("one", "three"), LONG_SECONDS)

    raised = killed(cloud, "two", lambda: provisioner.up(member))
    recovery = provisioner.recover(member)
    provisioner.up(member)

    assert isinstance(raised, EngineFailed)
    assert recovery.adopted
    assert cloud.names() == ["cluster", "network", "one", "three", "two"]
    assert is_true(provisioner, member, cloud)


def test_an_update_that_was_under_way_is_read_from_the_cloud(
    provision: Provision, cloud: SmallCloud
) -> None:
    provisioner = provision()
    provisioner.up(MEMBER)
    larger = small_member(pool=5)

    killed(cloud, "update pool", lambda: provisioner.up(larger))
    recovery = provisioner.recover(larger)

    assert recovery == Recovery(freed_lock=True)
    assert is_true(provisioner, larger, cloud)
    assert cloud.names() == ALL


def test_a_deletion_that_was_under_way_is_finished_by_the_next_change(
    provision: Provision, cloud: SmallCloud
) -> None:
    provisioner = provision()
    provisioner.up(small_member(pool=2, spare=1))

    killed(cloud, "delete spare", lambda: provisioner.up(MEMBER))
    provisioner.recover(MEMBER)
    provisioner.up(MEMBER)

    assert cloud.names() == ALL
    assert is_true(provisioner, MEMBER, cloud)


def test_a_deletion_that_was_under_way_can_be_taken_back(
    provision: Provision, cloud: SmallCloud
) -> None:
    both = small_member(pool=2, spare=1)
    provisioner = provision()
    provisioner.up(both)

    killed(cloud, "delete spare", lambda: provisioner.up(MEMBER))
    provisioner.recover(both)
    provisioner.up(both)

    assert cloud.names() == [*ALL, "spare"]
    assert is_true(provisioner, both, cloud)


@pytest.fixture
def on_demand() -> Member:
    return replace(MEMBER, pools=(small_pool("pool", 2, CapacityType.ON_DEMAND),))


@pytest.mark.parametrize("at", ["pool", "delete pool"])
def test_a_replacement_ends_with_one(
    provision: Provision, cloud: SmallCloud, on_demand: Member, at: str
) -> None:
    provisioner = provision()
    provisioner.up(MEMBER)

    killed(cloud, at, lambda: provisioner.up(on_demand))
    provisioner.recover(on_demand)
    provisioner.up(on_demand)

    assert cloud.names() == ALL
    assert is_true(provisioner, on_demand, cloud)


def test_a_replacement_can_be_taken_back(
    provision: Provision, cloud: SmallCloud, on_demand: Member
) -> None:
    provisioner = provision()
    provisioner.up(MEMBER)

    killed(cloud, "pool", lambda: provisioner.up(on_demand))
    provisioner.recover(MEMBER)
    provisioner.up(MEMBER)

    assert cloud.names() == ALL
    assert is_true(provisioner, MEMBER, cloud)


@pytest.mark.parametrize("at", ["delete pool", "delete cluster"])
def test_a_member_that_was_being_taken_away_is_taken_away(
    provision: Provision, cloud: SmallCloud, at: str
) -> None:
    provisioner = provision()
    provisioner.up(MEMBER)

    killed(cloud, at, lambda: provisioner.down(MEMBER))
    provisioner.recover(MEMBER)
    state = provisioner.down(MEMBER)

    assert cloud.names() == []
    assert state.checkpoint is None


@pytest.fixture
def in_a_cloud(
    provision: Provision,
    cloud: SmallCloud,
    attached: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> PulumiProvisioner:
    """One that does not know of a sandbox, over a cloud that knows no URN."""
    cloud.knows_urns = False
    for name, value in attached.items():
        monkeypatch.setenv(name, value)
    attached.clear()
    return provision()


@pytest.mark.parametrize("was_made", [True, False])
def test_in_a_cloud_it_is_found_by_the_name_that_we_gave(
    in_a_cloud: PulumiProvisioner, cloud: SmallCloud, *, was_made: bool
) -> None:
    cloud.ids["pool"] = f"{MEMBER.name}:pool"
    killed(cloud, "pool", lambda: in_a_cloud.up(MEMBER))
    if not was_made:
        cloud.lose("pool")

    recovery = in_a_cloud.recover(MEMBER)
    in_a_cloud.up(MEMBER)

    assert [each.id for each in recovery.adopted] == [f"{MEMBER.name}:pool"] * was_made
    assert cloud.names() == ALL
    assert is_true(in_a_cloud, MEMBER, cloud)


def test_what_can_not_be_looked_for_is_told_and_nothing_is_made_twice(
    in_a_cloud: PulumiProvisioner, cloud: SmallCloud
) -> None:
    killed(cloud, "network", lambda: in_a_cloud.up(MEMBER))

    with pytest.raises(EngineFailed) as unknown:
        in_a_cloud.recover(MEMBER)
    with pytest.raises(EngineFailed):
        in_a_cloud.up(MEMBER)

    assert unknown.value.diagnostics[0].code == "pending-create-unknown"
    assert cloud.names() == ["network"]
