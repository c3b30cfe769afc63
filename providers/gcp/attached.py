"""GPUs that are attached to machines of any size (N1), as machine types with accelerators: pure.

Such a machine is ordered by its type and by its accelerators. Its name here has both, so that it
names one thing: `n1-standard-8+1xnvidia-tesla-t4`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from broker.domain.accelerators import MIB_PER_GIB
from broker.domain.ids import ZoneId
from providers.gcp.offers import Machine, current, positive
from providers.gcp.tables import ATTACHABLE_CORES, Attachment, Series, Tables

Payload = Mapping[str, Any]

ATTACHABLE = re.compile(r"^n1-(standard|highmem)-\d+$")
"""Machine types to which GPUs are attached here; highcpu and custom ones would be as lawful."""


def most_per_machine(listed: Iterable[Payload]) -> dict[str, int]:
    """Of the accelerator types that a zone lists, how many fit into one machine."""
    return {
        str(kind.get("name")): most
        for kind in listed
        if current(kind) and (most := positive(kind.get("maximumCardsPerInstance"))) is not None
    }


def attached(
    listed: Iterable[tuple[str, Payload]],
    there: Mapping[str, Mapping[str, int]],
    tables: Tables,
) -> list[Machine]:
    """Each machine type with each number of each accelerator that goes with it, by name.

    Of pairs of a zone and a machine type it lists; *there* has the accelerators of each zone.
    """
    zones: dict[str, set[ZoneId]] = {}
    made: dict[str, Machine] = {}
    for zone, payload in listed:
        for machine in _of_type(payload, there.get(zone, {}), tables):
            made.setdefault(machine.name, machine)
            zones.setdefault(machine.name, set()).add(ZoneId(zone))
    return [replace(made[name], zones=tuple(sorted(zones[name]))) for name in sorted(made)]


def _of_type(payload: Payload, there: Mapping[str, int], tables: Tables) -> Iterator[Machine]:
    name = str(payload.get("name"))
    vcpus, memory_mib = positive(payload.get("guestCpus")), positive(payload.get("memoryMb"))
    if not ATTACHABLE.match(name) or not current(payload) or vcpus is None or memory_mib is None:
        return
    for each in tables.attachable:
        if each.count <= there.get(each.accelerator_type, 0) and _goes_with(
            each, vcpus, memory_mib
        ):
            yield Machine(
                name=f"{name}+{each.count}x{each.accelerator_type}",
                accelerator_type=each.accelerator_type,
                told_devices=each.count,
                vcpus=vcpus,
                memory_mib=memory_mib,
                local_ssd_gib=None,
                zones=(),
                series=Series(
                    cores=ATTACHABLE_CORES,
                    devices=each.devices,
                    local_ssd_gib=0,
                    vcpus_per_device=None,
                    devices_on_demand=1,
                ),
            )


def _goes_with(attachment: Attachment, vcpus: int, memory_mib: int) -> bool:
    most = attachment.memory_gib_most * MIB_PER_GIB
    return vcpus <= attachment.vcpus_most and memory_mib <= most
