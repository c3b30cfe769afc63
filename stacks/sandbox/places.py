"""Where a resource goes: what it says itself, what its parents say, what its provider was told."""

from collections.abc import Collection, Mapping
from typing import Any

from stacks.sandbox.ledger import Ledger
from stacks.sandbox.outputs.computed import Place
from stacks.sandbox.outputs.formulas import PROJECT
from stacks.sandbox.paths import listed, record

GROUP = "azure-native:resources:ResourceGroup"
CLUSTER = "azure-native:containerservice:ManagedCluster"
SUBNET = "aws:ec2/subnet:Subnet"
AWS_HOME = "us-east-1"


def place_of(
    package: str, inputs: Mapping[str, Any], ledger: Ledger, settings: Mapping[str, Any]
) -> Place:
    """The place of what has *inputs*; *settings* are those of the provider."""
    home = AWS_HOME if package == "aws" else ""
    location = str(inputs.get("location") or "")
    if package == "azure-native" and not location:
        location = azure_location(inputs, ledger)
    return Place(
        region=str(inputs.get("region") or settings.get("region") or location or home),
        location=location or str(settings.get("location") or ""),
        project=str(settings.get("project") or PROJECT),
        vpc=_vpc(inputs, ledger),
    )


def azure_location(inputs: Mapping[str, Any], ledger: Ledger) -> str:
    """Where its cluster, else its resource group is; empty if it has neither."""
    group, parent = inputs.get("resourceGroupName"), inputs.get("resourceName")
    for made in ledger.resources(CLUSTER) if parent else ():
        if made.inputs.get("resourceName") == parent:
            return str(made.outputs.get("location") or "")
    for made in ledger.resources(GROUP) if group else ():
        if made.inputs.get("resourceGroupName") == group:
            return str(made.outputs.get("location") or "")
    return ""


def subnet_zones(ids: Collection[str], ledger: Ledger) -> list[str]:
    """The ids of the zones of those subnets that exist."""
    found = [ledger.find(SUBNET, id_) for id_ in ids]
    return [str(made.outputs.get("availabilityZoneId") or "") for made in found if made]


def _vpc(inputs: Mapping[str, Any], ledger: Ledger) -> str:
    for id_ in listed(record(inputs.get("vpcConfig")).get("subnetIds")):
        subnet = ledger.find(SUBNET, str(id_))
        if subnet is not None:
            return str(subnet.outputs.get("vpcId") or "")
    return ""
