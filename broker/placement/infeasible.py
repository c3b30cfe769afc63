"""Workloads that can not all be placed, though each may run somewhere: a smallest set, in words."""

from collections.abc import Callable, Iterable, Iterator
from itertools import product

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Infeasible, Unsolved
from broker.domain.spec import Quota
from broker.domain.wording import many
from broker.domain.workloads import Nearness
from broker.placement.candidates import Candidate
from broker.placement.highs import SolverFailed, solve_model
from broker.placement.lifts import tenths_above
from broker.placement.nearby import look_nearby
from broker.placement.problem import Problem
from broker.placement.purchase import broken_rules, buy
from broker.placement.quotas import quotas_of
from broker.placement.reach import fewest_regions, lacks_replicas, more_replicas
from broker.placement.relays import Relays
from broker.placement.rules import client_places, is_near, within_reach
from broker.placement.search import NoAnswerFound, NoFeasibleAnswer, build, search
from broker.ports.progress import Silence

ANY = 1.0
"""A gap that the first answer of all has: whether there is one is asked, not which is the best."""

Part = dict[str, list[Candidate]]
"""Workloads with the offers that each may use."""


def conflict(problem: Problem, part: Part) -> Infeasible:
    """A smallest set of workloads that can not all be placed, and the rules that stand in the way.

    As a deletion filter finds it, which leaves out one workload after the other, by name, for as long
    as there is no answer without it either. Then each family of rules is left out by itself, to see
    whether it decides.
    Where the rows see no conflict, packing does, and only quotas can make nodes scarce.
    """
    only_packing = _is_feasible(problem, dict(sorted(part.items())))
    is_possible = _can_be_packed if only_packing else _is_feasible
    concerned = _smallest(part, lambda some: is_possible(problem, some))
    deciding = ["quotas"] if only_packing else _deciding(problem, concerned)
    names = ", ".join(concerned)
    return Infeasible(
        Diagnostic(
            code="no-joint-placement",
            subject=f"workloads.{next(iter(concerned))}",
            summary=(
                f"{names} can not be placed whole on the offers that it may use"
                if len(concerned) == 1
                else f"{names} can not all be placed at once; without any one of them the rest can"
            ),
            detail="\n".join(_details(problem, concerned, deciding)),
            hint=" ".join(_advice(problem, concerned, deciding)),
            where=next(iter(concerned.values()))[0].workload.where,
        ),
        workloads=tuple(concerned),
    )


def _smallest(part: Part, is_possible: Callable[[Part], bool]) -> Part:
    """Workloads of *part*, which has no answer, such that without any one of them there is one.

    The next one that is needed, by name, is where the rest of the names first leaves too little to be
    impossible: found by halving, so that few questions are asked of many workloads.
    """
    names = sorted(part)
    needed: list[str] = []
    while names and (not needed or is_possible(_of(part, needed))):
        # Impossible with all from *low* on, possible with those from *high* on.
        low, high = 0, len(names)
        while high - low > 1:
            middle = (low + high) // 2
            some = [*needed, *names[middle:]]
            low, high = (low, middle) if is_possible(_of(part, some)) else (middle, high)
        needed.append(names[low])
        names = names[low + 1 :]
    return _of(part, needed)


def _of(part: Part, names: Iterable[str]) -> Part:
    return {name: part[name] for name in names}


DECIDING = {
    "quotas": "Ask the cloud for more quota.",
    "reservations": "Reserve more nodes, or accept other capacity too.",
    "growth": "Lower replicas.max, or leave out growth.",
    "budgets": "Raise budget.teams.",
    "latency": "Raise latency.round-trip-ms.",
    "traffic": "Raise latency.round-trip-ms, or replicas.",
    "spread": "Spread over fewer regions.",
    "shares": "Allow larger shares under at-most, or more capacity types.",
    "near": "Allow a longer round-trip-ms under near.",
    "apart": "Leave out apart.",
}
"""Families that can make a fleet impossible though each workload has lawful offers."""

HOW_MUCH = (
    "`broker explain WORKLOAD -allow-unplaced`, of the work that yields, says how much where one quota "
    "is enough."
)

