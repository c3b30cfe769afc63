"""What a team is charged for, as its budget counts it: the accelerators that it holds.

A replica on shared nodes is charged the part of the node's price that its accelerators are of the
node's (MIG slices half by compute, half by memory); a burst all of its own nodes. So a charge
depends on nobody else, and the charges of all teams never add up to more than the nodes cost. Idle
accelerators, clusters, copies and fixed costs of clouds are in no team's budget.

An offer that dominates another (a node no dearer, with no less room, on which no replica takes
more) also charges no more for a replica: both factors are no larger.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from broker.domain.ids import TeamName
from broker.domain.money import MICROS_PER_UNIT, Money
from broker.domain.spec import Budget, OnBreach
from broker.placement.candidates import Candidate
from broker.placement.problem import Problem
from broker.placement.shapes import node_shape

CENT = MICROS_PER_UNIT // 100
"""A charge may pass its budget by less than this: solvers work with tolerances."""

Pool = tuple[tuple[Candidate, ...], tuple[int, ...], int]
"""Candidates of one pool, units of each, and the nodes."""


def binding_budgets(problem: Problem) -> Mapping[TeamName, Money]:
    """The teams' budgets, if going over them is denied."""
    budget = problem.spec.budget
    return dict(budget.teams) if budget and budget.on_breach is OnBreach.DENY else {}


def micros_per_unit(candidate: Candidate) -> Fraction:
    """The charge for a unit of steady work in the month, in micro-dollars."""
    node, item, price = node_shape(candidate.offer), candidate.item, candidate.offer.price
    if price is None:
        message = f"{candidate.offer.name} is a candidate without a price"
        raise ValueError(message)
    return item.part_of(node) * candidate.replicas_per_unit * price.micros * candidate.paid_hours


def micros_per_node(candidate: Candidate) -> Fraction:
    """The charge for a node of a burst, in micro-dollars: all of it."""
    price = candidate.offer.price
    if price is None:
        message = f"{candidate.offer.name} is a candidate without a price"
        raise ValueError(message)
    return price.micros * candidate.paid_hours


def charges(pools: Iterable[Pool]) -> dict[TeamName, Fraction]:
    """What each team is charged in the month, in micro-dollars."""
    charged: dict[TeamName, Fraction] = defaultdict(Fraction)
    for candidates, units, nodes in pools:
        for candidate, count in zip(candidates, units, strict=True):
            workload = candidate.workload
            charged[workload.team] += (
                micros_per_node(candidate) * nodes
                if workload.run.is_burst
                else micros_per_unit(candidate) * count
            )
    return dict(sorted(charged.items()))


def is_exceeded(charge: Fraction, budget: Money) -> bool:
    """Whether a team is over its budget, by a cent at least."""
    return charge - budget.micros >= CENT


def exceeded_budgets(problem: Problem, pools: Iterable[Pool]) -> Iterator[str]:
    """Teams over a budget that denies, in words."""
    budgets = binding_budgets(problem)
    for team, charge in charges(pools).items() if budgets else ():
        if team in budgets and is_exceeded(charge, budgets[team]):
            yield f"team {team} is charged {Money(round(charge))} of {budgets[team]}"


def overruns(budget: Budget, charged: Iterable[tuple[TeamName, Money]]) -> Iterator[str]:
    """By how much each team is over, in words."""
    limits = dict(budget.teams)
    for team, charge in charged:
        if team in limits and is_exceeded(Fraction(charge.micros), limits[team]):
            over = charge - limits[team]
            yield (
                f"{team}: {charge.shown()} of {limits[team].shown()} a month, {over.shown()} over"
            )
