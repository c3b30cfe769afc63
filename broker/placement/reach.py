"""From where all clients of a workload can be served: the fewest regions, each with a replica of its own."""

from collections.abc import Iterable
from fractions import Fraction

from broker.domain.geography import RegionKey
from broker.domain.wording import many
from broker.domain.workloads import Workload
from broker.placement.hitting import lightest
from broker.placement.problem import Problem
from broker.placement.rules import client_places, within_reach


def fewest_regions(
    workload: Workload, regions: Iterable[RegionKey], problem: Problem
) -> list[RegionKey]:
    """The fewest of *regions*, the first ones, with one within reach of each place; none if there are none.

    A workload without a latency bound has no places.
    """
    by_name = {str(region): region for region in regions}
    sets = [
        frozenset(n for n, region in by_name.items() if within_reach(workload, region, p, problem))
        for p in client_places(workload, problem)
    ]
    if not all(sets):
        return []
    weights = {name: (Fraction(1), Fraction(rank)) for rank, name in enumerate(by_name)}
    chosen = lightest(sets, weights)
    return [region for name, region in by_name.items() if name in chosen]


def units_of(workload: Workload) -> int:
    """In how many regions it can be at once: a gang in one, else each replica in another."""
    return 1 if workload.is_gang else workload.replicas.minimum


def lacks_replicas(workload: Workload, chosen: list[RegionKey]) -> str:
    """That it has too few replicas for one in each of *chosen* regions, the fewest; nothing if not so."""
    if workload.latency is None or len(chosen) <= units_of(workload):
        return ""
    has = (
        "a gang is in one" if workload.is_gang else f"it has {many(units_of(workload), 'replica')}"
    )
    return (
        f"each place of {workload.latency.clients} needs a replica of {workload.name} within "
        f"{workload.latency.round_trip_ms:g} ms, which takes {many(len(chosen), 'region')} at the "
        f"least, as {' and '.join(map(str, chosen))}; {has}"
    )


def more_replicas(workload: Workload, needed: int, *, has_regions: bool) -> str:
    """What to do where it takes *needed* regions to serve all clients; whether it *has_regions* enough."""
    if workload.is_gang:
        return "Raise latency.round-trip-ms, or move the clients' places: a gang is in one region."
    regions = "" if has_regions else " and name more regions under providers"
    return f"Ask for replicas: {needed} or more{regions}, or raise latency.round-trip-ms."
