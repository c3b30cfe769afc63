"""A record that a full disk has cut off is put back, and what it lacks is found again in the cloud."""

import json
from pathlib import Path

import pytest

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import EngineFailed
from broker.ports.provisioning import Watch
from stacks.automation import PulumiProvisioner
from stacks.command import Bounds, EngineCommand
from stacks.places import records_in
from stacks.record_files import exported
from tests.engine.conftest import Provision
from tests.fakes.engine import ENGINE
from tests.fakes.small_cloud import SmallCloud
from tests.fakes.small_program import small_member

MEMBER = small_member(pool=2)


def records_of(provisioner: PulumiProvisioner) -> list[Path]:
    """The record and all of its copies, the record first."""
    found = [*provisioner.workshop.folder.rglob(f"{MEMBER.name}*.json*")]
    kept = [path for path in found if path.parent.parent.name in ("stacks", "backups")]
    kept += [path for path in found if path.parent.parent.parent.name == "backups"]
    return sorted(set(kept), key=lambda path: ("stacks" not in path.parts[-3:], str(path)))


@pytest.mark.parametrize("is_copied", [True, False])
def test_nothing_is_made_twice(
    provision: Provision,
    cloud: SmallCloud,
    is_copied: bool,  # noqa: FBT001
) -> None:
    provisioner = provision()
    provisioner.up(MEMBER)
    record, *copies = records_of(provisioner)
    record.write_text("")
    for copy in copies:
        copy.write_text(copy.read_text() if is_copied else "")

    warned: list[Diagnostic] = []
    watch = Watch(warned=warned.extend)

    provisioner.up(MEMBER, watch=watch)

    assert [finding.code for finding in warned] == ["stack-record-damaged"]
    assert cloud.names() == ["cluster", "network", "pool"]
    assert provisioner.preview(MEMBER, watch=watch).steps == ()
    provisioner.recover(MEMBER, watch=watch)
    assert len(warned) == 1


def test_a_record_is_read_as_the_engine_exports_it(provision: Provision) -> None:
    provisioner = provision()
    provisioner.up(MEMBER)
    own = provisioner.workshop.folder / "members" / MEMBER.name
    around = {
        "PULUMI_HOME": str(own / "home"),
        "PULUMI_BACKEND_URL": records_in(provisioner.workshop.folder / "records"),
        "PULUMI_CONFIG_PASSPHRASE": "",
    }

    said = EngineCommand(ENGINE, Bounds(timeout_seconds=60.0)).run(
        ["stack", "export", "--stack", str(MEMBER.name)], str(own / "work"), around
    )

    assert json.loads(said.stdout) == exported(records_of(provisioner)[0])


def test_who_changes_nothing_reads_its_last_whole_copy(
    provision: Provision, cloud: SmallCloud
) -> None:
    provisioner = provision()
    provisioner.up(MEMBER)
    record, *copies = records_of(provisioner)
    record.write_text("")
    calls = list(cloud.log)
    warned: list[Diagnostic] = []

    wanted = provisioner.preview(small_member(pool=3), watch=Watch(warned=warned.extend))
    held = provisioner.state(MEMBER)

    assert wanted.checkpoint == held.checkpoint
    assert "pool" in {step.name for step in wanted.steps}
    assert [finding.code for finding in warned] == ["stack-record-damaged"]
    assert (record.read_text(), cloud.log) == ("", calls)
    for copy in copies:
        copy.write_text("")
    with pytest.raises(EngineFailed):
        provisioner.preview(MEMBER)
