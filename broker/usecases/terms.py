"""Within which bounds a fleet was agreed to: what is looked at again before anything is done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanStale
from broker.domain.fleet import Fleet
from broker.domain.money import Money
from broker.planning.cost import cost
from broker.planning.instead import bought_instead
from broker.planning.repricing import repriced
from broker.ports.capacity import CapacityProvider
from broker.usecases.carry_out import Errand
from broker.usecases.purchases import purchases
from broker.usecases.requote import Requoted, check_prices, requote

MOST_PERCENT = 100
"""The largest share of -price-tolerance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was agreed to: *planned* a month, prices that rise by no more than *tolerance*, and *most* a month.

    *agreed* is the fleet that was planned.
    *providers* are asked for the prices of now; None asks nobody, and those of the plan count. Without
    *most*, another fleet than the one that was agreed to is held to the tolerance as well. *warned*
    hears of pools that stay as they are, and are not sold any more.
    """

    tolerance: Fraction
    most: Money | None
    planned: Money
    agreed: Fleet
    providers: Callable[[], Sequence[CapacityProvider]] | None
    warned: Callable[[Sequence[Diagnostic]], None]

    def confirm(self, errand: Errand) -> Fleet:
        """Hold the fleet that was agreed to against what is sold now: raises PlanStale, NotCovered.

        Return it at the prices of now.
        """
        now = self._now(errand)
        check_prices(now, self.tolerance)
        return repriced(errand.target, now.sold)

    def confirm_another(self, errand: Errand) -> Fleet:
        """Hold another fleet against what was agreed to, at the prices of now, and return it at these.

        Raises PlanStale and NotCovered.
        """
        now = self._now(errand)
        if self.most is None:
            check_prices(now, self.tolerance)
        else:
            self._check_within(errand.target, self.most, now.rise)
        return repriced(errand.target, now.sold)

    def _now(self, errand: Errand) -> Requoted:
        if self.providers is None:
            nothing = Money(0, self.planned.currency)
            return Requoted(planned=nothing, now=nothing)
        wanted = purchases(errand)
        requoted = requote(wanted, self.providers(), currency=self.planned.currency)
        if requoted.warnings:
            self.warned(requoted.warnings)
        return requoted

    def _check_within(self, fleet: Fleet, most: Money, rise: Money) -> None:
        """Refuse a fleet that costs more than was agreed to, its pools *rise* more than planned: PlanStale.

        The share that would do is told, of what the fleet that was agreed to costs.
        """
        monthly = cost(fleet, most.currency).total.monthly + rise
        if monthly > most:
            instead = bought_instead(fleet, self.agreed)
            raise PlanStale(
                Diagnostic(
                    code="fallback-too-dear",
                    subject="fleet",
                    summary=f"The next best fleet costs {monthly.shown()} a month now; "
                    f"up to {most.shown()} was agreed to",
                    detail=f"It has in place of what was agreed to: {', '.join(instead)}."
                    if instead
                    else "",
                    hint=_room(monthly, self.planned),
                )
            )


def _room(monthly: Money, planned: Money) -> str:
    """How to agree to that: the same command without it decides the same, and fails the same."""
    percent = ceil(Fraction(monthly.micros, planned.micros) * 100) - 100 if planned.micros else 101
    if percent > MOST_PERCENT:
        return (
            "That is more than -price-tolerance can agree to. `broker apply` leaves aside what is out of "
            "stock, shows what is best without it, and asks; or name other accelerators, regions or capacity "
            "types in fleet.yaml."
        )
    share = f"{max(percent, 0) / 100:g}"
    return (
        f"-price-tolerance={share} is enough: `broker apply -forget-stock-outs -price-tolerance={share}` asks for "
        "the same once more, and makes that fleet if it is still not to be had. `broker apply` alone leaves aside "
        "what is out of stock, and may move what runs."
    )
