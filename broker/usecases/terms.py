"""Within which bounds a fleet was agreed to: what is looked at again before anything is done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import PlanStale
from broker.domain.fleet import Fleet
from broker.domain.money import Money
from broker.planning.cost import cost
from broker.ports.capacity import CapacityProvider
from broker.usecases.carry_out import Errand
from broker.usecases.purchases import purchases
from broker.usecases.requote import Requoted, check_prices, requote


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was agreed to: prices that rise by no more than *tolerance*, and *most* a month.

    *providers* are asked for the prices of now; None asks nobody, and those of the plan count. Without
    *most*, another fleet than the one that was agreed to is held to the tolerance as well. *warned*
    hears of pools that stay as they are, and are not sold any more.
    """

    tolerance: Fraction
    most: Money | None
    currency: str
    providers: Callable[[], Sequence[CapacityProvider]] | None
    warned: Callable[[Sequence[Diagnostic]], None]

    def confirm(self, errand: Errand) -> None:
        """Hold the fleet that was agreed to against what is sold now: raises PlanStale, NotCovered."""
        check_prices(self._now(errand), self.tolerance)

    def confirm_another(self, errand: Errand) -> None:
        """Hold another fleet against what was agreed to, at the prices of now.

        Raises PlanStale and NotCovered.
        """
        now = self._now(errand)
        if self.most is None:
            check_prices(now, self.tolerance)
        else:
            check_within(errand.target, self.most, rise=now.rise)

    def _now(self, errand: Errand) -> Requoted:
        if self.providers is None:
            nothing = Money(0, self.currency)
            return Requoted(planned=nothing, now=nothing)
        wanted = purchases(errand)
        requoted = requote(wanted, self.providers(), currency=self.currency)
        if requoted.warnings:
            self.warned(requoted.warnings)
        return requoted


def check_within(fleet: Fleet, most: Money, *, rise: Money) -> None:
    """Refuse a fleet that costs more than was agreed to, its pools *rise* more than planned: PlanStale."""
    monthly = cost(fleet, most.currency).total.monthly + rise
    if monthly > most:
        raise PlanStale(
            Diagnostic(
                code="fallback-too-dear",
                subject="fleet",
                summary=f"The next best fleet costs {monthly.shown()} a month now; "
                f"up to {most.shown()} was agreed to",
                hint="`broker apply` decides anew and asks; -price-tolerance=SHARE agrees to more.",
            )
        )
