"""Why there is no answer, in words that say what to change."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Infeasible, Unsolved
from broker.domain.money import Money
from broker.domain.wording import many
from broker.domain.workloads import Workload
from broker.placement.candidates import Candidate, Candidates, Exclusion, exclusions
from broker.placement.highs import SolverFailed, solve_model
from broker.placement.problem import Problem
from broker.placement.quotas import quotas_of
from broker.placement.relays import Relays
from broker.placement.rules import client_places, within_reach
from broker.placement.search import NoAnswerFound, NoFeasibleAnswer, build, search
from broker.ports.progress import Silence

RULE_ADVICE = {
    "accelerator": "Accept another model or less memory under accelerators.",
    "node-size": "Ask for fewer accelerators, vCPUs or less memory per replica.",
    "scope": "Name more clouds or regions under providers.",
    "residency": "Widen residency, or use a cloud with regions there.",
    "latency": "Raise latency.round-trip-ms, or move the clients' places.",
    "data": "Allow the data set to be copied, or move it.",
    "overhead": "State what a cluster costs there: cluster-hourly under providers.",
    "deadline": "Allow a later until, fewer hours, or state a faster copy-gbps.",
    "traffic-price": "Leave out latency.response-kib, or use other regions.",
    "capacity-type": "Accept more types under capacity.",
    "zone-kind": "Only local zones offer it; ordinary zones do not.",
    "price": "No source states a price; a refreshed catalog may.",
    "price-age": "Ask again with `broker refresh`, or allow older prices with -max-price-age.",
    "restriction": "Ask the cloud to sell it to this account, or name more regions.",
    "window": "Let the work run for just the hours that are sold, or accept other types under capacity.",
    "reservation-end": "Renew the reservation, or let the work end before it does.",
    "quota": "Ask the cloud for more quota, or correct quotas.",
    "stock": "-forget-stock-outs asks for them again before they are believed to be in stock.",
    "banned": "Wait until the offers can be had again.",
}
NO_OFFERS = "No source sells anything at all: ask again with `broker refresh`."
MISSES_SHOWN = 3


def nowhere_to_run(problem: Problem, found: Candidates) -> Infeasible:
    """Workloads without a single lawful offer, each with the rules that emptied its list."""
    return Infeasible(
        *(
            _nowhere(problem, name, found.excluded[name])
            for name, lawful in found.by_workload.items()
            if not lawful
        )
    )


def _nowhere(problem: Problem, name: str, excluded: Counter[str]) -> Diagnostic:
    workload = next(w for w in problem.spec.workloads if w.name == name)
    counts = ", ".join(f"{rule} {n}" for rule, n in sorted(excluded.items(), key=_most_first))
    return Diagnostic(
        code="no-lawful-offer",
        subject=f"workloads.{name}",
        summary=f"None of {len(problem.offers):,} offers may run {name}",
        detail="\n".join(
            [f"excluded by rule: {counts or 'none'}", *_nearest_misses(problem, workload)]
        ),
        hint=_advice(excluded),
        where=workload.where,
    )


def _most_first(pair: tuple[str, int]) -> tuple[int, str]:
    return (-pair[1], pair[0])


def _advice(excluded: Counter[str]) -> str:
    """About the rule that took the last offers: rules are asked in the order of RULE_ADVICE."""
    took = (advice for rule, advice in reversed(RULE_ADVICE.items()) if excluded.get(rule))
    return next(took, NO_OFFERS)


def _nearest_misses(problem: Problem, workload: Workload) -> Iterator[str]:
    """Offers that fail exactly one rule: one of each region and machine type, the nearest first.

    Where a relay would help, one of those that it would help is among them.
    """
    relays = Relays(problem)
    found = [list(exclusions(workload, offer, problem)) for offer in problem.offers]
    single = sorted((failed[0] for failed in found if len(failed) == 1), key=_distance)
    by_kind = {(m.offer.region, m.offer.machine_type): m for m in reversed(single)}
    nearest = [m for m in single if by_kind[m.offer.region, m.offer.machine_type] is m]
    shown = nearest[:MISSES_SHOWN]
    helped = (m for m in nearest if _is_helped(relays, workload, m))
    if not any(_is_helped(relays, workload, miss) for miss in shown):
        shown.extend(islice(helped, 1))
    for miss in shown:
        reason = relays.hinted(workload, miss.offer.region, miss.rule, miss.reason)
        yield f"fails only {miss.rule}: {miss.offer.name} {reason}"


def _is_helped(relays: Relays, workload: Workload, miss: Exclusion) -> bool:
    return miss.rule == "latency" and relays.serving(workload, miss.offer.region) is not None


def _distance(miss: Exclusion) -> tuple[object, ...]:
    """The cheapest first; of nodes that are too small the largest, and other accelerators last."""
    offer = miss.offer
    is_small = miss.rule == "node-size"
    return (
        miss.rule == "accelerator",
        is_small,
        (-offer.count, -offer.vcpus, -offer.memory_mib) if is_small else (),
        offer.price is None,
        offer.price or Money(0),
        offer.name,
    )


def conflict(problem: Problem, part: dict[str, list[Candidate]]) -> Infeasible:
    """A smallest set of workloads that can not all be placed, and the rules that stand in the way.

    Deletion filter: leave out one workload after the other for as long as there is no answer
    without it either. Then each family of rules is left out by itself, to see whether it decides.
    Where the rows see no conflict, packing does, and only quotas can make nodes scarce.
    """
    concerned = dict(sorted(part.items()))
    only_packing = _is_feasible(problem, concerned)
    is_possible = _can_be_packed if only_packing else _is_feasible
    for name in list(concerned):
        rest = {other: cs for other, cs in concerned.items() if other != name}
        if rest and not is_possible(problem, rest):
            concerned = rest
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
            hint=" ".join(DECIDING[family] for family in deciding or DECIDING),
            where=next(iter(concerned.values()))[0].workload.where,
        ),
        workloads=tuple(concerned),
    )


DECIDING = {
    "quotas": "Ask the cloud for more quota.",
    "reservations": "Reserve more nodes, or accept other capacity too.",
    "growth": "Lower replicas.max, or leave out growth.",
    "budgets": "Raise budget.teams.",
    "latency": "Raise latency.round-trip-ms.",
    "traffic": "Raise latency.round-trip-ms, or replicas.",
    "spread": "Spread over fewer regions.",
    "shares": "Allow larger shares under at-most, or more capacity types.",
    "near": "Allow a longer round trip under near.",
    "apart": "Leave out apart.",
}
"""Families that can make a fleet impossible though each workload has lawful offers."""

WORDS = {
    "traffic": "too few replicas can be within reach of some place to answer its requests",
    "spread": "spread asks for more regions, or smaller shares, than there are offers for",
    "shares": "at-most asks for more zones or offers than there are, or for less spot",
    "near": "no region, and no two that are near enough, has offers for both where they may be",
    "apart": "apart leaves no region for one of them",
}
"""What a family asks for that there is not."""


def _deciding(problem: Problem, concerned: dict[str, list[Candidate]]) -> list[str]:
    return [family for family in DECIDING if _is_feasible(problem, concerned, without=family)]


def _details(
    problem: Problem, concerned: dict[str, list[Candidate]], deciding: list[str]
) -> Iterator[str]:
    for name, cs in concerned.items():
        regions = len({c.offer.region for c in cs})
        yield (
            f"{name}: {many(cs[0].workload.replicas.minimum, 'replica')}, "
            f"{many(len(cs), 'offer')} in {many(regions, 'region')}"
        )
    if {"quotas", "reservations", "growth"} & set(deciding):
        yield f"quotas that they meet: {', '.join(_quotas_met(problem, concerned))}"
    if "latency" in deciding:
        yield from _places_out_of_reach(problem, concerned)
    yield from (WORDS[family] for family in deciding if family in WORDS)
    if "near" in deciding:
        yield from _joined_by_relays(problem, concerned)


def _quotas_met(problem: Problem, concerned: dict[str, list[Candidate]]) -> list[str]:
    return sorted(
        {
            f"{quota.name} ({many(quota.limit, quota.unit.removesuffix('s'))})"
            for cs in concerned.values()
            for candidate in cs
            for quota in quotas_of(candidate.offer, problem)
        }
    )


def _places_out_of_reach(problem: Problem, concerned: dict[str, list[Candidate]]) -> Iterator[str]:
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


def _joined_by_relays(problem: Problem, concerned: dict[str, list[Candidate]]) -> Iterator[str]:
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


def _is_feasible(
    problem: Problem, part: dict[str, list[Candidate]], *, without: str | None = None
) -> bool:
    """Whether the model has an answer, or is at least not shown to have none.

    Its packing relaxation may be too kind, never too strict.
    """
    try:
        answer = solve_model(build(problem, part, without=without).model)
    except SolverFailed:
        return True
    return answer.values is not None or not answer.ended


def _can_be_packed(problem: Problem, part: dict[str, list[Candidate]]) -> bool:
    """Whether real packing finds an answer, or at least does not rule it out."""
    try:
        search(problem, part, Silence())
    except NoFeasibleAnswer:
        return False
    except NoAnswerFound:
        return True
    return True


def not_found(part: dict[str, list[Candidate]]) -> Unsolved:
    """The work limit came first."""
    return Unsolved(
        Diagnostic(
            code="solver-stopped",
            subject=", ".join(sorted(part)),
            summary="The search stopped at its work limit before it found a fleet",
            hint="Split the fleet into smaller ones, or ask for fewer alternatives per workload.",
        )
    )
