"""Who may run where: each workload's lawful offers, and a count of why the others are not."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.problem import Problem
from broker.placement.rules import HARDWARE_RULES, OFFER_RULES, REGION_RULES
from broker.placement.shapes import Item, item, most_on_one_node, node_shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A lawful way to run replicas of *workload* on nodes of *offer*.

    *item* is the room of one replica, *per_node* how many of them an empty node holds.
    *units* is how many times it may be chosen: once for a gang, else once per replica.
    """

    workload: Workload
    offer: Offer
    item: Item
    per_node: int

    @property
    def replicas_per_unit(self) -> int:
        """A gang is placed whole."""
        return self.workload.replicas.minimum if self.workload.is_gang else 1

    @property
    def units(self) -> int:
        """How many units make up the whole workload."""
        return self.workload.replicas.minimum // self.replicas_per_unit

    @property
    def nodes_alone(self) -> int:
        """Nodes for the whole workload if it had them for itself."""
        return self.nodes_for(self.units)

    def nodes_for(self, units: int) -> int:
        """Nodes for so many units if they had them for themselves."""
        return -(-units * self.replicas_per_unit // self.per_node)


def fitting(workload: Workload, offer: Offer) -> Candidate | None:
    """*workload* on *offer* by its hardware alone, lawful or not; None if it does not fit a node."""
    wanted = item(workload, offer)
    per_node = most_on_one_node(wanted, node_shape(offer)) if wanted else 0
    if wanted is None or not per_node:
        return None
    return Candidate(workload=workload, offer=offer, item=wanted, per_node=per_node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """An offer that may not be used, the first rule that says so, and why in words."""

    offer: Offer
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The lawful offers of every workload, and how many offers each rule took away."""

    by_workload: dict[str, tuple[Candidate, ...]]
    excluded: dict[str, Counter[str]]


class OfferIndex:
    """Offers by hardware shape and region: the loops below run over shapes, not offers."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self.by_hardware: dict[tuple[object, ...], dict[RegionKey, list[Offer]]] = {}
        self.regions: set[RegionKey] = set()
        for offer in offers:
            shape = (offer.accelerator, offer.count, offer.vcpus, offer.memory_mib)
            self.by_hardware.setdefault(shape, {}).setdefault(offer.region, []).append(offer)
            self.regions.add(offer.region)


def candidates(problem: Problem) -> Candidates:
    """Apply every rule to every pair of workload and offer, each question asked once."""
    index = OfferIndex(problem.offers)
    by_workload: dict[str, tuple[Candidate, ...]] = {}
    excluded: dict[str, Counter[str]] = {}
    for workload in problem.spec.workloads:
        tally: Counter[str] = Counter()
        found = _lawful(workload, index, problem, tally)
        by_workload[workload.name] = tuple(sorted(found, key=lambda c: c.offer.name))
        excluded[workload.name] = tally
    return Candidates(by_workload=by_workload, excluded=excluded)


def _lawful(
    workload: Workload, index: OfferIndex, problem: Problem, tally: Counter[str]
) -> Iterator[Candidate]:
    refused_regions = {
        region: rule
        for region in index.regions
        for rule in [_first_region_rule(workload, region, problem)]
        if rule is not None
    }
    for by_region in index.by_hardware.values():
        example = next(iter(by_region.values()))[0]
        hardware_rule = next(
            (name for name, ask in HARDWARE_RULES.items() if ask(workload, example, problem)), None
        )
        if hardware_rule:
            tally[hardware_rule] += sum(map(len, by_region.values()))
            continue
        for region, offers in by_region.items():
            if region in refused_regions:
                tally[refused_regions[region]] += len(offers)
            else:
                yield from _lawful_offers(workload, offers, problem, tally)


def _first_region_rule(workload: Workload, region: RegionKey, problem: Problem) -> str | None:
    return next(
        (name for name, ask in REGION_RULES.items() if ask(workload, region, problem)), None
    )


def _lawful_offers(
    workload: Workload, offers: list[Offer], problem: Problem, tally: Counter[str]
) -> Iterator[Candidate]:
    example = fitting(workload, offers[0])
    if example is None:
        return
    for offer in offers:
        rule = next(
            (name for name, ask in OFFER_RULES.items() if ask(workload, offer, problem)), None
        )
        if rule:
            tally[rule] += 1
        else:
            yield replace(example, offer=offer)


def exclusion(workload: Workload, offer: Offer, problem: Problem) -> Exclusion | None:
    """The first rule that takes *offer* from *workload*, and its reason; None if it is lawful."""
    return next(exclusions(workload, offer, problem), None)


def exclusions(workload: Workload, offer: Offer, problem: Problem) -> Iterator[Exclusion]:
    """Every rule that takes *offer* from *workload*, in the order in which they are asked."""
    for name, ask_hardware in HARDWARE_RULES.items():
        if reason := ask_hardware(workload, offer, problem):
            yield Exclusion(offer=offer, rule=name, reason=reason)
    for name, ask_region in REGION_RULES.items():
        if reason := ask_region(workload, offer.region, problem):
            yield Exclusion(offer=offer, rule=name, reason=reason)
    for name, ask_offer in OFFER_RULES.items():
        if reason := ask_offer(workload, offer, problem):
            yield Exclusion(offer=offer, rule=name, reason=reason)
