"""Azure: ids are the paths of the Resource Manager, from which names and types follow."""

from collections.abc import Mapping
from typing import Any

from stacks.sandbox.outputs.formulas import TENANT, Formula, fields_of

GROUP = "/subscriptions/{subscription}/resourceGroups/{resourceGroupName}"
IN_GROUP = GROUP + "/providers/"
CLUSTER = "Microsoft.ContainerService/managedClusters/{resourceName}"
NETWORKS = "Microsoft.Network/virtualNetworks/{virtualNetworkName}"
ZONES = "Microsoft.Network/privateDnsZones/{privateZoneName}"
VAULT = "Microsoft.KeyVault/vaults/{vaultName}"
RESERVATIONS = "Microsoft.Compute/capacityReservationGroups/{capacityReservationGroupName}"
IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"

PATHS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "network:VirtualNetwork": (NETWORKS, {"resourceGuid": "{uuid}"}),
    "network:Subnet": (f"{NETWORKS}/subnets/{{subnetName}}", {}),
    "network:VirtualNetworkPeering": (
        f"{NETWORKS}/virtualNetworkPeerings/{{virtualNetworkPeeringName}}",
        {"peeringState": "Connected"},
    ),
    "network:NatGateway": (
        "Microsoft.Network/natGateways/{natGatewayName}",
        {"resourceGuid": "{uuid}"},
    ),
    "network:PublicIPAddress": (
        "Microsoft.Network/publicIPAddresses/{publicIpAddressName}",
        {"ipAddress": "203.0.113.{octet}", "resourceGuid": "{uuid}"},
    ),
    "network:NetworkSecurityGroup": (
        "Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}",
        {"resourceGuid": "{uuid}", "defaultSecurityRules": []},
    ),
    "network:RouteTable": ("Microsoft.Network/routeTables/{routeTableName}", {}),
    "network:PrivateEndpoint": ("Microsoft.Network/privateEndpoints/{privateEndpointName}", {}),
    "privatedns:PrivateZone": (ZONES, {"numberOfRecordSets": 1}),
    "privatedns:VirtualNetworkLink": (
        f"{ZONES}/virtualNetworkLinks/{{virtualNetworkLinkName}}",
        {"virtualNetworkLinkState": "Completed"},
    ),
    "managedidentity:UserAssignedIdentity": (
        IDENTITIES,
        {"principalId": "{uuid}", "clientId": "{other_uuid}", "tenantId": TENANT},
    ),
    "managedidentity:FederatedIdentityCredential": (
        f"{IDENTITIES}/federatedIdentityCredentials/{{federatedIdentityCredentialResourceName}}",
        {},
    ),
    "keyvault:Vault": (
        VAULT,
        {"properties": {"vaultUri": "https://{vaultName}.vault.azure.net/"}},
    ),
    "keyvault:Key": (
        f"{VAULT}/keys/{{keyName}}",
        {
            "keyUri": "https://{vaultName}.vault.azure.net/keys/{keyName}",
            "keyUriWithVersion": "https://{vaultName}.vault.azure.net/keys/{keyName}/{hex32}",
        },
    ),
    "compute:CapacityReservationGroup": (RESERVATIONS, {}),
    "compute:CapacityReservation": (
        f"{RESERVATIONS}/capacityReservations/{{capacityReservationName}}",
        {"reservationId": "{uuid}"},
    ),
    "compute:ProximityPlacementGroup": (
        "Microsoft.Compute/proximityPlacementGroups/{proximityPlacementGroupName}",
        {},
    ),
    "compute:DiskEncryptionSet": (
        "Microsoft.Compute/diskEncryptionSets/{diskEncryptionSetName}",
        {"identity": {"principalId": "{uuid}", "tenantId": TENANT}},
    ),
    "operationalinsights:Workspace": (
        "Microsoft.OperationalInsights/workspaces/{workspaceName}",
        {"customerId": "{uuid}"},
    ),
    "containerservice:ManagedCluster": (
        CLUSTER,
        {
            "fqdn": "{dnsPrefix}-{hex8}.hcp.{location}.azmk8s.io",
            "privateFQDN": "{dnsPrefix}-{hex8}.{uuid}.privatelink.{location}.azmk8s.io",
            "nodeResourceGroup": "MC_{resourceGroupName}_{resourceName}_{location}",
            "oidcIssuerProfile": {
                "issuerURL": f"https://{{location}}.oic.prod-aks.azure.com/{TENANT}/{{uuid}}/"
            },
            "identity": {"principalId": "{uuid}", "tenantId": TENANT},
            "identityProfile": {
                "kubeletidentity": {
                    "clientId": "{other_uuid}",
                    "objectId": "{uuid}",
                    "resourceId": "/subscriptions/{subscription}/resourceGroups/"
                    "MC_{resourceGroupName}_{resourceName}_{location}/providers/"
                    "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}-agentpool",
                }
            },
            "kubernetesVersion": "1.34",
            "currentKubernetesVersion": "1.34.2",
            "powerState": {"code": "Running"},
            "maxAgentPools": 100,
        },
    ),
    "containerservice:AgentPool": (
        f"{CLUSTER}/agentPools/{{agentPoolName}}",
        {
            "powerState": {"code": "Running"},
            "currentOrchestratorVersion": "1.34.2",
            "nodeImageVersion": "AKSUbuntu-2404gen2containerd-202601.01.0",
        },
    ),
    "monitor:ActionGroup": (
        "Microsoft.Insights/actionGroups/{actionGroupName}",
        {"systemData": {"createdAt": "2026-01-01T00:00:00Z", "createdByType": "User"}},
    ),
    "containerservice:MaintenanceConfiguration": (
        f"{CLUSTER}/maintenanceConfigurations/{{configName}}",
        {},
    ),
    "containerservice:Fleet": ("Microsoft.ContainerService/fleets/{fleetName}", {}),
    "containerservice:FleetMember": (
        "Microsoft.ContainerService/fleets/{fleetName}/members/{fleetMemberName}",
        {},
    ),
}
"""The path within a resource group of each type, and what it has beside its inputs."""

