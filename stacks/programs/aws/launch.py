"""How the nodes of a pool start on EC2: their disks, network cards, market and neighbours."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from broker.domain.members import Member, MemberPool
from broker.domain.offers import CapacityType
from stacks.programs.aws.machines import fabric_of
from stacks.programs.member_names import EC2_NAME, member_name
from stacks.programs.tags import tags

DISK_GIB = 200
"""Room for images with frameworks and drivers, of 20 GiB and more each."""

ROOT_DEVICE = "/dev/xvda"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Capacity that nodes aim at: one reservation by its *id*, or the ARN of a *group* of them."""

    id: pulumi.Input[str] | None = None
    group: pulumi.Input[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the nodes of one pool are started into."""

    security_group_ids: tuple[pulumi.Output[str], ...]
    placement_group: aws.ec2.PlacementGroup | None
    reservation: Reservation | None


def launch_template(
    member: Member, pool: MemberPool, surroundings: Surroundings
) -> aws.ec2.LaunchTemplate:
    """Encrypted disks, metadata by token alone, and what the pool's kind of capacity asks for."""
    name = f"launch-{pool.name}"
    group = surroundings.placement_group
    has_fabric = fabric_of(pool) is not None
    return aws.ec2.LaunchTemplate(
        name,
        name=member_name(EC2_NAME, member, pool.name),
        # A capacity block is bound to its machine type by the template, not by the node group.
        instance_type=pool.machine_type if _is_block(pool) else None,
        instance_market_options=_market(pool),
        capacity_reservation_specification=_reservation(surroundings.reservation),
        placement=aws.ec2.LaunchTemplatePlacementArgs(group_name=group.name) if group else None,
        network_interfaces=_interfaces(pool, surroundings) if has_fabric else None,
        vpc_security_group_ids=None if has_fabric else [*surroundings.security_group_ids],
        block_device_mappings=[_disk()],
        metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
        ),
        tag_specifications=[
            aws.ec2.LaunchTemplateTagSpecificationArgs(
                resource_type=kind, tags=tags(member, f"pool-{pool.name}")
            )
            for kind in ("instance", "volume", "network-interface")
        ],
        update_default_version=True,
        region=member.region.region,
        tags=tags(member, name),
    )


def _is_block(pool: MemberPool) -> bool:
    return pool.capacity_type is CapacityType.CAPACITY_BLOCK


def _market(pool: MemberPool) -> aws.ec2.LaunchTemplateInstanceMarketOptionsArgs | None:
    """EKS sets the market of spot nodes by itself."""
    if not _is_block(pool):
        return None
    return aws.ec2.LaunchTemplateInstanceMarketOptionsArgs(market_type="capacity-block")


def _reservation(
    reservation: Reservation | None,
) -> aws.ec2.LaunchTemplateCapacityReservationSpecificationArgs:
    """Its own reservation or none: a pool never eats up one that was meant for others."""
    if reservation is None:
        return aws.ec2.LaunchTemplateCapacityReservationSpecificationArgs(
            capacity_reservation_preference="none"
        )
    target = aws.ec2.LaunchTemplateCapacityReservationSpecificationCapacityReservationTargetArgs(
        capacity_reservation_id=reservation.id,
        capacity_reservation_resource_group_arn=reservation.group,
    )
    return aws.ec2.LaunchTemplateCapacityReservationSpecificationArgs(
        capacity_reservation_target=target
    )


def _interfaces(
    pool: MemberPool, surroundings: Surroundings
) -> list[aws.ec2.LaunchTemplateNetworkInterfaceArgs]:
    """One per network card; only the first has addresses for pods, the others carry the fabric."""
    fabric = fabric_of(pool)
    if fabric is None:
        return []
    first = 0
    cards = range(fabric.first_card + fabric.interfaces)
    return [
        aws.ec2.LaunchTemplateNetworkInterfaceArgs(
            network_card_index=card,
            device_index=0 if card == first else 1,
            interface_type=_interface_type(card, fabric.first_card),
            security_groups=[*surroundings.security_group_ids],
            delete_on_termination="true",
        )
        for card in cards
    ]


def _interface_type(card: int, first_fabric_card: int) -> str:
    """A first interface can not be of the fabric alone (efa-acc-inst-types.html)."""
    if card:
        return "efa-only"
    return "interface" if first_fabric_card else "efa"


def _disk() -> aws.ec2.LaunchTemplateBlockDeviceMappingArgs:
    return aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
        device_name=ROOT_DEVICE,
        ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            volume_size=DISK_GIB, volume_type="gp3", encrypted="true", delete_on_termination="true"
        ),
    )
