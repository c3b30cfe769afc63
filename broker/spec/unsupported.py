"""What the grammar has room for, this version does not do, and a plan would have to heed."""

from broker.spec.findings import Findings
from broker.spec.values import Record

CURRENCY = "USD"


def check_supported(fleet: Record, findings: Findings) -> None:
    """Refuse what would make a plan look more lawful or cheaper than it is."""
    _check_objective(fleet, findings)
    _check_compliance(fleet, findings)


def _check_objective(fleet: Record, findings: Findings) -> None:
    objective = fleet.record("objective")
    currency = objective.find("currency") if objective else None
    if currency is not None and currency.content != CURRENCY:
        findings.at(
            currency,
            code="currency-unsupported",
            summary=f"Amounts are counted in {CURRENCY}, not {currency.content}",
            hint=f"State amounts in {CURRENCY}: no exchange rate is guessed.",
        )
    carbon = objective.find("carbon-price-per-tonne") if objective else None
    if carbon is not None and carbon.content:
        findings.at(
            carbon,
            code="carbon-price-unsupported",
            summary="This version does not count carbon, so a price on it would do nothing",
            hint="Set it to 0.",
        )


def _check_compliance(fleet: Record, findings: Findings) -> None:
    compliance = fleet.record("compliance")
    for pack in compliance.items("packs") if compliance else ():
        findings.at(
            pack,
            code="pack-not-installed",
            summary=f"The compliance pack {pack.content} is not installed",
            detail="Nothing is planned under a pack that can not be checked.",
            hint="Remove it, or state what it demands as `residency`, `replicate` and `capacity`.",
        )
    waivers = compliance.find("waivers") if compliance else None
    if waivers is not None and waivers.content:
        findings.at(
            waivers,
            code="waiver-without-pack",
            summary="There is a waiver, but no compliance pack is installed to be waived",
            hint="Remove the waiver.",
        )
