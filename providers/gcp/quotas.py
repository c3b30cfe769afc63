"""Quotas of accelerators in a Google Cloud region, from both interfaces that tell them: pure.

A region's own list tells what is used, and knows no H100, H200 or B200 on demand. Cloud Quotas
knows them by a dimension (`gpu_family`), and tells no use (cloud.google.com/docs/quotas).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from broker.domain.geography import RegionKey
from broker.domain.ids import MachineType, ProviderName
from broker.domain.offers import CapacityType
from broker.domain.spec import Quota, QuotaUnit
from providers.gcp.tables import Tables

Payload = Mapping[str, Any]

BY_DIMENSION = {
    "GPUS-PER-GPU-FAMILY-per-project-region": "gpu_family",
    "TPUS-PER-TPU-FAMILY-per-project-region": "tpu_family",
}
"""Quotas of Cloud Quotas that are for one family each, which a dimension names."""

ALL_REGIONS = "GPUS-ALL-REGIONS-per-project"
"""The quota of Cloud Quotas for the GPUs of all models in all regions together."""

ALL_REGIONS_METRIC = "GPUS_ALL_REGIONS"
"""The same in the project's own list, which tells what is used too."""

_BY_NAME = re.compile(
    r"^(?P<pool>PREEMPTIBLE-|COMMITTED-)?(?P<family>NVIDIA-[A-Z0-9-]+?)-GPUS(?:-per-project-region)?$"
)

POOLS = {
    None: frozenset({CapacityType.ON_DEMAND, CapacityType.RESERVED}),
    "PREEMPTIBLE-": frozenset({CapacityType.SPOT, CapacityType.FLEX}),
    "COMMITTED-": frozenset({CapacityType.RESERVED}),
}
"""Which capacity each pool counts. Machines that start flexibly count as preemptible ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit as told: the quota's family (`NVIDIA_H100`), its pool, and what is used."""

    name: str
    family: str
    capacity_types: frozenset[CapacityType]
    limit: int
    used: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldQuotas:
    """The lists of quotas in a region and in the project, and the rows of Cloud Quotas, as told."""

    region: object = None
    project: object = None
    infos: Sequence[Payload] = ()


def quotas(
    told: ToldQuotas,
    region: RegionKey,
    tables: Tables,
    gpus: frozenset[MachineType] = frozenset(),
) -> tuple[Quota, ...]:
    """The limits of accelerators in *region*, sorted by name; *gpus* are its types with GPUs.

    Where both interfaces tell one, that of Compute is taken: it says what is used.
    """
    by_pool: dict[tuple[str, frozenset[CapacityType]], Limit] = {}
    for limit in (*_of_cloud_quotas(told.infos, region.region), *_of_region(told.region)):
        by_pool[limit.family, limit.capacity_types] = limit
    found = [quota for limit in by_pool.values() for quota in _quotas(limit, region, tables)]
    if gpus:
        found += _of_all_regions(told, region, gpus)
    return tuple(sorted(found, key=lambda quota: quota.name))


def _of_all_regions(
    told: ToldQuotas, region: RegionKey, gpus: frozenset[MachineType]
) -> Iterator[Quota]:
    """What all regions may have together, as *region* states it: with the GPUs that it sells."""
    limit, used = _of_project(told.project)
    if limit is None:
        limit = min(_limits_of_all_regions(told.infos), default=None)
    if limit is not None:
        yield Quota(
            name=ALL_REGIONS,
            provider=ProviderName(region.provider),
            region=None,
            capacity_types=POOLS[None],
            machine_types=gpus,
            spans=True,
            unit=QuotaUnit.ACCELERATORS,
            limit=limit,
            used=used,
            stated_by="gcp",
        )


def _of_project(told: object) -> tuple[int | None, int | None]:
    """The limit and the use of the GPUs of all regions, where the project's list tells them."""
    for quota in told if isinstance(told, list) else ():
        if isinstance(quota, Mapping) and quota.get("metric") == ALL_REGIONS_METRIC:
            return _whole(quota.get("limit")), _whole(quota.get("usage"))
    return None, None


def _limits_of_all_regions(infos: Iterable[Payload]) -> Iterator[int]:
    for info in infos:
        rows = info.get("dimensionsInfos")
        if info.get("quotaId") == ALL_REGIONS and isinstance(rows, list):
            yield from (limit for row in rows if (limit := _limit(row)) is not None)


def _of_region(told: object) -> Iterator[Limit]:
    for quota in told if isinstance(told, list) else ():
        if not isinstance(quota, Mapping):
            continue
        named = _BY_NAME.match(str(quota.get("metric")).replace("_", "-"))
        limit, used = _whole(quota.get("limit")), _whole(quota.get("usage"))
        if named and limit is not None:
            yield Limit(
                name=str(quota["metric"]),
                family=named["family"].replace("-", "_"),
                capacity_types=POOLS[named["pool"]],
                limit=limit,
                used=used,
            )


def _of_cloud_quotas(infos: Iterable[Payload], region: str) -> Iterator[Limit]:
    for info in infos:
        name = str(info.get("quotaId"))
        dimension, named = BY_DIMENSION.get(name), _BY_NAME.match(name)
        rows = info.get("dimensionsInfos")
        if not isinstance(rows, list) or not (dimension or named):
            continue
        values = _most_exact([row for row in rows if isinstance(row, Mapping)], region, dimension)
        for family, limit in values.items():
            told = family or (named["family"].replace("-", "_") if named else "")
            yield Limit(
                name=f"{name}/{family}" if family else name,
                family=told,
                capacity_types=POOLS[named["pool"] if named else None],
                limit=limit,
            )


def _most_exact(rows: list[Payload], region: str, dimension: str | None) -> dict[str, int]:
    """The limit of each family in *region*: a row for the region comes before one for all."""
    found: dict[str, tuple[bool, int]] = {}
    for row in rows:
        dimensions = row.get("dimensions")
        dimensions = dimensions if isinstance(dimensions, Mapping) else {}
        family = str(dimensions.get(dimension) or "") if dimension else ""
        exact = dimensions.get("region") == region
        limit = _limit(row)
        applies = exact or ("region" not in dimensions and _applies(row, region))
        if not applies or limit is None or bool(dimension) != bool(family):
            continue
        if family not in found or exact > found[family][0]:
            found[family] = (exact, limit)
    return {family: limit for family, (_, limit) in found.items()}


def _limit(row: object) -> int | None:
    """The limit that a row of Cloud Quotas tells."""
    details = row.get("details") if isinstance(row, Mapping) else None
    return _whole(details.get("value") if isinstance(details, Mapping) else None)


def _applies(row: Payload, region: str) -> bool:
    places = row.get("applicableLocations")
    return isinstance(places, list) and region in places


def _whole(value: object) -> int | None:
    """A count that is told; None for none, for one without limit, and for what is no count."""
    try:
        count = int(str(value).removesuffix(".0"))
    except ValueError:
        return None
    return count if count >= 0 else None


def _quotas(limit: Limit, region: RegionKey, tables: Tables) -> Iterator[Quota]:
    names = {
        known.accelerator.name
        for known in tables.accelerators.values()
        if known.quota_family == limit.family
    }
    for name in sorted(names):
        yield Quota(
            name=limit.name,
            provider=ProviderName(region.provider),
            region=region.region,
            capacity_types=limit.capacity_types,
            family=name,
            unit=QuotaUnit.ACCELERATORS,
            limit=limit.limit,
            used=limit.used,
            stated_by="gcp",
        )
