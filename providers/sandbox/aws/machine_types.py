"""The hardware of machine types as EC2 describes it: moto's recordings, else made from an offer."""

from collections.abc import Collection, Iterable, Mapping
from math import ceil
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES

from broker.domain.accelerators import AcceleratorKind
from broker.domain.offers import Offer

ACCELERATED = ("GpuInfo", "InferenceAcceleratorInfo", "NeuronInfo")


def is_accelerated(machine_type: str) -> bool:
    """Whether moto's recording of *machine_type* has a GPU, NPU or inference chip."""
    return any(key in INSTANCE_TYPES.get(machine_type, ()) for key in ACCELERATED)


def machine_type_payloads(
    names: Collection[str], offers: Iterable[Offer]
) -> dict[str, dict[str, Any]]:
    """`InstanceTypeInfo` of each of *names*; those that moto lacks have the facts of an offer."""
    sample = {str(offer.machine_type): offer for offer in offers}
    return {
        name: INSTANCE_TYPES[name] if name in INSTANCE_TYPES else _payload(sample[name])
        for name in sorted(names)
    }


def _payload(offer: Offer) -> dict[str, Any]:
    card: dict[str, Any] = {"NetworkCardIndex": 0}
    if offer.network_gbps is not None:
        card["BaselineBandwidthInGbps"] = float(offer.network_gbps)
    return {
        "InstanceType": str(offer.machine_type),
        "CurrentGeneration": False,
        "SupportedUsageClasses": ["on-demand", "spot"],
        "VCpuInfo": {"DefaultVCpus": offer.vcpus},
        "MemoryInfo": {"SizeInMiB": offer.memory_mib},
        "NetworkInfo": {"NetworkCards": [card]},
        **_accelerators(offer),
    }


def _accelerators(offer: Offer) -> Mapping[str, Any]:
    device = offer.accelerator
    described = {
        "Count": int(offer.count),
        "Manufacturer": device.manufacturer,
        "MemoryInfo": {"SizeInMiB": device.memory_mib},
        "Name": device.model,
    }
    total = ceil(offer.count * device.memory_mib)
    if device.kind is AcceleratorKind.GPU:
        described["GpuPartitionSize"] = 1.0 if offer.count >= 1 else float(offer.count)
        return {"GpuInfo": {"Gpus": [described], "TotalGpuMemoryInMiB": total}}
    return {
        "InferenceAcceleratorInfo": {
            "Accelerators": [described],
            "TotalInferenceMemoryInMiB": total,
        }
    }
