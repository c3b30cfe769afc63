"""Leave out what no best fleet needs: offers and regions that others beat in every respect.

Exact: wherever a plan uses a dominated offer (or region), the dominating one can take its place,
node by node, at no more cost and with no rule broken. Ties keep the smaller name, so that of
equals one always stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from broker.domain.geography import RegionKey
from broker.domain.money import Money, total
from broker.domain.spec import Dataset, Quota
from broker.domain.workloads import Workload
from broker.placement.candidates import Candidate
from broker.placement.graph import is_bound_to_places
from broker.placement.moves import Moves
from broker.placement.outbid import not_outbid
from broker.placement.problem import Problem
from broker.placement.quotas import quota_use_per_node, quotas_of
from broker.placement.rules import client_places, datasets_of, within_reach
from broker.placement.shapes import NodeShape, node_shape
from broker.placement.variables import cloud_cost, cluster_cost, copy_cost, node_cost, pool_key


class Choice:
    """One pool that could be bought, with all the workloads it could serve."""

    def __init__(self, candidates: list[Candidate], problem: Problem, moves: Moves) -> None:
        first = candidates[0]
        self.offer = first.offer
        self.candidates = {c.workload.name: c for c in candidates}
        self.node: NodeShape = node_shape(self.offer)
        self.cost: Money = node_cost(first)
        self.quotas: tuple[Quota, ...] = tuple(quotas_of(self.offer, problem))
        self.is_kept = any(
            moves.is_home(candidate) or candidate.workload.at_most for candidate in candidates
        )

    @property
    def rank(self) -> tuple[Money, str]:
        """A dominating choice never ranks after the one it dominates."""
        return (self.nodes_cost, self.offer.name)

    @property
    def nodes_cost(self) -> Money:
        """What orders choices: the cost of the whole if one burst owns it, else of one node."""
        (first, *others) = self.candidates.values()
        if others or not first.workload.run.is_burst:
            return self.cost
        return self.cost * first.nodes_alone

    def beats(self, other: "Choice", *, quotas_matter: bool = True) -> bool:
        """Whether it can take the place of *other* wherever that is bought.

        Where a workload runs now is never given up here: leaving it has a price of its own. Nor is
        an offer of a workload that may have but a share in one place: it needs several.
        """
        if other.is_kept or other.candidates.keys() - self.candidates.keys():
            return False
        times = self._nodes_per_node_of(other)
        if times is None or self._cost_of(times) > other._cost_of(1):  # noqa: SLF001 - same class
            return False
        if not quotas_matter:
            return not self.quotas
        return all(self._uses_no_more(quota, times, other) for quota in self.quotas)

    def _nodes_per_node_of(self, other: "Choice") -> int | None:
        """How many of its nodes surely hold what one node of *other* holds; None if not known."""
        (name, theirs), *rest = other.candidates.items()
        if not rest and theirs.workload.run.is_burst:
            ours = self.candidates[name]
            if theirs.workload.is_gang:
                return 1
            most = min(theirs.per_node, theirs.units)
            return -(-most // ours.per_node)
        return 1 if self._holds_all_that(other) else None

    def _holds_all_that(self, other: "Choice") -> bool:
        ours, theirs = self.node, other.node
        return (
            ours.devices >= theirs.devices
            and ours.device_size >= theirs.device_size
            and ours.milli_vcpus >= theirs.milli_vcpus
            and ours.memory_mib >= theirs.memory_mib
            and all(
                self.candidates[name].item.share <= c.item.share
                and self.candidates[name].item.devices <= c.item.devices
                for name, c in other.candidates.items()
            )
        )

    def _cost_of(self, times: int) -> Money:
        return self.nodes_cost if self._is_gang else self.cost * times

    def _uses_no_more(self, quota: Quota, times: int, other: "Choice") -> bool:
        if quota not in other.quotas:
            return False
        ours = quota_use_per_node(self.offer, quota) * times * self._nodes_in_one
        return ours <= quota_use_per_node(other.offer, quota) * other._nodes_in_one  # noqa: SLF001

    @property
    def _is_gang(self) -> bool:
        first = next(iter(self.candidates.values()))
        return first.workload.run.is_burst and first.workload.is_gang

    @property
    def _nodes_in_one(self) -> int:
        """A burst gang is compared as a whole, anything else node by node."""
        return next(iter(self.candidates.values())).nodes_alone if self._is_gang else 1


def undominated(
    problem: Problem, by_workload: dict[str, tuple[Candidate, ...]]
) -> dict[str, list[Candidate]]:
    """What is left of *by_workload* once dominated offers and then dominated regions are gone."""
    pools: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for name in sorted(by_workload):
        for candidate in not_outbid(problem, by_workload[name]):
            pools[pool_key(candidate)].append(candidate)
    by_region: dict[RegionKey, list[Choice]] = defaultdict(list)
    moves = Moves(problem)
    for key in sorted(pools):
        choice = Choice(pools[key], problem, moves)
        by_region[choice.offer.region].append(choice)
    places = {region: list(_best(choices)) for region, choices in sorted(by_region.items())}
    kept: dict[str, list[Candidate]] = {name: [] for name in sorted(by_workload)}
    for region in _best_regions(problem, places):
        for choice in places[region]:
            for name, candidate in choice.candidates.items():
                kept[name].append(candidate)
    return {name: sorted(cs, key=lambda c: c.offer.name) for name, cs in kept.items()}


def _best(choices: Iterable[Choice]) -> Iterator[Choice]:
    """Choices of one region that no other of them beats; burst pools compare with their own kind."""
    by_kind: dict[str, list[Choice]] = defaultdict(list)
    for choice in choices:
        first = next(iter(choice.candidates.values()))
        by_kind[first.workload.name if first.workload.run.is_burst else ""].append(choice)
    for kind in sorted(by_kind):
        best: list[Choice] = []
        for choice in sorted(by_kind[kind], key=lambda c: c.rank):
            if not any(other.beats(choice) for other in best):
                best.append(choice)
        yield from best


def _best_regions(problem: Problem, places: dict[RegionKey, list[Choice]]) -> list[RegionKey]:
    """Regions that no other region beats, by name; of two that beat each other one stays.

    Beating is transitive, so those already kept are enough to compare with, if the likely winners
    (most workloads, then least cost) come first.
    """
    best: list[RegionKey] = []
    for region in sorted(places, key=lambda region: _standing(places[region], region)):
        tenants = _tenants(places[region])
        if not all(_is_free_to_move(problem, tenant) for tenant in tenants) or not any(
            _region_beats(problem, places, tenants, other, region) for other in best
        ):
            best.append(region)
    return sorted(best)


def _tenants(choices: list[Choice]) -> list[Workload]:
    """The workloads that could be there."""
    by_name = {
        c.workload.name: c.workload for choice in choices for c in choice.candidates.values()
    }
    return list(by_name.values())


def _is_free_to_move(problem: Problem, workload: Workload) -> bool:
    """Whether no rule about several regions or workloads depends on where it is."""
    return not is_bound_to_places(problem, workload)


def _standing(choices: list[Choice], region: RegionKey) -> tuple[int, Money, RegionKey]:
    least: dict[str, Money] = {}
    for choice in choices:
        for name in choice.candidates:
            least[name] = min(choice.nodes_cost, least.get(name, choice.nodes_cost))
    return (-len(least), total(least.values()), region)


def _region_beats(
    problem: Problem,
    places: dict[RegionKey, list[Choice]],
    tenants: list[Workload],
    ours: RegionKey,
    theirs: RegionKey,
) -> bool:
    """Whether all that could be in *theirs* could be in *ours* instead, at no more cost."""
    if cluster_cost(ours, problem) > cluster_cost(theirs, problem):
        return False
    if ours.provider != theirs.provider and cloud_cost(ours.provider, problem).micros:
        return False
    if not all(_tenant_may_move(problem, tenant, ours, theirs) for tenant in tenants):
        return False
    return all(
        any(mine.beats(choice, quotas_matter=False) for mine in places[ours])
        for choice in places[theirs]
    )


def _tenant_may_move(
    problem: Problem, workload: Workload, ours: RegionKey, theirs: RegionKey
) -> bool:
    loses_clients = any(
        within_reach(workload, theirs, place, problem)
        and not within_reach(workload, ours, place, problem)
        for place in client_places(workload, problem)
    )
    return not loses_clients and all(
        _data_may_move(problem, dataset, ours, theirs) for dataset in datasets_of(workload, problem)
    )


def _data_may_move(problem: Problem, dataset: Dataset, ours: RegionKey, theirs: RegionKey) -> bool:
    """Whether reading *dataset* from *ours* costs no more than from *theirs*."""
    if dataset.home == ours:
        return True
    if dataset.home == theirs:
        return False
    network = problem.network
    is_known = (
        network.egress_price_per_gb(dataset.home, ours) is not None
        and ours.provider in network.storage_per_gb_month
    )
    return is_known and (copy_cost(dataset, ours, problem) <= copy_cost(dataset, theirs, problem))
