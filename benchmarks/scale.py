"""CPU seconds of a decision over 100,000 offers, step by step, for 1 to 100 workloads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.cheapest_alone import hourly
from benchmarks.measuring import print_table, timed
from benchmarks.tiled_catalog import tiled
from broker import bootstrap
from broker.catalog.snapshot import Snapshot
from broker.domain.money import Money
from broker.placement.candidates import Candidate, candidates, exclusion
from broker.placement.dominance import undominated
from broker.placement.graph import components
from broker.placement.market import columns
from broker.placement.market import market as remembered
from broker.placement.problem import Problem, problem
from broker.placement.search import ComponentAnswer, build, search
from broker.placement.shapes import item, most_on_one_node, node_shape
from broker.ports.progress import Silence
from broker.spec.load import parse
from broker.spec.lower import lower

OFFERS = 100_000
SIZES = {"independent": (1, 10, 30, 100), "coupled": (1, 10, 30)}
SCANNED = 30
"""The most workloads with which the comparator is run: it takes a second for each."""

HEAD = """\
apiVersion: broker/v1
fleet: scale
owner: benchmark
providers: {aws: {regions: all}, azure: {regions: all}, gcp: {regions: all}}
clients:
  - {name: europe, at: [aws/eu-west-1]}
  - {name: america, at: [aws/us-east-1]}