SCOPED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "authorization:RoleAssignment": (
        "Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        {"createdOn": "2026-01-01T00:00:00Z"},
    ),
    "authorization:ManagementLockByScope": ("Microsoft.Authorization/locks/{lockName}", {}),
    "consumption:Budget": (
        "Microsoft.Consumption/budgets/{budgetName}",
        {"currentSpend": {"amount": 0, "unit": "USD"}},
    ),
}
"""Those that belong to a scope of any sort."""

VERSION = "2026-01-01"


def _formula(token: str, base: str, path: str, outputs: Mapping[str, Any]) -> Formula:
    *_, name = fields_of(path)
    words = path.split("/")
    kind = "/".join([words[0], *words[1::2]])
    common = {
        "name": f"{{{name}}}",
        "type": kind,
        "azureApiVersion": VERSION,
        "provisioningState": "Succeeded",
    }
    return Formula(id=base + path, outputs={**common, **outputs}, name=name)


FORMULAS = {
    "azure-native:resources:ResourceGroup": Formula(
        id=GROUP,
        outputs={
            "name": "{resourceGroupName}",
            "type": "Microsoft.Resources/resourceGroups",
            "azureApiVersion": VERSION,
            "properties": {"provisioningState": "Succeeded"},
        },
        name="resourceGroupName",
    ),
    **{
        f"azure-native:{kind}": _formula(kind, IN_GROUP, *described)
        for kind, described in PATHS.items()
    },
    **{
        f"azure-native:{kind}": _formula(kind, "{scope}/providers/", *described)
        for kind, described in SCOPED.items()
    },
}


def reshaped(outputs: Mapping[str, Any], numbers: Mapping[str, str]) -> dict[str, Any]:
    """Identities go in as a list of ids, and come out as a map that says who each one is."""
    identity = outputs.get("identity")
    named = identity.get("userAssignedIdentities") if isinstance(identity, Mapping) else None
    if not isinstance(identity, Mapping) or not isinstance(named, list):
        return dict(outputs)
    who = {"principalId": numbers["uuid"], "clientId": numbers["other_uuid"]}
    described = {str(one): who for one in named}
    return {**outputs, "identity": {**identity, "userAssignedIdentities": described}}


ELSE = Formula(
    id=IN_GROUP + "Microsoft.Sandbox/{kind}/{hex17}",
    outputs={"name": "{hex17}", "azureApiVersion": VERSION},
)
"""For a type that nobody described."""
