"""Work that no offer may run: which rules took them all, and what came nearest."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import Infeasible
from broker.domain.geography import RegionKey
from broker.domain.money import Money
from broker.domain.workloads import Workload
from broker.placement.candidates import Candidates, Exclusion, exclusions, fitting
from broker.placement.outcome import cost_alone
from broker.placement.problem import Problem
from broker.placement.reach import fewest_regions, units_of
from broker.placement.relays import Relays
from broker.placement.rules import (
    HARDWARE_RULES,
    client_places,
    is_committed_beyond,
    within_quota,
)

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
GIVEN = {*HARDWARE_RULES, "price", "zone-kind"}
"""Rules that do not give way."""


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
    misses = _misses(problem, workload)
    took = next((rule for rule in reversed(RULE_ADVICE) if excluded.get(rule)), "")
    return Diagnostic(
        code="no-lawful-offer",
        subject=f"workloads.{name}",
        summary=f"None of {len(problem.offers):,} offers may run {name}",
        detail="\n".join(
            [f"excluded by rule: {counts or 'none'}", *_nearest(problem, workload, misses)]
        ),
        hint="\n".join([*_advice(took, misses), *_other_regions(problem, workload, took, misses)]),
        where=workload.where,
    )


def _most_first(pair: tuple[str, int]) -> tuple[int, str]:
    return (-pair[1], pair[0])


def _advice(took: str, misses: Sequence[Exclusion]) -> Iterator[str]:
    """About the rule that *took* the last offers: rules are asked in the order of RULE_ADVICE.

    Then to ask for what is out of stock, which is enough by itself.
    """
    yield RULE_ADVICE.get(took, NO_OFFERS)
    if took != "stock" and any(miss.rule == "stock" for miss in misses):
        yield RULE_ADVICE["stock"]


def _other_regions(
    problem: Problem, workload: Workload, took: str, misses: Sequence[Exclusion]
) -> Iterator[str]:
    """Regions that nothing else is against and that serve all its clients, with replicas enough."""
    regions = list(dict.fromkeys(miss.offer.region for miss in misses if miss.rule == "scope"))
    if workload.latency is not None:
        regions = fewest_regions(workload, regions, problem)
    if took == "scope" or not regions:
        return
    needed = len(regions) if workload.latency else 1
    names = " and ".join(map(str, regions[:needed]))
    if needed <= units_of(workload):
        yield f"Or name {names} under providers, where nothing else is in the way."
    elif not workload.is_gang:
        yield (
            f"Or name {names} under providers, where nothing else is in the way, and ask for replicas: "
            f"{needed} or more: each place of its clients needs one within reach."
        )


def _misses(problem: Problem, workload: Workload) -> list[Exclusion]:
    """Offers that fail exactly one rule, one of each region and machine type, those to be told first.

    First what is out of stock, then one of every rule, then the second ones; last what nobody can change.
    """
    offers = (offer for offer in problem.offers if not is_committed_beyond(workload, offer))
    found = [list(exclusions(workload, offer, problem)) for offer in offers]
    alone = [_of_stock(problem, workload, failed[0]) for failed in found if len(failed) == 1]
    single = sorted(alone, key=lambda miss: _distance(problem, workload, miss))
    kinds: set[tuple[object, ...]] = set()
    seen: Counter[str] = Counter()
    ranked: list[tuple[tuple[object, ...], Exclusion]] = []
    for miss in single:
        kind = (miss.offer.region, miss.offer.machine_type)
        if kind not in kinds:
            kinds.add(kind)
            is_given = miss.rule in GIVEN
            rank = (miss.rule != "stock", is_given, 0 if is_given else seen[miss.rule])
            ranked.append((rank, miss))
            seen[miss.rule] += 1
    return [miss for _, miss in sorted(ranked, key=lambda pair: pair[0])]


def _of_stock(problem: Problem, workload: Workload, miss: Exclusion) -> Exclusion:
    """What only the nodes that there are keep it from is short of stock, and of no right to have more."""
    rights = tuple(quota for quota in problem.spec.quotas if not quota.is_stock)
    granted = replace(problem, spec=replace(problem.spec, quotas=rights))
    if miss.rule != "quota" or within_quota(workload, miss.offer, granted):
        return miss
    return replace(miss, rule="stock")


def _nearest(problem: Problem, workload: Workload, misses: Sequence[Exclusion]) -> Iterator[str]:
    """The first of *misses*; where a relay would help, one of those that it would help is among them."""
    relays = Relays(problem)
    shown = [*misses[:MISSES_SHOWN]]
    helped = (m for m in misses if _is_helped(relays, workload, m))
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


def _distance(problem: Problem, workload: Workload, miss: Exclusion) -> tuple[object, ...]:
    """The cheapest first; of nodes that are too small the largest, and other accelerators last.

    Of places that are too far away the nearest, of regions that are not named those of clouds that are.
    """
    offer = miss.offer
    named = {scope.provider for scope in problem.spec.providers}
    is_small = miss.rule == "node-size"
    return (
        miss.rule == "accelerator",
        is_small,
        (-offer.count, -offer.vcpus, -offer.memory_mib) if is_small else (),
        _round_trip(problem, workload, offer.region) if miss.rule == "latency" else 0,
        miss.rule == "scope" and offer.region.provider not in named,
        offer.price is None,
        offer.price or Money(0),
        offer.name,
    )


def _round_trip(problem: Problem, workload: Workload, region: RegionKey) -> float:
    """To the nearest place of its clients, in milliseconds; what was never measured is the farthest."""
    places = client_places(workload, problem)
    times = (problem.network.round_trip_ms(region, place) for place in places)
    return min((time for time in times if time is not None), default=math.inf)
