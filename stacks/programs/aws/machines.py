"""What AWS's machine types with accelerators need to be told about themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from broker.domain.members import MemberPool
from stacks.programs.pools import NEURON, NVIDIA, device_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Fabric:
    """*interfaces* of the Elastic Fabric Adapter, the first on network card *first_card*."""

    interfaces: int
    first_card: int = 0


FABRICS: Mapping[str, Fabric] = MappingProxyType({
    **dict.fromkeys(
        (
            "dl2q.24xlarge", "g4dn.8xlarge", "g4dn.12xlarge", "g4dn.16xlarge", "g4dn.metal",
            "g5.8xlarge", "g5.12xlarge", "g5.16xlarge", "g5.24xlarge", "g5.48xlarge",
            "g6.8xlarge", "g6.12xlarge", "g6.16xlarge", "g6.24xlarge", "g6.48xlarge", "gr6.8xlarge",
            "g6e.8xlarge", "g6e.12xlarge", "g6e.16xlarge", "g7.8xlarge", "g7.12xlarge",
            "g7.24xlarge", "g7e.8xlarge", "g7e.12xlarge", "inf1.24xlarge", "p3dn.24xlarge",
            "p5.4xlarge", "trn2.3xlarge",
        ),
        Fabric(interfaces=1),
    ),
    **dict.fromkeys(("g6e.24xlarge", "g7.48xlarge", "g7e.24xlarge"), Fabric(interfaces=2)),
    **dict.fromkeys(
        ("g6e.48xlarge", "g7e.48xlarge", "p4d.24xlarge", "p4de.24xlarge"), Fabric(interfaces=4)
    ),
    **dict.fromkeys(("p6-b200.48xlarge", "trn1.32xlarge"), Fabric(interfaces=8)),
    **dict.fromkeys(
        ("p5en.48xlarge", "trn1n.32xlarge", "trn2.48xlarge", "trn2u.48xlarge"),
        Fabric(interfaces=16),
    ),
    "p6-b300.48xlarge": Fabric(interfaces=16, first_card=1),
    **dict.fromkeys(("p5.48xlarge", "p5e.48xlarge"), Fabric(interfaces=32)),
})  # fmt: skip
"""EfaInfo.MaximumEfaInterfaces of EC2's DescribeInstanceTypes, as recorded in moto 5.2 (2026).

The p6-b300 has a card more than interfaces: its first card carries ordinary traffic alone
(docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html).
"""

ARM = ("g5g.", "p6e-")
"""Machine types on Graviton and Grace processors."""

IMAGES: Mapping[str | None, str] = MappingProxyType({
    NVIDIA: "AL2023_x86_64_NVIDIA",
    NEURON: "AL2023_x86_64_NEURON",
})  # fmt: skip
"""EKS's own images with drivers, per kind of device
(docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html, amiType)."""

ARM_IMAGES: Mapping[str | None, str] = MappingProxyType({NVIDIA: "AL2023_ARM_64_NVIDIA"})


def fabric_of(pool: MemberPool) -> Fabric | None:
    """The fabric adapters of the machine type, None if it has none."""
    return FABRICS.get(pool.machine_type)


def image_of(pool: MemberPool) -> str:
    """The kind of image that its nodes start from, with the driver of its devices in it."""
    if pool.machine_type.startswith(ARM):
        return ARM_IMAGES.get(device_of(pool), "AL2023_ARM_64_STANDARD")
    return IMAGES.get(device_of(pool), "AL2023_x86_64_STANDARD")
