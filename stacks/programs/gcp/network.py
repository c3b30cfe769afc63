"""The network of a member on GKE: nodes without public addresses, and one way out."""

import ipaddress
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from broker.domain.members import Member
from stacks.programs.member_names import COMPUTE_NAME, member_name

MTU = 8896
"""The largest that Google carries; GPUs that exchange gradients need it (cloud.google.com/vpc/docs/mtu)."""

POD_BLOCK = "100.64.0.0/13"
"""Addresses of pods are seen nowhere else, so every member has the same: room for 2,048 nodes
(cloud.google.com/kubernetes-engine/docs/concepts/alias-ips)."""

PODS = "pods"
SERVICES = "services"

NODE_PREFIX = 17
SERVICE_PREFIX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class GcpNetwork:
    """The network, the subnet of its nodes, and the way out, without which nodes get no image."""

    network: gcp.compute.Network
    nodes: gcp.compute.Subnetwork
    way_out: gcp.compute.RouterNat


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """How the member's /16 is divided: a half for nodes, a sixteenth for services."""

    nodes: str
    services: str


def blocks_of(member: Member) -> Blocks:
    """The same for equal members; what is over is free for what is peered with it."""
    nodes, rest = ipaddress.IPv4Network(member.address_block).subnets(new_prefix=NODE_PREFIX)
    services = next(iter(rest.subnets(new_prefix=SERVICE_PREFIX)))
    return Blocks(nodes=str(nodes), services=str(services))


def gcp_network(member: Member) -> GcpNetwork:
    """A network of one subnet that reaches Google's services privately and the world by NAT."""
    region = member.region.region
    blocks = blocks_of(member)
    network = gcp.compute.Network(
        "network",
        name=member_name(COMPUTE_NAME, member),
        auto_create_subnetworks=False,
        mtu=MTU,
        routing_mode="REGIONAL",
        description=_described(member),
        opts=pulumi.ResourceOptions(
            ignore_changes=["description"]
        ),  # those of earlier versions stay
    )
    nodes = gcp.compute.Subnetwork(
        "nodes",
        name=member_name(COMPUTE_NAME, member, "nodes"),
        network=network.id,
        region=region,
        ip_cidr_range=blocks.nodes,
        private_ip_google_access=True,
        secondary_ip_ranges=[
            gcp.compute.SubnetworkSecondaryIpRangeArgs(range_name=PODS, ip_cidr_range=POD_BLOCK),
            gcp.compute.SubnetworkSecondaryIpRangeArgs(
                range_name=SERVICES, ip_cidr_range=blocks.services
            ),
        ],
        description=_described(member),
        opts=pulumi.ResourceOptions(ignore_changes=["description"]),
    )
    _firewall(member, network)
    return GcpNetwork(network=network, nodes=nodes, way_out=_nat(member, network))


def _described(member: Member) -> str:
    """Networks have no labels: what would be one is in their description.

    But the owner: it may change, and with another description Google makes another network, for which
    the cluster and all its pools would have to go.
    """
    return f"broker-fleet={member.fleet} broker-cluster={member.name}"


def _firewall(member: Member, network: gcp.compute.Network) -> None:
    """Nodes hear each other; whatever else comes in is refused, before other rules can let it."""
    blocks = blocks_of(member)
    gcp.compute.Firewall(
        "inside",
        name=member_name(COMPUTE_NAME, member, "inside"),
        network=network.id,
        direction="INGRESS",
        priority=1000,
        source_ranges=[blocks.nodes, POD_BLOCK],
        allows=[
            gcp.compute.FirewallAllowArgs(protocol=protocol) for protocol in ("tcp", "udp", "icmp")
        ],
        description=_described(member),
    )


def _nat(member: Member, network: gcp.compute.Network) -> gcp.compute.RouterNat:
    """One gateway for all zones: what plans count, too."""
    region = member.region.region
    router = gcp.compute.Router(
        "nat",
        name=member_name(COMPUTE_NAME, member, "nat"),
        network=network.id,
        region=region,
        description=_described(member),
    )
    return gcp.compute.RouterNat(
        "nat",
        name=member_name(COMPUTE_NAME, member, "nat"),
        router=router.name,
        region=region,
        nat_ip_allocate_option="AUTO_ONLY",
        source_subnetwork_ip_ranges_to_nat="ALL_SUBNETWORKS_ALL_IP_RANGES",
    )
