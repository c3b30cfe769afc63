"""By what a cloud knows a resource that was being made, told from what it was asked for. Pure.

The ids are those of the `Import` section of each resource in the provider's documentation, for the
engine reads what it has no outputs of as if it imported it. They are not always those that it then
records.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Resource = Mapping[str, Any]

NAMED: Mapping[str, str] = {
    "aws:budgets/budget:Budget": "{account}:{name}",
    "aws:ec2/placementGroup:PlacementGroup": "{name}",
    "aws:ec2/route:Route": "{routeTableId}_{destinationCidrBlock}",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "{subnetId}/{routeTableId}",
    "aws:eks/addon:Addon": "{clusterName}:{addonName}",
    "aws:eks/cluster:Cluster": "{name}",
    "aws:eks/nodeGroup:NodeGroup": "{clusterName}:{nodeGroupName}",
    "aws:iam/role:Role": "{name}",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "{role}/{policyArn}",
    "aws:kms/alias:Alias": "{name}",
    "aws:sns/topic:Topic": "arn:aws:sns:{region}:{account}:{name}",
    "azure-native:authorization:RoleAssignment": "{scope}/providers/Microsoft.Authorization"
    "/roleAssignments/{roleAssignmentName}",
    "azure-native:compute:ProximityPlacementGroup": "{group}/Microsoft.Compute"
    "/proximityPlacementGroups/{proximityPlacementGroupName}",
    "azure-native:consumption:Budget": "{scope}/providers/Microsoft.Consumption/budgets/{budgetName}",
    "azure-native:containerservice:AgentPool": "{group}/Microsoft.ContainerService"
    "/managedClusters/{resourceName}/agentPools/{agentPoolName}",
    "azure-native:containerservice:ManagedCluster": "{group}/Microsoft.ContainerService"
    "/managedClusters/{resourceName}",
    "azure-native:keyvault:Key": "{group}/Microsoft.KeyVault/vaults/{vaultName}/keys/{keyName}",
    "azure-native:keyvault:Vault": "{group}/Microsoft.KeyVault/vaults/{vaultName}",
    "azure-native:managedidentity:FederatedIdentityCredential": "{group}"
    "/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
    "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}",
    "azure-native:managedidentity:UserAssignedIdentity": "{group}/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/{resourceName}",
    "azure-native:monitor:ActionGroup": "{group}/Microsoft.Insights/actionGroups/{actionGroupName}",
    "azure-native:network:NatGateway": "{group}/Microsoft.Network/natGateways/{natGatewayName}",
    "azure-native:network:NetworkSecurityGroup": "{group}/Microsoft.Network"
    "/networkSecurityGroups/{networkSecurityGroupName}",
    "azure-native:network:PublicIPAddress": "{group}/Microsoft.Network"
    "/publicIPAddresses/{publicIpAddressName}",
    "azure-native:network:Subnet": "{group}/Microsoft.Network"
    "/virtualNetworks/{virtualNetworkName}/subnets/{subnetName}",
    "azure-native:network:VirtualNetwork": "{group}/Microsoft.Network"
    "/virtualNetworks/{virtualNetworkName}",
    "azure-native:resources:ResourceGroup": "/subscriptions/{subscription}"
    "/resourceGroups/{resourceGroupName}",
    "gcp:compute/firewall:Firewall": "{name}",
    "gcp:compute/network:Network": "{name}",
    "gcp:compute/resourcePolicy:ResourcePolicy": "{region}/{name}",
    "gcp:compute/router:Router": "{region}/{name}",
    "gcp:compute/routerNat:RouterNat": "{region}/{router}/{name}",
    "gcp:compute/subnetwork:Subnetwork": "{region}/{name}",
    "gcp:container/cluster:Cluster": "{location}/{name}",
    "gcp:container/nodePool:NodePool": "{location}/{cluster}/{name}",
    "gcp:kms/cryptoKey:CryptoKey": "{keyRing}/cryptoKeys/{name}",
    "gcp:kms/keyRing:KeyRing": "{location}/{name}",
    "gcp:serviceaccount/account:Account": "projects/{project}/serviceAccounts"
    "/{accountId}@{project}.iam.gserviceaccount.com",
    "kubernetes:helm.sh/v3:Release": "{namespace}/{name}",
}
"""What we name: the id, from inputs by name, *account*, *subscription*, *project*, *group*."""

GROUP = "/subscriptions/{subscription}/resourceGroups/{resourceGroupName}/providers"

TAGGED: Mapping[str, str] = {
    "aws:ec2/eip:Eip": "ec2:elastic-ip",
    "aws:ec2/internetGateway:InternetGateway": "ec2:internet-gateway",
    "aws:ec2/launchTemplate:LaunchTemplate": "ec2:launch-template",
    "aws:ec2/natGateway:NatGateway": "ec2:natgateway",
    "aws:ec2/capacityReservation:CapacityReservation": "ec2:capacity-reservation",
    "aws:ec2/routeTable:RouteTable": "ec2:route-table",
    "aws:ec2/securityGroup:SecurityGroup": "ec2:security-group",
    "aws:ec2/subnet:Subnet": "ec2:subnet",
    "aws:ec2/vpc:Vpc": "ec2:vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "ec2:vpc-endpoint",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": "eks:podidentityassociation",
    "aws:kms/key:Key": "kms:key",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "ec2:security-group-rule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "ec2:security-group-rule",
}
"""What the cloud names and we tag: its kind in the Resource Groups Tagging API."""

IDENTITY = ("broker-fleet", "broker-cluster", "broker-resource")
"""The tags that together name one resource of one member."""

REPEATABLE = frozenset(
    {
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
        "gcp:projects/iAMMember:IAMMember",
        "gcp:serviceaccount/iAMMember:IAMMember",
    }
)
"""What may be made again over what is there: a binding that is bound, rules that are set."""

FACTS: Mapping[str, re.Pattern[str]] = {
    "account": re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):"),
    "subscription": re.compile(r"/subscriptions/([0-9a-fA-F-]{36})"),
    "project": re.compile(r"projects/([a-z][a-z0-9-]{4,28}[a-z0-9])/"),
}
VARIABLES: Mapping[str, tuple[str, ...]] = {
    "account": (),
    "subscription": ("ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID"),
    "project": ("GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"),
}


def facts(resources: list[dict[str, Any]], environment: Mapping[str, str]) -> dict[str, str]:
    """Return whose account this is, as far as other resources or the environment tell."""
    texts = [str(text) for each in resources for text in _texts(each)]
    found = {
        name: match[1]
        for name, pattern in FACTS.items()
        for match in [next(filter(None, map(pattern.search, texts)), None)]
        if match
    }
    told = {
        name: environment[variable]
        for name, variables in VARIABLES.items()
        for variable in reversed(variables)
        if environment.get(variable)
    }
    return {**told, **found}


def named_id(resource: Resource, known: Mapping[str, str]) -> str | None:
    """Return the id of what we name; None if that can not be told."""
    form = NAMED.get(resource["type"])
    if form is None:
        return None
    values = {**known, **(resource.get("inputs") or {})}
    fields = re.findall(r"\{(\w+)\}", form.replace("{group}", GROUP))
    if not all(isinstance(values.get(field), str) and values[field] for field in fields):
        return None
    return form.replace("{group}", GROUP).format_map(values)


def identity(resource: Resource) -> dict[str, str] | None:
    """Return the tags that name it; None if it has not all of them."""
    tags = (resource.get("inputs") or {}).get("tags") or {}
    found = {key: str(tags[key]) for key in IDENTITY if key in tags}
    return found if len(found) == len(IDENTITY) else None


def id_in_arn(resource: Resource, arn: str) -> str:
    """Return the id that the provider imports by, from the ARN that the cloud tells."""
    last = arn.rpartition("/")[2]
    if resource["type"] == "aws:eks/podIdentityAssociation:PodIdentityAssociation":
        return f"{resource['inputs']['clusterName']},{last}"
    return last


def _texts(resource: Resource) -> Iterator[Any]:
    yield resource.get("id", "")
    yield from (resource.get("outputs") or {}).values()
