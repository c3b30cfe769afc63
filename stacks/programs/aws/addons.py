"""What EKS leaves to the stack: device plugins beside NVIDIA's, and whatever changes pools' sizes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi_aws as aws

from broker.domain.members import Member
from stacks.programs.aws.cluster import EksCluster
from stacks.programs.aws.machines import fabric_of
from stacks.programs.aws.roles import POD_ACTIONS, trust
from stacks.programs.member_names import IAM_ROLE, member_name
from stacks.programs.pools import AMD, NEURON, device_of, is_autoscaled
from stacks.programs.tags import tags
from stacks.programs.tolerations import EVERYWHERE

AUTOSCALER = "cluster-autoscaler"
AUTOSCALER_IMAGE = "v1.35.0"
"""Of the minor version of the cluster, as its authors ask for."""


def eks_addons(member: Member, cluster: EksCluster) -> Mapping[str, Mapping[str, Any]]:
    """Charts by name, with their values: only those that a pool of *member* needs."""
    devices = {device_of(pool) for pool in member.pools}
    charts: dict[str, Mapping[str, Any]] = {}
    with_fabric = sorted({pool.machine_type for pool in member.pools if fabric_of(pool)})
    if with_fabric:
        charts["efa"] = _fabric_plugin(with_fabric)
    if NEURON in devices:
        charts["neuron"] = {"npd": {"enabled": False}}
    if AMD in devices:
        charts["amd"] = {"tolerations": EVERYWHERE}
    if any(is_autoscaled(pool) for pool in member.pools):
        charts[AUTOSCALER] = _autoscaler(member, cluster)
    return charts


def _fabric_plugin(machine_types: Sequence[str]) -> dict[str, Any]:
    """It runs where it is told to: its own list of machine types ends with those of its time."""
    labels = {"keys": ["node.kubernetes.io/instance-type"], "values": [*machine_types]}
    return {"supportedInstanceLabels": labels, "tolerations": EVERYWHERE}


def _autoscaler(member: Member, cluster: EksCluster) -> dict[str, Any]:
    """EKS keeps the bounds of a node group, but does nothing within them by itself."""
    region = member.region.region
    role = aws.iam.Role(
        AUTOSCALER,
        name=member_name(IAM_ROLE, member, AUTOSCALER),
        assume_role_policy=trust("pods.eks.amazonaws.com", POD_ACTIONS),
        tags=tags(member, AUTOSCALER),
    )
    aws.iam.RolePolicy(
        AUTOSCALER,
        name=AUTOSCALER,
        role=role.name,
        policy=cluster.cluster.name.apply(_scaling),
    )
    aws.eks.PodIdentityAssociation(
        AUTOSCALER,
        cluster_name=cluster.cluster.name,
        namespace="kube-system",
        service_account=AUTOSCALER,
        role_arn=role.arn,
        region=region,
        tags=tags(member, AUTOSCALER),
    )
    return {
        "autoDiscovery": {"clusterName": cluster.cluster.name},
        "awsRegion": region,
        "image": {"tag": AUTOSCALER_IMAGE},
        "rbac": {"serviceAccount": {"name": AUTOSCALER}},
    }


def _scaling(cluster_name: str) -> str:
    """May look at everything that it asks for, and change the size of this cluster's groups alone.

    Source: github.com/kubernetes/autoscaler, cluster-autoscaler/cloudprovider/aws/README.md.
    """
    looks = {
        "Effect": "Allow",
        "Action": [
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeLaunchConfigurations",
            "autoscaling:DescribeScalingActivities",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:GetInstanceTypesFromInstanceRequirements",
            "eks:DescribeNodegroup",
        ],
        "Resource": "*",
    }
    changes = {
        "Effect": "Allow",
        "Action": [
            "autoscaling:SetDesiredCapacity",
            "autoscaling:TerminateInstanceInAutoScalingGroup",
        ],
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster_name}": "owned",
            }
        },
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [looks, changes]}, sort_keys=True)
