"""Quotas of the spec that count no offer: most likely a name is written wrong, and nothing limited."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.offers import Offer
from broker.domain.spec import Quota
from broker.domain.wording import many
from broker.placement.quotas import counts

SHOWN = 8


def unmatched_quotas(quotas: Iterable[Quota], offers: Sequence[Offer]) -> Iterator[Diagnostic]:
    """A warning for each of *quotas* under which none of *offers* falls, in their order."""
    for quota in quotas:
        if not any(counts(quota, offer) for offer in offers):
            yield Diagnostic(
                severity=Severity.WARNING,
                code="quota-matches-nothing",
                subject=f"quotas[{quota.name}]",
                summary=f"The quota {quota.name} counts no offer, so it limits nothing",
                hint=_advice(quota, offers),
                where=quota.where,
            )


def _advice(quota: Quota, offers: Sequence[Offer]) -> str:
    """The part of the quota that fits nothing, and what would."""
    of_any_type = replace(quota, capacity_types=None)
    types = sorted({offer.capacity_type for offer in offers if counts(of_any_type, offer)})
    if types:
        return f"What it names is sold there as {' or '.join(types)} only."
    elsewhere = {o.region for o in offers if counts(replace(of_any_type, region=None), o)}
    if elsewhere:
        return f"It is sold in {many(len(elsewhere), 'other region')}, such as {min(elsewhere)}."
    word, known = _named(quota, [o for o in offers if o.region.provider == quota.provider])
    by_folded = {name.casefold(): name for name in sorted(known)}
    near = get_close_matches(word.casefold(), by_folded, n=1)
    if near:
        return f"Did you mean `{by_folded[near[0]]}`?"
    return f"It would have to be one of {', '.join(sorted(known)[:SHOWN])}." if known else ""


def _named(quota: Quota, offers: Sequence[Offer]) -> tuple[str, set[str]]:
    """The word by which *quota* selects, and those by which it would find any of *offers*."""
    if quota.machine_type is not None:
        return quota.machine_type, {offer.machine_type for offer in offers}
    if quota.family is not None:
        return quota.family, {offer.family for offer in offers}
    accelerators = {offer.accelerator for offer in offers}
    models = {name for known in accelerators for name in (known.model, known.name)}
    return quota.accelerator or "", models
