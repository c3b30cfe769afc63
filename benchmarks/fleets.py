"""Fleets of any size to measure with: `python benchmarks/fleets.py 100 1 > fleet.yaml`.

Invented, but by stated numbers only, and the same for the same size and seed. Every number that
shapes a fleet is a constant below; what the bundled catalog sells bounds what is asked for.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

Fields = dict[str, Any]

MIX = (("service", 50), ("fine-tune", 16), ("gang", 13), ("notebook", 11), ("batch", 9))
"""Parts of the workloads, by largest remainder: always-on inference, fine-tunes on one node,
training gangs on several, notebooks, batch work."""

SPREAD_PERCENT = 17
"""Of all workloads: services of at least two replicas that spread over two regions."""

WORKLOADS_PER_DATASET = 6
READERS_PERCENT = {"fine-tune": 60, "gang": 80, "batch": 60}
DATASET_SIZES_GB = (50, 200, 500, 1000, 3000, 10_000)
FORBIDDEN_PERCENT = 10
"""Of the data sets: may not be copied. Only batch work and fine-tunes read those."""

HOMES = (
    "aws/us-east-1",
    "aws/us-west-2",
    "aws/eu-central-1",
    "azure/eastus",
    "azure/westeurope",
    "gcp/us-central1",
    "gcp/europe-west4",
    "gcp/asia-southeast1",
)
CLIENTS = {
    "europe": ("aws/eu-west-1", "gcp/europe-west3"),
    "america": ("aws/us-east-1", "gcp/us-west1"),
    "asia": ("aws/ap-northeast-1", "gcp/asia-southeast1"),
}
LATENCY_PERCENT = 60
ROUND_TRIPS_MS = (80, 100, 150)
RESIDENCY_PERCENT = 20
RESIDENCIES = (("EU",), ("EU", "CH", "GB"), ("US",), ("US", "CA"))
"""Services have a bound on latency or on residency, or neither."""

TEAMS = ("foundation", "product", "science", "studio")


@dataclass(frozen=True, slots=True)
class Size:
    """What a replica of one size takes, on any of *models*."""

    models: tuple[str, ...]
    count: float
    cpu: float
    memory_gib: int
    memory_gib_per_device: int | None = None


SIZES: dict[str, tuple[tuple[int, Size], ...]] = {
    "service": (
        (20, Size(("T4", "L4"), 0.25, 0.75, 3)),
        (15, Size(("L4", "A10G"), 0.5, 1.5, 6)),
        (30, Size(("L4", "A10G", "A10"), 1, 3, 12)),
        (15, Size(("L40S", "RTXPRO6000", "A100"), 1, 7, 48)),
        (12, Size(("A100", "H100"), 1, 8, 100, 80)),
        (5, Size(("A100", "H100"), 4, 32, 400, 80)),
        (3, Size(("H100", "H200", "MI300X"), 8, 80, 900)),
    ),
    "fine-tune": (
        (30, Size(("L40S", "A100"), 1, 8, 60)),
        (30, Size(("A100", "H100"), 4, 32, 300)),
        (40, Size(("A100", "H100", "H200"), 8, 64, 600)),
    ),
    "gang": (
        (50, Size(("A100", "H100"), 8, 80, 800)),
        (40, Size(("H100", "H200"), 8, 80, 900)),
        (10, Size(("Trainium", "A100"), 8, 60, 300)),
    ),
    "notebook": (
        (70, Size(("T4", "L4", "A10"), 0.25, 1, 4)),
        (20, Size(("T4", "L4", "A10G"), 1, 3, 12)),
        (10, Size(("A100", "L40S"), 1, 7, 60)),
    ),
    "batch": (
        (60, Size(("T4", "L4", "A10G", "A10"), 1, 3, 12)),
        (40, Size(("V100", "A100", "L4"), 4, 16, 120)),
    ),
}
"""Sizes by sort of work, with their weights."""

REPLICAS = {
    "service": (1, 2, 2, 3, 4, 6, 8, 12, 20, 40),
    "fine-tune": (1, 1, 1, 2, 4),
    "gang": (2, 4, 4, 8, 8, 16, 32),
    "notebook": (1, 2, 4, 8, 16),
    "batch": (4, 8, 20, 60, 150),
}
HOURS = {
    "fine-tune": (6, 12, 24, 48, 100),
    "gang": (24, 48, 96, 200, 400),
    "batch": (4, 12, 40, 90),
}
CAPACITY = {
    "service": (["on-demand"], ["on-demand", "reserved"]),
    "fine-tune": (["on-demand"], ["spot", "on-demand"]),
    "gang": (["on-demand"], ["spot", "on-demand"]),
    "notebook": (["on-demand"], ["spot", "on-demand"]),
    "batch": (["spot", "on-demand"],),
}
KIND = {"service": "inference", "fine-tune": "training", "gang": "training"}
"""What the spec calls the sort; a notebook is inference, that is: always on."""

QUOTA_CLOUDS = ("aws", "azure", "gcp")
VCPUS_PER_DEVICE = 24
"""AWS and Azure count vCPUs, this many for each device; GCP counts devices."""

SCARCE, AMPLE = (0.15, 0.5), (1.0, 3.0)
"""Quota of an accelerator in each region of a cloud: a share, drawn evenly from this range, of the
devices that all workloads which accept it need; never less than the largest gang or replica.
Quotas are scarce where the seed is even, so in half of all fleets."""


@dataclass(slots=True)
class _Demand:
    """Devices asked of one accelerator: by all, and by the largest that is placed whole."""

    devices: float = 0
    largest: float = 0


@dataclass(slots=True)
class _Draft:
    random: Random
    datasets: list[Fields] = field(default_factory=list)
    demand: dict[str, _Demand] = field(default_factory=lambda: defaultdict(_Demand))


def fleet_spec_text(workloads: int, seed: int) -> str:
    """The text of a fleet.yaml of so many *workloads*, the same for the same *seed*.

    About 2,500 workloads fill the most that a spec may have, 1 MiB.
    """
    draft = _Draft(random=Random(f"{workloads}:{seed}"))  # noqa: S311 - the same every time
    draft.datasets = _datasets(draft.random, max(1, workloads // WORKLOADS_PER_DATASET))
    sorts = _sorts(workloads)
    spread = _spread(draft.random, sorts, workloads * SPREAD_PERCENT // 100)
    made = [
        _workload(draft, number, sort, spread=number in spread) for number, sort in enumerate(sorts)
    ]
    scarce = seed % 2 == 0
    quotas = "scarce" if scarce else "ample"
    lines = [
        f"# Made by benchmarks/fleets.py: {workloads} workloads, seed {seed}, {quotas} quotas.",
        "apiVersion: broker/v1",
        f"fleet: made-{workloads}-{seed}",
        "owner: benchmark",
        "providers: {aws: {regions: all}, azure: {regions: all}, gcp: {regions: all}}",
        *_section("data", draft.datasets),
        *_section("clients", [{"name": n, "at": list(at)} for n, at in CLIENTS.items()]),
        *_section("quotas", _quotas(draft, SCARCE if scarce else AMPLE)),
        *_section("workloads", made),
    ]
    return "\n".join(lines) + "\n"


def _section(key: str, items: Sequence[Fields]) -> list[str]:
    """Each item on a line, as JSON, which is YAML."""
    return [f"{key}:", *(f"  - {json.dumps(item)}" for item in items)]


def _datasets(random: Random, number: int) -> list[Fields]:
    return [
        {
            "name": f"data-{n:03}",
            "size": f"{random.choice(DATASET_SIZES_GB)}GB",
            "at": random.choice(HOMES),
            "replicate": "forbidden" if _happens(random, FORBIDDEN_PERCENT) else "allowed",
        }
        for n in range(number)
    ]


def _happens(random: Random, percent: int) -> bool:
    return random.randrange(100) < percent


def _sorts(workloads: int) -> list[str]:
    """So many of each sort, by largest remainder."""
    whole = sum(parts for _, parts in MIX)
    counts = {sort: workloads * parts // whole for sort, parts in MIX}
    by_remainder = sorted(MIX, key=lambda pair: (-(workloads * pair[1] % whole), -pair[1]))
    for sort, _ in by_remainder[: workloads - sum(counts.values())]:
        counts[sort] += 1
    return [sort for sort, _ in MIX for _ in range(counts[sort])]


def _spread(random: Random, sorts: Sequence[str], number: int) -> set[int]:
    services = [n for n, sort in enumerate(sorts) if sort == "service"]
    return set(random.sample(services, min(number, len(services))))


def _workload(draft: _Draft, number: int, sort: str, *, spread: bool) -> Fields:
    random = draft.random
    weights = [weight for weight, _ in SIZES[sort]]
    size = random.choices([size for _, size in SIZES[sort]], weights)[0]
    replicas = random.choice(REPLICAS[sort])
    if spread:
        replicas = max(2, replicas)
    _count_demand(draft, size, replicas, whole=sort == "gang")
    memory = {"memory-gib": size.memory_gib_per_device} if size.memory_gib_per_device else {}
    return {
        "name": f"{sort}-{number:04}",
        "kind": KIND.get(sort, "batch" if sort == "batch" else "inference"),
        "accelerators": {
            "any-of": [{"model": model, **memory} for model in size.models],
            "count": size.count,
        },
        "gang" if sort == "gang" else "replicas": replicas,
        "cpu": size.cpu,
        "memory-gib": size.memory_gib,
        "capacity": random.choice(CAPACITY[sort]),
        "team": random.choice(TEAMS),
        **({"spread": {"regions": 2}} if spread else {}),
        **_where(random, sort),
        **_burst(draft, sort),
    }


def _count_demand(draft: _Draft, size: Size, replicas: int, *, whole: bool) -> None:
    for model in size.models:
        demand = draft.demand[model]
        demand.devices += size.count * replicas
        demand.largest = max(demand.largest, size.count * (replicas if whole else 1))


def _where(random: Random, sort: str) -> Fields:
    """Only services are bound to a place."""
    if sort != "service":
        return {}
    if _happens(random, LATENCY_PERCENT):
        name, trip = random.choice(sorted(CLIENTS)), random.choice(ROUND_TRIPS_MS)
        return {"latency": {"to": name, "round-trip-ms": trip}}
    if _happens(random, RESIDENCY_PERCENT):
        return {"residency": list(random.choice(RESIDENCIES))}
    return {}


def _burst(draft: _Draft, sort: str) -> Fields:
    """Hours of work that ends, and the data set that it reads, if any."""
    if sort not in HOURS:
        return {}
    random = draft.random
    fields: Fields = {"runs": {"hours": random.choice(HOURS[sort])}}
    readable = [
        dataset["name"]
        for dataset in draft.datasets
        if sort != "gang" or dataset["replicate"] == "allowed"
    ]
    if readable and _happens(random, READERS_PERCENT[sort]):
        fields["reads"] = [random.choice(readable)]
    if sort == "gang":
        fields["checkpoint"] = {"every": "15m", "size-gib": 40, "store": "s3://benchmark/gang"}
    return fields


def _quotas(draft: _Draft, shares: tuple[float, float]) -> list[Fields]:
    return [
        {"at": cloud, "accelerator": model, "limit": _limit(cloud, demand, share)}
        for cloud in QUOTA_CLOUDS
        for model, demand in sorted(draft.demand.items())
        for share in [draft.random.uniform(*shares)]
    ]


def _limit(cloud: str, demand: _Demand, share: float) -> dict[str, int]:
    """Whole nodes of eight, so that what fits by devices can be bought."""
    nodes = max(1, round(max(demand.largest, share * demand.devices) / 8 + 0.5))
    devices = 8 * nodes
    if cloud == "gcp":
        return {"accelerators": devices}
    return {"vcpus": devices * VCPUS_PER_DEVICE}


def main() -> None:
    """Print one fleet: arguments are the number of workloads and the seed."""
    workloads, seed = map(int, sys.argv[1:])
    sys.stdout.write(fleet_spec_text(workloads, seed))


if __name__ == "__main__":
    main()
