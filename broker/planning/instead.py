"""What one fleet buys and another does not: in a few words, where it takes its place."""

from collections import Counter

from broker.domain.fleet import Fleet


def bought_instead(fleet: Fleet, planned: Fleet) -> tuple[str, ...]:
    """The nodes of *fleet* that *planned* has not, by the names of their offers: `2 x gcp/us-east4/...`."""
    more = _nodes(fleet) - _nodes(planned)
    return tuple(f"{more[name]:,} x {name}" for name in sorted(more))


def _nodes(fleet: Fleet) -> Counter[str]:
    counted: Counter[str] = Counter()
    for pool in fleet.pools:
        counted[pool.offer.name] += pool.nodes
    return counted
