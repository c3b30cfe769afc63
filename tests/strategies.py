"""Tiny problems at random, with something of everything that the spec can ask for.

`tiny_problem` draws from any `random.Random`, so that a seed names a problem, and Hypothesis can
draw (and shrink) the same ones.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import strategies as st

from broker.catalog.network import Network
from broker.domain.accelerators import Accelerator
from broker.domain.fleet import DataReplica, Fleet, Placement
from broker.domain.geography import RegionKey, ZoneKind
from broker.domain.ids import ClusterName, PoolName, ProviderName, ReservationName, TeamName, ZoneId
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.spec import (
    Budget,
    Dataset,
    Objective,
    ProviderScope,
    Quota,
    QuotaUnit,
    Replication,
    Reservation,
)
from broker.domain.workloads import Checkpoint, LargestShares, Nearness, Workload
from broker.placement.interruptions import with_reclaims
from broker.placement.problem import Problem, with_reservations
from tests.fakes.problems import (
    A100_80,
    COUNTRIES,
    EAST,
    FRANKFURT,
    H100,
    L4,
    NETHERLANDS,
    NOW,
    clients,
    dataset,
    network,
    offer,
    problem,
    quota,
    reading,
    sliced,
    within,
    workload,
)

REGIONS = tuple(COUNTRIES)
SPOT, ON_DEMAND = CapacityType.SPOT, CapacityType.ON_DEMAND
DEVICES: tuple[tuple[Accelerator, Fraction], ...] = (
    *((H100, Fraction(n)) for n in (1, 2, 4, 8, 8, 8)),
    *((A100_80, Fraction(n)) for n in (2, 8)),
    (L4, Fraction(4)),
    (L4, Fraction(1, 2)),
)
COUNTS = (1, 1, 2, 3, "1/2", "3/5", "1/3", "2/5", "1/4")
PROFILES = ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb")


def seeded(seed: int) -> Problem:
    """The problem that *seed* names."""
    return tiny_problem(Random(seed))  # noqa: S311 - a test wants the same numbers every time


def tiny_problems() -> st.SearchStrategy[Problem]:
    """The same, drawn and shrunk by Hypothesis."""
    return st.randoms(use_true_random=False).map(tiny_problem)


def tiny_problem(random: Random) -> Problem:
    """Three to six offers, one to three workloads, and some of the limits there are."""
    offers = _offers(random)
    workloads = [
        _workload(random, f"w{number}", offers) for number in range(random.choice((1, 2, 2, 3)))
    ]
    made = problem(
        offers,
        *workloads,
        providers=(_cloud(random, "aws"), _cloud(random, "gcp")),
        clients=(clients(FRANKFURT, *([EAST] if random.random() < 0.3 else [])),),
        datasets=(_dataset(random, "corpus"), _dataset(random, "frames")),
        quotas=tuple(_quota(random, f"q{n}", offers) for n in range(random.choice((0, 0, 1, 2)))),
    )
    made = replace(made, spec=replace(made.spec, workloads=tuple(_related(random, workloads))))
    banned = frozenset({random.choice(offers).name} if random.random() < 0.1 else ())
    sold_out = {name: "sold out" for name in banned if len(name) % 2}
    banned -= sold_out.keys()
    made = replace(made, network=_network(random), banned=banned, sold_out=sold_out)
    made = _stating_overheads(random, made)
    made = _running(random, made, offers) if random.random() < 0.2 else made
    made = _reserved(random, made, offers) if random.random() < 0.35 else made
    made = _divided(random, made) if random.random() < 0.15 else made
    made = _budgeted(random, made) if random.random() < 0.2 else made
    made = _timed(random, made) if random.random() < 0.25 else made
    made = _reclaimed(random, made) if random.random() < 0.2 else made
    made = _asked(random, made) if random.random() < 0.6 else made
    return _spanning(random, made) if random.random() < 0.4 else made


def _offers(random: Random) -> Sequence[Offer]:
    made = [offer_at_random(random, f"t{number}") for number in range(random.randrange(4, 8))]
    return list({made_offer.name: made_offer for made_offer in made}.values())


def offer_at_random(random: Random, name: str) -> Offer:
    """One node shape somewhere, sometimes without a price or in a local zone."""
    accelerator, count = random.choice(DEVICES)
    made = offer(
        name,
        str(round(random.uniform(0.5, 12), 3)),
        region=random.choice(REGIONS),
        accelerator=accelerator,
        count=count,
        vcpus=random.choice((16, 32, 64)),
        memory_gib=random.choice((64, 128)),
        capacity_type=random.choice((SPOT, ON_DEMAND)),
    )
    if random.random() < 0.06:
        made = replace(made, price=None)
    if random.random() < 0.06:
        made = replace(made, zone=ZoneId("local-1"), zone_kind=ZoneKind.LOCAL_ZONE)
    return made


def _workload(random: Random, name: str, offers: Sequence[Offer]) -> Workload:
    model = random.choice(offers).accelerator.model
    made = workload(
        name,
        model=model,
        count=random.choice(COUNTS),
        replicas=random.choice((1, 2, 3, 4)),
        hours=random.choice((None, None, None, 100, Fraction(100, 3))),
        vcpus=random.choice((0, 0, 1, 3, 5)),
        memory_mib=random.choice((0, 10, 40)) * 1024,
        is_gang=random.random() < 0.25,
        capacity_types=random.choice(
            (frozenset({SPOT, ON_DEMAND}),) * 5 + (frozenset({ON_DEMAND}),)
        ),
    )
    if model != "L4" and random.random() < 0.3:
        made = sliced(made, random.choice(PROFILES), random.choice(("H100", "A100")))
        made = replace(made, accelerators=replace(made.accelerators, count=Fraction(1)))
    return _somewhere(random, made)


def _somewhere(random: Random, made: Workload) -> Workload:
    """*made*, sometimes bound to places."""
    if random.random() < 0.2 and not made.is_gang and made.replicas.minimum > 1:
        made = replace(made, spread_regions=random.choice((2, 2, 2, 3)))
    if random.random() < 0.25:
        made = within(made, random.choice((20, 95, 95, 95)))
    if random.random() < 0.3:
        made = reading(made, *random.choice((("corpus",), ("frames",), ("corpus", "frames"))))
    if random.random() < 0.1:
        made = replace(made, residency=frozenset({random.choice(("EU", "US", "DE"))}))
    return made


def _related(random: Random, workloads: Sequence[Workload]) -> Sequence[Workload]:
    """The last of *workloads* near or apart from the first, sometimes."""
    first, last = workloads[0], workloads[-1]
    if first is last or random.random() < 0.75:
        return workloads
    if random.random() < 0.5:
        last = replace(last, apart=frozenset({first.name}))
    else:
        bound = random.choice((0.0, 10.0, 90.0))
        last = replace(last, near=(Nearness(workload=first.name, round_trip_ms=bound),))
    return (*workloads[:-1], last)


def _reserved(random: Random, made: Problem, offers: Sequence[Offer]) -> Problem:
    """*made*, with some nodes paid already, now and then not for long enough."""
    example = random.choice(offers)
    regions = [region for region in REGIONS if region.provider == example.region.provider]
    paid = Reservation(
        name=ReservationName("block"),
        region=random.choice([example.region, example.region, *regions]),
        machine_type=example.machine_type,
        nodes=random.choice((1, 1, 1, 2)),
        ends=random.choice((None, None, NOW + timedelta(hours=200))),
    )
    stated = (paid, *_namesakes(random, paid, offers))
    return with_reservations(replace(made, spec=replace(made.spec, reservations=stated)))


def _namesakes(random: Random, paid: Reservation, offers: Sequence[Offer]) -> Sequence[Reservation]:
    """Now and then another of its name: elsewhere, in a zone, or of another machine type."""
    if random.random() < 0.7:
        return ()
    other = random.choice(offers)
    namesake = replace(
        paid,
        region=other.region,
        zone=random.choice((None, ZoneId("z1"), ZoneId("z2"))),
        machine_type=other.machine_type,
        nodes=random.choice((1, 2)),
        ends=random.choice((None, NOW + timedelta(hours=200))),
    )
    return () if namesake.key == paid.key else (namesake,)


def _asked(random: Random, made: Problem) -> Problem:
    """*made*, with services whose replicas answer so many requests and no more."""
    places = random.choice(((FRANKFURT, EAST), (FRANKFURT, EAST), (FRANKFURT, NETHERLANDS, EAST)))
    workloads = tuple(
        work
        if work.latency is None
        else replace(
            work,
            latency=replace(
                work.latency,
                round_trip_ms=random.choice((20.0, 20.0, 95.0)),
                response_bytes=random.choice((None, 5_000, 200_000)),
                requests_per_replica=Fraction(100, work.replicas.minimum)
                * random.choice((1, Fraction(3, 2), 3)),
            ),
        )
        for work in made.spec.workloads
    )
    users = replace(clients(*places), requests_per_second=Fraction(100))
    egress = dict(made.network.egress_per_gb)
    egress[FRANKFURT, None] = Money.parse(random.choice(("0.05", "0.12")))
    return replace(
        made,
        network=replace(made.network, egress_per_gb=egress),
        spec=replace(made.spec, workloads=workloads, clients=(users,)),
    )


def _reclaimed(random: Random, made: Problem) -> Problem:
    """*made*, with spot nodes that are taken back now and then."""
    rate, restart = random.choice((Fraction(1, 100), Fraction(1, 7))), random.choice((0, 600, 7200))
    workloads = tuple(
        replace(
            work,
            restart_seconds=restart,
            checkpoint=random.choice(
                (None, Checkpoint(every_seconds=1800, size_bytes=0, store="s3://store/x"))
            ),
        )
        for work in made.spec.workloads
    )
    return replace(
        made,
        spec=replace(made.spec, workloads=workloads),
        offers=with_reclaims(made.offers, rate),
    )


def _timed(random: Random, made: Problem) -> Problem:
    """*made*, with services that may grow, and bursts that state when they may run."""
    return replace(
        made,
        spec=replace(
            made.spec, workloads=tuple(_when(random, work) for work in made.spec.workloads)
        ),
    )


def _when(random: Random, work: Workload) -> Workload:
    if work.run.hours is not None:
        starts = NOW + timedelta(hours=random.choice((0, 0, 150, 300)))
        ends = starts + timedelta(hours=random.choice((120, 200, 400)))
        return replace(work, run=replace(work.run, starts=starts, ends=ends))
    if work.is_gang or random.random() < 0.3:
        return work
    most = work.replicas.minimum * random.choice((1, 2, 3)) + random.choice((0, 1))
    return replace(work, replicas=replace(work.replicas, maximum=most, grows=True))


def _budgeted(random: Random, made: Problem) -> Problem:
    """*made*, with one or two teams that must not be charged much more than they have to be."""
    teams = [TeamName(random.choice(("ml", "web"))) for _ in made.spec.workloads]
    workloads = tuple(
        replace(w, team=team) for w, team in zip(made.spec.workloads, teams, strict=True)
    )
    budgets = tuple(
        (
            team,
            Money.parse(
                str(round(sum(_usual(random, w, made) for w in workloads if w.team == team)))
            ),
        )
        for team in sorted(set(teams))
    )
    budget = Budget(monthly=Money.parse("1000000000"), teams=budgets)
    return replace(made, spec=replace(made.spec, workloads=workloads, budget=budget))


def _usual(random: Random, work: Workload, made: Problem) -> float:
    """What *work* might be charged on some offer of its model, give or take a half."""
    prices = [
        offer.price_per_gpu_hour.to_float()
        for offer in made.offers
        if offer.price_per_gpu_hour and work.accelerators.any_of[0].accepts(offer.accelerator)
    ]
    devices = float(work.accelerators.count * work.replicas.minimum)
    hours = float(work.run.paid_hours)
    return random.choice(prices or [1]) * devices * hours * random.choice((0.9, 1.5, 3))


def _divided(random: Random, made: Problem) -> Problem:
    """*made*, with workloads that must not be in one place, and offers in zones."""
    workloads = [
        w
        if w.is_gang or w.replicas.minimum == 1
        else replace(
            w,
            at_most=LargestShares(
                spot=random.choice((None, Fraction(1, 2))),
                spot_pool=random.choice((None, Fraction(1, 3), Fraction(1, 2))),
                zone=random.choice((None, None, Fraction(1, 2), Fraction(2, 3))),
            ),
        )
        for w in made.spec.workloads
    ]
    made = replace(made, spec=replace(made.spec, workloads=tuple(workloads)))
    if made.recorded is not None or made.banned or made.sold_out:
        return made  # those name their offers, and a zone changes the name
    zones = [random.choice((None, "z1", "z2")) for _ in made.offers]
    return replace(
        made,
        offers=tuple(
            replace(o, zone=ZoneId(zone)) if zone and not (o.zone or o.reservation) else o
            for o, zone in zip(made.offers, zones, strict=True)
        ),
    )


def _running(random: Random, made: Problem, offers: Sequence[Offer]) -> Problem:
    """*made*, with some of it running already, and a will to leave it there."""
    placements = [
        Placement(
            workload=workload.name,
            team=workload.team,
            cluster=ClusterName("there"),
            pool=PoolName(f"pool-{number}-{part}"),
            offer=home,
            replicas=max(1, workload.replicas.minimum + random.choice((-1, 0, 0, 1))),
            nodes=1,
            hourly=Money.parse("1"),
            monthly=Money.parse(str(random.choice((730, 5000)))),
        )
        for number, workload in enumerate(made.spec.workloads)
        if random.random() < 0.8
        for part, home in enumerate(_homes(random, workload, offers))
    ]
    recorded = Fleet(
        clusters=(),
        placements=tuple(placements),
        replicas=tuple(_copies(random, made)),
        cloud_fixed_monthly=(),
    )
    objective = Objective(stability=Fraction(random.choice((2, 20, 50)), 100))
    return replace(made, spec=replace(made.spec, objective=objective), recorded=recorded)


def _homes(random: Random, workload: Workload, offers: Sequence[Offer]) -> Sequence[Offer]:
    """One offer, or two of a workload that may be divided: then more may run than is wanted now."""
    divided = not workload.is_gang and random.random() < 0.4
    return random.sample(offers, min(len(offers), 2 if divided else 1))


def _copies(random: Random, made: Problem) -> Sequence[DataReplica]:
    """Copies that are there already, some of them of an older and larger state."""
    return [
        DataReplica(
            dataset=copied.name,
            source=copied.home,
            destination=random.choice([region for region in REGIONS if region != copied.home]),
            size_bytes=copied.size_bytes * random.choice((1, 1, 1, 2)),
            egress_once=Money(0),
            storage_monthly=None,
            readers=(),
        )
        for copied in made.spec.datasets
        if random.random() < 0.6
    ]


def _cloud(random: Random, provider: str) -> ProviderScope:
    regions = [region.region for region in REGIONS if region.provider == provider]
    left_out = {random.choice(regions)} if random.random() < 0.06 else set()
    return ProviderScope(
        provider=ProviderName(provider),
        regions=None,
        excluded=frozenset(left_out),
        fixed_monthly=Money.parse(random.choice(("0", "0", "500"))),
    )


def _dataset(random: Random, name: str) -> Dataset:
    return dataset(
        random.choice((EAST, FRANKFURT)),
        name=name,
        size_gb=random.choice((100, 10_000)),
        replication=random.choice((Replication.ALLOWED,) * 4 + (Replication.FORBIDDEN,)),
    )


def _quota(random: Random, name: str, offers: Sequence[Offer]) -> Quota:
    unit, limits = random.choice(
        (
            (QuotaUnit.NODES, (1, 2, 3)),
            (QuotaUnit.ACCELERATORS, (2, 4, 8, 16)),
            (QuotaUnit.VCPUS, (32, 64, 128)),
        )
    )
    made = quota(random.choice(limits), unit, name=name, provider=random.choice(("aws", "gcp")))
    example = random.choice(offers)
    narrowed: dict[str, Any] = random.choice(
        (
            {},
            {},
            {"region": example.region.region},
            {"capacity_types": frozenset({SPOT})},
            {"accelerator": example.accelerator.model},
            {"accelerator": example.accelerator.name},
            {"machine_type": example.machine_type},
            {"family": example.family},
        )
    )
    return replace(made, **narrowed)


def _spanning(random: Random, made: Problem) -> Problem:
    """*made*, one of its quotas counting all regions of its cloud together."""
    own = [n for n, quota in enumerate(made.spec.quotas) if quota.reservation is None]
    if not own:
        return made
    number = random.choice(own)
    quotas = tuple(replace(q, spans=n == number) for n, q in enumerate(made.spec.quotas))
    return replace(made, spec=replace(made.spec, quotas=quotas))


def _network(random: Random) -> Network:
    """Some distances were never measured, some ways have no price, some clusters and copies neither."""
    made = network(overhead=random.choice(("0", "0.10", "1.5")))
    if random.random() < 0.2:
        made = replace(made, overhead_hourly=_without(made.overhead_hourly, "gcp"))
    if random.random() < 0.1:
        made = replace(made, egress_per_gb=_without(made.egress_per_gb, (EAST, None)))
    if random.random() < 0.1:
        pair: tuple[RegionKey, RegionKey] = (FRANKFURT, NETHERLANDS)
        made = replace(made, round_trips_ms=_without(made.round_trips_ms, pair))
    if random.random() < 0.1:
        made = replace(made, storage_per_gb_month=_without(made.storage_per_gb_month, "gcp"))
    return made


def _stating_overheads(random: Random, made: Problem) -> Problem:
    """*made*, its spec sometimes saying what a cluster costs where no table does."""
    if "gcp" in made.network.overhead_hourly or random.random() < 0.5:
        return made
    providers = tuple(
        replace(scope, cluster_hourly=Money.parse("0.25")) if scope.provider == "gcp" else scope
        for scope in made.spec.providers
    )
    return replace(made, spec=replace(made.spec, providers=providers))


def _without(table: dict[Any, Any], key: Any) -> dict[Any, Any]:
    return {known: value for known, value in table.items() if known != key}
