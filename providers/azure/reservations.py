"""The subscription's own capacity reservations, as Microsoft.Compute tells them: pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from providers.calls.reservations import OURS, Held

Payload = Mapping[str, Any]

_GROUP = re.compile(r"/resourceGroups/(?P<resource_group>[^/]+)/.*/(?P<name>[^/]+)$", re.IGNORECASE)

_WORD = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
"""What fleet.yaml takes for a name without that of a resource group before it."""


def groups_in(groups: Iterable[Payload], region: str) -> Iterator[tuple[str, str]]:
    """The resource group and the name of each of *groups* in *region*, but those of fleets."""
    for group in groups:
        named = _GROUP.search(str(group.get("id")))
        ours = OURS in _mapping(group.get("tags"))
        if named and not ours and _plain(group.get("location")) == region:
            yield named["resource_group"], named["name"]


def own_reservations(
    group: tuple[str, str],
    rows: Iterable[Payload],
    stable_ids: Mapping[str, str],
    machine_types: Collection[str],
) -> Iterator[Held]:
    """Those of *rows*, of *group*, that are for *machine_types*; what is associated with one uses it.

    Nodes ask for the group; where its resource group has its name, a plain one says all.
    """
    resource_group, name = group
    says_all = name == resource_group and _WORD.fullmatch(name) is not None
    for row in rows:
        sku, properties = _mapping(row.get("sku")), _mapping(row.get("properties"))
        nodes, using = sku.get("capacity"), properties.get("virtualMachinesAssociated")
        zones = row.get("zones")
        number = str(zones[0]) if isinstance(zones, list) and zones else ""
        if sku.get("name") in machine_types and isinstance(nodes, int):
            yield Held(
                name=name if says_all else f"{resource_group}/{name}",
                zone=stable_ids.get(number, ""),
                machine_type=str(sku["name"]),
                nodes=nodes,
                used=len(using) if isinstance(using, list) else 0,
            )


def _plain(location: object) -> str:
    return str(location).replace(" ", "").lower()


def _mapping(value: object) -> Payload:
    return value if isinstance(value, Mapping) else {}
