"""Work that no offer may run: which rules took them all, and what came nearest."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Infeasible
from broker.domain.money import Money
from broker.domain.workloads import Workload
from broker.placement.candidates import Candidates, Exclusion, exclusions, fitting
from broker.placement.outcome import cost_alone
from broker.placement.problem import Problem
from broker.placement.relays import Relays
from broker.placement.rules import is_committed_beyond

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
    offers = (offer for offer in problem.offers if not is_committed_beyond(workload, offer))
    found = [list(exclusions(workload, offer, problem)) for offer in offers]
    single = sorted((failed[0] for failed in found if len(failed) == 1), key=_distance)
    by_kind = {(m.offer.region, m.offer.machine_type): m for m in reversed(single)}
    nearest = [m for m in single if by_kind[m.offer.region, m.offer.machine_type] is m]
    shown = nearest[:MISSES_SHOWN]
    helped = (m for m in nearest if _is_helped(relays, workload, m))
    if not any(_is_helped(relays, workload, miss) for miss in shown):
        shown.extend(islice(helped, 1))
    for miss in shown:
        reason = relays.hinted(workload, miss.offer.region, miss.rule, miss.reason)
        yield f"fails only {miss.rule}: {miss.offer.name} {_cost(workload, miss)}{reason}"


def _cost(workload: Workload, miss: Exclusion) -> str:
    """What the workload would cost there by itself, where that is known."""
    candidate = None if miss.offer.price is None else fitting(workload, miss.offer)
    return "" if candidate is None else f"({cost_alone(candidate).shown()} a month) "


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
