"""Resources through their life at a desk: names, outputs, protection, what is said."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks.sandbox.outputs.computed import foreseen_change
from stacks.sandbox.refusals import Refusal
from stacks.sandbox.world import World
from tests.fakes.sandbox_desks import Counter, world

VPC = "aws:ec2/vpc:Vpc"
ROLE = "aws:iam/role:Role"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
CLUSTER = "aws:eks/cluster:Cluster"
AKS = "azure-native:containerservice:ManagedCluster"
LOCK = "azure-native:authorization:ManagementLockByScope"
GROUP = "azure-native:resources:ResourceGroup"
GKE = "gcp:container/cluster:Cluster"
NAMESPACE = "kubernetes:core/v1:Namespace"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
EKS = {"roleArn": "arn", "vpcConfig": {"subnetIds": ["s"]}, "region": "eu-north-1"}


@pytest.fixture
def told(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as opened:
        yield opened


@pytest.fixture
def at(told: World) -> Counter:
    return Counter(told)


def test_a_name_is_given_and_kept(at: Counter) -> None:
    made = at.create(ROLE, "role", assumeRolePolicy="{}")
    desk, subject = at.desk(ROLE), at.subject(ROLE, "role")

    again, _ = desk.check(subject, {"assumeRolePolicy": "{}"}, made.inputs, rb"\9" * 8)

    assert re.fullmatch(r"role-[0-9a-f]{7}", made.inputs["name"])
    assert again["name"] == made.inputs["name"]
    assert made.id == made.inputs["name"]
    assert made.outputs["arn"] == f"arn:aws:iam::123456789012:role/{made.id}"


def test_names_of_azure_have_eight_digits_and_no_dash(at: Counter) -> None:
    made = at.create(GROUP, "group", location="westeurope")

    assert re.fullmatch(r"group[0-9a-f]{8}", made.outputs["name"])
    assert made.id == (
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/" + made.outputs["name"]
    )


def test_before_it_is_made_what_the_cloud_adds_is_not_known(at: Counter) -> None:
    foreseen = at.desk(CLUSTER).foresee(at.subject(CLUSTER, "c"), {**EKS, "name": "c"})

    assert foreseen["name"] == "c"
    assert foreseen["endpoint"] == UNKNOWN
    assert foreseen["vpcConfig"] == {
        "subnetIds": ["s"],
        "clusterSecurityGroupId": UNKNOWN,
        "vpcId": UNKNOWN,
    }


def test_a_change_that_is_foreseen_has_the_form_of_one_that_is_made(at: Counter) -> None:
    named = {"type": "UserAssigned", "userAssignedIdentities": ["/an/identity"]}
    inputs = {"identity": named, "oidcIssuerProfile": {"enabled": True}, "location": "westeurope"}
    made = at.create(AKS, resourceGroupName="group", dnsPrefix="it", **inputs)

    change = {**made.inputs, "apiServerAccessProfile": {"authorizedIPRanges": ["203.0.113.0/24"]}}
    foreseen = foreseen_change(AKS, made.outputs, change)

    assert foreseen["apiServerAccessProfile"] == change["apiServerAccessProfile"]
    assert foreseen["oidcIssuerProfile"] == made.outputs["oidcIssuerProfile"]
    assert foreseen["identity"]["userAssignedIdentities"].keys() == {"/an/identity"}
    assert foreseen["identity"]["principalId"] == made.outputs["identity"]["principalId"]


def test_what_the_cloud_adds_stays_when_inputs_change(at: Counter) -> None:
    made = at.create(CLUSTER, **EKS)
    changed = at.update(made, deletionProtection=True)

    same = ("arn", "endpoint", "certificateAuthority", "identities", "vpcConfig", "region")
    assert {key: changed.outputs[key] for key in same} == {key: made.outputs[key] for key in same}
    assert changed.outputs["deletionProtection"] is True
    assert at.read(made) == changed


def test_a_template_has_a_new_version_at_each_change(at: Counter) -> None:
    made = at.create(TEMPLATE, region="eu-north-1")
    changed = at.update(made, instanceType="p5.48xlarge")

    assert (made.outputs["latestVersion"], changed.outputs["latestVersion"]) == (1, 2)


def test_two_regions_have_resources_of_one_name(at: Counter) -> None:
    north = at.create(CLUSTER, **EKS, name="c")
    south = at.create(CLUSTER, **{**EKS, "region": "eu-south-1"}, name="c")
    at.delete(north)

    assert at.read(north) is None
    assert at.read(south) == south


@pytest.mark.parametrize(
    ("type_", "inputs", "said"),
    [
        (CLUSTER, {**EKS, "name": "c"}, "ResourceInUseException"),
        (ROLE, {"name": "r", "assumeRolePolicy": "{}"}, "EntityAlreadyExists"),
        (GKE, {"name": "c", "location": "us-central1"}, "alreadyExists"),
        (GROUP, {"resourceGroupName": "g", "location": "eastus"}, "already existing"),
        (NAMESPACE, {"metadata": {"name": "n"}}, "AlreadyExists"),
    ],
)
def test_a_name_is_taken_once(
    at: Counter, told: World, type_: str, inputs: dict[str, object], said: str
) -> None:
    at.create(type_, **inputs)

    with pytest.raises(Refusal, match=said):
        at.create(type_, "other", **inputs)
    assert len(told.ledger.resources()) == 1


@pytest.mark.parametrize(
    ("type_", "inputs"),
    [
        (CLUSTER, {**EKS, "deletionProtection": True}),
        (GKE, {"location": "us-central1", "deletionProtection": True}),
    ],
)
def test_a_protected_cluster_is_not_deleted(
    at: Counter, type_: str, inputs: dict[str, object]
) -> None:
    made = at.create(type_, **inputs)

    with pytest.raises(Refusal, match="deletion protection"):
        at.delete(made)
    at.delete(at.update(made, deletionProtection=False))
    assert at.read(made) is None


def test_a_lock_of_azure_keeps_what_it_is_within(at: Counter) -> None:
    group = at.create(GROUP, "group", resourceGroupName="g", location="westeurope")
    cluster = at.create(AKS, resourceGroupName="g", resourceName="c", dnsPrefix="c")
    lock = at.create(LOCK, "lock", scope=f"{cluster.id}/agentPools/system", level="CanNotDelete")

    for made in (cluster, group):
        with pytest.raises(Refusal, match="ScopeLocked"):
            at.delete(made)
    for made in (lock, cluster, group):
        at.delete(made)


def test_identities_of_azure_come_out_as_a_map(at: Counter) -> None:
    identity = {"type": "UserAssigned", "userAssignedIdentities": ["/one"]}
    made = at.create(
        AKS, resourceGroupName="g", location="westeurope", dnsPrefix="c", identity=identity
    )

    assert [*made.outputs["identity"]["userAssignedIdentities"]] == ["/one"]
    assert made.inputs["identity"] == identity
    assert made.outputs["oidcIssuerProfile"]["issuerURL"].startswith("https://westeurope.oic.")


def test_each_stack_has_a_cluster_of_its_own(at: Counter, told: World) -> None:
    """Calls do not say which cluster they are for."""
    at.create(NAMESPACE, metadata={"name": "n"})
    desk = at.desk(NAMESPACE)
    other = at.subject(NAMESPACE, "it")._replace(urn=f"urn:pulumi:other::life::{NAMESPACE}::it")

    desk.create(other, {"metadata": {"name": "n"}}, lambda _: False)

    assert len(told.ledger.resources()) == 2


def test_what_was_never_described_has_an_id_all_the_same(at: Counter) -> None:
    made = at.create(
        "aws:eks/capability:Capability",
        "cap",
        clusterName="c",
        capabilityName="x",
        deletePropagationPolicy="RETAIN",
        roleArn="arn",
        type="ACK",
    )

    assert made.id
    assert made.outputs["clusterName"] == "c"
    assert at.read(made) == made


def test_an_update_of_what_is_gone_is_refused(at: Counter, told: World) -> None:
    made = at.create(VPC, cidrBlock="10.0.0.0/16")
    told.ledger.vanish(made)

    with pytest.raises(Refusal, match="not found"):
        at.update(made, tags={"a": "b"})
    at.delete(made)


def test_functions_answer(at: Counter) -> None:
    desk = at.desk("aws:")
    zones = desk.invoke(
        "aws:index/getAvailabilityZones:getAvailabilityZones", {"region": "us-east-1"}
    )
    one = desk.invoke(
        "aws:index/getAvailabilityZone:getAvailabilityZone",
        {"region": "us-east-1", "zoneId": "use1-az2"},
    )

    assert zones["zoneIds"] == ["use1-az1", "use1-az2", "use1-az3"]
    assert one["name"] == "us-east-1b"
    with pytest.raises(Refusal, match="has no function"):
        desk.invoke("aws:made/up:up", {})


def test_a_lock_of_azure_does_not_keep_what_is_only_named_alike(at: Counter) -> None:
    cluster = at.create(AKS, resourceGroupName="g", resourceName="c", dnsPrefix="c")
    other = at.create(AKS, "other", resourceGroupName="g", resourceName="c2", dnsPrefix="c2")
    at.create(LOCK, "lock", scope=cluster.id, level="CanNotDelete")

    at.delete(other)

    assert at.read(other) is None
