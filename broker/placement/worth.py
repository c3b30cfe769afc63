"""What one more unit of a limit is worth: the fleet solved anew with it, not read off a relaxation."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from broker.domain.geography import RegionKey
from broker.domain.money import Money
from broker.domain.spec import OnBreach, Quota
from broker.placement.alternatives import Proof
from broker.placement.counterfactual import Counterfactuals, Failure, Outcome
from broker.placement.lifts import raised
from broker.placement.quotas import counts, quota_use_per_node

ONE_CENT = 10_000  # micro-dollars


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """With *more* units of *quota* the fleet costs *saves* less a month, exactly or at the least.

    *used* is the use in the region where most of it is used, one of *regions* in which so little
    is left that not another node fits.
    """

    quota: Quota
    regions: tuple[RegionKey, ...]
    used: Fraction
    more: int
    saves: Money
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetWorth:
    """What is *left* of a budget; one more dollar *saves* nothing as long as something is."""

    monthly: Money
    left: Money
    denies: bool


def quota_worths(whatif: Counterfactuals, workload: str) -> Iterator[Worth]:
    """Of each quota that is used up, the worth of one more unit, and of enough for one more node."""
    for quota in whatif.problem.spec.quotas:
        uses, nodes = _uses(whatif.base, quota), _smallest_nodes(whatif, quota)
        missing = {
            region: uses.get(region, Fraction(0)) + node - quota.limit
            for region, node in sorted(nodes.items())
        }
        tight = tuple(region for region, units in missing.items() if units > 0)
        if not tight:
            continue
        short = math.ceil(min(missing[region] for region in tight))
        for more in sorted({1, short}):
            worth = _worth(whatif, workload, quota, more)
            if worth is not None:
                yield Worth(
                    quota=quota,
                    regions=tight,
                    used=max(uses.get(region, Fraction(0)) for region in tight),
                    more=more,
                    saves=worth[0],
                    proof=worth[1],
                )


def _uses(outcome: Outcome, quota: Quota) -> dict[RegionKey, Fraction]:
    """How much of *quota* is used, region by region, where it is used at all."""
    uses: dict[RegionKey, Fraction] = {}
    for pool in outcome.pools:
        if counts(quota, pool.offer):
            use = quota_use_per_node(pool.offer, quota) * pool.packing.nodes
            uses[pool.offer.region] = uses.get(pool.offer.region, Fraction(0)) + use
    return uses


def _smallest_nodes(whatif: Counterfactuals, quota: Quota) -> dict[RegionKey, Fraction]:
    """The least that a node of any offer takes of *quota*, in each region where it counts any."""
    least: dict[RegionKey, Fraction] = {}
    for offer in whatif.problem.offers:
        if counts(quota, offer):
            use = quota_use_per_node(offer, quota)
            least[offer.region] = min(use, least.get(offer.region, use))
    return least


def _worth(
    whatif: Counterfactuals, workload: str, quota: Quota, more: int
) -> tuple[Money, Proof] | None:
    """What the fleet saves with *more* of *quota*; None if no better fleet was found or excluded."""
    changed = raised(whatif.problem, quota, quota.limit + more).problem
    outcome = whatif.answer(changed, workload, _allowed(whatif, workload, quota))
    if isinstance(outcome, Failure):
        return None
    saves = whatif.base.costs.total - outcome.costs.total
    saves = max(saves, Money(0, saves.currency))
    if outcome.is_exact and whatif.base.is_exact:
        return saves, Proof.EXACT
    return (saves, Proof.AT_LEAST) if saves.micros >= ONE_CENT else None


def _allowed(whatif: Counterfactuals, workload: str, quota: Quota) -> tuple[str, ...]:
    """In a small fleet anything; else the offers that the workload has, and those under the quota."""
    if whatif.is_whole:
        return ()
    now = set(whatif.base.offers_of(workload))
    under = {c.offer.name for c in whatif.found[workload] if counts(quota, c.offer)}
    return tuple(sorted(now | under))


def budget_worth(whatif: Counterfactuals) -> BudgetWorth | None:
    """What is left of the budget; None without one."""
    budget = whatif.problem.spec.budget
    if budget is None:
        return None
    return BudgetWorth(
        monthly=budget.monthly,
        left=budget.monthly - whatif.base.costs.paid,
        denies=budget.on_breach is OnBreach.DENY,
    )
