"""The network of a member on EKS: private nodes, one way out, and private ways to AWS's services."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from broker.domain.ids import ZoneId
from broker.domain.members import Member
from stacks.programs.member_names import EC2_NAME, member_name
from stacks.programs.tags import tags

NODE_PREFIX = 19
PUBLIC_PREFIX = 24
PARTS = 2 ** (NODE_PREFIX - 16)
"""Seven zones have a part of the block for their nodes, the eighth part holds the public subnets."""

CONTROL_PLANE_ZONES = 3

WITHOUT_CONTROL_PLANES = ("use1-az3", "usw1-az2", "cac1-az3")
"""Zones in which EKS puts no control plane (docs.aws.amazon.com/eks/latest/userguide/network-reqs.html)."""

PRIVATE_SERVICES = ("ecr.api", "ecr.dkr", "sts")
"""Reached without leaving the network: images, and the identities of pods; S3 is a gateway of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsNetwork:
    """What the other parts stand in: subnets of nodes by zone, and those of the control plane."""

    vpc_id: pulumi.Output[str]
    private: Mapping[ZoneId, aws.ec2.Subnet]
    control_plane: tuple[ZoneId, ...]
    way_out: aws.ec2.Route
    """Nodes that start before it can not join."""


def aws_network(member: Member) -> AwsNetwork:
    """A VPC with a private subnet per zone, one NAT gateway, and endpoints for S3, ECR and STS."""
    region = member.region.region
    vpc = aws.ec2.Vpc(
        "network",
        cidr_block=member.address_block,
        enable_dns_hostnames=True,
        enable_dns_support=True,
        region=region,
        tags=_named(member, "network"),
    )
    # Nothing uses the group that every VPC begins with: without rules, nothing can by mistake.
    aws.ec2.DefaultSecurityGroup(
        "network-default", vpc_id=vpc.id, region=region, tags=_named(member, "network-default")
    )
    control_plane = _control_plane_zones(member)
    zones = sorted({*control_plane, *(pool.zone for pool in member.pools if pool.zone)})
    private = {zone: _private_subnet(member, vpc.id, zone) for zone in zones}
    nat = _nat(member, vpc.id, control_plane[0])
    routes = _route_table(member, vpc.id, "private")
    way_out = aws.ec2.Route(
        "private-out",
        route_table_id=routes.id,
        destination_cidr_block="0.0.0.0/0",
        nat_gateway_id=nat.id,
        region=region,
    )
    for zone, subnet in private.items():
        aws.ec2.RouteTableAssociation(
            f"private-{zone}", subnet_id=subnet.id, route_table_id=routes.id, region=region
        )
    network = AwsNetwork(
        vpc_id=vpc.id, private=private, control_plane=control_plane, way_out=way_out
    )
    _endpoints(member, network, routes)
    return network


def _named(member: Member, resource: str) -> dict[str, str]:
    """Tags, and the name that the console shows."""
    return {**tags(member, resource), "Name": member_name(EC2_NAME, member, resource)}


def _control_plane_zones(member: Member) -> tuple[ZoneId, ...]:
    """The first zones of the region that take a control plane; pools never change which."""
    found = aws.get_availability_zones(
        filters=[
            aws.GetAvailabilityZonesFilterArgs(name="zone-type", values=["availability-zone"]),
        ],
        region=member.region.region,
    )
    usable = [zone for zone in sorted(found.zone_ids) if zone not in WITHOUT_CONTROL_PLANES]
    return tuple(ZoneId(zone) for zone in usable[:CONTROL_PLANE_ZONES])


def zone_number(zone: ZoneId) -> int:
    """The number at the end of a zone's id: `use1-az4` is 4.

    Subnets get their addresses by it, so that a zone more or less moves no other.
    """
    match = re.search(r"-az(\d+)$", zone)
    return int(match[1]) if match else 0


