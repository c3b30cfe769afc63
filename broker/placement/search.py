"""Relax, pack, cut: solve one component of coupled workloads to a proven optimum.

The model's rows relax vector packing, so its bound never exceeds the true optimum. Each answer is
packed for real; a pool that needs more nodes than the model believed costs more, and gets a row
that the next round must respect. What was packed is an upper bound, the model a lower one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from broker.domain.geography import RegionKey
from broker.domain.money import MICROS_PER_UNIT, Money, total
from broker.placement.candidates import Candidate
from broker.placement.constraints import FAMILIES
from broker.placement.highs import INTEGRALITY, RELATIVE_GAP, solve_model
from broker.placement.packing import Packing, pack
from broker.placement.problem import Problem
from broker.placement.quotas import quota_use_per_node, quotas_of
from broker.placement.rules import datasets_of
from broker.placement.variables import (
    Pool,
    Variables,
    cloud_cost,
    cluster_cost,
    copy_cost,
    define_variables,
    node_cost,
)
from broker.ports.progress import Progress

ROUNDS = 40
SOLVER_TOLERANCE = Fraction(1, 1_000_000)
"""Taken off the solver's bound, since it works in floating point with tolerances of 1e-6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtPool:
    """Nodes of one offer, how replicas lie on them, and how many of each candidate there are."""

    pool: Pool
    units: tuple[int, ...]
    packing: Packing

    @property
    def cost(self) -> Money:
        """What the nodes cost in the month."""
        return node_cost(self.pool.candidates[0]) * self.packing.nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentAnswer:
    """The best packing found for one component, and the bound below which none can be."""

    bought: tuple[BoughtPool, ...]
    objective: Money
    bound: Money
    is_optimal: bool
    variables: int
    constraints: int
    rounds: int


class NoFeasibleAnswer(Exception):
    """The model has no answer at all."""


class NoAnswerFound(Exception):
    """The search stopped before it found a packing that keeps every rule."""


def build(problem: Problem, by_workload: dict[str, list[Candidate]]) -> Variables:
    """The model of a component, before any search: every family of constraints."""
    v = define_variables(problem, by_workload)
    for constrain in FAMILIES.values():
        constrain(v)
    return v


def search(
    problem: Problem, by_workload: dict[str, list[Candidate]], progress: Progress
) -> ComponentAnswer:
    """The cheapest fleet for the workloads of one component.

    Raises NoFeasibleAnswer if there is none, NoAnswerFound if the work limit came first.
    """
    v = build(problem, by_workload)
    size = (len(v.model.columns), len(v.model.rows))
    best: tuple[Money, tuple[BoughtPool, ...]] | None = None
    bound = Fraction(0)
    ended = False
    rounds = 0
    while rounds < ROUNDS and not ended:
        rounds += 1
        answer = solve_model(v.model)
        if answer.values is None:
            if answer.ended and best is None:
                raise NoFeasibleAnswer
            break
        bound = max(bound, Fraction(answer.bound) * MICROS_PER_UNIT)
        bought = _packed(v, answer.values)
        cost = _cost(problem, bought)
        if _keeps_quotas(problem, bought) and (best is None or cost < best[0]):
            best = (cost, bought)
        ended = best is not None and _closed(best[0], bound) and answer.ended
        if best is not None:
            progress.note(f"gap {float(_gap(best[0], bound)):.3%} after {rounds} rounds")
        if not ended and not _cut(v, bought, answer.values):
            break
    if best is None:
        raise NoAnswerFound
    objective, bought = best
    return ComponentAnswer(
        bought=bought,
        objective=objective,
        bound=min(objective, _lowered(bound)),
        is_optimal=ended,
        variables=size[0],
        constraints=size[1],
        rounds=rounds,
    )


def _packed(v: Variables, values: Sequence[float]) -> tuple[BoughtPool, ...]:
    bought = []
    for pool in v.pools:
        units = tuple(_whole(values[v.place_of(c)]) for c in pool.candidates)
        if any(units):
            bought.append(BoughtPool(pool=pool, units=units, packing=_packing(pool, units)))
    return tuple(bought)