OF_STOCK = "-forget-stock-outs asks again for what was out of stock."

WORDS = {
    "traffic": "too few replicas can be within reach of some place to answer its requests",
    "spread": "spread asks for more regions, or smaller shares, than there are offers for",
    "shares": "at-most asks for more zones or offers than there are, or for less spot",
    "apart": "apart leaves no region for one of them where the others may be",
}
"""What a family asks for that there is not."""


def _deciding(problem: Problem, concerned: Part) -> list[str]:
    return [family for family in DECIDING if _is_feasible(problem, concerned, without=family)]


def _advice(problem: Problem, concerned: Part, deciding: list[str]) -> Iterator[str]:
    """What to do about each family; no cloud grants more quota of what is out of stock."""
    are_stock = {quota.is_stock for quota in _quotas_met(problem, concerned)}
    for family in deciding or DECIDING:
        lacking = list(_lacking_replicas(problem, concerned)) if family == "latency" else []
        yield from (advice for _, advice in lacking)
        if not lacking and (family != "quotas" or are_stock != {True}):
            yield DECIDING[family]
        if family == "quotas" and are_stock != {True}:
            yield HOW_MUCH
        if family == "near":
            yield from _wider_residency(problem, concerned)
        if family == "quotas" and True in are_stock:
            yield OF_STOCK


def _details(problem: Problem, concerned: Part, deciding: list[str]) -> Iterator[str]:
    for name, cs in concerned.items():
        regions = len({c.offer.region for c in cs})
        yield (
            f"{name}: {many(cs[0].workload.replicas.minimum, 'replica')}, "
            f"{many(len(cs), 'offer')} in {many(regions, 'region')}"
        )
    if {"quotas", "reservations", "growth"} & set(deciding):
        yield f"quotas that they meet: {', '.join(_limits(problem, concerned))}"
    if "latency" in deciding:
        yield from _places_out_of_reach(problem, concerned)
        yield from (lacking for lacking, _ in _lacking_replicas(problem, concerned))
    yield from (WORDS[family] for family in deciding if family in WORDS)
    if "near" in deciding:
        yield from _too_far_apart(problem, concerned)
        yield from _joined_by_relays(problem, concerned)


def _too_far_apart(problem: Problem, concerned: Part) -> Iterator[str]:
    """The neighbours of which no two regions are near enough; if all have some, that it is all together."""
    pairs = list(_strangers(problem, concerned))
    for name, nearness in pairs:
        where = f"within {nearness.round_trip_ms:g} ms of one" if nearness.round_trip_ms else "one"
        nearest = _nearest(problem, concerned[name], concerned[nearness.workload])
        yield (
            f"no region in which {name} may be is {where} in which {nearness.workload} may be{nearest}"
        )
    if not pairs:
        yield "each could be near those that it asks for, but not all of them at once"


def _nearest(problem: Problem, some: Iterable[Candidate], others: Iterable[Candidate]) -> str:
    """The least round trip from a region of *some* to one of *others*, rounded up to what may be asked for."""
    pairs = product({c.offer.region for c in some}, {c.offer.region for c in others})
    times = [
        (time, a, b) for a, b in pairs if (time := problem.network.round_trip_ms(a, b)) is not None
    ]
    if not times:
        return ""
    time, a, b = min(times)
    return f"; the nearest are {a} and {b}, {tenths_above(time):g} ms apart"


def _strangers(problem: Problem, concerned: Part) -> Iterator[tuple[str, Nearness]]:
    regions = {name: {c.offer.region for c in cs} for name, cs in concerned.items()}
    for name, cs in concerned.items():
        for nearness in cs[0].workload.near:
            pairs = product(regions[name], regions.get(nearness.workload, ()))
            is_concerned = nearness.workload in concerned
            if is_concerned and not any(is_near(a, b, nearness, problem) for a, b in pairs):
                yield name, nearness


