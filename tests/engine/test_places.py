"""Records elsewhere than in a folder of ours, and what other people's computers bring along."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from shutil import rmtree

import boto3
import pytest

from broker.domain.errors import EngineFailed
from broker.ports.provisioning import Recovery, Workshop
from providers.sandbox.aws.cloud import AwsSandbox
from stacks.automation import PulumiProvisioner
from stacks.recovery_tags import STAND_IN
from tests.engine.conftest import Provision
from tests.engine.test_kills import is_true, killed
from tests.fakes.engine import ENGINE_ENVIRONMENT
from tests.fakes.postgres import postgres
from tests.fakes.small_cloud import SmallCloud
from tests.fakes.small_program import small_member, small_program, small_warm

MEMBER = small_member(pool=2)
ALL = ["cluster", "network", "pool"]
NUMBERS = count(1)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket that speaks Amazon's protocol, as an address of records."""
    stand_in = AwsSandbox()
    try:
        endpoint = stand_in.start(())["BROKER_AWS_ENDPOINT"]
        s3 = boto3.client("s3", region_name="eu-north-1", endpoint_url=endpoint, **STAND_IN)
        where = {"LocationConstraint": "eu-north-1"}
        name = f"records-{next(NUMBERS)}"  # the stand-in of a process forgets none
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
        s3.close()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "no-key-of-anybody")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "no-secret-of-anybody")
        yield f"s3://{name}?endpoint={endpoint}&s3ForcePathStyle=true&region=eu-north-1"
    finally:
        stand_in.stop()


@pytest.fixture
def database() -> Iterator[str]:
    with postgres() as address:
        yield address


@pytest.mark.parametrize("kind", ["bucket", "database"])
def test_records_can_be_kept_where_several_computers_reach_them(
    provision: Provision,
    cloud: SmallCloud,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    kind: str,
) -> None:
    backend: str = request.getfixturevalue(kind)
    provisioner = provision(backend=backend)
    approved = provisioner.preview(MEMBER)
    state = provisioner.up(MEMBER, approved=approved)
    killed(cloud, "more", lambda: provisioner.up(small_member(more=1, pool=2)))

    # Another computer, which has only that.
    rmtree(tmp_path / "a folder")
    other = provision(backend=backend)
    assert [*other.known(MEMBER.fleet)] == [MEMBER.name]
    recovery = other.recover(MEMBER)

    assert [each.name for each in recovery.adopted] == ["more"]
    assert {each.id for each in state.resources} < set(cloud.there())
    assert is_true(other, small_member(more=1, pool=2), cloud)
    assert other.down(MEMBER).checkpoint is None
    assert cloud.names() == []
    assert [*other.known(MEMBER.fleet)] == []
    assert other.recover(MEMBER) == Recovery()


def test_records_with_secrets_move_to_another_computer(
    provision: Provision, cloud: SmallCloud, tmp_path: Path
) -> None:
    secret = "correct horse"  # noqa: S105
    state = provision(passphrase=secret).up(MEMBER)
    rmtree(tmp_path / "a folder" / "members")

    assert provision(passphrase=secret).state(MEMBER) == state
    assert provision(passphrase=secret).preview(MEMBER).steps == ()
    with pytest.raises(EngineFailed) as refused:
        provision(passphrase="wrong battery").preview(MEMBER)  # noqa: S106

    assert [finding.code for finding in refused.value.diagnostics] == ["passphrase-wrong"]
    assert "PULUMI_CONFIG_PASSPHRASE" in refused.value.diagnostics[0].hint


def test_of_a_shared_place_only_the_stacks_of_the_fleet_are_told(
    tmp_path: Path, attached: dict[str, str], bucket: str
) -> None:
    def told(fleet: str) -> PulumiProvisioner:
        workshop = Workshop(
            folder=tmp_path / "a folder", fleet=fleet, environment=attached, backend=bucket
        )
        return PulumiProvisioner(
            workshop, program_of=small_program, warm=small_warm, environment=ENGINE_ENVIRONMENT
        )

    told("research").up(MEMBER)

    assert [*told("research").known("")] == [MEMBER.name]
    assert [*told("").known("research")] == [MEMBER.name]
    assert [*told("").known("another")] == []
    assert [*told("").known("")] == []


def test_a_place_that_can_not_be_looked_into_is_no_empty_one(
    provision: Provision, bucket: str
) -> None:
    elsewhere = bucket.replace("s3://records", "s3://nowhere")

    with pytest.raises(EngineFailed) as refused:
        provision(backend=elsewhere).known(MEMBER.fleet)

    assert [finding.subject for finding in refused.value.diagnostics] == ["BROKER_STACKS"]


@pytest.mark.parametrize("name", ["a b", "100%", "a#b", "ümlaut"])
def test_a_folder_may_have_any_name(
    provision: Provision, cloud: SmallCloud, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    state = provision(folder=folder).up(MEMBER)

    assert provision(folder=folder).state(MEMBER) == state
    assert len(list(folder.rglob(f"{MEMBER.name}.json"))) == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]
