"""What is kept of a region after it was asked again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus

Source = tuple[RegionKey, str]
"""A region, and the provider that was asked about it."""


def renewed(
    before: Iterable[RegionResult], answers: Iterable[RegionResult]
) -> tuple[RegionResult, ...]:
    """What there is after *answers*: each region has its new answer, or keeps what it had.

    A region that failed keeps the offers, quotas and the rest of its last good answer, with their
    age, under its new status; one that is not switched on has none, since nothing can be had there.
    A region that was not asked keeps all of it. An offer that two providers tell is kept once.
    """
    kept = {_source(result): result for result in before}
    for answer in answers:
        earlier = kept.get(_source(answer))
        kept[_source(answer)] = answer if earlier is None else _renew(earlier, answer)
    return tuple(_told_once(kept[source] for source in sorted(kept)))


def _source(result: RegionResult) -> Source:
    return (result.region, result.source)


def _renew(earlier: RegionResult, answer: RegionResult) -> RegionResult:
    if answer.status is not RegionStatus.OK:
        worthless = not earlier.offers or answer.status is RegionStatus.NOT_OPTED_IN
        kept = replace(earlier, status=answer.status, findings=answer.findings)
        return answer if worthless else kept
    if earlier.offers and not answer.offers:
        return _emptied(earlier, answer)
    if 2 * len(answer.offers) < len(earlier.offers):
        return replace(answer, findings=(*answer.findings, _shrunk(earlier, answer)))
    return answer


def _told_once(results: Iterable[RegionResult]) -> Iterator[RegionResult]:
    """Each offer from one source: the one that states the newest price, then the first by name."""
    every = list(results)
    teller: dict[str, RegionResult] = {}
    stated_at: dict[str, datetime] = {}
    for result in every:
        for offer in result.offers:
            if offer.name not in teller or stated_at[offer.name] < offer.fetched_at:
                teller[offer.name], stated_at[offer.name] = result, offer.fetched_at
    for result in every:
        own = tuple(offer for offer in result.offers if teller[offer.name] is result)
        others = {teller[o.name].source for o in result.offers} - {result.source}
        yield _without_repeats(result, own, others) if others else result


def _without_repeats(
    result: RegionResult, own: tuple[Offer, ...], others: Iterable[str]
) -> RegionResult:
    finding = Diagnostic(
        severity=Severity.WARNING,
        code="offers-told-twice",
        subject=str(result.region),
        summary=f"Of the offers of {result.source} in {result.region}, "
        f"{len(result.offers) - len(own)} are told by {' and '.join(sorted(others))} too",
        hint="The newer price of each is kept; choose one provider with -cloud or BROKER_PROVIDERS.",
    )
    return replace(result, offers=own, findings=(*result.findings, finding))


def _emptied(earlier: RegionResult, answer: RegionResult) -> RegionResult:
    """A region that offered something and now offers nothing at all is not believed."""
    finding = Diagnostic(
        severity=Severity.WARNING,
        code="region-emptied",
        subject=str(answer.region),
        summary=f"{answer.region} had {len(earlier.offers)} offers and now lists none; "
        "the earlier ones are kept",
        hint="If the cloud has left that region, remove the region from the fleet.",
    )
    return replace(earlier, status=RegionStatus.ERROR, findings=(*answer.findings, finding))


def _shrunk(earlier: RegionResult, answer: RegionResult) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code="region-shrunk",
        subject=str(answer.region),
        summary=f"{answer.region} lists {len(answer.offers)} offers, less than half of the "
        f"{len(earlier.offers)} before",
        hint="`broker refresh -diff` shows which; ask again if a reply may have been cut off.",
    )


def vanished(
    before: Sequence[RegionResult], listed: Iterable[RegionKey], provider: str
) -> list[RegionResult]:
    """An answer for each region that *provider* was known for and lists no more.

    One that was not switched on has nothing that could vanish.
    """
    still = set(listed)
    return [
        replace(
            result,
            status=RegionStatus.ERROR,
            offers=(),
            findings=(_vanished(result.region),),
        )
        for result in before
        if result.source == provider
        and result.region not in still
        and result.status is not RegionStatus.NOT_OPTED_IN
    ]


def _vanished(region: RegionKey) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code="region-vanished",
        subject=str(region),
        summary=f"{region} is no longer among the regions that its cloud lists",
        hint="What was known of it is kept, with its age.",
    )
