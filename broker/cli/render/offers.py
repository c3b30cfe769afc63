"""Offers as a table or as JSON, one by one or summed up by accelerator."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from broker.catalog.query import AcceleratorSummary, sold_in
from broker.catalog.standing import UNTOLD, Standing
from broker.cli.render.figures import age, capacity, count, gib, price
from broker.cli.render.lines import flowing
from broker.cli.render.style import Style
from broker.cli.render.table import LAST, Column, fitting, left_out, render_table
from broker.domain.money import Money
from broker.domain.offers import CapacityType, Offer
from broker.domain.wording import many
from broker.usecases.offers import OffersFound

CURRENCY = "USD"
"""In which an unknown price would be stated."""


def offer_document(offer: Offer, found: OffersFound) -> dict[str, Any]:
    """One offer for programs. `count` is a number; `count_exact` says `1/6` where it is rounded."""
    per_gpu = offer.price_per_gpu_hour
    region = found.regions.get(offer.region)
    standing = found.standings.get(offer.name, UNTOLD)
    return {
        "provider": offer.region.provider,
        "region": offer.region.region,
        "zone": offer.zone,
        "zone_kind": offer.zone_kind.value if offer.zone else None,
        "zones": list(sold_in(offer)),
        "country": region.country if region else None,
        "jurisdictions": sorted(region.jurisdictions) if region else [],
        "machine_type": offer.machine_type,
        "family": offer.family,
        "accelerator": offer.accelerator.name,
        "accelerator_kind": offer.accelerator.kind.value,
        "accelerator_memory_mib": offer.accelerator.memory_mib,
        "count": _number(offer.count),
        "count_exact": str(offer.count),
        "vcpus": offer.vcpus,
        "memory_mib": offer.memory_mib,
        "network_gbps": None if offer.network_gbps is None else _number(offer.network_gbps),
        "capacity_type": offer.capacity_type.value,
        "term_months": offer.term_months,
        "starts_at": _instant(offer.window.starts_at) if offer.window else None,
        "ends_at": _instant(offer.window.ends_at) if offer.window else None,
        "refused": standing.refused,
        "capacity_score": standing.score,
        "price": None if offer.price is None else str(offer.price),
        "currency": CURRENCY if offer.price is None else offer.price.currency,
        "price_per_gpu_hour": None if per_gpu is None else str(per_gpu),
        "fetched_at": _instant(offer.fetched_at),
        "source": offer.source,
    }


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def offers_document(found: OffersFound) -> dict[str, Any]:
    """The whole answer for programs: complete, in the order asked for."""
    return {"offers": [offer_document(offer, found) for offer in found.offers]}


def groups_document(found: OffersFound) -> dict[str, Any]:
    """The summary by accelerator for programs."""
    return {
        "groups": [
            {
                "accelerator": group.accelerator.name,
                "accelerator_kind": group.accelerator.kind.value,
                "accelerator_memory_mib": group.accelerator.memory_mib,
                "counts": [_number(each) for each in group.counts],
                "providers": list(group.providers),
                "regions": group.regions,
                "machine_types": group.machine_types,
                "offers": group.offers,
                "unknown_prices": group.unknown_prices,
                "cheapest": {
                    kind.value: offer_document(offer, found)
                    for kind, offer in sorted(group.cheapest.items())
                },
            }
            for group in found.by_accelerator()
        ]
    }


def _number(value: Any) -> int | float:
    return int(value) if value == int(value) else round(float(value), 6)


def render_offers(
    found: OffersFound, *, limit: int, now: datetime, width: int, style: Style
) -> str:
    """The table of the first *limit* offers (0: of all), and what it rests on."""
    shown = found.offers[:limit] if limit else found.offers
    if not shown:
        return _nothing(found)
    sources = sorted({offer.source for offer in shown})
    columns = _columns(shown, now, sources, found.standings)
    kept = fitting(columns, width)
    notes = [*left_out(columns, kept), _matched(found, len(shown))]
    if found.unpriced:
        notes.append(f"{found.unpriced:,} more left out: no source states their price.")
    notes.append(f"Prices are {_ages(shown, now)} old, in {CURRENCY}.")
    if any(column.title == _SOURCE for column in kept):
        notes += [f"Source {n}: {source}" for n, source in enumerate(sources, start=1)]
    else:
        title = "Sources" if len(sources) > 1 else "Source"
        notes.append(f"{title}: {', '.join(sources)}")
    return _page(kept, [*notes, *_gaps(found)], width, style)


def _page(columns: Sequence[Column], notes: Iterable[str], width: int, style: Style) -> str:
    lines = (style.dim(flowing(note, width, indent=NOTE_INDENT)) for note in notes)
    return "\n".join([render_table(columns, style), "", *lines])


NOTE_INDENT = "  "
GAPS_SHOWN = 3
_SOURCE = "SRC"
_AGE = "AGE"
_SCORE = "SCORE"


def _columns(
    offers: Sequence[Offer],
    now: datetime,
    sources: list[str],
    standings: Mapping[str, Standing],
) -> list[Column]:
    def cells(text: Callable[[Offer], str]) -> list[str]:
        return [text(offer) for offer in offers]

    columns = [
        Column(title="GPU", cells=cells(lambda o: o.accelerator.name)),
        Column(title="COUNT", cells=cells(lambda o: count(o.count)), right=True),
        Column(
            title="GPU MEM",
            cells=cells(lambda o: f"{o.accelerator.memory_gib} GiB"),
            right=True,
            expendable=4,
        ),
        Column(title="CLOUD", cells=cells(lambda o: o.region.provider)),
        Column(title="REGION/ZONE", cells=cells(_place), breakable=True),
        Column(title="MACHINE TYPE", cells=cells(lambda o: o.machine_type), breakable=True),
        Column(title="vCPU", cells=cells(lambda o: str(o.vcpus)), right=True, expendable=3),
        Column(title="MEM GiB", cells=cells(lambda o: gib(o.memory_mib)), right=True, expendable=2),
        Column(
            title="CAPACITY",
            cells=cells(_capacity),
            breakable=True,
        ),
        Column(title="$/H", cells=cells(lambda o: price(o.price)), right=True),
        Column(
            title="$/GPU-H",
            cells=cells(lambda o: price(o.price_per_gpu_hour)),
            right=True,
            expendable=LAST,
        ),
    ]
    told = cells(lambda o: _standing(standings.get(o.name, UNTOLD)))
    if any(told):
        columns.append(Column(title=_SCORE, cells=told, right=True, expendable=5))
    ages = cells(lambda o: age(now - o.fetched_at))
    if len(set(ages)) > 1:
        columns.append(Column(title=_AGE, cells=ages, right=True, expendable=5))
    if len(sources) > 1:
        numbers = cells(lambda o: str(sources.index(o.source) + 1))
        columns.append(Column(title=_SOURCE, cells=numbers, right=True, expendable=1))
    return columns


def _capacity(offer: Offer) -> str:
    text = capacity(offer.capacity_type, offer.term_months)
    if offer.window is None:
        return text
    hours = round((offer.window.ends_at - offer.window.starts_at).total_seconds() / 3600)
    return f"{text} {hours} h from {offer.window.starts_at:%Y-%m-%d %H:%M}"


def _standing(standing: Standing) -> str:
    """`7/10`, or that this account is refused."""
    if standing.refused is not None:
        return "refused"
    return "" if standing.score is None else f"{standing.score}/10"


def _place(offer: Offer) -> str:
    """The zone where there is one: its name contains the region's, or stands beside it."""
    region = offer.region.region
    if offer.zone is None:
        return region
    return offer.zone if offer.zone.startswith(region) else f"{region}/{offer.zone}"


