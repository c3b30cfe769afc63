"""Addresses of clusters and pools, as -target, -exclude and -replace take them, and what they mean."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

from broker.domain.diagnostics import Diagnostic
from broker.domain.errors import UsageInvalid
from broker.domain.ids import ClusterName, PoolName

T = TypeVar("T")

Pools = Mapping[ClusterName, Collection[PoolName]]

OTHER_KINDS = ("workload.", "data.")
"""What plans show too, and what is not changed by itself."""

GUESSES = 2


def spellings(pools: Pools) -> dict[str, tuple[ClusterName, PoolName | None]]:
    """Each cluster and pool by every address that it has.

    A cluster is `cluster.NAME` or NAME. A pool is `pool.CLUSTER.NAME`, CLUSTER/NAME, or NAME alone if
    no other cluster has a pool of that name.
    """
    found: dict[str, tuple[ClusterName, PoolName | None]] = {}
    counts = Counter(pool for inside in pools.values() for pool in inside)
    for cluster, inside in pools.items():
        for pool in inside:
            pairs = [f"pool.{cluster}.{pool}", f"{cluster}/{pool}"]
            names = [*pairs, *([str(pool)] if counts[pool] == 1 else [])]
            found |= dict.fromkeys(names, (cluster, pool))
    for cluster in pools:
        found |= dict.fromkeys([str(cluster), f"cluster.{cluster}"], (cluster, None))
    return found


def meant(addresses: Iterable[str], known: Mapping[str, T]) -> list[T]:
    """What *addresses* mean among *known*, in their order; raises UsageInvalid for all that mean nothing."""
    given = list(addresses)
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UsageInvalid(*(_unknown(address, known) for address in unknown))
    return [known[address] for address in given]


def guess(word: str, names: Collection[str]) -> str:
    """`Did you mean aws-us-east-1? `, with a space to go on after it; nothing if none is like it."""
    close = get_close_matches(word, sorted(names), n=1, cutoff=0.7)
    return f"Did you mean {close[0]}? " if close else ""


def _unknown(address: str, known: Collection[str]) -> Diagnostic:
    alike = _alike(address, sorted(n for n in known if n.startswith(("cluster.", "pool."))))
    hint = "`broker plan` shows the addresses: cluster.NAME and pool.CLUSTER.NAME."
    if address.startswith(OTHER_KINDS):
        hint = "Name the cluster or the pool that it is on. " + hint
    elif alike:
        hint = f"Did you mean {' or '.join(alike[:GUESSES])}? " + hint
    return Diagnostic(
        code="address-unknown",
        subject=address,
        summary=f"No cluster and no pool of this fleet has the address {address}",
        hint=hint,
    )


def _alike(address: str, shown: list[str]) -> list[str]:
    """Those of *shown* that may be meant, and never a whole cluster for a pool.

    Who follows a guess without a look would change all of it.
    """
    if address.startswith("pool.") or "/" in address:
        pools = [name for name in shown if name.startswith("pool.")]
        for name in shown:
            kind, _, cluster = name.partition(".")
            for prefix in (f"pool.{cluster}.", f"{cluster}/"):
                if kind == "cluster" and address.startswith(prefix):
                    return _of_cluster(address.removeprefix(prefix), cluster, pools)
        shown = pools
    alike = [name for name in shown if name.endswith(f".{address}")]
    alike = alike or get_close_matches(address, shown, n=GUESSES, cutoff=0.7)
    return alike or _alike_without_kind(address, shown)


def _of_cluster(word: str, cluster: str, pools: list[str]) -> list[str]:
    """The pools of *cluster* of which the name itself is like *word*."""
    prefix = f"pool.{cluster}."
    names = [name.removeprefix(prefix) for name in pools if name.startswith(prefix)]
    return [f"{prefix}{hit}" for hit in get_close_matches(word, names, n=GUESSES, cutoff=0.7)]


def _alike_without_kind(address: str, shown: list[str]) -> list[str]:
    """Those that are like it but for their prefix."""
    bare = {name.partition(".")[2]: name for name in shown}
    return [bare[hit] for hit in get_close_matches(address, bare, n=GUESSES, cutoff=0.7)]
