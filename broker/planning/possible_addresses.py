"""Typing errors in addresses, found before a fleet is decided: that may take a minute."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from broker.domain.ids import ClusterName
from broker.domain.offers import Offer
from broker.placement.assemble import cluster_name, slug
from broker.planning.addresses import Pools, meant, spellings


def check_possible(addresses: Collection[str], recorded: Pools, offers: Iterable[Offer]) -> None:
    """Refuse what no fleet over *offers* can have, before it is decided: raises UsageInvalid.

    Clusters are named for their regions, and pools for their machine types, so most typing errors are
    found without an answer to the whole question.
    """
    if not addresses:
        return
    sold: dict[ClusterName, set[str]] = defaultdict(set)
    for offer in offers:
        sold[cluster_name(offer.region)].add(slug(offer.machine_type))
    known = {**spellings(dict.fromkeys(sold, ())), **spellings(recorded)}
    unknown = [a for a in addresses if a not in known and not _may_be_a_pool(a, sold)]
    meant(unknown, known)


def _may_be_a_pool(address: str, sold: Mapping[ClusterName, Collection[str]]) -> bool:
    for cluster, machine_types in sold.items():
        for prefix in (f"pool.{cluster}.", f"{cluster}/"):
            if address.startswith(prefix):
                return _names_one_of(address.removeprefix(prefix), machine_types)
    is_bare = "." not in address and "/" not in address
    return is_bare and any(_names_one_of(address, types) for types in sold.values())


def _names_one_of(pool: str, machine_types: Collection[str]) -> bool:
    return any(machine_type in pool for machine_type in machine_types)
