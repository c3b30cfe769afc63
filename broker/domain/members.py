"""A member: one cluster of the federation as a stack is to make it, and as it was made."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from broker.domain.geography import RegionKey
from broker.domain.ids import (
    ClusterName,
    MachineType,
    PoolName,
    ReservationName,
    WorkloadName,
    ZoneId,
)
from broker.domain.money import Money
from broker.domain.offers import CapacityType


class SharingKind(StrEnum):
    """How one device is divided among several replicas."""

    MIG = "mig"
    TIME_SLICING = "time-slicing"
    MPS = "mps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """Each device of a pool serves *replicas* at once; *profile* is the MIG slice (`1g.10gb`).

    Where slices of several profiles share devices, there is no such one: *layout* is what every
    device is cut into, as profiles and how many of each. Without it, no one cut would do for all.
    """

    kind: SharingKind
    replicas: int
    profile: str | None = None
    layout: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPool:
    """Equal nodes of one machine type: *nodes* now, autoscaling between *min_nodes* and *max_nodes*.

    *zone* is None where the nodes may be in any zone of the region. *accelerators* is the number of
    devices per node. *is_compact* asks for nodes close to each other (a gang). *reservation* is the
    cloud's own name of capacity that is paid already. *workloads* are those planned onto it, *firm*
    those of them that forbid to destroy it: no resource follows from that. *running* is how many nodes
    there are, where that is known to who makes it: never planned, and never recorded as wanted.
    """

    name: PoolName
    machine_type: MachineType
    capacity_type: CapacityType
    zone: ZoneId | None = None
    nodes: int
    min_nodes: int
    max_nodes: int
    accelerator: str
    accelerators: Fraction
    sharing: Sharing | None = None
    is_compact: bool = False
    reservation: ReservationName | None = None
    term_months: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    workloads: tuple[WorkloadName, ...] = ()
    firm: tuple[WorkloadName, ...] = ()
    running: int | None = None

    def fits_into(self, before: "MemberPool") -> bool:
        """Whether it has no more nodes than *before*, and no other work."""
        return self.nodes <= before.nodes and {*self.workloads} <= {*before.workloads}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadIdentity:
    """The cloud identity that the pods of one workload get, without any key in the cluster."""

    workload: WorkloadName
    namespace: str
    service_account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What the stack of one cluster is made from; equal values make equal stacks.

    *fleet* and *owner* become tags. *address_block* is the cluster's own /16 (`10.42.0.0/16`).
    *authorized_networks* may reach the API; without any, it is private. *is_protected* keeps the
    cloud itself from deleting the cluster. *budget_monthly* sets an alarm. *security_extras* adds the
    runtime sensor. *labels* become tags too. *expires_at*: the fleet may live until then, which a tag of
    clusters and pools says; None for one that lasts.
    """

    name: ClusterName
    fleet: str
    owner: str
    region: RegionKey
    pools: tuple[MemberPool, ...]
    address_block: str
    authorized_networks: tuple[str, ...] = ()
    is_protected: bool = True
    budget_monthly: Money | None = None
    identities: tuple[WorkloadIdentity, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    security_extras: bool = False
    expires_at: datetime | None = None

    def shrunk(self, pools: Collection[PoolName]) -> "Member":
        """It with none but these *pools*, and the identities of the work on them."""
        kept = tuple(pool for pool in self.pools if pool.name in pools)
        working = {workload for pool in kept for workload in pool.workloads}
        identities = tuple(each for each in self.identities if each.workload in working)
        return replace(self, pools=kept, identities=identities)

    def only_loses(self, before: "Member") -> bool:
        """Whether it lacks pools or nodes that it had *before*, and no node and no work comes to it."""
        there = {pool.name: pool for pool in before.pools}
        if any(
            pool.name not in there or not pool.fits_into(there[pool.name]) for pool in self.pools
        ):
            return False
        nodes = {pool.name: pool.nodes for pool in self.pools}
        return any(nodes.get(name, 0) < pool.nodes for name, pool in there.items())


class StepOp(StrEnum):
    """What happens to one resource of a stack."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    IMPORT = "import"
    SAME = "same"


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class ResourceStep:
    """One change of one resource of a stack.

    *name* is its name in the program, *type* the engine's token (`aws:eks/nodeGroup:NodeGroup`).
    *changed* are the paths of the inputs that differ, *forcing* those of them that can not be changed
    in place. *before* and *after* hold the values of *changed*, secrets as None and what is not known
    before the change as `(known after apply)`. *deletes_first*: of a replacement, the old one goes before
    there is a new one.
    """

    name: str
    type: str
    op: StepOp
    urn: str = ""
    changed: tuple[str, ...] = ()
    forcing: tuple[str, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict, compare=False)
    after: Mapping[str, Any] = field(default_factory=dict, compare=False)
    deletes_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPreview:
    """What a stack would do, without *unchanged* resources; *checkpoint* is what it starts from."""

    member: ClusterName
    steps: tuple[ResourceStep, ...]
    unchanged: int
    checkpoint: str | None


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class StackResource:
    """One resource that a stack holds; *id* is the cloud's own."""

    urn: str
    type: str
    name: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StackState:
    """What a stack holds after a change.

    *checkpoint* is the digest of the engine's own record, None if there is no stack. *outputs* hold
    no secret: cluster id, endpoint, names of pools.
    """

    member: ClusterName
    resources: tuple[StackResource, ...]
    outputs: Mapping[str, Any]
    checkpoint: str | None
