"""What the keys of one reservation demand of each other."""

from collections.abc import Iterable

from broker.domain.diagnostics import Diagnostic
from broker.spec.findings import Findings
from broker.spec.scalars import PaidAs
from broker.spec.values import Record, Value

OF_BLOCKS = {
    "zone": "zone: use1-az4",
    "ends": "ends: 2027-01-08T11:30:00Z",
}
"""What a capacity block has and nobody can guess: nodes are started in its zone, and stopped at its end."""

TOLD_APART_BY = ("name", "at", "zone", "machine-type")
"""Clouds give one name to several: a group on Azure holds sizes, a name on GCP is of one zone."""


def check_reservation(paid: Record, findings: Findings) -> None:
    """A capacity block is of one zone, and always ends."""
    kind = paid.find("capacity")
    if kind is None or kind.content is not PaidAs.CAPACITY_BLOCK:
        return
    for key, example in OF_BLOCKS.items():
        if paid.find(key) is None:
            findings.add(
                Diagnostic(
                    code="key-missing",
                    subject=kind.path.rpartition(".")[0],
                    summary=f"A capacity block has to have `{key}`",
                    hint=f"Write it as the cloud states it: `{example}`.",
                    where=kind.where,
                )
            )


def refuse_twins(reservations: Iterable[Record], findings: Findings) -> None:
    """No two are of one name, place and machine type: nobody could tell whose nodes are used."""
    first: dict[tuple[object, ...], Value] = {}
    for paid in reservations:
        name = paid.find("name")
        if name is None or any(key not in paid.values for key in ("at", "machine-type")):
            continue
        earlier = first.setdefault(tuple(map(paid.content, TOLD_APART_BY)), name)
        if earlier is not name:
            findings.at(
                name,
                code="name-repeated",
                summary=f"{name.content} is already defined on line {earlier.where.line}, "
                "at the same place and of the same machine type",
                hint="Write one entry with the nodes of both, or the zone of each.",
            )