def render_groups(
    found: OffersFound, *, limit: int, now: datetime, width: int, style: Style
) -> str:
    """One line per accelerator (the first *limit*, 0: all): its cheapest offers, demand and spot."""
    everything = found.by_accelerator()
    groups = everything[:limit] if limit else everything
    if not groups:
        return _nothing(found)
    columns = [
        Column(title="GPU", cells=[g.accelerator.name for g in groups]),
        Column(
            title="GPU MEM", cells=[f"{g.accelerator.memory_gib} GiB" for g in groups], right=True
        ),
        Column(title="COUNTS", cells=[_counts(g) for g in groups], expendable=2),
        Column(title="CLOUDS", cells=[" ".join(g.providers) for g in groups]),
        Column(title="REGIONS", cells=[str(g.regions) for g in groups], right=True, expendable=1),
        Column(title="OFFERS", cells=[f"{g.offers:,}" for g in groups], right=True),
    ]
    for title, kind in (("ON-DEMAND", CapacityType.ON_DEMAND), ("SPOT", CapacityType.SPOT)):
        best = [group.cheapest.get(kind) for group in groups]
        figures = [price(_per_gpu(offer)) if offer else "-" for offer in best]
        where = [str(offer.region) if offer else "" for offer in best]
        columns.append(Column(title=f"{title} $/GPU-H", cells=figures, right=True))
        columns.append(Column(title="IN", cells=where, expendable=3))
    kept = fitting(columns, width)
    unknown = sum(group.unknown_prices for group in everything)
    notes = [
        *left_out(columns, kept),
        _summed_up(found, len(groups), len(everything)),
        f"With an unknown price, and never the cheapest: {unknown:,}.",
        f"Prices are {_ages(found.offers, now)} old, in {CURRENCY}.",
        *_gaps(found),
    ]
    return _page(kept, notes, width, style)


def _per_gpu(offer: Offer) -> Money | None:
    return offer.price_per_gpu_hour


def _counts(group: AcceleratorSummary) -> str:
    least, most = count(group.counts[0]), count(group.counts[-1])
    return least if least == most else f"{least} to {most}"


def _nothing(found: OffersFound) -> str:
    left_out = f" {found.unpriced:,} have an unknown price." if found.unpriced else ""
    return f"No offer matches, of {found.total:,}.{left_out}"


def _matched(found: OffersFound, shown: int) -> str:
    unknown = sum(offer.price is None for offer in found.offers)
    parts = [f"{len(found.offers):,} of {found.total:,} offers match"]
    if unknown:
        parts.append(f"{unknown:,} of them with an unknown price")
    return "; ".join(parts) + f"{_shown(shown, len(found.offers))}."


def _summed_up(found: OffersFound, shown: int, groups: int) -> str:
    offers = f"{len(found.offers):,} of {many(found.total, 'offer')}"
    return f"{many(groups, 'accelerator')} in {offers}{_shown(shown, groups)}."


def _shown(shown: int, matching: int) -> str:
    return f"; shown: {shown:,} (-limit=0 shows all)" if shown < matching else ""


def _ages(offers: Sequence[Offer], now: datetime) -> str:
    stated = [offer.fetched_at for offer in offers]
    youngest, oldest = age(now - max(stated)), age(now - min(stated))
    return youngest if youngest == oldest else f"{youngest} to {oldest}"


def _gaps(found: OffersFound) -> list[str]:
    """The regions that gave no answer, the first few by name."""
    gaps = found.coverage_gaps
    if not gaps:
        return []
    named = ", ".join(f"{gap.region} ({gap.status})" for gap in gaps[:GAPS_SHOWN])
    more = len(gaps) - GAPS_SHOWN
    return [f"Not covered: {named}" + (f" and {more} more" if more > 0 else "")]
