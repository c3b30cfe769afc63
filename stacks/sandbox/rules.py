"""What the clouds would refuse although every type is right: sizes, places, reservations, cards."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from broker.domain.offers import CapacityType
from stacks.sandbox.combinations import contradictions
from stacks.sandbox.enumerations import ENUMERATIONS
from stacks.sandbox.findings import Finding
from stacks.sandbox.ledger import Ledger, Made
from stacks.sandbox.market import Market
from stacks.sandbox.paths import listed, record, value_at
from stacks.sandbox.pools.asked import bounds, pools
from stacks.sandbox.pools.aws import NODE_GROUP, TEMPLATE, template_of
from stacks.sandbox.pools.azure import RESERVATION as AZURE_RESERVATION
from stacks.sandbox.pools.pool import Bounds, Pool, known_text
from stacks.sandbox.spellings import misspelt

ACCELERATED = {
    "aws": re.compile(r"(p|g|gr|trn|inf|dl|vt)\d"),
    "azure-native": re.compile(r"Standard_N"),
    "gcp": re.compile(r"(a2|a3|a4|a4x|g2|g4|ct\d\w*)-"),
}
"""Machine types with accelerators: all that exist are known, unlike those without."""

RESERVATIONS = {
    "aws": (
        "aws:ec2/capacityReservation:CapacityReservation",
        "aws:ec2/capacityBlockReservation:CapacityBlockReservation",
    ),
    "azure-native": ("azure-native:compute:CapacityReservationGroup",),
    "gcp": ("gcp:compute/reservation:Reservation",),
}

FABRIC_CARDS = {
    **dict.fromkeys(("p4d.24xlarge", "p4de.24xlarge", "g6e.48xlarge", "g7e.48xlarge"), 4),
    **dict.fromkeys(("p5.48xlarge", "p5e.48xlarge"), 32),
    **dict.fromkeys(("p5en.48xlarge", "p6-b300.48xlarge", "trn2.48xlarge", "trn1n.32xlarge"), 16),
    **dict.fromkeys(("p6-b200.48xlarge", "trn1.32xlarge"), 8),
    **dict.fromkeys(("g6e.24xlarge", "g7e.24xlarge", "g7.48xlarge"), 2),
    "trn2u.48xlarge": 16,
}
"""EFA interfaces of the types that have more than one
(docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html)."""


def broken_rules(
    type: str,  # noqa: A002  # the engine's word
    inputs: Mapping[str, Any],
    region: str,
    market: Market,
    ledger: Ledger,
) -> Iterator[Finding]:
    """All that is wrong with a resource of *type* in *region*; what is not known yet is not judged."""
    package = type.partition(":")[0]
    yield from _enumerations(type, inputs)
    yield from misspelt(type, inputs)
    yield from contradictions(type, inputs)
    for sizes in bounds(type, inputs):
        yield from _bounds(sizes)
    for pool in pools(type, inputs, region, ledger):
        if market.is_told(package):
            yield from _place(package, pool, market)
        yield from _reservation(package, pool, market, ledger)
    yield from _fabric(type, inputs, ledger)


def _enumerations(type: str, inputs: Mapping[str, Any]) -> Iterator[Finding]:  # noqa: A002
    for path, allowed in ENUMERATIONS.get(type, {}).items():
        for place, value in _each(inputs, path):
            if known_text(value) and value not in allowed:
                yield Finding(
                    place, f"expected {place} to be one of {sorted(allowed)}, got {value}"
                )


def _each(inputs: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """The values at *path*, in which `[]` stands for every place of a list."""
    before, every, after = path.partition("[]")
    if not every:
        yield path, value_at(inputs, path)
        return
    for place, value in enumerate(listed(value_at(inputs, before))):
        below = after.removeprefix(".")
        yield f"{before}[{place}]{after}", value_at(value, below) if below else value


def _bounds(sizes: Bounds) -> Iterator[Finding]:
    ordered = [
        (name, size)
        for name, size in (("min", sizes.least), ("desired", sizes.now), ("max", sizes.most))
        if size is not None
    ]
    for (low, less), (high, more) in pairwise(ordered):
        if less > more:
            yield Finding(
                sizes.field, f"the {low} size {less} is greater than the {high} size {more}"
            )


def _place(package: str, pool: Pool, market: Market) -> Iterator[Finding]:
    for machine_type in pool.machine_types:
        if not market.knows(package, machine_type):
            if ACCELERATED[package].match(machine_type):
                yield Finding(pool.field, f"{machine_type} is not a machine type of the cloud")
            continue
        if pool.region and pool.region not in market.regions(package, machine_type):
            yield Finding(pool.field, f"{machine_type} is not offered in {pool.region}")
            continue
        zones = market.zones(package, machine_type, pool.region, pool.capacity_type)
        if zones and are_ids(package, pool.zones) and not zones & {*pool.zones}:
            where = ", ".join(pool.zones)
            yield Finding(pool.field, f"{machine_type} is not offered in zone {where}")
        devices = market.devices(package, machine_type)
        if pool.devices and devices and pool.devices != devices:
            reason = f"{machine_type} has {devices} accelerators, not {pool.devices}"
            yield Finding("nodeConfig.guestAccelerators", reason)


def are_ids(package: str, zones: Sequence[str]) -> bool:
    """Whether *zones* are written as offers write them: AWS names them, Azure numbers them too."""
    return bool(zones) and (package == "gcp" or all("-az" in zone for zone in zones))


def _reservation(package: str, pool: Pool, market: Market, ledger: Ledger) -> Iterator[Finding]:
    name = pool.reservation
    if not name or market.has_reservation(package, name):
        return
    made = [
        found
        for kind in RESERVATIONS[package]
        for found in ledger.resources(kind)
        if name in (found.id, found.outputs.get("name")) or found.id.endswith(f"/{name}")
    ]
    if not made:
        yield Finding(pool.field, f"The capacity reservation {name} does not exist")
        return
    if package == "azure-native":
        yield from _group(made[0], pool, ledger)
    for kept in pools(made[0].type, made[0].inputs, pool.region, ledger):
        if not {*kept.machine_types} & {*pool.machine_types} and pool.machine_types:
            reason = f"The capacity reservation {name} is for {', '.join(kept.machine_types)}"
            yield Finding(pool.field, reason)
        elif pool.nodes > kept.nodes:
            reason = f"The capacity reservation {name} has {kept.nodes} nodes, not {pool.nodes}"
            yield Finding(pool.field, reason)


def _group(group: Made, pool: Pool, ledger: Ledger) -> Iterator[Finding]:
    """More nodes than are reserved may use a group of Azure's, but none of a size it has not."""
    keys = ("resourceGroupName", "capacityReservationGroupName")
    kept = [
        one
        for made in ledger.resources(AZURE_RESERVATION)
        if all(made.inputs.get(key) == group.inputs.get(key) for key in keys)
        for one in pools(made.type, made.inputs, pool.region, ledger)
        if {*one.machine_types} & {*pool.machine_types} and {*one.zones} == {*pool.zones}
    ]
    if pool.machine_types and not kept:
        where = f" in zone {', '.join(pool.zones)}" if pool.zones else ""
        sizes = ", ".join(pool.machine_types)
        yield Finding(pool.field, f"The capacity reservation group holds no {sizes}{where}")


def _fabric(type: str, inputs: Mapping[str, Any], ledger: Ledger) -> Iterator[Finding]:  # noqa: A002
    template = template_of(inputs, ledger) if type == NODE_GROUP else None
    described = template.inputs if template else inputs if type == TEMPLATE else {}
    cards = [record(card) for card in listed(described.get("networkInterfaces"))]
    asked = sum(str(card.get("interfaceType") or "").startswith("efa") for card in cards)
    named = [described.get("instanceType"), *listed(inputs.get("instanceTypes"))]
    for machine_type in named:
        most = FABRIC_CARDS.get(str(machine_type), 1)
        if machine_type and asked > most:
            reason = f"{machine_type} supports {most} EFA interfaces, not {asked}"
            yield Finding("networkInterfaces" if type == TEMPLATE else "launchTemplate", reason)


def needs_stock(pool: Pool) -> bool:
    """Whether nodes of *pool* come from what everybody may take: what was paid ahead does not."""
    return pool.capacity_type not in (CapacityType.RESERVED, CapacityType.CAPACITY_BLOCK)
