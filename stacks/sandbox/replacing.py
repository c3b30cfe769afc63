"""Which inputs can not be changed in place: changing one makes a new resource.

From the providers' own schemas (`willReplaceOnChanges`, ForceNew), for the types that a cluster needs.
"""

from collections.abc import Mapping
from typing import Any

from stacks.sandbox.outputs.computed import VERSIONED, formula_of

ALWAYS = {
    "aws": frozenset({"region", "namePrefix"}),
    "azure-native": frozenset({"location", "resourceGroupName", "resourceName", "scope"}),
    "gcp": frozenset({"location", "region", "zone", "project"}),
    "kubernetes": frozenset({"apiVersion", "kind", "metadata.name", "metadata.namespace"}),
}
"""By package: a resource can not move."""

REPLACING: Mapping[str, frozenset[str]] = {
    "aws:ec2/vpc:Vpc": frozenset({"cidrBlock", "ipv4IpamPoolId"}),
    "aws:ec2/subnet:Subnet": frozenset({"cidrBlock", "availabilityZone", "vpcId"}),
    "aws:ec2/natGateway:NatGateway": frozenset({"subnetId", "allocationId", "connectivityType"}),
    "aws:ec2/routeTable:RouteTable": frozenset({"vpcId"}),
    "aws:ec2/route:Route": frozenset({"routeTableId", "destinationCidrBlock"}),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": frozenset({"subnetId", "gatewayId"}),
    "aws:ec2/vpcEndpoint:VpcEndpoint": frozenset({"serviceName", "vpcId", "vpcEndpointType"}),
    "aws:ec2/securityGroup:SecurityGroup": frozenset({"vpcId", "description"}),
    "aws:ec2/placementGroup:PlacementGroup": frozenset(
        {"strategy", "partitionCount", "spreadLevel"}
    ),
    "aws:ec2/capacityReservation:CapacityReservation": frozenset(
        {"availabilityZone", "instanceType", "instancePlatform", "instanceMatchCriteria", "tenancy"}
    ),
    "aws:ec2/capacityBlockReservation:CapacityBlockReservation": frozenset(
        {"capacityBlockOfferingId", "instancePlatform"}
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": frozenset({"role", "policyArn"}),
    "aws:iam/rolePolicy:RolePolicy": frozenset({"role"}),
    "aws:iam/role:Role": frozenset({"path"}),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": frozenset({"url"}),
    "aws:eks/cluster:Cluster": frozenset(
        {"roleArn", "encryptionConfig", "bootstrapSelfManagedAddons", "outpostConfig"}
        | {"kubernetesNetworkConfig.serviceIpv4Cidr", "kubernetesNetworkConfig.ipFamily"}
        | {"accessConfig.bootstrapClusterCreatorAdminPermissions"}
    ),
    "aws:eks/nodeGroup:NodeGroup": frozenset(
        {"amiType", "capacityType", "clusterName", "diskSize", "instanceTypes"}
        | {"launchTemplate.id", "launchTemplate.name", "nodeRoleArn", "remoteAccess", "subnetIds"}
    ),
    "aws:eks/addon:Addon": frozenset({"addonName", "clusterName"}),
    "aws:eks/accessEntry:AccessEntry": frozenset({"clusterName", "principalArn", "type"}),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": frozenset(
        {"clusterName", "principalArn", "policyArn", "accessScope"}
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": frozenset(
        {"clusterName", "namespace", "serviceAccount"}
    ),
    "azure-native:network:Subnet": frozenset({"virtualNetworkName"}),
    "azure-native:compute:ProximityPlacementGroup": frozenset({"zones"}),
    "azure-native:compute:CapacityReservationGroup": frozenset({"zones"}),
    "azure-native:compute:CapacityReservation": frozenset(
        {"capacityReservationGroupName", "zones", "sku.name"}
    ),
    "azure-native:containerservice:ManagedCluster": frozenset(
        {"dnsPrefix", "fqdnSubdomain", "nodeResourceGroup", "diskEncryptionSetID"}
        | {"apiServerAccessProfile.enablePrivateCluster", "networkProfile.networkPlugin"}
        | {"networkProfile.podCidr", "networkProfile.serviceCidr", "networkProfile.dnsServiceIP"}
    ),
    "azure-native:containerservice:AgentPool": frozenset(
        {"vmSize", "scaleSetPriority", "scaleSetEvictionPolicy", "spotMaxPrice", "osDiskSizeGB"}
        | {"osDiskType", "osType", "availabilityZones", "vnetSubnetID", "podSubnetID", "gpuProfile"}
        | {"gpuInstanceProfile", "proximityPlacementGroupID", "capacityReservationGroupID"}
        | {"enableNodePublicIP", "maxPods"}
    ),
    "azure-native:authorization:RoleAssignment": frozenset(
        {"principalId", "roleDefinitionId", "principalType"}
    ),
    "gcp:compute/network:Network": frozenset(
        {"autoCreateSubnetworks", "networkProfile", "description"}
    ),
    "gcp:compute/subnetwork:Subnetwork": frozenset({"network", "purpose", "description"}),
    "gcp:compute/router:Router": frozenset({"network"}),
    "gcp:compute/routerNat:RouterNat": frozenset({"router"}),
    "gcp:compute/firewall:Firewall": frozenset({"network", "direction"}),
    "gcp:compute/resourcePolicy:ResourcePolicy": frozenset(
        {"groupPlacementPolicy", "workloadPolicy"}
    ),
    "gcp:compute/reservation:Reservation": frozenset(
        {"specificReservation.instanceProperties", "specificReservationRequired"}
    ),
    "gcp:container/cluster:Cluster": frozenset(
        {"network", "subnetwork", "ipAllocationPolicy", "datapathProvider", "initialNodeCount"}
        | {"privateClusterConfig.enablePrivateNodes", "privateClusterConfig.masterIpv4CidrBlock"}
        | {"confidentialNodes", "nodeConfig"}
    ),
    "gcp:container/nodePool:NodePool": frozenset(
        {"cluster", "initialNodeCount", "placementPolicy", "maxPodsPerNode", "queuedProvisioning"}
        | {"nodeConfig.spot", "nodeConfig.flexStart", "networkConfig.acceleratorNetworkProfile"}
        | {"nodeConfig.guestAccelerators", "nodeConfig.reservationAffinity"}
        | {"nodeConfig.gvnic", "nodeConfig.oauthScopes", "nodeConfig.serviceAccount"}
        | {"nodeConfig.ephemeralStorageLocalSsdConfig", "nodeConfig.localNvmeSsdBlockConfig"}
        | {"nodeConfig.shieldedInstanceConfig", "nodeConfig.maxRunDuration"}
    ),
    "gcp:serviceaccount/account:Account": frozenset({"accountId"}),
    "gcp:serviceaccount/iAMMember:IAMMember": frozenset({"serviceAccountId", "role", "member"}),
    "gcp:projects/iAMMember:IAMMember": frozenset({"role", "member"}),
    "gcp:kms/keyRing:KeyRing": frozenset({"location"}),
    "gcp:kms/cryptoKey:CryptoKey": frozenset({"keyRing", "purpose"}),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": frozenset({"cryptoKeyId", "role", "member"}),
}


def forces_replacement(type: str, path: str) -> bool:  # noqa: A002  # the engine's word
    """Whether a change at *path* (without places in lists), or above it, makes a new resource."""
    plain = VERSIONED.sub("", type)
    forcing: set[Any] = {*REPLACING.get(plain, ()), *ALWAYS.get(type.partition(":")[0], ())}
    forcing.add(formula_of(type).name)
    return any(
        path == other or path.startswith((f"{other}.", f"{other}[")) for other in forcing if other
    )
