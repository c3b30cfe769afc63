"""What a node of GKE is: machine, devices and how they are shared, disks, identity, taints."""

import pulumi
import pulumi_gcp as gcp

from broker.domain.members import Member, MemberPool, SharingKind
from broker.domain.offers import CapacityType
from stacks.programs.gcp.cluster import SCOPES, GkeCluster
from stacks.programs.gcp.machines import RDMA, accelerator_type, device_count
from stacks.programs.pools import device_of, mig_profile
from stacks.programs.tags import labels_to_expire, node_labels

SYSTEM_MACHINE = "e2-standard-4"
DISK_GIB = 200

RESERVATION_KEY = "compute.googleapis.com/reservation-name"

STRATEGIES = {SharingKind.TIME_SLICING: "TIME_SHARING", SharingKind.MPS: "MPS"}


def system_config(member: Member, cluster: GkeCluster) -> gcp.container.NodePoolNodeConfigArgs:
    """Of the pool in which the broker's own services run."""
    return gcp.container.NodePoolNodeConfigArgs(
        machine_type=SYSTEM_MACHINE,
        labels={"broker.dev/pool": "system"},
        resource_labels=labels_to_expire(member, "system"),
        service_account=cluster.nodes.email,
        oauth_scopes=[*SCOPES],
        shielded_instance_config=_shielded(),
        workload_metadata_config=_metadata(),
    )


def node_config(
    member: Member,
    pool: MemberPool,
    cluster: GkeCluster,
    reservation: pulumi.Input[str] | None,
) -> gcp.container.NodePoolNodeConfigArgs:
    """Of a pool of the plan."""
    return gcp.container.NodePoolNodeConfigArgs(
        machine_type=pool.machine_type,
        image_type="COS_CONTAINERD",
        disk_size_gb=DISK_GIB,
        spot=True if pool.capacity_type is CapacityType.SPOT else None,
        flex_start=True if pool.capacity_type is CapacityType.FLEX else None,
        reservation_affinity=_affinity(pool, reservation),
        guest_accelerators=_devices(pool),
        gpudirect_strategy="RDMA" if pool.machine_type in RDMA else None,
        gvnic=gcp.container.NodePoolNodeConfigGvnicArgs(enabled=True),
        labels=dict(node_labels(pool)),
        resource_labels=labels_to_expire(member, f"pool-{pool.name}"),
        taints=_taints(pool),
        service_account=cluster.nodes.email,
        oauth_scopes=[*SCOPES],
        shielded_instance_config=_shielded(),
        workload_metadata_config=_metadata(),
    )


def _devices(
    pool: MemberPool,
) -> list[gcp.container.NodePoolNodeConfigGuestAcceleratorArgs] | None:
    """Google installs driver and device plugin by itself, and divides devices as it is told."""
    kind = accelerator_type(pool)
    if kind is None:
        return None
    driver = gcp.container.NodePoolNodeConfigGuestAcceleratorGpuDriverInstallationConfigArgs(
        gpu_driver_version="DEFAULT"
    )
    return [
        gcp.container.NodePoolNodeConfigGuestAcceleratorArgs(
            type=kind,
            count=device_count(pool),
            gpu_driver_installation_config=driver,
            gpu_partition_size=mig_profile(pool),
            gpu_sharing_config=_sharing(pool),
        )
    ]


def _sharing(
    pool: MemberPool,
) -> gcp.container.NodePoolNodeConfigGuestAcceleratorGpuSharingConfigArgs | None:
    if pool.sharing is None or pool.sharing.kind is SharingKind.MIG:
        return None
    return gcp.container.NodePoolNodeConfigGuestAcceleratorGpuSharingConfigArgs(
        gpu_sharing_strategy=STRATEGIES[pool.sharing.kind],
        max_shared_clients_per_gpu=pool.sharing.replicas,
    )


def _affinity(
    pool: MemberPool, reservation: pulumi.Input[str] | None
) -> gcp.container.NodePoolNodeConfigReservationAffinityArgs:
    """Its own reservation or none: a pool never eats up one that was meant for others."""
    if reservation is None:
        return gcp.container.NodePoolNodeConfigReservationAffinityArgs(
            consume_reservation_type="NO_RESERVATION"
        )
    return gcp.container.NodePoolNodeConfigReservationAffinityArgs(
        consume_reservation_type="SPECIFIC_RESERVATION", key=RESERVATION_KEY, values=[reservation]
    )


def _taints(pool: MemberPool) -> list[gcp.container.NodePoolNodeConfigTaintArgs] | None:
    device = device_of(pool)
    if device is None:
        return None
    return [
        gcp.container.NodePoolNodeConfigTaintArgs(key=device, value="present", effect="NO_SCHEDULE")
    ]


def _shielded() -> gcp.container.NodePoolNodeConfigShieldedInstanceConfigArgs:
    return gcp.container.NodePoolNodeConfigShieldedInstanceConfigArgs(
        enable_secure_boot=True, enable_integrity_monitoring=True
    )


def _metadata() -> gcp.container.NodePoolNodeConfigWorkloadMetadataConfigArgs:
    """Pods see the identity of their workload, not that of the node."""
    return gcp.container.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA")
