"""Answers of all providers into one snapshot."""

from collections.abc import Iterable
from dataclasses import replace

from broker.catalog.network import Network, network
from broker.catalog.snapshot import Coverage, Snapshot
from broker.domain.regions import RegionResult
from broker.ports.atlas import Atlas
from broker.ports.capacity import CapacityProvider


def merge(results: Iterable[RegionResult], atlas: Atlas) -> Snapshot:
    """Put the offers of all regions in one order; every region asked for is in the coverage."""
    ordered = sorted(results, key=lambda result: (result.region, result.source))
    return Snapshot(
        offers=tuple(
            sorted((o for result in ordered for o in result.offers), key=lambda offer: offer.name)
        ),
        coverage=tuple(
            Coverage(
                region=result.region,
                status=result.status,
                fetched_at=result.fetched_at,
                source=result.source,
                offers=len(result.offers),
            )
            for result in ordered
        ),
        network=_with_places(network(atlas), ordered),
        quotas=tuple(quota for result in ordered for quota in result.quotas),
        restrictions=tuple((r.region, stated) for r in ordered for stated in r.restrictions),
        scores=tuple((r.region, stated) for r in ordered for stated in r.scores),
    )


def _with_places(known: Network, results: Iterable[RegionResult]) -> Network:
    """*known*, and the regions that their providers describe themselves; an atlas goes first."""
    told = {result.place.key: result.place for result in results if result.place is not None}
    return replace(known, regions={**told, **known.regions}) if told else known


def everything(provider: CapacityProvider) -> list[RegionResult]:
    """Ask *provider* about each of its regions."""
    return [provider.discover(region) for region in provider.regions()]
