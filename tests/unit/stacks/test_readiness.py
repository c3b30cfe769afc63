"""What is said to be missing before any engine is started."""

from dataclasses import replace
from pathlib import Path

import pytest

from broker.domain.errors import UsageInvalid
from broker.domain.geography import RegionKey
from broker.domain.members import Member
from broker.domain.offers import CapacityType
from broker.ports.provisioning import Workshop
from stacks import readiness
from stacks.automation import PulumiProvisioner
from tests.fakes.engine import ENGINE_ENVIRONMENT
from tests.fakes.small_program import small_member

MEMBER = small_member()
SANDBOX = {"PULUMI_DEBUG_PROVIDERS": "aws:1,azure-native:2,gcp:3,kubernetes:4"}


def codes(
    *members: Member,
    environment: dict[str, str] | None = None,
    sandbox: dict[str, str] | None = None,
) -> list[tuple[str, str]]:
    told = {**ENGINE_ENVIRONMENT, **(environment or {})}
    found = readiness.findings(members, told, sandbox or {})
    return [(finding.code, finding.subject) for finding in found]


def installed(home: Path, *names: str) -> dict[str, str]:
    for name in names:
        (home / "plugins" / f"resource-{name}").mkdir(parents=True)
    return {"PULUMI_HOME": str(home)}


def test_nothing_is_missing_where_a_sandbox_answers() -> None:
    assert codes(MEMBER, sandbox=SANDBOX) == []
    assert readiness.is_sandboxed(SANDBOX)
    assert not readiness.is_sandboxed({})


def test_plug_ins_that_are_not_installed_are_named_with_the_command_that_installs_them(
    tmp_path: Path,
) -> None:
    told = {**ENGINE_ENVIRONMENT, "PULUMI_HOME": str(tmp_path)}

    found = readiness.findings([MEMBER], told, {})

    assert [f.subject for f in found] == ["aws", "kubernetes"]
    assert [f.code for f in found] == ["plugin-missing"] * 2
    assert found[0].hint.startswith("`pulumi plugin install resource aws 7.51.1`")
    assert "`broker sandbox start`" in found[0].hint


def test_only_clouds_with_members_need_theirs(tmp_path: Path) -> None:
    home = installed(tmp_path, "aws-v7.51.1", "kubernetes-v4.34.2")

    assert codes(MEMBER, environment=home) == []
    assert codes(environment=home) == []


def test_a_plug_in_of_another_version_is_another_plug_in(tmp_path: Path) -> None:
    home = installed(tmp_path, "aws-v7.0.0", "kubernetes-v4.34.2")

    assert codes(MEMBER, environment=home) == [("plugin-missing", "aws")]


def test_a_plug_in_on_the_path_will_do(tmp_path: Path) -> None:
    for name in ("aws", "kubernetes"):
        path = tmp_path / f"pulumi-resource-{name}"
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)

    assert codes(MEMBER, environment={"PATH": str(tmp_path)}) == []


def test_a_missing_engine_is_told(tmp_path: Path) -> None:
    told = {"BROKER_PULUMI": "", "PATH": "", "XDG_CACHE_HOME": str(tmp_path)}

    assert codes(MEMBER, environment=told, sandbox=SANDBOX) == [("engine-missing", "pulumi")]


def test_a_missing_sdk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = readiness.Plugin(name="aws", distribution="pulumi-of-nobody")
    monkeypatch.setattr(readiness, "PLUGINS", {"aws": gone})

    assert codes(MEMBER, sandbox=SANDBOX) == [("library-missing", "pulumi-of-nobody")]


def test_of_a_cloud_without_a_program_nothing_is_said_here() -> None:
    member = small_member()
    elsewhere = Member(
        name=member.name,
        fleet=member.fleet,
        owner=member.owner,
        region=RegionKey.parse("kubernetes/basement"),
        pools=(),
        address_block="",
    )

    assert codes(elsewhere) == []


def test_what_no_program_would_make_any_more_can_be_read_and_taken_away(tmp_path: Path) -> None:
    workshop = Workshop(folder=tmp_path, environment=SANDBOX)
    engine = PulumiProvisioner(workshop, environment=ENGINE_ENVIRONMENT)
    pool = replace(MEMBER.pools[0], capacity_type=CapacityType.FLEX)
    refused = replace(MEMBER, pools=(pool,))

    found = engine.readiness([refused])

    assert [finding.code for finding in found] == ["capacity-type-without-program"]
    for attempt in (engine.preview, engine.up, engine.adopt):
        with pytest.raises(UsageInvalid) as said:
            attempt(refused)
        assert said.value.diagnostics == tuple(found)
    assert engine.readiness([], there=[refused]) == []
