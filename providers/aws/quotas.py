"""How many vCPUs of each family may run at once: Service Quotas into our values. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType
from broker.domain.offers import CapacityType
from broker.domain.spec import Quota, QuotaUnit
from providers.aws.hardware import Hardware, series

Payload = Mapping[str, Any]

ON_DEMAND = re.compile(r"^Running On-Demand (?P<families>.+) instances$", re.IGNORECASE)
SPOT = re.compile(r"^All (?P<families>.+) Spot Instance Requests$", re.IGNORECASE)
"""How EC2 names the quotas that count vCPUs. Their codes are not told apart by anything else."""

FIRM = frozenset({CapacityType.ON_DEMAND, CapacityType.RESERVED})
"""Reserved nodes count as on-demand ones; capacity blocks count under neither."""


def quotas(
    rows: Iterable[Payload], region: RegionKey, hardware: Iterable[Hardware]
) -> tuple[Quota, ...]:
    """The quotas that count any of *hardware*, in vCPUs, sorted by name.

    A quota is of a family (`G and VT`), or of some series of one (`P4, P3 and P2`): then it names
    the machine types themselves.
    """
    sold = list(hardware)
    found = (
        quota
        for row in rows
        for pattern, capacity_types in ((ON_DEMAND, FIRM), (SPOT, frozenset({CapacityType.SPOT})))
        for quota in _quota(row, pattern, capacity_types, region, sold)
    )
    return tuple(sorted(found, key=lambda quota: quota.name))


def _quota(
    row: Payload,
    pattern: re.Pattern[str],
    capacity_types: frozenset[CapacityType],
    region: RegionKey,
    sold: list[Hardware],
) -> Iterator[Quota]:
    match = pattern.match(row.get("QuotaName", ""))
    if match is None or row.get("Value") is None:
        return
    named = match["families"]
    family = named if any(h.family == named for h in sold) else None
    parts = {part.strip().lower() for part in re.split(r",| and ", named)}
    types = frozenset(MachineType(h.machine_type) for h in sold if series(h.machine_type) in parts)
    if family or types:
        yield Quota(
            name=f"{region} {row['QuotaName']}",
            provider=region.provider,
            region=region.region,
            capacity_types=capacity_types,
            machine_types=None if family else types,
            family=family,
            unit=QuotaUnit.VCPUS,
            limit=int(row["Value"]),
            stated_by=f"Service Quotas {row.get('QuotaCode', '')}".strip(),
        )