def _private_subnet(member: Member, vpc_id: pulumi.Output[str], zone: ZoneId) -> aws.ec2.Subnet:
    parts = list(ipaddress.IPv4Network(member.address_block).subnets(new_prefix=NODE_PREFIX))
    name = f"private-{zone}"
    return aws.ec2.Subnet(
        name,
        vpc_id=vpc_id,
        cidr_block=str(parts[(zone_number(zone) - 1) % (PARTS - 1)]),
        availability_zone_id=zone,
        map_public_ip_on_launch=False,
        region=member.region.region,
        tags={**_named(member, name), "kubernetes.io/role/internal-elb": "1"},
    )


def _public_subnet(member: Member, vpc_id: pulumi.Output[str], zone: ZoneId) -> aws.ec2.Subnet:
    last = list(ipaddress.IPv4Network(member.address_block).subnets(new_prefix=NODE_PREFIX))[-1]
    return aws.ec2.Subnet(
        "public",
        vpc_id=vpc_id,
        cidr_block=str(next(iter(last.subnets(new_prefix=PUBLIC_PREFIX)))),
        availability_zone_id=zone,
        map_public_ip_on_launch=False,
        region=member.region.region,
        tags=_named(member, "public"),
    )


def _route_table(member: Member, vpc_id: pulumi.Output[str], name: str) -> aws.ec2.RouteTable:
    return aws.ec2.RouteTable(
        name, vpc_id=vpc_id, region=member.region.region, tags=_named(member, name)
    )


def _nat(member: Member, vpc_id: pulumi.Output[str], zone: ZoneId) -> aws.ec2.NatGateway:
    """One gateway for all zones: what plans count, too."""
    region = member.region.region
    internet = aws.ec2.InternetGateway(
        "internet", vpc_id=vpc_id, region=region, tags=_named(member, "internet")
    )
    public = _public_subnet(member, vpc_id, zone)
    routes = _route_table(member, vpc_id, "public")
    out = aws.ec2.Route(
        "public-out",
        route_table_id=routes.id,
        destination_cidr_block="0.0.0.0/0",
        gateway_id=internet.id,
        region=region,
    )
    aws.ec2.RouteTableAssociation(
        "public", subnet_id=public.id, route_table_id=routes.id, region=region
    )
    address = aws.ec2.Eip("nat", domain="vpc", region=region, tags=_named(member, "nat"))
    return aws.ec2.NatGateway(
        "nat",
        allocation_id=address.id,
        subnet_id=public.id,
        region=region,
        tags=_named(member, "nat"),
        opts=pulumi.ResourceOptions(depends_on=[out]),
    )


def _endpoints(member: Member, network: AwsNetwork, routes: aws.ec2.RouteTable) -> None:
    region = member.region.region
    aws.ec2.VpcEndpoint(
        "endpoint-s3",
        vpc_id=network.vpc_id,
        service_name=f"com.amazonaws.{region}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=[routes.id],
        region=region,
        tags=_named(member, "endpoint-s3"),
    )
    guard = aws.ec2.SecurityGroup(
        "endpoints",
        name=member_name(EC2_NAME, member, "endpoints"),
        description="HTTPS from the nodes to the private endpoints",
        vpc_id=network.vpc_id,
        region=region,
        tags=_named(member, "endpoints"),
    )
    aws.vpc.SecurityGroupIngressRule(
        "endpoints-https",
        security_group_id=guard.id,
        cidr_ipv4=member.address_block,
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
        region=region,
        tags=tags(member, "endpoints-https"),
    )
    for service in PRIVATE_SERVICES:
        name = f"endpoint-{service.replace('.', '-')}"
        aws.ec2.VpcEndpoint(
            name,
            vpc_id=network.vpc_id,
            service_name=f"com.amazonaws.{region}.{service}",
            vpc_endpoint_type="Interface",
            subnet_ids=[network.private[zone].id for zone in network.control_plane],
            security_group_ids=[guard.id],
            private_dns_enabled=True,
            region=region,
            tags=_named(member, name),
        )
