"""How likely Azure says it is that spot nodes can be had: what to ask about, and the answer. Pure.

Spot Placement Scores, api-version 2025-06-05: a request is about five sizes at most
(learn.microsoft.com/azure/virtual-machine-scale-sets/spot-placement-score).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from broker.domain.ids import MachineType
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import CapacityScore
from providers.calls.greatest import greatest

Payload = Mapping[str, Any]

NODES = 1

MOST_SIZES = 5

IN_NUMBERS = {"High": 9, "Medium": 5, "Low": 1}
"""Azure's words on the scale from 1 to 10; every other word says that it can not tell."""


def asked_together(offers: Iterable[Offer]) -> Iterator[list[str]]:
    """The greatest size of each GPU that is sold as spot, in as many requests as it takes."""
    names = [str(offer.machine_type) for offer in greatest(offers, CapacityType.SPOT)]
    for begin in range(0, len(names), MOST_SIZES):
        yield names[begin : begin + MOST_SIZES]


def request_body(region: str, sizes: Sequence[str]) -> dict[str, Any]:
    """A question about *sizes* in all of *region*: its spot offers name no zone either."""
    return {
        "desiredLocations": [region],
        "desiredSizes": [{"sku": size} for size in sizes],
        "desiredCount": NODES,
        "availabilityZones": False,
    }


def scores(rows: Iterable[object], region: str) -> tuple[CapacityScore, ...]:
    """Those of the answer that are about *region* and tell anything, sorted by machine type."""
    found: dict[str, CapacityScore] = {}
    for row in rows:
        if not isinstance(row, Mapping) or str(row.get("region")).lower() != region:
            continue
        score = IN_NUMBERS.get(str(row.get("score")))
        if score is not None and row.get("sku") and not row.get("availabilityZone"):
            found[str(row["sku"])] = CapacityScore(
                machine_type=MachineType(str(row["sku"])),
                capacity_type=CapacityType.SPOT,
                nodes=NODES,
                score=score,
            )
    return tuple(found[name] for name in sorted(found))
