"""A resource as its cloud would tell of it: its id, its place, and its outputs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stacks.sandbox.ledger import Made
from stacks.sandbox.outputs import aws, azure, gcp, kubernetes
from stacks.sandbox.outputs.formulas import (
    ACCOUNT,
    PROJECT,
    SUBSCRIPTION,
    Formula,
    filled,
    numbers,
)
from stacks.sandbox.paths import merged, record
from stacks.sandbox.values import UNKNOWN, mapped
from stacks.sandbox.zones import zones_of

FORMULAS = {**aws.FORMULAS, **azure.FORMULAS, **gcp.FORMULAS, **kubernetes.FORMULAS}
ELSE = {"aws": aws.ELSE, "azure-native": azure.ELSE, "gcp": gcp.ELSE, "kubernetes": kubernetes.ELSE}
REVISION = "{revision}"
VERSIONED = re.compile(r"/v\d{8}(preview)?(?=:)")
"""Azure's types may name the version of the interface; what they are does not depend on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """What the cloud adds; *outputs* have the inputs too."""

    id: str
    region: str
    outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a resource goes that does not say it: what its provider or its parent says.

    *vpc* is that of its subnets, if it is in any.
    """

    region: str = ""
    location: str = ""
    project: str = PROJECT
    vpc: str = ""


def formula_of(type: str) -> Formula:  # noqa: A002  # the engine's word
    """How a *type* is known; the general way of its package if nobody described it."""
    plain = VERSIONED.sub("", type)
    return FORMULAS.get(plain) or ELSE[type.partition(":")[0]]


def computed(made: Made, place: Place, *, numbered: Mapping[str, str]) -> Computed:
    """What the cloud tells of *made*, given its inputs; *numbered* are numbers that are set already."""
    formula = formula_of(made.type)
    known = _known(made, place, numbered)
    added = filled(formula.outputs, known)
    outputs = merged(made.inputs, {**added, **_place_of(made.type, known)})
    if made.package == "azure-native":
        outputs = azure.reshaped(outputs, known)
    return Computed(
        id=str(filled(formula.id, known)),
        region=str(filled(formula.region, known)),
        outputs=outputs,
    )


def foreseen(type: str, inputs: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """The outputs before the resource is made: what the cloud adds is not known yet."""
    return _described(type, merged(inputs, mapped(formula_of(type).outputs, lambda _: UNKNOWN)))


def foreseen_change(type: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """The outputs before a change: those that each change renews are not known yet."""
    added = formula_of(type).outputs
    renewed = {name: UNKNOWN for name, template in added.items() if template == REVISION}
    outputs = merged({**olds, **news, **renewed}, _told(added, olds))
    return _described(type, outputs)


def _told(added: Mapping[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
    """What *olds* has of all that a cloud has *added*, within records that are inputs too."""
    return {
        name: _told(below, olds[name])
        if isinstance(below, Mapping) and isinstance(olds[name], Mapping)
        else olds[name]
        for name, below in added.items()
        if name in olds
    }


def _described(type: str, outputs: dict[str, Any]) -> dict[str, Any]:  # noqa: A002
    """*outputs* in the form in which they come out, with who is named in them not known yet."""
    unknown = {"uuid": UNKNOWN, "other_uuid": UNKNOWN}
    return azure.reshaped(outputs, unknown) if type.startswith("azure-native:") else outputs


def _place_of(type: str, known: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """The output that says where it is, where the cloud always tells."""
    if type.startswith("aws:") and formula_of(type).region:
        return {"region": known["region"]}
    if type.startswith("azure-native:") and known["location"]:
        return {"location": known["location"]}
    return {}


def _known(made: Made, place: Place, numbered: Mapping[str, str]) -> dict[str, Any]:
    inputs = made.inputs
    region = inputs.get("region") or place.region
    location = inputs.get("location") or place.location or region
    known = {
        **inputs,
        **numbers(f"{made.type} {made.seed}"),
        **numbered,
        "kind": made.type.rpartition(":")[2],
        "account": ACCOUNT,
        "subscription": SUBSCRIPTION,
        "project": inputs.get("project") or place.project,
        "region": region,
        "location": location,
        "zone": inputs.get("zone") or _first(inputs.get("nodeLocations")) or f"{location}-a",
        "vpc": place.vpc,
        "revision": made.changes + 1,
        "host": str(inputs.get("url") or "").removeprefix("https://"),
        "cluster_name": str(inputs.get("cluster") or "").rpartition("/")[2],
        "zone_name": _zone_name(inputs, str(region)),
        "zone_id": _zone_id(inputs, str(region)),
    }
    if made.package == "kubernetes":
        known.update(_named_object(inputs))
    return known


def _zone_name(inputs: Mapping[str, Any], region: str) -> str:
    names = {id_: name for name, id_ in zones_of(region).items()} if "-" in region else {}
    told = str(inputs.get("availabilityZoneId") or "")
    return str(inputs.get("availabilityZone") or names.get(told, told))


def _zone_id(inputs: Mapping[str, Any], region: str) -> str:
    told = str(inputs.get("availabilityZone") or "")
    ids = zones_of(region) if "-" in region else {}
    return str(inputs.get("availabilityZoneId") or ids.get(told, told))


def _named_object(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Name and namespace of an object of Kubernetes, and how the engine knows it by both."""
    metadata = record(inputs.get("metadata"))
    name = inputs.get("name") or metadata.get("name") or ""
    namespace = inputs.get("namespace") or metadata.get("namespace") or ""
    return {
        "name": name,
        "namespace": namespace or "default",
        "object": f"{namespace}/{name}" if namespace else name,
    }


def _first(values: Any) -> str:
    return str(values[0]) if isinstance(values, list) and values else ""
