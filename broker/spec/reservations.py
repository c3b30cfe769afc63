"""What the keys of one reservation demand of each other."""

from broker.domain.diagnostics import Diagnostic
from broker.spec.findings import Findings
from broker.spec.scalars import PaidAs
from broker.spec.values import Record

OF_BLOCKS = {
    "zone": "zone: use1-az4",
    "ends": "ends: 2027-01-08T11:30:00Z",
}
"""What a capacity block has and nobody can guess: nodes are started in its zone, and stopped at its end."""


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
