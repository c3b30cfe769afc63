"""Offers as regions, machine types and quotas, in the shapes of Compute and Cloud Quotas: pure.

Shapes: RegionList and MachineTypeList of the compute v1 discovery document, and ListQuotaInfosResponse
of cloudquotas v1.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from broker.domain.offers import Offer
from providers.sandbox.gcp.series import ATTACHED, series_of, ssd_gib
from providers.sandbox.stock import Reserved

Payload = dict[str, Any]

PROJECT = "sandbox-project"

COMPUTE = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}"

DEVICES = 1024
"""What each made-up quota allows: so many that prices and not quotas decide."""

GIB_PER_PARTITION = 375

METRICS = {
    "nvidia-l4": "NVIDIA_L4_GPUS",
    "nvidia-tesla-t4": "NVIDIA_T4_GPUS",
    "nvidia-tesla-a100": "NVIDIA_A100_GPUS",
    "nvidia-a100-80gb": "NVIDIA_A100_80GB_GPUS",
}
"""Accelerators that the list of a region has a quota for; for others only Cloud Quotas has."""

FAMILIES = {
    "nvidia-h100-80gb": "NVIDIA_H100",
    "nvidia-h100-mega-80gb": "NVIDIA_H100_MEGA",
    "nvidia-rtx-pro-6000": "NVIDIA_RTX_PRO_6000",
}


def zones_of(offers: Iterable[Offer]) -> dict[str, set[str]]:
    """The zones of a region, each with the machine types of it.

    What is known for the region alone is put into its zone `a`.
    """
    found: dict[str, set[str]] = {}
    placed: set[str] = set()
    several = list(offers)
    for offer in several:
        for zone in (*((offer.zone,) if offer.zone else ()), *offer.zones):
            found.setdefault(zone, set()).add(offer.machine_type)
            placed.add(offer.machine_type)
    for offer in several:
        if offer.machine_type not in placed:
            zone = f"{offer.region.region}-a"
            found.setdefault(zone, set()).add(offer.machine_type)
    return found


def project() -> Payload:
    """The project, with the quota that it has for the GPUs of all regions."""
    return {
        "kind": "compute#project",
        "id": _identity(PROJECT),
        "creationTimestamp": "2024-01-01T00:00:00.000-08:00",
        "name": PROJECT,
        "quotas": [{"metric": "GPUS_ALL_REGIONS", "limit": DEVICES, "usage": 0}],
        "selfLink": COMPUTE,
    }


def region(name: str, offers: Iterable[Offer]) -> Payload:
    """A region with its zones, and the quotas that its list has."""
    several = list(offers)
    types = {series.accelerator_type for o in several if (series := series_of(o.machine_type))}
    return {
        "kind": "compute#region",
        "id": _identity(name),
        "creationTimestamp": "1969-12-31T16:00:00.000-08:00",
        "name": name,
        "description": name,
        "status": "UP",
        "zones": [f"{COMPUTE}/zones/{zone}" for zone in sorted(zones_of(several))],
        "quotas": [
            {"metric": f"{pool}{METRICS[kind]}", "limit": DEVICES, "usage": 0}
            for kind in sorted(types & METRICS.keys())
            for pool in ("", "PREEMPTIBLE_", "COMMITTED_")
        ],
        "selfLink": f"{COMPUTE}/regions/{name}",
    }


def machine_types(zone: str, offers: Iterable[Offer]) -> list[Payload]:
    """The machine types of *zone*, and one that has no accelerator."""
    several = list(offers)
    here = zones_of(several).get(zone, set())
    by_type = {offer.machine_type: offer for offer in several if offer.machine_type in here}
    attached = {name: told for name in sorted(by_type) if (told := ATTACHED.match(name))}
    plain = {told["type"]: by_type[name] for name, told in attached.items()}
    return [
        *(_machine_type(zone, by_type[name]) for name in sorted(by_type) if name not in attached),
        *(
            _plain_type(zone, name, vcpus=offer.vcpus, memory_mib=offer.memory_mib)
            for name, offer in sorted(plain.items())
        ),
        _plain_type(zone, "n2-standard-8", vcpus=8, memory_mib=32768),
    ]


def accelerator_types(zone: str, offers: Iterable[Offer]) -> list[Payload]:
    """The GPUs of *zone*, each with the most that one of its machines has."""
    several = list(offers)
    here = zones_of(several).get(zone, set())
    most: dict[str, int] = {}
    for offer in several:
        series = series_of(offer.machine_type)
        if offer.machine_type in here and series is not None:
            count = -(-offer.count.numerator // offer.count.denominator)
            most[series.accelerator_type] = max(most.get(series.accelerator_type, 0), count)
    return [
        {
            "kind": "compute#acceleratorType",
            "id": _identity(kind),
            "creationTimestamp": "1969-12-31T16:00:00.000-08:00",
            "name": kind,
            "description": kind,
            "maximumCardsPerInstance": most[kind],
            "zone": f"{COMPUTE}/zones/{zone}",
            "selfLink": f"{COMPUTE}/zones/{zone}/acceleratorTypes/{kind}",
        }
        for kind in sorted(most)
        if kind.startswith("nvidia")
    ]


def _machine_type(zone: str, offer: Offer) -> Payload:
    series = series_of(offer.machine_type)
    told = _plain_type(zone, offer.machine_type, vcpus=offer.vcpus, memory_mib=offer.memory_mib)
    if series is not None:
        whole = -(-offer.count.numerator // offer.count.denominator)
        told["accelerators"] = [
            {
                "guestAcceleratorType": series.accelerator_type,
                "guestAcceleratorCount": whole,
            }
        ]
    partitions = ssd_gib(offer.machine_type, offer.count) // GIB_PER_PARTITION
    if partitions:
        told["bundledLocalSsds"] = {"defaultInterface": "NVME", "partitionCount": partitions}
    return told


def _plain_type(zone: str, name: str, *, vcpus: int, memory_mib: int) -> Payload:
    return {
        "kind": "compute#machineType",
        "id": _identity(name),
        "creationTimestamp": "1969-12-31T16:00:00.000-08:00",
        "name": name,
        "description": name,
        "guestCpus": vcpus,
        "memoryMb": memory_mib,
        "imageSpaceGb": 0,
        "maximumPersistentDisks": 128,
        "maximumPersistentDisksSizeGb": "263168",
        "zone": zone,
        "selfLink": f"{COMPUTE}/zones/{zone}/machineTypes/{name}",
        "isSharedCpu": False,
        "architecture": "X86_64",
    }


def quota_infos(regions: Iterable[str]) -> list[Payload]:
    """The quotas that Cloud Quotas alone has: by family on demand, preemptible, of all regions."""
    places = sorted(regions)
    return [
        _quota_info(
            "GPUS-PER-GPU-FAMILY-per-project-region",
            ["region", "gpu_family"],
            [
                {
                    "dimensions": {"region": place, "gpu_family": family},
                    "details": {"value": str(DEVICES)},
                    "applicableLocations": [place],
                }
                for place in places
                for family in sorted(FAMILIES.values())
            ],
        ),
        *(
            _quota_info(
                f"PREEMPTIBLE-{family.replace('_', '-')}-GPUS-per-project-region",
                ["region"],
                [{"details": {"value": str(DEVICES)}, "applicableLocations": places}],
            )
            for family in sorted(FAMILIES.values())
        ),
        _quota_info(
            "GPUS-ALL-REGIONS-per-project",
            [],
            [{"details": {"value": str(DEVICES)}, "applicableLocations": ["global"]}],
        ),
        _quota_info(
            "CPUS-per-project-region",
            ["region"],
            [{"details": {"value": "-1"}, "applicableLocations": places}],
        ),
    ]


def _quota_info(identity: str, dimensions: list[str], rows: list[Payload]) -> Payload:
    place = f"projects/{PROJECT}/locations/global/services/compute.googleapis.com"
    return {
        "name": f"{place}/quotaInfos/{identity}",
        "quotaId": identity,
        "metric": f"compute.googleapis.com/{identity.partition('-per-')[0].lower()}",
        "service": "compute.googleapis.com",
        "containerType": "PROJECT",
        "dimensions": dimensions,
        "quotaDisplayName": identity,
        "metricUnit": "1",
        "dimensionsInfos": rows,
    }


def _identity(name: str) -> str:
    return str(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) >> 1)


def reservations(reserved: Iterable[Reserved]) -> Payload:
    """What the project has reserved, by zone; a zone without any says so."""
    empty = {"warning": {"code": "NO_RESULTS_ON_PAGE", "message": "There are no results here."}}
    items: dict[str, Any] = {"zones/us-central1-zz": empty}
    for one in reserved:
        scope = items.setdefault(f"zones/{one.zone}", {"reservations": []})
        scope["reservations"].append(_reservation(one))
    return {
        "kind": "compute#reservationAggregatedList",
        "id": f"projects/{PROJECT}/aggregated/reservations",
        "items": items,
    }


def _reservation(one: Reserved) -> Payload:
    name, _, attached = one.machine_type.partition("+")
    properties: Payload = {"machineType": name}
    if attached:
        count, _, kind = attached.partition("x")
        properties["guestAccelerators"] = [
            {"acceleratorType": kind, "acceleratorCount": int(count)}
        ]
    return {
        "kind": "compute#reservation",
        "id": _identity(one.name),
        "name": one.name,
        "zone": f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/zones/{one.zone}",
        "status": "READY",
        "specificReservation": {
            "count": str(one.nodes),
            "inUseCount": str(one.used),
            "instanceProperties": properties,
        },
        **({"deleteAtTime": one.ends.isoformat()} if one.ends else {}),
    }