def _whole(value: float) -> int:
    nearest = round(value)
    if abs(value - nearest) > INTEGRALITY:
        message = f"the solver calls {value!r} a whole number"
        raise ArithmeticError(message)
    return nearest


def _packing(pool: Pool, units: Sequence[int]) -> Packing:
    items = [candidate.item for candidate in pool.candidates]
    counts = [
        n * candidate.replicas_per_unit for n, candidate in zip(units, pool.candidates, strict=True)
    ]
    return pack(items, counts, pool.node)


def _cost(problem: Problem, bought: Iterable[BoughtPool]) -> Money:
    """The exact cost of what is bought, with the clusters, clouds and copies that it needs."""
    pools = list(bought)
    regions = sorted({b.pool.offer.region for b in pools})
    return total(
        [
            *(b.cost for b in pools),
            *(cluster_cost(region, problem) for region in regions),
            *(cloud_cost(p, problem) for p in sorted({r.provider for r in regions})),
            *(
                copy_cost(dataset, region, problem)
                for dataset in problem.spec.datasets
                for region in _reading_regions(dataset.name, pools, problem)
                if region != dataset.home
            ),
        ],
        problem.spec.objective.currency,
    )


def _reading_regions(
    dataset: str, pools: Iterable[BoughtPool], problem: Problem
) -> list[RegionKey]:
    return sorted(
        {
            bought.pool.offer.region
            for bought in pools
            for candidate, n in zip(bought.pool.candidates, bought.units, strict=True)
            if n and any(d.name == dataset for d in datasets_of(candidate.workload, problem))
        }
    )


def _keeps_quotas(problem: Problem, bought: Iterable[BoughtPool]) -> bool:
    """Whether the packed nodes, which may be more than the model's, are within every quota."""
    used: dict[tuple[str, RegionKey], Fraction] = {}
    limits = {quota.name: quota.limit for quota in problem.spec.quotas}
    for b in bought:
        for quota in quotas_of(b.pool.offer, problem):
            key = (quota.name, b.pool.offer.region)
            use = quota_use_per_node(b.pool.offer, quota) * b.packing.nodes
            used[key] = used.get(key, Fraction(0)) + use
    return all(use <= limits[name] for (name, _), use in used.items())


def _gap(cost: Money, bound: Fraction) -> Fraction:
    return max(Fraction(0), 1 - bound / cost.micros) if cost.micros else Fraction(0)


def _closed(cost: Money, bound: Fraction) -> bool:
    return _gap(cost, bound) <= Fraction(RELATIVE_GAP)


def _lowered(bound: Fraction) -> Money:
    lowered = bound - abs(bound) * SOLVER_TOLERANCE
    return Money(lowered.numerator // lowered.denominator)


def _cut(v: Variables, bought: Iterable[BoughtPool], values: Sequence[float]) -> bool:
    """Forbid what was found not to fit: with at least these units, at least these nodes.

    For a pool whose units x* need N nodes, proven, where the model had fewer: g_j = 1 if
    x_j >= x*_j, and nodes >= N (sum of g_j - (number of j) + 1). Returns whether a row was added.
    """
    added = False
    for b in bought:
        believed = _whole(values[b.pool.column])
        if b.packing.nodes > believed and b.packing.proven:
            _forbid(v, b)
            added = True
    return added


def _forbid(v: Variables, b: BoughtPool) -> None:
    name = f"{b.pool.name},{len(v.model.rows)}"
    switches: dict[int, float] = {}
    for candidate, n in zip(b.pool.candidates, b.units, strict=True):
        if not n:
            continue
        above = candidate.units - n + 1
        switch = v.model.add_column(f"reached[{name},{candidate.workload.name}]", cost=0.0, upper=1)
        v.model.at_most(
            f"reached[{name},{candidate.workload.name}]",
            {v.place_of(candidate): 1.0, switch: -float(above)},
            float(n - 1),
        )
        switches[switch] = -float(b.packing.nodes)
    v.model.at_least(
        f"packed[{name}]",
        {**switches, b.pool.column: 1.0},
        -float(b.packing.nodes * (len(switches) - 1)),
    )
