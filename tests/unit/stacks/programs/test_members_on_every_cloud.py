"""What every cloud's program does alike: options of the whole member, identity, outputs, order."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from broker.domain.members import Member, Sharing, SharingKind
from broker.domain.money import Money
from broker.domain.offers import CapacityType
from providers.listprices.atlas import ListPricesAtlas
from stacks.programs.pools import size_of
from tests.fakes.recorded_stacks import (
    AUTHORITY,
    GONE,
    TOKEN,
    Recorded,
    a_member,
    a_pool,
    an_identity,
    between,
    record,
)

PLAIN = {
    "aws": a_member("aws", "us-east-1", a_pool(zone="use1-az4")),
    "azure": a_member(
        "azure", "westeurope", a_pool(machine_type="Standard_ND96isr_H100_v5", zone="1")
    ),
    "gcp": a_member(
        "gcp", "europe-west4", a_pool(machine_type="a3-highgpu-8g", zone="europe-west4-a")
    ),
}
CLOUDS = sorted(PLAIN)
NETWORKS = ("203.0.113.0/24", "198.51.100.7/32")


@pytest.fixture(scope="module")
def plain() -> dict[str, Recorded]:
    return {cloud: record(member) for cloud, member in PLAIN.items()}


def changed(cloud: str, plain: dict[str, Recorded], **other: Any) -> dict[str, Any]:
    return between(plain[cloud], record(replace(PLAIN[cloud], **other)))


def test_equal_members_make_equal_stacks(plain: dict[str, Recorded]) -> None:
    for cloud in CLOUDS:
        assert changed(cloud, plain) == {}


@pytest.mark.parametrize(
    ("cloud", "expected"),
    [
        ("aws", {"Cluster cluster.deletionProtection": True}),
        (
            "azure",
            {
                "+ManagementLockByScope protection": True,
                "Vault researcb5b96b4d.properties.enablePurgeProtection": True,
            },
        ),
        ("gcp", {"Cluster cluster.deletionProtection": True}),
    ],
)
def test_protection(cloud: str, expected: dict[str, Any], plain: dict[str, Recorded]) -> None:
    assert changed(cloud, plain, is_protected=True) == expected


PRIVATE = {
    "aws": ("vpcConfig", {"endpointPrivateAccess": True, "endpointPublicAccess": False}),
    "azure": (
        "apiServerAccessProfile",
        {
            "enablePrivateCluster": True,
            "enablePrivateClusterPublicFQDN": False,
            "privateDNSZone": "system",
        },
    ),
    "gcp": ("masterAuthorizedNetworksConfig", {"cidrBlocks": []}),
}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_authorized_networks_the_api_is_private(
    cloud: str, plain: dict[str, Recorded]
) -> None:
    key, expected = PRIVATE[cloud]
    cluster = plain[cloud].one("ManagedCluster" if cloud == "azure" else "Cluster")

    assert expected.items() <= cluster[key].items()


@pytest.mark.parametrize(
    ("cloud", "expected"),
    [
        (
            "aws",
            {
                "Cluster cluster.vpcConfig.endpointPublicAccess": True,
                "Cluster cluster.vpcConfig.publicAccessCidrs.0": NETWORKS[0],
                "Cluster cluster.vpcConfig.publicAccessCidrs.1": NETWORKS[1],
            },
        ),
        (
            "azure",
            {
                "ManagedCluster cluster.apiServerAccessProfile.authorizedIPRanges.0": NETWORKS[0],
                "ManagedCluster cluster.apiServerAccessProfile.authorizedIPRanges.1": NETWORKS[1],
                # The nodes come from outside too.
                "ManagedCluster cluster.apiServerAccessProfile.authorizedIPRanges.2": "203.0.113.7/32",
                "ManagedCluster cluster.apiServerAccessProfile.enablePrivateCluster": False,
                "ManagedCluster cluster.apiServerAccessProfile.enablePrivateClusterPublicFQDN": GONE,
                "ManagedCluster cluster.apiServerAccessProfile.privateDNSZone": GONE,
            },
        ),
        (
            "gcp",
            {
                "Cluster cluster.masterAuthorizedNetworksConfig.cidrBlocks": GONE,
                **{
                    f"Cluster cluster.masterAuthorizedNetworksConfig.cidrBlocks.{n}.{key}": value
                    for n, block in enumerate(NETWORKS)
                    for key, value in (("cidrBlock", block), ("displayName", "authorized"))
                },
                "Cluster cluster.privateClusterConfig.enablePrivateEndpoint": False,
            },
        ),
    ],
)
def test_authorized_networks(
    cloud: str, expected: dict[str, Any], plain: dict[str, Recorded]
) -> None:
    found = changed(cloud, plain, authorized_networks=NETWORKS)

    # The add-ons reach the API by another name then.
    assert {key: value for key, value in found.items() if "Release" not in key and
            "kubernetes cluster.kubeconfig" not in key} == expected  # fmt: skip


@pytest.mark.parametrize(
    ("cloud", "expected"),
    [
        ("aws", {"+Budget budget", "+Topic budget"}),
        ("azure", {"+Budget budget", "+ActionGroup budget"}),
        ("gcp", {"+Budget budget"}),
    ],
)
def test_budget(cloud: str, expected: set[str], plain: dict[str, Recorded]) -> None:
    assert set(changed(cloud, plain, budget_monthly=Money.parse("5000"))) == expected


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_an_owner_with_an_address_gets_mail_of_the_budget(cloud: str) -> None:
    member = replace(PLAIN[cloud], budget_monthly=Money.parse("5000"))

    nobody = record(member)
    somebody = record(replace(member, owner="ml@example.org"))

    assert "ml@example.org" not in json.dumps(nobody.one("Budget"))
    told = [somebody.one("Budget"), *(a.inputs for a in somebody.of("ActionGroup").values())]
    assert any("ml@example.org" in json.dumps({**inputs, "tags": None}) for inputs in told)


@pytest.mark.parametrize(
    ("cloud", "expected"),
    [
        ("aws", {"+Role identity-train", "+PodIdentityAssociation identity-train"}),
        (
            "azure",
            {
                "+UserAssignedIdentity identity-train",
                "+FederatedIdentityCredential identity-train",
            },
        ),
        ("gcp", {"+Account identity-train", "+IAMMember identity-train"}),
    ],
)
def test_identities(cloud: str, expected: set[str], plain: dict[str, Recorded]) -> None:
    assert set(changed(cloud, plain, identities=(an_identity(),))) == expected


def test_an_identity_belongs_to_one_service_account() -> None:
    made = {c: record(replace(PLAIN[c], identities=(an_identity(),))) for c in CLOUDS}

    aws = made["aws"].one("PodIdentityAssociation", "identity-train")
    assert (aws["namespace"], aws["serviceAccount"]) == ("research", "train-pods")
    azure = made["azure"].one("FederatedIdentityCredential")
    assert azure["subject"] == "system:serviceaccount:research:train-pods"
    assert azure["issuer"] == "https://issuer.example"
    gcp = made["gcp"].of("IAMMember")["identity-train"].inputs
    assert gcp["member"] == "serviceAccount:proj.svc.id.goog[research/train-pods]"
    assert {c: set(made[c].outputs["identities"]) for c in CLOUDS} == {
        cloud: {"train"} for cloud in CLOUDS
    }


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_sensor_comes_only_if_it_is_asked_for(cloud: str, plain: dict[str, Recorded]) -> None:
    assert changed(cloud, plain, security_extras=True) == {"+Release falco": True}


UNTAGGED = {
    "azure": {"FederatedIdentityCredential", "ManagementLockByScope", "RoleAssignment", "Subnet"},
    "aws": {"Alias", "Route", "RouteTableAssociation", "RolePolicyAttachment"},
    "gcp": {
        "Account", "CryptoKeyIAMMember", "Firewall", "IAMMember", "KeyRing", "Network",
        "ResourcePolicy", "Router", "RouterNat", "Subnetwork",
    },
}  # fmt: skip
"""What clouds give no tags: it is found by its name, or by the ids of what it joins."""


def tags_of(inputs: Any) -> dict[str, str] | None:
    config = inputs.get("nodeConfig", {})
    found: dict[str, str] | None = (
        inputs.get("tags")
        or inputs.get("resourceLabels")
        or inputs.get("labels")
        or config.get("resourceLabels")
    )
    return found


@pytest.mark.parametrize("cloud", CLOUDS)
def test_everything_that_can_be_tagged_says_whose_it_is(
    cloud: str, plain: dict[str, Recorded]
) -> None:
    for asked in plain[cloud].resources.values():
        if "kubernetes" in asked.type or asked.kind in UNTAGGED[cloud]:
            continue
        found = tags_of(asked.inputs)

        assert found is not None, asked.name
        assert found["broker-fleet"] == "research"
        assert found["broker-cluster"] == PLAIN[cloud].name
        assert found["owner"] == "ml-platform"
        own_name = "secrets" if asked.kind == "CryptoKey" else asked.name
        assert found["broker-resource"] == own_name


@pytest.mark.parametrize("cloud", CLOUDS)
def test_labels_become_tags_and_never_take_the_place_of_our_own(
    cloud: str, plain: dict[str, Recorded]
) -> None:
    found = changed(cloud, plain, labels={"cost-center": "R42", "broker-fleet": "theirs"})

    values = {"R42"} if cloud != "gcp" else {"r42-df52e231"}
    assert set(found.values()) == values
    assert all(key.endswith(".cost-center") for key in found)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_clusters_and_pools_of_a_fleet_that_ends_say_when_and_nothing_else_changes(
    cloud: str, plain: dict[str, Recorded]
) -> None:
    until = datetime(2026, 11, 30, 5, 30, tzinfo=UTC)

    found = changed(cloud, plain, expires_at=until)

    assert set(found.values()) == {"2026-11-30t05-30-00z"}
    kinds = Counter(key.partition(" ")[0] for key in found)
    assert sum(kinds.values()) == {"aws": 3, "azure": 2, "gcp": 3}[cloud], found
    assert all(key.endswith(".broker-expires-at") for key in found)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_outputs_have_the_same_words_on_every_cloud(cloud: str, plain: dict[str, Recorded]) -> None:
    outputs = plain[cloud].outputs

    assert set(outputs) == {
        "certificate_authority", "cluster_id", "cluster_name", "endpoint", "identities",
        "network_id", "oidc_issuer", "pools",
    }  # fmt: skip
    assert outputs["certificate_authority"] == AUTHORITY
    assert outputs["oidc_issuer"].startswith("https://")
    assert set(outputs["pools"]) == {"system", "plain"}


SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105  # the engine's mark of a secret


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_token_is_told_but_to_who_needs_it(cloud: str, plain: dict[str, Recorded]) -> None:
    told = {
        asked.name: json.dumps(asked.inputs)
        for asked in plain[cloud].resources.values()
        if TOKEN in json.dumps(asked.inputs)
    }

    hidden = {a.name for a in plain[cloud].resources.values() if SECRET in json.dumps(a.inputs)}
    assert set(told) == hidden == {"cluster"}
    assert TOKEN not in json.dumps(plain[cloud].outputs)
    assert SECRET not in json.dumps(plain[cloud].outputs)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_names_in_the_cloud_are_told_by_the_program(cloud: str, plain: dict[str, Recorded]) -> None:
    again = record(PLAIN[cloud], preview=True)

    assert between(plain[cloud], again) == {}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_another_fleet_of_the_same_account_shares_no_name(
    cloud: str, plain: dict[str, Recorded]
) -> None:
    other = record(replace(PLAIN[cloud], fleet="render"))

    assert not names(plain[cloud]) & names(other)


INSIDE = {
    "NodeGroup", "Addon", "NodePool", "AgentPool", "Subnet", "Key", "Release",
    "FederatedIdentityCredential",
}  # fmt: skip
"""What has a name inside another thing of the member only."""


def names(recorded: Recorded) -> set[str]:
    found = set()
    for asked in recorded.resources.values():
        if asked.kind in INSIDE:
            continue
        for key in (
            "name",
            "resourceName",
            "accountId",
            f"{asked.kind[0].lower()}{asked.kind[1:]}Name",
        ):
            if isinstance(asked.inputs.get(key), str):
                found.add(f"{asked.kind} {asked.inputs[key]}")
    return {name for name in found if "name" not in name}


def test_the_operator_is_told_how_devices_are_shared() -> None:
    shared = [
        a_pool("slices", sharing=Sharing(kind=SharingKind.TIME_SLICING, replicas=4)),
        a_pool("served", sharing=Sharing(kind=SharingKind.MPS, replicas=2)),
        a_pool("cut", sharing=Sharing(kind=SharingKind.MIG, replicas=7, profile="1g.10gb")),
    ]
    member = replace(PLAIN["aws"], pools=(*PLAIN["aws"].pools, *shared))

    values = record(member).one("Release", "gpu-operator")["values"]
    config = values["devicePlugin"]["config"]
    assert set(config["data"]) == {"whole", "time-slicing-4", "mps-2"}
    assert config["default"] == "whole"
    sharing = json.loads(config["data"]["mps-2"])["sharing"]
    assert sharing == {"mps": {"resources": [{"name": "nvidia.com/gpu", "replicas": 2}]}}
    assert values["migManager"]["enabled"] is True
    assert values["mig"]["strategy"] == "mixed"


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_devices_are_found_on_nodes_of_any_taint(cloud: str, plain: dict[str, Recorded]) -> None:
    values = plain[cloud].one("Release", "gpu-operator")["values"]

    everywhere = [{"operator": "Exists"}]
    assert values["daemonsets"]["tolerations"] == everywhere
    assert values["node-feature-discovery"]["worker"]["tolerations"] == everywhere


def test_devices_are_cut_into_several_profiles_where_the_operator_cuts_them() -> None:
    layout = (("1g.10gb", 4), ("3g.40gb", 1))
    mixed = a_pool(sharing=Sharing(kind=SharingKind.MIG, replicas=5, layout=layout))
    alike = a_pool("b", sharing=Sharing(kind=SharingKind.MIG, replicas=2, profile="3g.40gb"))

    recorded = record(replace(PLAIN["aws"], pools=(mixed, alike)))

    config = recorded.one("Release", "gpu-operator")["values"]["migManager"]["config"]
    cuts = json.loads(config["data"]["config.yaml"])["mig-configs"]
    assert cuts["4x1g.10gb-1x3g.40gb"] == [
        {"devices": "all", "mig-enabled": True, "mig-devices": dict(layout)}
    ]
    assert set(cuts) == {"all-disabled", "all-3g.40gb", "4x1g.10gb-1x3g.40gb"}
    group = recorded.one("NodeGroup", f"pool-{mixed.name}")
    assert group["labels"]["nvidia.com/mig.config"] == "4x1g.10gb-1x3g.40gb"


def test_what_azure_has_cut_nobody_joins_again() -> None:
    cut = a_pool(sharing=Sharing(kind=SharingKind.MIG, replicas=7, profile="1g.10gb"))

    values = record(replace(PLAIN["azure"], pools=(cut,))).one("Release", "gpu-operator")["values"]
    assert values["migManager"]["enabled"] is False
    assert values["mig"]["strategy"] == "mixed"
    assert values["operator"] == {"runtimeClass": "nvidia-container-runtime"}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_nodes_are_not_reserved(cloud: str, plain: dict[str, Recorded]) -> None:
    [pool] = PLAIN[cloud].pools
    reserved = replace(pool, capacity_type=CapacityType.RESERVED, nodes=0, min_nodes=0)

    assert not any(
        "Reservation" in key for key in changed(cloud, plain, pools=(reserved,)) if key[0] == "+"
    )


@pytest.mark.parametrize(
    ("cloud", "resource", "path"),
    [
        ("aws", "NodeGroup", "scalingConfig.desiredSize"),
        ("azure", "AgentPool", "count"),
        ("gcp", "NodePool", "nodeCount"),
    ],
)
def test_within_its_bounds_the_size_of_a_pool_is_its_autoscalers(
    cloud: str, resource: str, path: str
) -> None:
    [pool] = PLAIN[cloud].pools

    def left_alone(**other: Any) -> list[str]:
        made = record(replace(PLAIN[cloud], pools=(replace(pool, **other),)))
        return list(made.of(resource)[f"pool-{pool.name}"].request.ignoreChanges)

    assert left_alone() == []
    assert left_alone(running=9) == []
    for bounds in ({"min_nodes": 0}, {"max_nodes": 4}, {"max_nodes": 4, "running": 3}):
        assert left_alone(**bounds) == [path]
    assert left_alone(max_nodes=4, running=5) == left_alone(max_nodes=4, running=1) == []


@pytest.mark.parametrize(
    ("running", "bounds", "expected"),
    [
        (None, (2, 4), 2),
        (3, (2, 4), 3),
        (1, (2, 4), 2),
        (5, (2, 4), 4),
        (5, (0, 4), 4),
        (5, (2, 2), 2),
    ],
)
def test_what_runs_beyond_new_bounds_is_brought_within_them(
    running: int | None, bounds: tuple[int, int], expected: int
) -> None:
    least, most = bounds
    assert size_of(a_pool(min_nodes=least, max_nodes=most, running=running)) == expected


def test_only_devices_of_nvidia_bring_its_operator(plain: dict[str, Recorded]) -> None:
    without = a_pool(accelerator="", accelerators=Fraction(0))

    def releases(member: Member) -> set[str]:
        return set(record(member).of("Release"))

    assert "gpu-operator" in plain["aws"].of("Release")
    assert "gpu-operator" in plain["azure"].of("Release")
    assert "gpu-operator" not in releases(replace(PLAIN["aws"], pools=(without,)))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_add_ons_are_of_one_version_and_wait_for_nodes(
    cloud: str, plain: dict[str, Recorded]
) -> None:
    for asked in plain[cloud].of("Release").values():
        assert asked.inputs["version"]
        assert asked.inputs["atomic"] is True
        needed = " ".join(asked.request.dependencies)
        assert "system" in needed if cloud != "azure" else "ManagedCluster::cluster" in needed


def counted(cloud: str) -> set[str]:
    """What a plan counts for a cluster of *cloud* beside its pools."""
    return {o.item for o in ListPricesAtlas().cluster_overheads() if o.provider == cloud}


def test_the_nodes_of_the_system_pool_are_those_that_plans_count(
    plain: dict[str, Recorded],
) -> None:
    aws = plain["aws"].one("NodeGroup", "system")
    [azure] = plain["azure"].one("ManagedCluster")["agentPoolProfiles"]
    gcp = plain["gcp"].one("NodePool", "system")

    [machine] = aws["instanceTypes"]
    assert f"{aws['scalingConfig']['minSize']:g} system nodes, {machine}" in counted("aws")
    assert f"{azure['count']:g} system nodes, {azure['vmSize']}" in counted("azure")
    least, machine = gcp["autoscaling"]["totalMinNodeCount"], gcp["nodeConfig"]["machineType"]
    assert f"{least:g} system node, {machine}" in counted("gcp")


def test_the_ways_out_of_a_network_are_those_that_plans_count(plain: dict[str, Recorded]) -> None:
    endpoints = [
        asked.inputs
        for asked in plain["aws"].of("VpcEndpoint").values()
        if asked.inputs["vpcEndpointType"] == "Interface"
    ]
    [zones] = {len(endpoint["subnetIds"]) for endpoint in endpoints}

    assert f"{len(endpoints)} interface endpoints in {zones} zones" in counted("aws")
    for cloud, kind in (("aws", "NatGateway"), ("azure", "NatGateway"), ("gcp", "RouterNat")):
        assert len(plain[cloud].of(kind)) == 1
        assert {"NAT gateway", "address of the NAT gateway"} <= counted(cloud)
