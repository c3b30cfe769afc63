"""The network of a member on AKS: nodes without public addresses, one way out, and their group."""

import ipaddress
from dataclasses import dataclass

import pulumi_azure_native as azure

from broker.domain.members import Member
from stacks.programs.member_names import (
    AZURE_NAME,
    RESOURCE_GROUP,
    VIRTUAL_NETWORK,
    member_name,
)
from stacks.programs.tags import tags

PRIVATE_SERVICES = ("Microsoft.ContainerRegistry", "Microsoft.KeyVault", "Microsoft.Storage")
"""Reached from the nodes over Azure's own network."""

POD_BLOCK = "100.64.0.0/11"
"""Addresses of pods are of the overlay and seen nowhere else, so every member has the same."""

NODE_PREFIX = 17
SERVICE_PREFIX = 20
DNS_HOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureNetwork:
    """The resource group of the member, its network, the subnet of its nodes and how these leave it."""

    group: azure.resources.ResourceGroup
    network: azure.network.VirtualNetwork
    nodes: azure.network.Subnet
    way_out: azure.network.PublicIPAddress


def azure_network(member: Member) -> AzureNetwork:
    """A virtual network whose one subnet leaves by a NAT gateway and lets nothing in."""
    location = member.region.region
    group = azure.resources.ResourceGroup(
        "group",
        resource_group_name=member_name(RESOURCE_GROUP, member),
        location=location,
        tags=tags(member, "group"),
    )
    network = azure.network.VirtualNetwork(
        "network",
        virtual_network_name=member_name(VIRTUAL_NETWORK, member),
        resource_group_name=group.name,
        location=location,
        address_space=azure.network.AddressSpaceArgs(address_prefixes=[member.address_block]),
        tags=tags(member, "network"),
    )
    guard = _guard(member, group)
    way_out = _way_out(member, group)
    nodes = azure.network.Subnet(
        "nodes",
        subnet_name="nodes",
        resource_group_name=group.name,
        virtual_network_name=network.name,
        address_prefix=node_block(member),
        default_outbound_access=False,
        nat_gateway=azure.network.SubResourceArgs(id=_nat(member, group, way_out).id),
        network_security_group=azure.network.NetworkSecurityGroupArgs(id=guard.id),
        service_endpoints=[
            azure.network.ServiceEndpointPropertiesFormatArgs(service=service)
            for service in PRIVATE_SERVICES
        ],
    )
    return AzureNetwork(group=group, network=network, nodes=nodes, way_out=way_out)


def node_block(member: Member) -> str:
    """The addresses of the nodes: the first half of the member's block."""
    block = ipaddress.IPv4Network(member.address_block)
    return str(next(iter(block.subnets(new_prefix=NODE_PREFIX))))


def service_block(member: Member) -> tuple[str, str]:
    """The addresses of services inside the cluster, and that of its name server."""
    block = ipaddress.IPv4Network(member.address_block)
    last = list(block.subnets(new_prefix=SERVICE_PREFIX))[-1]
    return str(last), str(last[DNS_HOST])


def _guard(
    member: Member, group: azure.resources.ResourceGroup
) -> azure.network.NetworkSecurityGroup:
    """Nothing comes in from the internet; AKS opens nothing in a group that is not of its making."""
    return azure.network.NetworkSecurityGroup(
        "nodes",
        network_security_group_name=member_name(AZURE_NAME, member, "nodes"),
        resource_group_name=group.name,
        location=member.region.region,
        security_rules=[
            azure.network.SecurityRuleArgs(
                name="refuse-internet",
                access="Deny",
                direction="Inbound",
                priority=4000,
                protocol="*",
                source_address_prefix="Internet",
                source_port_range="*",
                destination_address_prefix="*",
                destination_port_range="*",
            )
        ],
        tags=tags(member, "nodes"),
    )


def _way_out(member: Member, group: azure.resources.ResourceGroup) -> azure.network.PublicIPAddress:
    """The address that the world sees of the nodes."""
    return azure.network.PublicIPAddress(
        "nat",
        public_ip_address_name=member_name(AZURE_NAME, member, "nat"),
        resource_group_name=group.name,
        location=member.region.region,
        public_ip_allocation_method="Static",
        sku=azure.network.PublicIPAddressSkuArgs(name="Standard", tier="Regional"),
        tags=tags(member, "nat"),
    )


def _nat(
    member: Member,
    group: azure.resources.ResourceGroup,
    way_out: azure.network.PublicIPAddress,
) -> azure.network.NatGateway:
    """One gateway for all zones: what plans count, too."""
    return azure.network.NatGateway(
        "nat",
        nat_gateway_name=member_name(AZURE_NAME, member, "nat"),
        resource_group_name=group.name,
        location=member.region.region,
        sku=azure.network.NatGatewaySkuArgs(name="Standard"),
        public_ip_addresses=[azure.network.SubResourceArgs(id=way_out.id)],
        tags=tags(member, "nat"),
    )
