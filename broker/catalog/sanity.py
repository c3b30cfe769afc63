"""The gate before the snapshot: a price that can not be right is kept out of every ranking.

What is quarantined stays listed, without a price. The finding says which price was stated.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from statistics import median_low

from broker.domain.accelerators import Accelerator
from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.regions import RegionResult

CURRENCY = "USD"
"""In which prices compare; clouds state others as translations of it."""

GREATEST_FALL = Fraction(1, 2)
"""A price that falls by more than this share, to become the cheapest, has to be confirmed."""

FURTHEST_BELOW = 6
FURTHEST_ABOVE = 16
"""By which factor a price per accelerator may differ from the middle one of its kind.

Of the bundled list prices, the cheapest is 4.0 times below the middle one (H100, spot) and the
dearest 6.1 times above (T4 in large machines). A price per accelerator in the place of one per node
is 8 times too low where a node has 8 of them, and one per second 3,600 times.
"""

LEAST_PEERS = 5
"""Fewer prices than this have no middle to speak of."""

Kind = tuple[Accelerator, CapacityType]


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What is known of prices before an answer is judged, per accelerator and hour.

    *last* is the last accepted price of each offer by name, per node, and *cheapest* the least of
    its kind. *middle* is the median of a kind, and lacks kinds with too few prices.
    """

    last: Mapping[str, Money]
    cheapest: Mapping[Kind, Money]
    middle: Mapping[Kind, Money]


def market(before: Iterable[Offer], answers: Iterable[Offer]) -> Market:
    """Sum up what was accepted *before*; the middle is also over what is stated now."""
    kept = [offer for offer in before if _comparable(offer)]
    every = {offer.name: offer for offer in [*answers, *kept] if _comparable(offer)}
    return Market(
        last={offer.name: offer.price for offer in kept if offer.price is not None},
        cheapest={kind: min(prices) for kind, prices in _by_kind(kept).items()},
        middle={
            kind: median_low(prices)
            for kind, prices in _by_kind(every.values()).items()
            if len(prices) >= LEAST_PEERS
        },
    )


def _comparable(offer: Offer) -> bool:
    return offer.price is not None and offer.price.currency == CURRENCY


def _by_kind(offers: Iterable[Offer]) -> dict[Kind, list[Money]]:
    prices: dict[Kind, list[Money]] = {}
    for offer in offers:
        per_gpu = offer.price_per_gpu_hour
        if per_gpu is not None:
            prices.setdefault(_kind(offer), []).append(per_gpu)
    return prices


def sane(answer: RegionResult, known: Market, *, accept_falls: bool = False) -> RegionResult:
    """*answer* with each doubtful price taken off and told in its findings.

    With *accept_falls*, a price that fell far is believed; what can be no price is not.
    """
    offers: list[Offer] = []
    findings: list[Diagnostic] = []
    for _, same in groupby(answer.offers, key=lambda offer: offer.name):
        offer, doubt = _one_of(tuple(same))
        doubt = doubt or _doubt(offer, known, accept_falls=accept_falls)
        offers.append(offer if doubt is None else replace(offer, price=None))
        if doubt is not None:
            findings.append(doubt)
    if not findings and len(offers) == len(answer.offers):
        return answer
    return replace(answer, offers=tuple(offers), findings=(*answer.findings, *findings))


def _one_of(same: Sequence[Offer]) -> tuple[Offer, Diagnostic | None]:
    """The offer of that name; if two prices are stated for it, none can be told to be the right."""
    first = same[0]
    prices = sorted({offer.price for offer in same if offer.price is not None})
    if len(prices) <= 1:
        return next((offer for offer in same if offer.price is not None), first), None
    return first, _quarantine(
        first,
        code="price-ambiguous",
        stated=f"two prices at one time: {' and '.join(map(str, prices))}",
        hint="The cloud states both; ask again, or report it to the provider.",
    )


def _doubt(offer: Offer, known: Market, *, accept_falls: bool) -> Diagnostic | None:
    if offer.price is None:
        return None
    if offer.price.currency != CURRENCY:
        return _quarantine(
            offer,
            code="price-currency",
            stated=f"{offer.price} {offer.price.currency} an hour, not in {CURRENCY}",
            hint=f"Prices in {CURRENCY} are the ones that clouds commit to; let the provider ask for them.",
        )
    if offer.price.micros <= 0:
        return _quarantine(
            offer,
            code="price-not-positive",
            stated=f"{offer.price} an hour",
            hint="Nothing is free; the offer is ranked again when it has a price.",
        )
    return _wrong_unit(offer, known) or (None if accept_falls else _far_fall(offer, known))


def _wrong_unit(offer: Offer, known: Market) -> Diagnostic | None:
    middle, per_gpu = known.middle.get(_kind(offer)), offer.price_per_gpu_hour
    if middle is None or per_gpu is None:
        return None
    if middle <= per_gpu * FURTHEST_BELOW and per_gpu <= middle * FURTHEST_ABOVE:
        return None
    return _quarantine(
        offer,
        code="price-unit",
        stated=f"{per_gpu} per {offer.accelerator.name} and hour, where the middle price is {middle}",
        hint="It looks like a price per second, per month, or of another number of accelerators.",
    )


def _far_fall(offer: Offer, known: Market) -> Diagnostic | None:
    """Below half of what it was (a new offer: of the cheapest of its kind), and now the cheapest."""
    cheapest, per_gpu = known.cheapest.get(_kind(offer)), offer.price_per_gpu_hour
    if cheapest is None or per_gpu is None or per_gpu >= cheapest:
        return None
    last = known.last.get(offer.name)
    earlier = cheapest if last is None else last / offer.count
    if per_gpu >= earlier * (1 - GREATEST_FALL):
        return None
    return _quarantine(
        offer,
        code="price-fell-far",
        stated=f"{per_gpu} per {offer.accelerator.name} and hour after {earlier}, and now the cheapest",
        hint="If the cloud's own page says so too, accept it with `broker refresh -accept-falls`.",
    )


def unconfirmed(before: Iterable[RegionResult]) -> dict[str, Offer]:
    """The offers of *before*, by name, whose fall in price was not believed."""
    return {
        offer.name: offer
        for result in before
        for doubted in [{f.subject for f in result.findings if f.code == "price-fell-far"}]
        for offer in result.offers
        if offer.name in doubted
    }


def _kind(offer: Offer) -> Kind:
    return (offer.accelerator, offer.capacity_type)


def _quarantine(offer: Offer, *, code: str, stated: str, hint: str) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code=code,
        subject=offer.name,
        summary=f"A price of {offer.name} is not believed and not ranked: {stated}",
        hint=hint,
    )
