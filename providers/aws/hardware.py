"""What a machine type is made of: `InstanceTypeInfo` of EC2 into our values. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from broker.domain.accelerators import Accelerator, AcceleratorKind
from broker.domain.offers import CapacityType
from providers.aws.accelerators import KnownAccelerators

Payload = Mapping[str, Any]

WITHOUT_ACCELERATOR = re.compile(
    r"^(a|c|d|h|hpc|i|im|is|m|mac|r|t|u|x|z|f|vt)(\d|-)(?!.*gpu)", re.IGNORECASE
)
"""Series that have no GPU, TPU or NPU (EC2 guide, "Instance type naming conventions").

They need not be described one by one. `f` has FPGAs and `vt` video encoders, which is neither.
"""

SERIES = re.compile(r"^(?P<letters>[a-z]+?)(?P<generation>\d+)")

FAMILIES = {
    "dl": "DL",
    "g": "G and VT",
    "gr": "G and VT",
    "inf": "Inf",
    "p": "P",
    "trn": "Trn",
    "vt": "G and VT",
}
"""Under which name Service Quotas counts the vCPUs of a series."""

SLICES = 8
"""A device is cut into eighths (EC2 guide, g6f and gr6f)."""

USAGE_CLASSES = {
    "on-demand": CapacityType.ON_DEMAND,
    "spot": CapacityType.SPOT,
    "capacity-block": CapacityType.CAPACITY_BLOCK,
}

_GIGABIT = re.compile(r"^(?:(?P<times>\d+)x )?(?P<each>\d+(?:\.\d+)?) Gigabit$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What a machine type is made of, the same in every region.

    *known* is False for an accelerator that the table does not have: its name and memory are then
    EC2's own.
    """

    machine_type: str
    family: str
    accelerator: Accelerator
    count: Fraction
    vcpus: int
    memory_mib: int
    network_gbps: Fraction | None
    sold_as: frozenset[CapacityType]
    known: bool = True


def may_have_accelerator(machine_type: str) -> bool:
    """Whether *machine_type* has to be described to know.

    >>> [may_have_accelerator(name) for name in ("p5.48xlarge", "m7i.large", "u7i-12tb.224xlarge")]
    [True, False, False]
    """
    return WITHOUT_ACCELERATOR.match(machine_type) is None


def hardware(payload: Payload, table: KnownAccelerators) -> Hardware | None:
    """The hardware of a machine type; None without an accelerator.

    Raises LookupError, TypeError or ValueError where the payload lacks what EC2 promises.
    """
    device, kind = _device(payload)
    if device is None:
        return None
    reported_mib = int(device["MemoryInfo"]["SizeInMiB"])
    name = str(device["Name"])
    share = Fraction(str(device.get("GpuPartitionSize") or 1))
    whole_mib = int(reported_mib / share)
    found = table.of(name, whole_mib)
    if found is None and whole_mib <= 0:
        message = f"no memory is told of {name}"
        raise ValueError(message)
    accelerator = found or Accelerator(
        name.replace(" ", ""), "", whole_mib, kind, str(device.get("Manufacturer", "AWS"))
    )
    machine_type = str(payload["InstanceType"])
    return Hardware(
        machine_type=machine_type,
        family=family(machine_type),
        accelerator=accelerator,
        count=_count(device, share, Fraction(reported_mib, accelerator.memory_mib)),
        vcpus=int(payload["VCpuInfo"]["DefaultVCpus"]),
        memory_mib=int(payload["MemoryInfo"]["SizeInMiB"]),
        network_gbps=_network_gbps(payload.get("NetworkInfo", {})),
        sold_as=frozenset(
            USAGE_CLASSES[usage]
            for usage in payload.get("SupportedUsageClasses") or ("on-demand",)
            if usage in USAGE_CLASSES
        ),
        known=found is not None,
    )


def family(machine_type: str) -> str:
    """The family under which quotas count *machine_type*; its own letters if it is a new one.

    >>> family("gr6f.4xlarge"), family("p6-b200.48xlarge"), family("q1.large")
    ('G and VT', 'P', 'Q')
    """
    letters = series(machine_type).rstrip("0123456789")
    return FAMILIES.get(letters, letters.upper())


def series(machine_type: str) -> str:
    """Letters and generation, by which some spot quotas are named.

    >>> series("p5en.48xlarge")
    'p5'
    """
    match = SERIES.match(machine_type)
    return match.group() if match else machine_type.partition(".")[0]


def _device(payload: Payload) -> tuple[Payload | None, AcceleratorKind]:
    """The first accelerator described; machine types have one sort each."""
    gpus: Sequence[Payload] = payload.get("GpuInfo", {}).get("Gpus", ())
    if gpus:
        gaudi = str(gpus[0].get("Name", "")).startswith("Gaudi")
        return gpus[0], AcceleratorKind.NPU if gaudi else AcceleratorKind.GPU
    neuron: Sequence[Payload] = payload.get("NeuronInfo", {}).get("NeuronDevices", ())
    inference: Sequence[Payload] = payload.get("InferenceAcceleratorInfo", {}).get(
        "Accelerators", ()
    )
    return next(iter((*neuron, *inference)), None), AcceleratorKind.NPU


def _count(device: Payload, share: Fraction, memory_share: Fraction) -> Fraction:
    """How many devices; a slice is told by its share, or only by its memory and a count of 0."""
    told = int(device.get("Count") or 0)
    if share < 1:
        return share * int(device.get("LogicalGpuCount") or 1)
    if told:
        return Fraction(told)
    if memory_share <= 0:
        message = f"neither a count nor a memory is told of {device.get('Name')}"
        raise ValueError(message)
    return Fraction(max(1, round(memory_share * SLICES)), SLICES)


def _network_gbps(network: Payload) -> Fraction | None:
    """The declared bandwidth; for one that is "up to" so much, what the cards always have."""
    declared = _GIGABIT.match(str(network.get("NetworkPerformance", "")))
    if declared:
        return int(declared["times"] or 1) * Fraction(declared["each"])
    cards = [card.get("BaselineBandwidthInGbps") for card in network.get("NetworkCards", ())]
    told = [Fraction(str(gbps)) for gbps in cards if gbps]
    return sum(told, Fraction(0)) if told else None