workloads:
"""

DEMANDS = (
    (
        "accelerators: {any-of: [{model: L4}, {model: A10G}], count: 1}, replicas: 4, cpu: 3,"
        " memory-gib: 12, residency: [EU]"
    ),
    (
        "accelerators: {model: A100, count: 8}, replicas: 2, cpu: 64, memory-gib: 500,"
        " capacity: [spot, on-demand]"
    ),
    (
        "accelerators: {any-of: [{model: T4}, {model: L4}], count: 0.25}, replicas: 10, cpu: 0.5,"
        " memory-gib: 2, latency: {to: europe, round-trip-ms: 50}"
    ),
    (
        "accelerators: {any-of: [{model: H100}, {model: H200}], count: 8}, gang: 16, cpu: 80,"
        " memory-gib: 800"
    ),
    (
        "accelerators: {any-of: [{model: T4}, {model: L4}, {model: A10}], count: 1}, replicas: 200,"
        " cpu: 3, memory-gib: 12, capacity: [spot, on-demand]"
    ),
    (
        "accelerators: {any-of: [{model: A100, memory-gib: 80}, {model: H100}], count: 1},"
        " replicas: 3, cpu: 8, memory-gib: 100, latency: {to: america, round-trip-ms: 60}"
    ),
    "accelerators: {model: V100, count: 4}, replicas: 6, cpu: 16, memory-gib: 100",
    (
        "accelerators: {any-of: [{model: Trainium}, {model: A100}], count: 8}, gang: 4, cpu: 40,"
        " memory-gib: 200"
    ),
    (
        "accelerators: {any-of: [{model: L40S}, {model: RTXPRO6000}], count: 1}, replicas: 8, cpu: 6,"
        " memory-gib: 40, residency: [US, CA]"
    ),
    (
        "accelerators: {any-of: [{model: MI300X}, {model: H200}, {model: B200}], count: 8},"
        " replicas: 1, cpu: 80, memory-gib: 900"
    ),
)
"""What one workload in ten wants, in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What a decision came to, and the CPU seconds of each step."""

    parts: int
    kept: int
    columns: int
    gap: float
    seconds: tuple[float, ...]
    alone_seconds: float | None


def main() -> None:
    """Print both tables."""
    market, seconds = timed(lambda: tiled(bootstrap.bundled_snapshot(), OFFERS))
    places = len({offer.region for offer in market.offers})
    print(f"{len(market.offers):,} offers in {places:,} regions, made in {seconds:.1f} s\n")
    _, seconds = timed(lambda: columns(market.offers))
    print(f"columns of them, made once for a snapshot: {seconds:.2f} CPU s\n")
    remembered(market.offers)
    for title, asked, sizes in (
        ("independent: work that ends, clusters without overhead", independent, "independent"),
        (
            "coupled: every second workload always runs, clusters have overheads",
            coupled,
            "coupled",
        ),
    ):
        _print(
            f"CPU seconds over {OFFERS:,} offers, {title}",
            [(n, asked(n, market)) for n in SIZES[sizes]],
        )
        print()


def independent(number: int, market: Snapshot) -> Problem:
    """*number* workloads that share nothing."""
    free = replace(
        market.network, overhead_hourly=dict.fromkeys(market.network.overhead_hourly, Money(0))
    )
    return _problem(["runs: {hours: 40}"] * number, replace(market, network=free))


def coupled(number: int, market: Snapshot) -> Problem:
    """*number* workloads that share pools and clusters."""
    return _problem([("runs: {hours: 40}", "runs: always")[n % 2] for n in range(number)], market)


def _problem(runs: Sequence[str], market: Snapshot) -> Problem:
    workloads = "".join(
        f"  - {{name: w{n}, kind: batch, {DEMANDS[n % len(DEMANDS)]}, {run}}}\n"
        for n, run in enumerate(runs)
    )
    document = parse(HEAD + workloads, "fleet.yaml")
    lowered = lower(
        document, bootstrap.bundled_snapshot().network.regions, bootstrap.accelerators()
    )
    return problem(lowered.spec, market)


def measure(asked: Problem) -> Steps:
    """The steps of `placement.solve`, each by itself, and the comparator."""
    found, ruling = timed(lambda: candidates(asked))
    lawful = found.by_workload
    kept, dominance = timed(lambda: undominated(asked, lawful))
    number = len(asked.spec.workloads)
    parts, graph = timed(lambda: components(asked, kept))
    models, modelling = timed(lambda: [build(asked, part) for part in parts])
    answers, searching = timed(lambda: [search(asked, part, Silence()) for part in parts])
    return Steps(
        parts=len(parts),
        kept=sum(map(len, kept.values())),
        columns=sum(len(v.model.columns) for v in models),
        gap=_gap(answers),
        # The search builds its model anew.
        seconds=(ruling, dominance, graph, modelling, searching - modelling),
        alone_seconds=timed(lambda: scan(asked))[1] if number <= SCANNED else None,
    )


def scan(asked: Problem) -> list[Candidate]:
    """The comparator: the cheapest lawful offer of each workload, every pair looked at in turn."""
    cheapest = []
    for workload in asked.spec.workloads:
        lawful = (
            Candidate(
                workload=workload,
                offer=offer,
                item=wanted,
                per_node=most_on_one_node(wanted, node_shape(offer)),
            )
            for offer in asked.offers
            if exclusion(workload, offer, asked) is None
            for wanted in [item(workload, offer)]
            if wanted is not None
        )
        cheapest.append(min(lawful, key=hourly))
    return cheapest


def _gap(answers: Sequence[ComponentAnswer]) -> float:
    objective = sum(answer.objective.micros for answer in answers)
    return 1 - sum(answer.bound.micros for answer in answers) / objective


def _print(title: str, problems: list[tuple[int, Problem]]) -> None:
    rows = []
    for number, asked in problems:
        steps = measure(asked)
        rows.append(
            [
                str(number),
                str(steps.parts),
                f"{steps.kept:,}",
                f"{steps.columns:,}",
                *(f"{seconds:.3f}" for seconds in steps.seconds),
                f"{sum(steps.seconds):.3f}",
                f"{steps.gap:.4%}",
                "-" if steps.alone_seconds is None else f"{steps.alone_seconds:.2f}",
            ]
        )
    print_table(
        title,
        [
            "workloads",
            "parts",
            "kept pairs",
            "variables",
            "rules",
            "dominance",
            "parts of graph",
            "model",
            "solver",
            "all",
            "gap",
            "scan, each alone",
        ],
        rows,
    )


if __name__ == "__main__":
    main()
