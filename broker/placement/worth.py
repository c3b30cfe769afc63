"""What one more unit of a limit is worth: the fleet solved anew with it, not read off a relaxation."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from broker.domain.geography import RegionKey
from broker.domain.ids import TeamName
from broker.domain.money import MICROS_PER_UNIT, Money
from broker.domain.spec import OnBreach, Quota
from broker.placement.alternatives import Proof
from broker.placement.charges import binding_budgets, charges
from broker.placement.counterfactual import Counterfactuals
from broker.placement.lifts import raised
from broker.placement.outcome import Failure, Outcome, cost_alone
from broker.placement.problem import Problem
from broker.placement.quotas import QuotasByRegion, counted_at, counts, quota_use_per_node
from broker.placement.used import used_by_place

ONE_CENT = 10_000  # micro-dollars

MORE_OFFERS = 12
"""Offers under a quota to which, in a large fleet, its largest user may move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """With *more* units of *quota* the fleet costs *saves* less a month, exactly or at the least.

    That is what is left of it once what *moves* weigh more is taken off, which nobody pays.
    *used* is the use in the region where most of it is used (or of all that it spans), one of
    *regions* in which so little is left that not another node fits.
    """

    quota: Quota
    regions: tuple[RegionKey, ...]
    used: Fraction
    more: int
    saves: Money
    moves: Money
    proof: Proof

    @property
    def paid(self) -> Money:
        """What is on the bill less than with the plan."""
        return self.saves + self.moves


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetWorth:
    """What is *left* of a budget; one more dollar *saves* nothing as long as something is."""

    monthly: Money
    left: Money
    denies: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamWorth:
    """With *more* in the *budget* of *team* the fleet costs *saves* less a month, *moves* as in `Worth`."""

    team: TeamName
    budget: Money
    charged: Money
    more: Money
    saves: Money
    moves: Money
    proof: Proof

    @property
    def paid(self) -> Money:
        """What is on the bill less than with the plan."""
        return self.saves + self.moves


def quota_worths(whatif: Counterfactuals, workload: str) -> Iterator[Worth]:
    """Of each quota that is used up, the worth of one more unit, and of enough for one more node."""
    smallest = _smallest_nodes(whatif)
    for quota in whatif.problem.spec.quotas:
        nodes, places = smallest[id(quota)], used_by_place(whatif.base.pools, quota)
        uses = {r: places.get(counted_at(quota, r), Fraction(0)) for r in sorted(nodes)}
        missing = {region: used + nodes[region] - quota.limit for region, used in uses.items()}
        tight = tuple(region for region, units in missing.items() if units > 0)
        if not tight:
            continue
        short = math.ceil(min(missing[region] for region in tight))
        for more, outcome in _with_more(whatif, workload, quota, short):
            saved = _saved(whatif, outcome)
            if saved is not None:
                yield Worth(
                    quota=quota,
                    regions=tight,
                    used=max(uses[region] for region in tight),
                    more=more,
                    saves=saved.weighed,
                    moves=saved.moves,
                    proof=saved.proof,
                )


def _smallest_nodes(whatif: Counterfactuals) -> dict[int, dict[RegionKey, Fraction]]:
    """The least that a node of any offer takes of each quota, in each region where it counts any."""
    least: dict[int, dict[RegionKey, Fraction]] = defaultdict(dict)
    quotas = QuotasByRegion(whatif.problem)
    for offer in whatif.problem.offers:
        for quota in quotas.of(offer):
            use, known = quota_use_per_node(offer, quota), least[id(quota)]
            known[offer.region] = min(use, known.get(offer.region, use))
    return least


def _with_more(
    whatif: Counterfactuals, workload: str, quota: Quota, short: int
) -> Iterator[tuple[int, Outcome | Failure]]:
    """What the fleet comes to with one more of *quota*, and with *short* more.

    Solved once if the best fleet with *short* more needs no more than one.
    """
    outcome = _raised(whatif, workload, quota, short)
    if short > 1 and not isinstance(outcome, Failure):
        used = max(used_by_place(outcome.pools, quota).values(), default=0)
        needs_one = used <= quota.limit + 1
        yield 1, outcome if needs_one else _raised(whatif, workload, quota, 1)
    yield short, outcome


