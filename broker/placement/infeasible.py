"""Why there is no answer, in words that say what to change."""

from collections import Counter

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Infeasible, Unsolved
from broker.placement.candidates import Candidate, Candidates, exclusion
from broker.placement.problem import Problem
from broker.placement.quotas import quotas_of
from broker.placement.search import NoAnswerFound, NoFeasibleAnswer, search
from broker.ports.progress import Silence

RULE_ADVICE = {
    "accelerator": "accept another model or less memory under accelerators",
    "node-size": "ask for fewer accelerators, vCPUs or less memory per replica",
    "scope": "name more clouds or regions under providers",
    "residency": "widen residency, or use a cloud with regions there",
    "latency": "raise latency.round-trip-ms, or move the clients' places",
    "data": "allow the data set to be copied, or move it",
    "capacity-type": "accept more types under capacity",
    "zone-kind": "only local zones offer it; ordinary zones do not",
    "price": "no source states a price; a refreshed catalog may",
    "quota": "ask the cloud for more quota, or correct quotas",
    "banned": "wait until the offers can be had again",
}
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
    last = _deciding_rule(excluded)
    return Diagnostic(
        code="no-lawful-offer",
        subject=f"workloads.{name}",
        summary=f"none of {len(problem.offers)} offers may run {name}",
        detail="\n".join([f"excluded by rule: {counts}", *_nearest_misses(problem, name, last)]),
        hint=RULE_ADVICE[last],
        where=workload.where,
    )


def _most_first(pair: tuple[str, int]) -> tuple[int, str]:
    return (-pair[1], pair[0])


def _deciding_rule(excluded: Counter[str]) -> str:
    """The rule that took the last offers: rules are asked in the order of RULE_ADVICE."""
    return next(rule for rule in reversed(RULE_ADVICE) if excluded.get(rule))


def _nearest_misses(problem: Problem, name: str, rule: str) -> list[str]:
    workload = next(w for w in problem.spec.workloads if w.name == name)
    misses = [
        found
        for offer in problem.offers
        for found in [exclusion(workload, offer, problem)]
        if found is not None and found.rule == rule
    ]
    cheapest = sorted(
        misses, key=lambda e: (e.offer.price is None, e.offer.price or 0, e.offer.name)
    )
    return [f"nearest: {e.offer.name} {e.reason}" for e in cheapest[:MISSES_SHOWN]]


def conflict(problem: Problem, part: dict[str, list[Candidate]], found: Candidates) -> Infeasible:
    """A smallest set of workloads that can not all be placed, and the quotas that they meet.

    Deletion filter: leave out one workload after the other for as long as there is no answer
    without it either.
    """
    concerned = dict(sorted(part.items()))
    for name in list(concerned):
        rest = {other: cs for other, cs in concerned.items() if other != name}
        if rest and not _is_feasible(problem, rest):
            concerned = rest
    quotas = sorted(
        {
            f"{quota.name} ({quota.limit} {quota.unit})"
            for cs in concerned.values()
            for candidate in cs
            for quota in quotas_of(candidate.offer, problem)
        }
    )
    names = ", ".join(concerned)
    by_itself = len(concerned) == 1
    return Infeasible(
        Diagnostic(
            code="no-joint-placement",
            subject=f"workloads.{next(iter(concerned))}",
            summary=(
                f"{names} can not be placed whole on the offers that it may use"
                if by_itself
                else f"{names} can not all be placed at once; without any one of them the rest can"
            ),
            detail=_limits(quotas, concerned),
            hint="raise a quota named above, widen what one of these workloads accepts, "
            "or ask for fewer replicas",
        )
    )


def _limits(quotas: list[str], concerned: dict[str, list[Candidate]]) -> str:
    lines = [f"quotas that they meet: {', '.join(quotas)}"] if quotas else []
    lines.extend(
        f"{name}: {cs[0].workload.replicas.minimum} replicas, "
        f"{len(cs)} offers in {len({c.offer.region for c in cs})} regions"
        for name, cs in concerned.items()
    )
    return "\n".join(lines)


def _is_feasible(problem: Problem, part: dict[str, list[Candidate]]) -> bool:
    try:
        search(problem, part, Silence())
    except (NoFeasibleAnswer, NoAnswerFound):
        return False
    return True


def not_found(part: dict[str, list[Candidate]]) -> Unsolved:
    """The work limit came first."""
    return Unsolved(
        Diagnostic(
            code="solver-stopped",
            subject=", ".join(sorted(part)),
            summary="the search stopped at its work limit before it found a fleet",
            hint="split the fleet into smaller ones, or ask for fewer alternatives per workload",
        )
    )
