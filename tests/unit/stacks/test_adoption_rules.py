"""By what a cloud is asked for what nobody recorded, and whose it is."""

from typing import Any

import pytest

from stacks.adoption_rules import ids, marks_missing
from stacks.goals import Goal

ACCOUNT = {"subscription": "00000000-0000-0000-0000-000000000001", "project": "acme"}
GROUP = f"/subscriptions/{ACCOUNT['subscription']}/resourceGroups/research/providers"
RING = "projects/acme/locations/us-central1/keyRings/research-a9e4450"


def goal(type_: str, **inputs: Any) -> Goal:
    urn = f"urn:pulumi:dev::research::{type_}::it"
    return Goal(
        urn=urn,
        type=type_,
        is_custom=True,
        provider="",
        inputs=inputs,
        options={},
        steps=("create",),
    )


def told(outputs: Any, id_: str = "") -> dict[str, Any]:
    return {"urn": "urn:of:it", "id": id_, "outputs": outputs}


@pytest.mark.parametrize(
    ("wanted", "id_"),
    [
        (goal("aws:eks/cluster:Cluster", name="a"), "a"),
        (goal("aws:iam/rolePolicy:RolePolicy", role="r", name="p"), "r:p"),
        (
            goal(
                "azure-native:authorization:ManagementLockByScope",
                scope="/s",
                lockName="protection",
            ),
            "/s/providers/Microsoft.Authorization/locks/protection",
        ),
        (goal("gcp:projects/iAMMember:IAMMember", role="r", member="m"), "acme r m"),
    ],
)
def test_what_has_a_name_is_asked_for_by_it(wanted: Goal, id_: str) -> None:
    assert list(ids(wanted, [], ACCOUNT)) == [id_]


def test_what_is_made_from_what_is_not_known_yet_is_not_asked_for() -> None:
    assert list(ids(goal("aws:ec2/route:Route", destinationCidrBlock="0.0.0.0/0"), [], {})) == []


def test_the_default_group_of_a_network_is_told_by_the_network() -> None:
    wanted = goal("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", vpcId="vpc-1")
    networks = [
        told({"defaultSecurityGroupId": "sg-2"}, "vpc-2"),
        told({"defaultSecurityGroupId": "sg-1"}, "vpc-1"),
    ]

    assert list(ids(wanted, networks, {})) == ["sg-1"]


def test_what_has_a_name_that_is_made_up_is_told_by_the_cluster_that_uses_it() -> None:
    key = f"{RING}/cryptoKeys/research-f11961a"
    held = [told({"databaseEncryption": [{"keyName": key}]})]
    ring = goal("gcp:kms/keyRing:KeyRing", name="research-0000000", location="us-central1")

    assert list(ids(ring, held, ACCOUNT)) == [RING]
    assert list(ids(goal("gcp:kms/cryptoKey:CryptoKey", name="x"), held, ACCOUNT)) == [key]
    assert list(ids(ring, [], ACCOUNT)) == []


def test_a_vault_is_told_by_the_address_of_its_key() -> None:
    address = "https://research5d8c.vault.azure.net/keys/secrets/0123"
    held = [told({"securityProfile": {"azureKeyVaultKms": {"keyId": address}}})]
    vault = goal("azure-native:keyvault:Vault", resourceGroupName="research", vaultName="random1")

    assert list(ids(vault, held, ACCOUNT)) == [f"{GROUP}/Microsoft.KeyVault/vaults/research5d8c"]


MARKED = {"broker-fleet": "a", "broker-cluster": "c", "broker-resource": "cluster", "owner": "me"}


@pytest.mark.parametrize("where", ["tags", "tagsAll", "effectiveLabels", "resourceLabels"])
def test_what_is_marked_anywhere_is_ours(where: str) -> None:
    assert marks_missing(goal("it", tags=MARKED), told({where: MARKED})) == []


def test_what_is_marked_otherwise_or_not_is_another_s_and_says_of_what() -> None:
    wanted = goal("it", resourceLabels=MARKED)

    other = told({"resourceLabels": {**MARKED, "broker-fleet": "b"}})
    assert marks_missing(wanted, other) == ["broker-fleet=a"]
    assert len(marks_missing(wanted, told({}))) == 3


def test_another_owner_alone_does_not_make_it_another_s() -> None:
    changed = told({"tags": {**MARKED, "owner": "you"}})

    assert marks_missing(goal("it", tags=MARKED), changed) == []


def test_what_we_do_not_mark_is_not_asked_for_marks() -> None:
    assert marks_missing(goal("it", name="a"), told({})) == []
