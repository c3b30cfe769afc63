"""Ask again what a plan rests on: the price of each offer that it uses, and whether it is still sold."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import BrokerError, NotCovered, PlanStale
from broker.domain.fleet import Fleet, NodePool
from broker.domain.geography import RegionKey
from broker.domain.money import Money, total
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.ports.capacity import CapacityProvider
from broker.usecases.crew import Crew

AGAIN = "Make the plan again with `broker plan -out FILE`, and review it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Requoted:
    """What the pools cost a month: as planned, and at the prices of now."""

    planned: Money
    now: Money


def requote(
    fleet: Fleet,
    providers: Sequence[CapacityProvider],
    *,
    tolerance: Fraction,
    currency: str,
    seconds: float = 30.0,
) -> Requoted:
    """Ask for the regions in which *fleet* buys, and compare.

    Raises PlanStale for an offer that is not sold any more, or costs that grew by more than the share
    *tolerance*; NotCovered where a region does not answer. What is reserved is paid already.
    """
    pools = [pool for pool in fleet.pools if pool.offer.reservation is None]
    answers = _answers(sorted({pool.offer.region for pool in pools}), providers, seconds)
    sold = {offer.name: offer for result in answers for offer in result.offers}
    gone = [pool for pool in pools if pool.offer.name not in sold]
    if gone:
        raise PlanStale(*(_gone(pool) for pool in gone))
    planned = total((pool.monthly for pool in pools), currency)
    now = total((_monthly(pool, sold[pool.offer.name]) for pool in pools), currency)
    if Fraction(now.micros - planned.micros) > tolerance * planned.micros:
        raise PlanStale(_dearer(planned, now, tolerance))
    return Requoted(planned=planned, now=now)


def _answers(
    regions: Sequence[RegionKey], providers: Sequence[CapacityProvider], seconds: float
) -> list[RegionResult]:
    named = {provider.name: provider for provider in providers}
    missing = sorted({r.provider for r in regions} - set(named))
    if missing:
        raise NotCovered(*(_not_asked(name, "no adapter of it is installed") for name in missing))
    questions = [
        lambda region=region: named[region.provider].discover(region) for region in regions
    ]
    found: list[RegionResult] = []
    findings: list[Diagnostic] = []
    for region, answer in zip(
        regions, Crew(questions=questions, seconds=seconds, parallel=32).ask(), strict=True
    ):
        if isinstance(answer, RegionResult) and answer.status is RegionStatus.OK:
            found.append(answer)
        elif isinstance(answer, RegionResult):
            findings += answer.findings or [_not_asked(str(region), answer.status.value)]
        elif isinstance(answer, BrokerError):
            findings += answer.diagnostics
        else:
            findings.append(_not_asked(str(region), f"no answer within {seconds:g} s"))
    if findings:
        raise NotCovered(*findings)
    return found


def _monthly(pool: NodePool, offer: Offer) -> Money:
    """What the pool costs at the price of now; ValueError if there is none."""
    if offer.price is None:
        raise PlanStale(_gone(pool))
    return offer.price * pool.nodes * pool.hours


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