def _wider_residency(problem: Problem, concerned: Part) -> Iterator[str]:
    """Of neighbours that can not meet, who may be in few countries only."""
    names = {n for name, near in _strangers(problem, concerned) for n in (name, near.workload)}
    bound = sorted(name for name in names if concerned[name][0].workload.residency)
    if bound:
        yield f"Or widen residency of {' or '.join(bound)}."


def _limits(problem: Problem, concerned: Part) -> list[str]:
    return sorted(
        {
            f"{quota.name} ({many(quota.limit, quota.unit.removesuffix('s'))})"
            for quota in _quotas_met(problem, concerned)
        }
    )


def _quotas_met(problem: Problem, concerned: Part) -> list[Quota]:
    return [
        quota
        for cs in concerned.values()
        for candidate in cs
        for quota in quotas_of(candidate.offer, problem)
    ]


def _places_out_of_reach(problem: Problem, concerned: Part) -> Iterator[str]:
    relays = Relays(problem)
    for name, cs in concerned.items():
        for place in client_places(cs[0].workload, problem):
            if not any(within_reach(c.workload, c.offer.region, place, problem) for c in cs):
                bound = cs[0].workload.latency
                limit = f"{bound.round_trip_ms:g} ms" if bound else "its bound"
                regions = {c.offer.region for c in cs}
                most = bound.round_trip_ms if bound else 0
                way = relays.best_between((cs[0].workload,), regions, {place}, most)
                hint = f"; from {way.start} it is {way.words}" if way else ""
                yield f"no offer that {name} may use is within {limit} of {place}{hint}"


def _lacking_replicas(problem: Problem, concerned: Part) -> Iterator[tuple[str, str]]:
    """Of those with fewer replicas than it takes regions to serve their clients: that, and what to do."""
    for cs in concerned.values():
        workload = cs[0].workload
        own = dict.fromkeys(c.offer.region for c in cs)
        chosen = fewest_regions(workload, own, problem)
        wider = chosen or fewest_regions(workload, problem.network.regions, problem)
        lacking = lacks_replicas(workload, wider)
        if lacking:
            yield lacking, more_replicas(workload, len(wider), has_regions=bool(chosen))


def _joined_by_relays(problem: Problem, concerned: Part) -> Iterator[str]:
    """Where a relay would bring workloads as near to each other as they ask."""
    relays = Relays(problem)
    regions = {name: {c.offer.region for c in cs} for name, cs in concerned.items()}
    for name, cs in concerned.items():
        workload = cs[0].workload
        for nearness in workload.near:
            other, most = nearness.workload, nearness.round_trip_ms
            if other not in concerned:
                continue
            both = (workload, concerned[other][0].workload)
            way = relays.best_between(both, regions[name], regions[other], most)
            if way is not None:
                yield (
                    f"{name} in {way.start} and {other} in {way.end} are {way.words} apart, "
                    f"within {most:g} ms, if a relay runs there"
                )


def _is_feasible(problem: Problem, part: Part, *, without: str | None = None) -> bool:
    """Whether the model has an answer, or is at least not shown to have none.

    Its packing relaxation may be too kind, never too strict.
    """
    try:
        answer = solve_model(build(problem, part, without=without).model, gap=ANY)
    except SolverFailed:
        return True
    return answer.values is not None or not answer.ended


def _can_be_packed(problem: Problem, part: Part) -> bool:
    """Whether real packing finds an answer, or at least does not rule it out.

    Any answer of the model will do that keeps all rules once it is packed; often the first one does.
    """
    look = look_nearby(problem, part, gap=ANY)
    bought = buy(look.assignment)
    if bought and not any(broken_rules(problem, bought)):
        return True
    try:
        search(problem, part, Silence())
    except NoFeasibleAnswer:
        return False
    except NoAnswerFound:
        return True
    return True


def not_found(part: Part) -> Unsolved:
    """The work limit came first."""
    return Unsolved(
        Diagnostic(
            code="solver-stopped",
            subject=", ".join(sorted(part)),
            summary="The search stopped at its work limit before it found a fleet",
            hint="Split the fleet into smaller ones, or ask for fewer alternatives per workload.",
        )
    )