def _raised(whatif: Counterfactuals, workload: str, quota: Quota, more: int) -> Outcome | Failure:
    """The best fleet with *more* of *quota*.

    Of a large fleet, the workload that uses most of the quota may use more of it.
    """
    changed = raised(whatif.problem, quota, quota.limit + more).problem
    if whatif.is_whole:
        return whatif.answer(changed, workload)
    user = _largest_user(whatif, quota) or workload
    return whatif.answer(
        changed, user, _allowed(whatif, user, quota), below=whatif.base.costs.total
    )


def _largest_user(whatif: Counterfactuals, quota: Quota) -> str | None:
    """Of the workloads on nodes that *quota* counts, the one with most replicas there."""
    replicas: Counter[str] = Counter()
    for pool in whatif.base.pools:
        if counts(quota, pool.offer):
            for candidate, units in zip(pool.candidates, pool.units, strict=True):
                replicas[candidate.workload.name] += units * candidate.replicas_per_unit
    return min(replicas, key=lambda name: (-replicas[name], name), default=None)


class _Saved(NamedTuple):
    """What a fleet costs less, with what its moves weigh more taken off."""

    weighed: Money
    moves: Money
    proof: Proof


def _saved(whatif: Counterfactuals, outcome: Outcome | Failure) -> _Saved | None:
    if isinstance(outcome, Failure):
        return None
    change = outcome.costs - whatif.base.costs
    nothing = Money(0, change.total.currency)
    saves = -change.total
    moves = change.moves if saves > nothing else nothing
    if outcome.is_exact and whatif.base.is_exact:
        return _Saved(max(saves, nothing), moves, Proof.EXACT)
    return _Saved(saves, moves, Proof.AT_LEAST) if saves.micros >= ONE_CENT else None


def _allowed(whatif: Counterfactuals, workload: str, quota: Quota) -> tuple[str, ...]:
    """The offers that the workload has, and the cheapest under the quota."""
    now = set(whatif.base.offers_of(workload))
    under = [c for c in whatif.found[workload] if counts(quota, c.offer)]
    cheapest = sorted(under, key=lambda c: (cost_alone(c), c.offer.name))[:MORE_OFFERS]
    return tuple(sorted(now | {c.offer.name for c in cheapest}))


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


def team_worths(whatif: Counterfactuals, workload: str) -> Iterator[TeamWorth]:
    """Of each team's budget that keeps the fleet from being cheaper, the worth of more of it.

    One unit of money more, and as much as the team would be charged if it had no budget. Only
    small fleets are asked.
    """
    charged = _charges(whatif, whatif.base)
    for team, budget in binding_budgets(whatif.problem).items() if whatif.is_whole else ():
        free = whatif.answer(_with_team_budget(whatif.problem, team, None), workload)
        if isinstance(free, Failure) or free.costs.total >= whatif.base.costs.total:
            continue
        wanted = _charges(whatif, free).get(team, budget) - budget
        for more in sorted({Money(MICROS_PER_UNIT, budget.currency), wanted}):
            changed = _with_team_budget(whatif.problem, team, budget + more)
            saved = _saved(whatif, whatif.answer(changed, workload))
            if saved is not None and more.micros > 0:
                yield TeamWorth(
                    team=team,
                    budget=budget,
                    charged=charged.get(team, Money(0, budget.currency)),
                    more=more,
                    saves=saved.weighed,
                    moves=saved.moves,
                    proof=saved.proof,
                )


def _charges(whatif: Counterfactuals, outcome: Outcome) -> dict[TeamName, Money]:
    """What each team is charged, rounded up to the micro-unit."""
    currency = whatif.problem.spec.objective.currency
    pools = ((pool.candidates, pool.units, pool.packing.nodes) for pool in outcome.pools)
    return {team: Money(math.ceil(micros), currency) for team, micros in charges(pools).items()}


def _with_team_budget(problem: Problem, team: TeamName, amount: Money | None) -> Problem:
    """*problem* with another budget for *team*, or with none."""
    budget = problem.spec.budget
    if budget is None:
        return problem
    teams = tuple(
        (name, amount if name == team else given)
        for name, given in budget.teams
        if name != team or amount is not None
    )
    changed = replace(budget, teams=tuple((n, a) for n, a in teams if a is not None))
    return replace(problem, spec=replace(problem.spec, budget=changed))
