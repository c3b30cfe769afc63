"""What the solver may decide.

* `place[w,o]`: units of workload w on offer o (replicas, or whole gangs), a whole number up to units[w]
* `nodes[o]`: nodes of the pool of o shared by steady work, paid all month, a whole number
* `nodes[w,o]`: nodes of o for burst workload w alone, paid while it runs, a whole number
  (no column of its own where each unit takes whole nodes for itself: place says it all)
* `open[r]`: whether there is a cluster in region r, 0 or 1
* `cloud[k]`: whether cloud k is used at all, where that costs anything, 0 or 1
* `copy[d,r]`: whether data set d is replicated to region r, 0 or 1
* `flow[w,p,r]`: requests a second from place p to the replicas of w in region r, any number from 0 on
* `runs[w,r]`: whether workload w has any unit in region r, where somebody asks, 0 or 1
* `used[w,r]`: the same for spreading, from one side only, between 0 and 1
* `left[w,o]`: replicas of w that leave offer o, where they run now, any number from 0 on
* `moved[w]`: replicas of w that go from one offer to another, any number from 0 on
"""

from collections import defaultdict
from dataclasses import dataclass, field

from broker.domain.geography import RegionKey
from broker.domain.money import HOURS_PER_MONTH, Money
from broker.domain.offers import Offer
from broker.domain.spec import Dataset, Quota
from broker.placement.candidates import Candidate
from broker.placement.model import Model
from broker.placement.problem import Problem
from broker.placement.rules import cluster_hourly, dataset_gb, datasets_of
from broker.placement.shapes import NodeShape, node_shape


@dataclass(slots=True, kw_only=True)
class Pool:
    """Nodes that could be bought: of *offer*, for *candidates* (several share only steady ones).

    Its nodes are *nodes_each* times *column*: a column of their own, or that of the only candidate
    where each of its units takes so many whole nodes (*is_folded*).
    """

    key: tuple[str, str]
    offer: Offer
    node: NodeShape
    candidates: list[Candidate]
    column: int
    nodes_each: int = 1
    is_folded: bool = False

    def nodes(self, times: float = 1.0) -> dict[int, float]:
        """The term of a row that counts its nodes *times* something."""
        return {self.column: self.nodes_each * times}

    @property
    def name(self) -> str:
        """For rows and columns: the workload, if it is one's own, and the offer."""
        return ",".join(part for part in self.key if part)


@dataclass(slots=True, kw_only=True)
class Variables:
    """The columns of one model, by what they stand for."""

    problem: Problem
    model: Model
    place: dict[tuple[str, str], int] = field(default_factory=dict)
    pools: list[Pool] = field(default_factory=list)
    open: dict[RegionKey, int] = field(default_factory=dict)
    cloud: dict[str, int] = field(default_factory=dict)
    copy: dict[tuple[str, RegionKey], int] = field(default_factory=dict)
    runs: dict[tuple[str, RegionKey], int] = field(default_factory=dict)
    by_workload: dict[str, list[Candidate]] = field(default_factory=dict)
    counted: dict[Quota, dict[str, list[Pool]]] = field(default_factory=dict)
    _by_cloud: dict[str, list[Pool]] = field(default_factory=dict)
    _known: dict[int, int] = field(default_factory=dict)

    def know(self, candidate: Candidate, key: tuple[str, str], column: int) -> None:
        """Its workload and offer by name, and the *column* that places it."""
        self.place[key] = self._known[id(candidate)] = column

    def place_of(self, candidate: Candidate) -> int:
        """The column of one candidate."""
        # Telling an offer's name takes longer than all else; these candidates live as long as this.
        column = self._known.get(id(candidate))
        if column is None:
            column = self.place[candidate.workload.name, candidate.offer.name]
        return column

    def pools_of(self, provider: str) -> list[Pool]:
        """The pools of one cloud."""
        if not self._by_cloud:
            for pool in self.pools:
                self._by_cloud.setdefault(pool.offer.region.provider, []).append(pool)
        return self._by_cloud.get(provider, [])

    def runs_in(self, workload: str, region: RegionKey) -> int:
        """The column runs[w, r], made with its two rows when first asked for.

        units in r <= all units x runs, and runs <= units in r. The workload has candidates there.
        """
        key = (workload, region)
        if key not in self.runs:
            here = [c for c in self.by_workload[workload] if c.offer.region == region]
            column = self.model.add_column(f"runs[{workload},{region}]", cost=0.0, upper=1)
            units = {self.place_of(candidate): 1.0 for candidate in here}
            self.model.at_most(
                f"runs_if[{workload},{region}]", {**units, column: -float(here[0].units)}, 0.0
            )
            self.model.at_least(f"runs_only_if[{workload},{region}]", {**units, column: -1.0}, 0.0)
            self.runs[key] = column
        return self.runs[key]


