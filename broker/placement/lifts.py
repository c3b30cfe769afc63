"""How a rule would have to give way for an offer: each step a little further, the smallest first."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from broker.domain.geography import RegionKey
from broker.domain.money import Money
from broker.domain.offers import Offer
from broker.domain.spec import ProviderScope, Quota, Replication
from broker.domain.workloads import Nearness, Workload
from broker.placement.candidates import exclusion, fitting
from broker.placement.problem import Problem
from broker.placement.quotas import in_words, quota_use_per_node, quotas_of
from broker.placement.rules import client_places, datasets_of

MOST_LIFTS = 6
"""Rules about one offer that are lifted together, at the most."""

TENTHS = 10
"""Round trips are named in tenths of a millisecond."""


@dataclass(frozen=True, slots=True)
class Given:
    """One thing that gives way, in words; *limit* names it, *now* is what it is in the fleet's spec."""

    words: str
    limit: str = ""
    now: str = ""

    def __str__(self) -> str:
        """To be read after `with`."""
        return f"{self.words} (now {self.now})" if self.now else self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The question with rules given way, and what was changed.

    *less* is the question with the last rule given way a little less, where there is such a thing.
    """

    changes: tuple[Given, ...]
    problem: Problem
    less: Problem | None = None

    @property
    def words(self) -> str:
        """What was changed, to be read after `with`."""
        return " and ".join(map(str, self.changes))

    def and_then(self, further: "Step") -> "Step":
        """*further*, a step of this step's question, from where this one began: one change of each limit."""
        changes = {given.limit or given.words: given for given in self.changes}
        for given in further.changes:
            name = given.limit or given.words
            before = changes.get(name, given)
            changes[name] = replace(given, now=before.now)
        return replace(further, changes=tuple(changes.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A workload that should run on an offer, among others that run in *regions* now."""

    problem: Problem
    workload: str
    offer: Offer
    regions: Mapping[str, set[RegionKey]]

    @property
    def own(self) -> Workload:
        """The workload as the problem has it."""
        return next(w for w in self.problem.spec.workloads if w.name == self.workload)

    def with_own(self, workload: Workload) -> Problem:
        """The problem with another form of the workload."""
        return self.with_workloads([workload])

    def with_workloads(self, changed: Iterable[Workload]) -> Problem:
        """The problem with other forms of some workloads."""
        forms = {workload.name: workload for workload in changed}
        workloads = tuple(forms.get(w.name, w) for w in self.problem.spec.workloads)
        return replace(self.problem, spec=replace(self.problem.spec, workloads=workloads))


def lifted(case: Case) -> Step | None:
    """The least by which all rules about that single offer give way; None if one can not."""
    so_far = Step(changes=(), problem=case.problem)
    for _ in range(MOST_LIFTS):
        why = exclusion(case.own, case.offer, case.problem)
        if why is None:
            return replace(so_far, less=None)
        step = next(LIFTS[why.rule](case), None) if why.rule in LIFTS else None
        if step is None:
            return None
        so_far = so_far.and_then(step)
        case = replace(case, problem=step.problem)
    return None


def _scope(case: Case) -> Iterator[Step]:
    region = case.offer.region
    known = case.problem.network.regions.get(region)
    if known is None or known.is_closed:
        return
    scopes = {scope.provider: scope for scope in case.problem.spec.providers}
    scope = scopes.get(region.provider)
    if scope is None:
        currency = case.problem.spec.objective.currency
        scopes[region.provider] = ProviderScope(
            provider=region.provider,
            regions=frozenset({region.region}),
            fixed_monthly=Money(0, currency),
        )
        words = f"{region.provider} among the providers, without a fixed cost"
    else:
        scopes[region.provider] = replace(
            scope,
            regions=None if scope.regions is None else scope.regions | {region.region},
            excluded=scope.excluded - {region.region},
        )
        words = f"{region} among the fleet's regions"
    spec = replace(case.problem.spec, providers=tuple(scopes.values()))
    yield Step(changes=(Given(words),), problem=replace(case.problem, spec=spec))


def _residency(case: Case) -> Iterator[Step]:
    known = case.problem.network.regions.get(case.offer.region)
    if known is not None:
        own = replace(case.own, residency=case.own.residency | {known.country})
        words = f"{known.country} under residency"
        yield Step(changes=(Given(words),), problem=case.with_own(own))


def _latency(case: Case) -> Iterator[Step]:
    """Bounds at which one more place of its clients is within reach of the offer's region."""
    bound = case.own.latency
    if bound is None:
        return
    times = [
        case.problem.network.round_trip_ms(case.offer.region, place)
        for place in client_places(case.own, case.problem)
    ]
    for limit in sorted({tenths_above(time) for time in times if time is not None}):
        if limit > bound.round_trip_ms:
            to, less = (
                case.with_own(replace(case.own, latency=replace(bound, round_trip_ms=ms)))
                for ms in (limit, limit - 1 / TENTHS)
            )
            name = "latency.round-trip-ms"
            given = Given(f"{name} {limit:g}", limit=name, now=f"{bound.round_trip_ms:g}")
            yield Step(changes=(given,), problem=to, less=less)


def tenths_above(milliseconds: float) -> float:
    """The least bound, in tenths of a millisecond, that a round trip of so many keeps."""
    return math.ceil(round(milliseconds * TENTHS, 6)) / TENTHS


def _data(case: Case) -> Iterator[Step]:
    kept = next(
        (
            dataset
            for dataset in datasets_of(case.own, case.problem)
            if dataset.home != case.offer.region and dataset.replication is Replication.FORBIDDEN
        ),
        None,
    )
    if kept is None:
        return  # A price that nobody states is not for the user to change.
    allowed = replace(kept, replication=Replication.ALLOWED)
    datasets = tuple(allowed if d is kept else d for d in case.problem.spec.datasets)
    spec = replace(case.problem.spec, datasets=datasets)
    given = Given(f"copies of {kept.name} allowed")
    yield Step(changes=(given,), problem=replace(case.problem, spec=spec))


def _capacity_type(case: Case) -> Iterator[Step]:
    if case.own.bar(case.offer.capacity_type):
        return  # Such a spec is refused.
    accepted = case.own.capacity_types | {case.offer.capacity_type}
    own = replace(case.own, capacity_types=accepted)
    given = Given(f"{case.offer.capacity_type} accepted")
    yield Step(changes=(given,), problem=case.with_own(own))


def _quota(case: Case) -> Iterator[Step]:
    """The first quota that is too small for the least that would be placed there."""
    candidate = fitting(case.own, case.offer)
    if candidate is None:
        return
    nodes = candidate.nodes_alone if case.own.is_gang else 1
    for quota in quotas_of(case.offer, case.problem):
        need = math.ceil(nodes * quota_use_per_node(case.offer, quota))
        if need > quota.limit:
            yield raised(case.problem, quota, need)
            return


def raised(problem: Problem, quota: Quota, limit: int) -> Step:
    """*problem* with another limit of one of its quotas."""
    words = f"{quota.title} of {in_words(limit, quota)}"
    return Step(
        changes=(Given(words, limit=quota.title, now=f"{quota.limit:,}"),),
        problem=_limited(problem, quota, limit),
        less=_limited(problem, quota, limit - 1),
    )


def _limited(problem: Problem, quota: Quota, limit: int) -> Problem:
    """The limit of a reservation is how much is reserved, unless it has no more than runs of it."""
    quotas = tuple(replace(q, limit=limit) if q is quota else q for q in problem.spec.quotas)
    reservations = tuple(
        replace(r, nodes=limit) if r.key == quota.reservation and not quota.is_stock else r
        for r in problem.spec.reservations
    )
    spec = replace(problem.spec, quotas=quotas, reservations=reservations)
    return replace(problem, spec=spec)


def _stock(case: Case) -> Iterator[Step]:
    left = {name: why for name, why in case.problem.sold_out.items() if name != case.offer.name}
    yield Step(changes=(Given("it in stock again"),), problem=replace(case.problem, sold_out=left))


def _banned(case: Case) -> Iterator[Step]:
    banned = case.problem.banned - {case.offer.name}
    yield Step(changes=(Given("it to be had again"),), problem=replace(case.problem, banned=banned))


def _apart(case: Case) -> Iterator[Step]:
    """It may meet one of those that are in the offer's region now; then all of them."""
    bound = [
        other
        for other in case.problem.spec.workloads
        if case.offer.region in case.regions.get(other.name, set())
        and (other.name in case.own.apart or case.workload in other.apart)
    ]
    groups = [[other] for other in bound]
    for group in [*groups, bound] if len(bound) > 1 else groups:
        own = replace(case.own, apart=case.own.apart - {other.name for other in group})
        others = [replace(other, apart=other.apart - {own.name}) for other in group]
        names = " and ".join(other.name for other in group)
        given = Given(f"{own.name} not apart from {names}")
        yield Step(changes=(given,), problem=case.with_workloads([own, *others]))


def _near(case: Case) -> Iterator[Step]:
    """Its bounds, and those of others to it, that hold for where the others are now."""
    before = {w.name: w for w in case.problem.spec.workloads if w.near}
    changed = [
        replace(w, near=tuple(_far_enough(case, w, nearness) for nearness in w.near))
        for w in before.values()
    ]
    changes = tuple(
        _nearness(w, new, old)
        for w in changed
        for new, old in zip(w.near, before[w.name].near, strict=True)
        if new != old
    )
    nearer = [replace(w, near=tuple(map(_nearer, w.near, before[w.name].near))) for w in changed]
    if changes:
        yield Step(
            changes=changes,
            problem=case.with_workloads(changed),
            less=case.with_workloads(nearer),
        )


def _nearness(workload: Workload, new: Nearness, old: Nearness) -> Given:
    return Given(
        f"{workload.name} within {new.round_trip_ms:g} ms of {new.workload}",
        limit=f"{workload.name} near {new.workload}",
        now=f"{old.round_trip_ms:g}",
    )


def _nearer(new: Nearness, old: Nearness) -> Nearness:
    return new if new == old else replace(new, round_trip_ms=new.round_trip_ms - 1 / TENTHS)


def _far_enough(case: Case, workload: Workload, nearness: Nearness) -> Nearness:
    """The least bound, not below the present one, with the case's workload on its offer."""
    if case.workload not in (workload.name, nearness.workload):
        return nearness
    farthest = nearness.round_trip_ms
    for region in _regions_then(case, workload.name):
        times = [
            case.problem.network.round_trip_ms(region, other)
            for other in _regions_then(case, nearness.workload)
        ]
        known = [time for time in times if time is not None]
        if known and min(known) > nearness.round_trip_ms:
            farthest = max(farthest, tenths_above(min(known)))
    return replace(nearness, round_trip_ms=farthest)


def _regions_then(case: Case, name: str) -> set[RegionKey]:
    return {case.offer.region} if name == case.workload else case.regions.get(name, set())


def _spread(case: Case) -> Iterator[Step]:
    now = case.own.spread_regions
    for regions in range(now - 1, 0, -1):
        own = replace(case.own, spread_regions=regions)
        given = Given(f"spread over {regions}", limit="spread", now=f"{now}")
        yield Step(changes=(given,), problem=case.with_own(own))


def _shares(case: Case) -> Iterator[Step]:
    if case.own.at_most is not None:
        own = replace(case.own, at_most=None)
        yield Step(changes=(Given("no bounds at-most"),), problem=case.with_own(own))


LIFTS: dict[str, Callable[[Case], Iterator[Step]]] = {
    "scope": _scope,
    "residency": _residency,
    "latency": _latency,
    "data": _data,
    "capacity-type": _capacity_type,
    "quota": _quota,
    "stock": _stock,
    "banned": _banned,
    "apart": _apart,
    "near": _near,
    "spread": _spread,
    "shares": _shares,
}
"""By the name of the rule; hardware, unknown prices and odd zones do not give way."""
