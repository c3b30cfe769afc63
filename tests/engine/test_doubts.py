"""What a cloud has made although it answered an error is found again, whatever became of our notes."""

import json
from pathlib import Path

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError
from broker.ports.provisioning import Watch
from stacks.automation import PulumiProvisioner
from tests.engine.conftest import Provision
from tests.fakes.small_cloud import SmallCloud
from tests.fakes.small_program import small_member

MEMBER = small_member(pool=2)


def made_and_refused(provisioner: PulumiProvisioner, cloud: SmallCloud) -> Path:
    """The notes on a pool that the cloud has made and answered an error for."""
    cloud.refuse("pool", "api error InternalFailure: try again")
    with pytest.raises(BrokerError):
        provisioner.up(MEMBER)
    cloud.refuse("pool", "")
    notes = provisioner.workshop.folder / "members" / MEMBER.name / "doubts.json"
    (resource,) = json.loads(notes.read_text())
    cloud.make(resource["urn"], resource["inputs"])
    return notes


@pytest.mark.parametrize("text", [None, "", '[{"urn": "urn:pulu'])
def test_it_is_adopted_and_not_made_twice(
    provision: Provision, cloud: SmallCloud, text: str | None
) -> None:
    provisioner = provision()
    notes = made_and_refused(provisioner, cloud)
    if text is not None:
        notes.write_text(text)

    told: list[Diagnostic] = []
    recovery = provisioner.recover(MEMBER, watch=Watch(warned=told.extend))
    provisioner.up(MEMBER)

    assert [resource.name for resource in recovery.adopted] == ["pool"]
    warned = [] if text is None else ["doubts-damaged"]
    assert [finding.code for finding in told] == warned
    assert cloud.names() == ["cluster", "network", "pool"]
    provisioner.recover(MEMBER, watch=Watch(warned=told.extend))
    assert len(told) == len(warned)