def define_variables(problem: Problem, by_workload: dict[str, list[Candidate]]) -> Variables:
    """Make the columns for *by_workload*, in the order of names, each with its cost per month.

        minimise  Σ_o       price[o] · hours · nodes[o]                         nodes always paid
                + Σ_{w,o}   price[o] · paid_hours[w,o] · nodes[w,o]             nodes of bursts
                + Σ_r       overhead[r] · 730 · open[r]                         clusters
                + Σ_k       fixed[k] · cloud[k]                                 clouds
                + Σ_{d,r}   size[d] · (egress[d,r] + storage[r]) · copy[d,r]    copies of data
                + Σ_{w,p,r} answer[w,r] · flow[w,p,r]                           answers to clients
                + Σ_w       stability · now[w] / replicas_now[w] · moved[w]     moves

    All in units of the fleet's currency for a month of 730 hours. Hours of spot count those that
    reclaims waste: hours · (1 + reclaims an hour · hours lost by each). Prices are those of a node and
    hour, sizes in GB, answers in money for one request a second all month. A copy that the recorded
    fleet has moves no more data. Moves are weighed, not paid: a replica that moves
    counts `stability` times what a replica of its workload costs *now*, in the recorded fleet.
    """
    v = Variables(problem=problem, model=Model(), by_workload=by_workload)
    everyone = [c for name in sorted(by_workload) for c in by_workload[name]]
    members: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    keys = [pool_key(candidate) for candidate in everyone]
    for key, candidate in zip(keys, everyone, strict=True):
        members[key].append(candidate)
    for key, candidate in zip(keys, everyone, strict=True):
        _define_place(v, key, candidate, nodes_of_a_unit(members[key]))
    for key in sorted(members):
        v.pools.append(_pool(v, key, members[key]))
    _define_clusters(v, sorted({c.offer.region for c in everyone}))
    _define_copies(v, everyone)
    return v


def _define_place(
    v: Variables, key: tuple[str, str], candidate: Candidate, nodes: int | None
) -> None:
    cost = 0.0 if nodes is None else node_cost(candidate, nodes).to_float()
    workload, offer = candidate.workload.name, key[1]
    column = v.model.add_column(f"place[{workload},{offer}]", cost=cost, upper=candidate.units)
    v.know(candidate, (workload, offer), column)


def _pool(v: Variables, key: tuple[str, str], candidates: list[Candidate]) -> Pool:
    first = candidates[0]
    nodes = nodes_of_a_unit(candidates)
    name = ",".join(part for part in key if part)
    return Pool(
        key=key,
        offer=first.offer,
        node=node_shape(first.offer),
        candidates=candidates,
        column=(
            v.model.add_column(f"nodes[{name}]", cost=node_cost(first).to_float())
            if nodes is None
            else v.place_of(first)
        ),
        nodes_each=1 if nodes is None else nodes,
        is_folded=nodes is not None,
    )


def nodes_of_a_unit(candidates: list[Candidate]) -> int | None:
    """Nodes that each unit takes for itself in the pool of *candidates*; None if it may share one.

    So it is with a gang that has a pool alone, and with replicas that fill a node each.
    """
    first, *others = candidates
    if others:
        return None
    if first.workload.is_gang:
        return first.nodes_alone
    return 1 if first.per_node == 1 else None


def pool_key(candidate: Candidate) -> tuple[str, str]:
    """Steady work shares the pool of its offer; burst work has its own."""
    own = candidate.workload.name if candidate.workload.run.is_burst else ""
    return (own, candidate.offer.name)


def node_cost(candidate: Candidate, nodes: int = 1) -> Money:
    """What *nodes* cost in the month for that workload, rounded once; candidates have a price."""
    price = candidate.offer.price
    if price is None:
        message = f"{candidate.offer.name} is a candidate without a price"
        raise ValueError(message)
    return price * (candidate.paid_hours * nodes)


def _define_clusters(v: Variables, regions: list[RegionKey]) -> None:
    for region in regions:
        v.open[region] = v.model.add_column(
            f"open[{region}]", cost=cluster_cost(region, v.problem).to_float(), upper=1
        )
    for provider in sorted({region.provider for region in regions}):
        fixed = cloud_cost(provider, v.problem)
        if fixed.micros:
            v.cloud[provider] = v.model.add_column(
                f"cloud[{provider}]", cost=fixed.to_float(), upper=1
            )


def cluster_cost(region: RegionKey, problem: Problem) -> Money:
    """The overhead of a cluster per month; regions of candidates have a known one."""
    hourly = cluster_hourly(region, problem)
    if hourly is None:
        message = f"a cluster in {region} has no known price"
        raise ValueError(message)
    return hourly * HOURS_PER_MONTH


def cloud_cost(provider: str, problem: Problem) -> Money:
    """What using that cloud costs per month, as the spec states it."""
    return next(
        (s.fixed_monthly for s in problem.spec.providers if s.provider == provider), Money(0)
    )


def _define_copies(v: Variables, everyone: list[Candidate]) -> None:
    wanted = {
        (dataset.name, candidate.offer.region): dataset
        for candidate in everyone
        for dataset in datasets_of(candidate.workload, v.problem)
        if dataset.home != candidate.offer.region
    }
    for name, region in sorted(wanted):
        cost = copy_cost(wanted[name, region], region, v.problem)
        if cost.micros:
            v.copy[name, region] = v.model.add_column(
                f"copy[{name},{region}]", cost=cost.to_float(), upper=1
            )


def copy_cost(dataset: Dataset, region: RegionKey, problem: Problem) -> Money:
    """Moving the data once, and keeping the copy for the month; candidates know both prices."""
    storage = problem.network.storage_per_gb_month.get(region.provider)
    if storage is None:
        message = f"{dataset.name} has no known price of keeping it in {region}"
        raise ValueError(message)
    return egress_cost(dataset, region, problem) + storage * dataset_gb(dataset)


def egress_cost(dataset: Dataset, region: RegionKey, problem: Problem) -> Money:
    """Moving the data to *region* once; nothing if the recorded fleet has that copy already."""
    if problem.recorded is not None and any(
        replica.dataset == dataset.name
        and replica.source == dataset.home
        and replica.destination == region
        and replica.size_bytes == dataset.size_bytes
        for replica in problem.recorded.replicas
    ):
        return Money(0, problem.spec.objective.currency)
    egress = problem.network.egress_price_per_gb(dataset.home, region)
    if egress is None:
        message = f"{dataset.name} has no known price to {region}"
        raise ValueError(message)
    return egress * dataset_gb(dataset)
