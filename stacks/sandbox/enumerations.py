"""Inputs that take some words only, where the SDK's own types do not say so."""

from collections.abc import Mapping

ZONES_AZURE = frozenset({"1", "2", "3"})
"""As each subscription numbers them for itself."""
TAINTS_EKS = frozenset({"NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"})

ENUMERATIONS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "aws:eks/nodeGroup:NodeGroup": {
        "capacityType": frozenset({"ON_DEMAND", "SPOT", "CAPACITY_BLOCK"}),
        "taints[].effect": TAINTS_EKS,
        "amiType": frozenset(
            {
                "AL2_x86_64",
                "AL2_x86_64_GPU",
                "AL2_ARM_64",
                "AL2023_x86_64_STANDARD",
                "AL2023_ARM_64_STANDARD",
                "AL2023_x86_64_NEURON",
                "AL2023_x86_64_NVIDIA",
                "AL2023_ARM_64_NVIDIA",
                "BOTTLEROCKET_x86_64",
                "BOTTLEROCKET_ARM_64",
                "BOTTLEROCKET_x86_64_NVIDIA",
                "BOTTLEROCKET_ARM_64_NVIDIA",
                "CUSTOM",
            }
        ),
    },
    "aws:eks/cluster:Cluster": {
        "accessConfig.authenticationMode": frozenset({"API", "API_AND_CONFIG_MAP", "CONFIG_MAP"}),
        "upgradePolicy.supportType": frozenset({"STANDARD", "EXTENDED"}),
        "encryptionConfig.resources[]": frozenset({"secrets"}),
    },
    "aws:ec2/placementGroup:PlacementGroup": {
        "strategy": frozenset({"cluster", "partition", "spread"}),
        "spreadLevel": frozenset({"host", "rack"}),
    },
    "aws:ec2/launchTemplate:LaunchTemplate": {
        "networkInterfaces[].interfaceType": frozenset({"interface", "efa", "efa-only"}),
        "instanceMarketOptions.marketType": frozenset(
            {"spot", "capacity-block", "interruptible-capacity-reservation"}
        ),
        "metadataOptions.httpTokens": frozenset({"optional", "required"}),
    },
    "aws:ec2/capacityReservation:CapacityReservation": {
        "endDateType": frozenset({"unlimited", "limited"}),
        "instanceMatchCriteria": frozenset({"open", "targeted"}),
    },
    "aws:ec2/vpcEndpoint:VpcEndpoint": {
        "vpcEndpointType": frozenset(
            {"Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"}
        ),
    },
    "aws:budgets/budget:Budget": {
        "budgetType": frozenset(
            {"COST", "USAGE", "RI_UTILIZATION", "RI_COVERAGE"}
            | {"SAVINGS_PLANS_UTILIZATION", "SAVINGS_PLANS_COVERAGE"}
        ),
        "timeUnit": frozenset({"DAILY", "MONTHLY", "QUARTERLY", "ANNUALLY", "CUSTOM"}),
    },
    "azure-native:containerservice:AgentPool": {"availabilityZones[]": ZONES_AZURE},
    "azure-native:compute:ProximityPlacementGroup": {"zones[]": ZONES_AZURE},
    "azure-native:compute:CapacityReservationGroup": {"zones[]": ZONES_AZURE},
    "azure-native:compute:CapacityReservation": {"zones[]": ZONES_AZURE},
    "gcp:container/nodePool:NodePool": {
        "nodeConfig.taints[].effect": frozenset(
            {"NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE"}
        ),
        "nodeConfig.reservationAffinity.consumeReservationType": frozenset(
            {"NO_RESERVATION", "ANY_RESERVATION", "SPECIFIC_RESERVATION"}
        ),
        "nodeConfig.workloadMetadataConfig.mode": frozenset({"GCE_METADATA", "GKE_METADATA"}),
        "placementPolicy.type": frozenset({"COMPACT"}),
        "autoscaling.locationPolicy": frozenset({"BALANCED", "ANY"}),
    },
    "gcp:container/cluster:Cluster": {
        "datapathProvider": frozenset({"LEGACY_DATAPATH", "ADVANCED_DATAPATH"}),
        "releaseChannel.channel": frozenset(
            {"UNSPECIFIED", "RAPID", "REGULAR", "STABLE", "EXTENDED"}
        ),
        "databaseEncryption.state": frozenset({"ENCRYPTED", "DECRYPTED", "ALL_OBJECTS"}),
    },
    "gcp:compute/resourcePolicy:ResourcePolicy": {
        "groupPlacementPolicy.collocation": frozenset({"COLLOCATED"}),
    },
}
"""By type and path, in which `[]` stands for every place of a list.

From the clouds' own references: EKS CreateNodegroup and CreateCluster, EC2 CreatePlacementGroup,
CreateLaunchTemplate and CreateCapacityReservation, Budgets CreateBudget; GKE NodePool and Cluster.
"""
