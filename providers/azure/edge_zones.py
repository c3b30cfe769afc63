"""What is sold in Azure's edge zones, the extended locations of a region: pure.

The list of SKUs names them beside the region (`locationInfo` of type `EdgeZone`); the retail list
has their prices under their own names (`attatlanta1`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from broker.domain.ids import ZoneId

Sku = Mapping[str, Any]

EDGE_ZONE = "EdgeZone"
"""What the lists of locations and of SKUs call such a place."""


def only_at_edge(sku: Sku) -> bool:
    """Whether *sku* is sold in edge zones and nowhere else."""
    infos = _infos(sku)
    return bool(infos) and all(info.get("type") == EDGE_ZONE for info in infos)


def sold_at_edge(
    skus: Iterable[Sku], region: str, edges: Sequence[ZoneId]
) -> dict[ZoneId, list[Sku]]:
    """What each of *edges* sells, the edge zones of *region*; those that sell nothing are left out."""
    found: dict[ZoneId, list[Sku]] = {}
    for sku in skus:
        for edge in sorted(set(_edges_of(sku, region)) & set(edges)):
            found.setdefault(edge, []).append(sku)
    return dict(sorted(found.items()))


def _edges_of(sku: Sku, region: str) -> Iterator[ZoneId]:
    for info in _infos(sku):
        names = info.get("extendedLocations")
        here = str(info.get("location")).lower() == region and info.get("type") == EDGE_ZONE
        for name in names if here and isinstance(names, list) else ():
            yield ZoneId(str(name).lower())


def _infos(sku: Sku) -> list[Sku]:
    infos = sku.get("locationInfo")
    return [one for one in infos if isinstance(one, Mapping)] if isinstance(infos, list) else []
