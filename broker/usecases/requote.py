"""Ask again what a plan rests on: the price of each offer that it uses, and whether it is still sold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.errors import BrokerError, NotCovered, PlanStale
from broker.domain.fleet import NodePool
from broker.domain.geography import RegionKey
from broker.domain.money import Money, total
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.capacity import CapacityProvider
from broker.usecases.crew import Crew
from broker.usecases.purchases import Purchases

AGAIN = "Make the plan again with `broker plan -out FILE`, and review it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Requoted:
    """What the pools cost a month: as planned, and at the prices of now; *warnings* are of kept ones.

    *sold* has what is offered now, by name.
    """

    planned: Money
    now: Money
    warnings: tuple[Diagnostic, ...] = ()
    sold: Mapping[str, Offer] = field(default_factory=dict)

    @property
    def rise(self) -> Money:
        """By how much more they cost now."""
        return self.now - self.planned


def requote(
    wanted: Purchases,
    providers: Sequence[CapacityProvider],
    *,
    currency: str,
    seconds: float = 30.0,
) -> Requoted:
    """Ask for the regions in which pools are bought or kept, and compare.

    Raises PlanStale where what is to be bought is not sold any more, NotCovered where nobody says
    whether it is. What is only kept needs no offer: it counts as planned where it has none.
    """
    regions = sorted({pool.offer.region for pool in wanted.pools})
    sold, silent = _answers(regions, providers, seconds)
    needed = {pool.offer.region for pool in wanted.bought}
    unknown = [finding for region in sorted(needed) for finding in silent.get(region, ())]
    if unknown:
        raise NotCovered(*unknown)
    gone = [_gone(pool) for pool in wanted.bought if _price(pool, sold) is None]
    if gone:
        raise PlanStale(*gone)
    left = [pool for pool in wanted.kept if pool.offer.region not in silent]
    warnings = [
        *(finding for region in sorted(silent) for finding in silent[region]),
        *(_gone(pool) for pool in left if _price(pool, sold) is None),
    ]
    return Requoted(
        planned=total((pool.monthly for pool in wanted.pools), currency),
        now=total((_monthly(pool, sold) for pool in wanted.pools), currency),
        warnings=tuple(_only_warned(finding) for finding in warnings),
        sold=sold,
    )


def check_prices(requoted: Requoted, tolerance: Fraction) -> None:
    """Refuse costs that grew by more than the share *tolerance*: raises PlanStale."""
    if requoted.rise.micros > tolerance * requoted.planned.micros:
        raise PlanStale(_dearer(requoted.planned, requoted.now, tolerance))


def _answers(
    regions: Sequence[RegionKey], providers: Sequence[CapacityProvider], seconds: float
) -> tuple[Mapping[str, Offer], Mapping[RegionKey, Sequence[Diagnostic]]]:
    """What is sold, by name, and why regions did not answer."""
    named = {provider.name: provider for provider in providers}
    asked = [region for region in regions if region.provider in named]
    silent: dict[RegionKey, Sequence[Diagnostic]] = {
        region: [_not_asked(region.provider, "no adapter of it is installed")]
        for region in regions
        if region.provider not in named
    }
    questions = [lambda region=region: named[region.provider].discover(region) for region in asked]
    answers = Crew(questions=questions, seconds=seconds, parallel=32).ask()
    sold: dict[str, Offer] = {}
    for region, answer in zip(asked, answers, strict=True):
        if isinstance(answer, RegionResult) and answer.status is RegionStatus.OK:
            sold |= {offer.name: offer for offer in answer.offers}
        elif isinstance(answer, RegionResult):
            silent[region] = answer.findings or [_not_asked(str(region), answer.status.value)]
        elif isinstance(answer, BrokerError):
            silent[region] = answer.diagnostics
        else:
            silent[region] = [_not_asked(str(region), f"no answer within {seconds:g} s")]
    return sold, silent


def _price(pool: NodePool, sold: Mapping[str, Offer]) -> Money | None:
    offer = sold.get(pool.offer.name)
    return None if offer is None else offer.price


def _monthly(pool: NodePool, sold: Mapping[str, Offer]) -> Money:
    """What the pool costs at the price of now, or as planned where there is none."""
    price = _price(pool, sold)
    return pool.monthly if price is None else price * pool.nodes * pool.hours


def _only_warned(finding: Diagnostic) -> Diagnostic:
    """What is said of a pool that stays as it is, and needs nothing."""
    kept = "Nothing has to be done: what is there stays. It counts as planned."
    return replace(finding, severity=Severity.WARNING, hint=kept)


def _not_asked(subject: str, why: str) -> Diagnostic:
    return Diagnostic(
        code="prices-not-confirmed",
        subject=subject,
        summary=f"The prices of {subject} can not be read again: {why}",
        hint="Try again, or accept those of the last refresh with -refresh=false.",
    )


def _gone(pool: NodePool) -> Diagnostic:
    return Diagnostic(
        code="offer-gone",
        subject=f"pool.{pool.cluster}.{pool.name}",
        summary=f"{pool.offer.name} is not sold any more, or has no price",
        hint=f"`broker refresh` asks what is sold instead. {AGAIN}",
    )


def _dearer(planned: Money, now: Money, tolerance: Fraction) -> Diagnostic:
    return Diagnostic(
        code="price-moved",
        subject="saved plan",
        summary=f"The nodes cost {now.shown()} a month now; the plan counts with {planned.shown()}, "
        f"and {float(tolerance):.1%} more is accepted",
        hint=f"`broker refresh` reads the prices. {AGAIN} -price-tolerance=SHARE, of plan and of "
        "apply, accepts more.",
    )
