"""A resource as its cloud would tell of it: its id, its place, and its outputs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stacks.sandbox.outputs import aws, azure, gcp, kubernetes
from stacks.sandbox.outputs.formulas import (
    ACCOUNT,
    PROJECT,
    SUBSCRIPTION,
    Formula,
    filled,
    numbers,
)
from stacks.sandbox.paths import merged
from stacks.sandbox.wire import UNKNOWN, mapped

FORMULAS = {**aws.FORMULAS, **azure.FORMULAS, **gcp.FORMULAS, **kubernetes.FORMULAS}
ELSE = {"aws": aws.ELSE, "azure-native": azure.ELSE, "gcp": gcp.ELSE, "kubernetes": kubernetes.ELSE}
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
    zone: str = ""
    project: str = PROJECT
    vpc: str = ""


def formula_of(type: str) -> Formula:  # noqa: A002  # the engine's word
    """How a *type* is known; the general way of its package if nobody described it."""
    plain = VERSIONED.sub("", type)
    return FORMULAS.get(plain) or ELSE[type.partition(":")[0]]


def computed(
    type: str,  # noqa: A002
    inputs: Mapping[str, Any],
    place: Place,
    *,
    seed: str,
    changes: int = 0,
) -> Computed:
    """The resource with *inputs*; *seed* is unique to it, *changes* how often it was changed."""
    formula = formula_of(type)
    known = _known(type, inputs, place, seed, changes)
    id_ = str(filled(formula.id, known))
    added = filled(formula.outputs, known)
    return Computed(
        id=id_,
        region=str(filled(formula.region, known)),
        outputs=merged(inputs, {**added, **_place_of(type, known)}),
    )


def foreseen(type: str, inputs: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """The outputs before the resource is made: what the cloud adds is not known yet."""
    return merged(inputs, mapped(formula_of(type).outputs, lambda _: UNKNOWN))


def _place_of(type: str, known: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """The output that says where it is, where the cloud always tells."""
    if type.startswith("aws:") and formula_of(type).region:
        return {"region": known["region"]}
    if type.startswith("azure-native:") and known["location"]:
        return {"location": known["location"]}
    return {}


def _known(
    type: str,  # noqa: A002
    inputs: Mapping[str, Any],
    place: Place,
    seed: str,
    changes: int,
) -> dict[str, Any]:
    region = inputs.get("region") or place.region
    location = inputs.get("location") or place.location or region
    zone = inputs.get("zone") or _first(inputs.get("nodeLocations")) or place.zone
    known = {
        **inputs,
        **numbers(f"{type} {seed}"),
        "kind": type.rpartition(":")[2],
        "account": ACCOUNT,
        "subscription": SUBSCRIPTION,
        "project": inputs.get("project") or place.project,
        "region": region,
        "location": location,
        "zone": zone or f"{location}-a",
        "vpc": place.vpc,
        "revision": changes + 1,
        "host": str(inputs.get("url") or "").removeprefix("https://"),
        "cluster_name": str(inputs.get("cluster") or "").rpartition("/")[2],
    }
    if type.startswith("kubernetes:"):
        known.update(_named_object(inputs))
    return known


def _named_object(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Name and namespace of an object of Kubernetes, and how the engine knows it by both."""
    metadata = inputs.get("metadata") or {}
    name = inputs.get("name") or metadata.get("name") or ""
    namespace = inputs.get("namespace") or metadata.get("namespace") or ""
    return {
        "name": name,
        "namespace": namespace or "default",
        "object": f"{namespace}/{name}" if namespace else name,
    }


def _first(values: Any) -> str:
    return str(values[0]) if isinstance(values, list) and values else ""
