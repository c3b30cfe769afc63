"""How much of the market a plan saw, and how old its prices are."""

from collections.abc import Sequence
from typing import Any

from broker.catalog.gaps import gaps
from broker.catalog.snapshot import Coverage, Snapshot
from broker.domain.geography import RegionKey
from broker.domain.offers import Offer
from broker.domain.regions import RegionStatus
from broker.domain.spec import FleetSpec, ProviderScope

NOT_ASKED = "not-asked"
"""The status of a region that the spec names and no source knows."""


def coverage_document(spec: FleetSpec, snapshot: Snapshot) -> dict[str, Any]:
    """Per cloud that *spec* names: regions, offers and dates of prices, within its scope."""
    offers = [
        offer
        for offer in snapshot.offers
        if any(scope.includes(offer.region) for scope in spec.providers)
    ]
    regions = [
        region
        for region in snapshot.coverage
        if any(scope.includes(region.region) for scope in spec.providers)
    ]
    unasked = [gap.region for gap in gaps(spec, snapshot.coverage) if not gap.answers]
    answered = {r.region for r in regions if r.status is RegionStatus.OK}
    return {
        "offers": len(offers),
        **_dates(offers),
        "clouds": [
            _cloud(scope, regions, offers, unasked)
            for scope in sorted(spec.providers, key=lambda scope: scope.provider)
        ],
        "missing": [
            _missing(region.region, region.status.value, region)
            for region in regions
            if region.region not in answered
        ]
        + [_missing(region, NOT_ASKED, None) for region in unasked],
    }


def _missing(region: RegionKey, status: str, kept: Coverage | None) -> dict[str, Any]:
    """A region without an answer, and what is kept of an earlier one: how much, and since when."""
    has_offers = kept is not None and kept.offers > 0
    return {
        "region": str(region),
        "status": status,
        "source": kept.source if kept else None,
        "offers": kept.offers if kept else 0,
        "oldest": kept.fetched_at.isoformat() if kept and has_offers else None,
    }


def _cloud(
    scope: ProviderScope,
    regions: Sequence[Coverage],
    offers: Sequence[Offer],
    unasked: Sequence[RegionKey],
) -> dict[str, Any]:
    own_regions = [region for region in regions if scope.includes(region.region)]
    own_offers = [offer for offer in offers if scope.includes(offer.region)]
    return {
        "provider": scope.provider,
        "regions_ok": len({r.region for r in own_regions if r.status is RegionStatus.OK}),
        "regions_total": len(
            {region.region for region in own_regions} | set(filter(scope.includes, unasked))
        ),
        "offers": len(own_offers),
        "offers_without_price": sum(offer.price is None for offer in own_offers),
        **_dates(own_offers),
        "sources": sorted({region.source for region in own_regions}),
    }


def _dates(offers: Sequence[Offer]) -> dict[str, Any]:
    """The oldest and newest instant of known prices, None where there are none."""
    instants = [offer.fetched_at for offer in offers if offer.price is not None]
    return {
        "oldest": min(instants).isoformat() if instants else None,
        "newest": max(instants).isoformat() if instants else None,
    }
