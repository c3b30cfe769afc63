"""Regions in which a workload could run, were it not for the law."""

from collections.abc import Iterator
from dataclasses import dataclass

from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.spec import Replication
from broker.domain.workloads import Workload
from broker.placement.candidates import fitting
from broker.placement.outcome import cost_alone
from broker.placement.problem import Problem
from broker.placement.rules import (
    OFFER_RULES,
    REGION_RULES,
    datasets_of,
    lawful_residency,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """*offer* is the one on which the workload alone would cost least, in any of *regions*.

    *laws* are those that speak against any of them, in words.
    """

    workload: Workload
    offer: Offer
    regions: tuple[RegionKey, ...]
    laws: tuple[str, ...]


def cut_off(problem: Problem) -> tuple[CutOff, ...]:
    """What the law takes from each workload that has an offer there that all other rules let pass."""
    found = (_cut_off_from(problem, workload) for workload in problem.spec.workloads)
    return tuple(each for each in found if each is not None)


def _cut_off_from(problem: Problem, workload: Workload) -> CutOff | None:
    regions = {offer.region for offer in problem.offers}
    unlawful = {
        region: laws for region in regions if (laws := _only_laws(problem, workload, region))
    }
    best: dict[RegionKey, tuple[int, str, Offer]] = {}
    for offer in problem.offers:
        candidate = fitting(workload, offer) if offer.region in unlawful else None
        if candidate is None or any(ask(workload, offer, problem) for ask in OFFER_RULES.values()):
            continue
        key = (cost_alone(candidate).micros, offer.name, offer)
        if offer.region not in best or key[:2] < best[offer.region][:2]:
            best[offer.region] = key
    if not best:
        return None
    cheapest = min(best.values(), key=lambda entry: entry[:2])[2]
    return CutOff(
        workload=workload,
        offer=cheapest,
        regions=tuple(sorted(best)),
        laws=tuple(sorted({law for region in best for law in unlawful[region]})),
    )


def _laws_against(
    problem: Problem, workload: Workload, region: RegionKey
) -> Iterator[tuple[str, str]]:
    """The rule that holds each law against *region*, and the law in words."""
    if lawful_residency(workload, region, problem) is not None:
        yield "residency", f"residency {' or '.join(sorted(workload.residency))}"
    for dataset in datasets_of(workload, problem):
        if dataset.replication is Replication.FORBIDDEN and dataset.home != region:
            yield "data", f"{dataset.name} must not be copied"


def _only_laws(problem: Problem, workload: Workload, region: RegionKey) -> tuple[str, ...]:
    """The laws against *region*; none if something else speaks against it too."""
    laws = tuple(_laws_against(problem, workload, region))
    broken = {rule for rule, ask in REGION_RULES.items() if ask(workload, region, problem)}
    if broken - {rule for rule, _ in laws}:
        return ()
    return tuple(law for _, law in laws)
