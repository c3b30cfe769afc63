"""What a refresh came to: every region accounted for, as people read it and as programs do."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from broker.catalog.changes import PriceMove
from broker.cli.render.diagnostics import FORMAT_VERSION, diagnostic_document
from broker.cli.render.figures import age, price
from broker.cli.render.style import Style
from broker.cli.render.table import Column, render_table
from broker.domain.diagnostics import Diagnostic, Severity
from broker.domain.offers import Offer
from broker.domain.regions import RegionResult, RegionStatus
from broker.domain.wording import many
from broker.usecases.refresh import COMPLETE, Refreshed

MOST_SHOWN = 20
"""Lines of a list for people; -json is complete."""

MOST_FINDINGS = 10

MOST_ALIKE = 5
"""Regions that fail for one reason; more of them share a line."""


def region_document(result: RegionResult, now: datetime) -> dict[str, Any]:
    """One region: `age_seconds` is that of its oldest price, or of the asking if it has none."""
    return {
        "provider": result.region.provider,
        "region": result.region.region,
        "status": result.status.value,
        "age_seconds": max(0, round((now - result.fetched_at).total_seconds())),
        "offers": len(result.offers),
        "offers_without_price": sum(offer.price is None for offer in result.offers),
        "quotas": len(result.quotas),
        "source": result.source,
    }


def region_line(result: RegionResult, now: datetime) -> str:
    """One region as it comes, for programs."""
    return _line(
        "region_complete",
        f"{result.region}: {result.status}, {many(len(result.offers), 'offer')}",
        now,
        level="info" if result.status is RegionStatus.OK else "warn",
        **region_document(result, now),
        diagnostics=[diagnostic_document(finding) for finding in result.findings],
    )


def complete_line(refreshed: Refreshed, digest: str) -> str:
    """The last line: the coverage of all that was asked, and the digest of what is kept."""
    coverage = [region_document(result, refreshed.at) for result in refreshed.asked]
    told = [finding for result in refreshed.asked for finding in result.findings]
    findings = [*refreshed.findings, *told]
    return _line(
        "refresh_complete",
        _headline(refreshed),
        refreshed.at,
        level="warn" if refreshed.is_partial else "info",
        format_version=FORMAT_VERSION,
        coverage=coverage,
        changes=_change_counts(refreshed),
        digest=digest,
        diagnostics=[diagnostic_document(finding) for finding in findings],
    )


def change_lines(refreshed: Refreshed) -> list[str]:
    """One line per offer that came, went or moved."""
    moved = refreshed.changes
    return [
        *(_change("offer_came", refreshed, offer.name, None, offer) for offer in moved.came),
        *(_change("offer_went", refreshed, offer.name, offer, None) for offer in moved.went),
        *(
            _change("price_moved", refreshed, move.after.name, move.before, move.after)
            for move in moved.moved
        ),
        *(
            _line(
                "status_moved",
                f"{move.region}: {move.before or 'new'} -> {move.after}",
                refreshed.at,
                provider=move.region.provider,
                region=move.region.region,
                before=move.before and move.before.value,
                after=move.after.value,
            )
            for move in moved.statuses
        ),
    ]


def _change(
    kind: str, refreshed: Refreshed, name: str, before: Offer | None, after: Offer | None
) -> str:
    return _line(
        kind,
        f"{name}: {_price_of(before)} -> {_price_of(after)}",
        refreshed.at,
        offer=name,
        before=_amount(before),
        after=_amount(after),
    )


def _amount(offer: Offer | None) -> str | None:
    return None if offer is None or offer.price is None else str(offer.price)


def _price_of(offer: Offer | None) -> str:
    return "not listed" if offer is None else price(offer.price)


def _line(kind: str, message: str, at: datetime, *, level: str = "info", **rest: Any) -> str:
    stamp = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    head = {"@level": level, "@message": message, "@timestamp": stamp, "type": kind}
    return json.dumps({**head, **rest}, ensure_ascii=False)


def render_refresh(refreshed: Refreshed, digest: str, style: Style) -> str:
    """The coverage by cloud, each region that is not ok, and where all of it stands."""
    parts = [render_table(_cloud_columns(refreshed), style)]
    failed = [result for result in refreshed.asked if result.status is not RegionStatus.OK]
    if failed:
        parts.append(render_table(_failed_columns(failed, refreshed.at), style))
    notes = [_headline(refreshed), f"Snapshot {digest}"]
    return "\n\n".join([*parts, "\n".join(style.dim(note) for note in notes)])


def _headline(refreshed: Refreshed) -> str:
    statuses = Counter(result.status for result in refreshed.asked)
    told = ", ".join(f"{statuses[status]} {status}" for status in RegionStatus if statuses[status])
    offers = sum(len(result.offers) for result in refreshed.asked)
    counts = _change_counts(refreshed)
    moved = (
        "the first refresh here"
        if refreshed.first
        else (
            f"{counts['came']:,} came, {counts['went']:,} went, "
            f"{many(counts['moved'], 'price')} moved"
        )
    )
    regions = many(len(refreshed.asked), "region")
    return f"{regions}: {told or 'none'}. {many(offers, 'offer')}; {moved}."


def _change_counts(refreshed: Refreshed) -> dict[str, int]:
    moved = refreshed.changes
    return {"came": len(moved.came), "went": len(moved.went), "moved": len(moved.moved)}


def _cloud_columns(refreshed: Refreshed) -> list[Column]:
    clouds: dict[tuple[str, str], list[RegionResult]] = {}
    for result in refreshed.asked:
        clouds.setdefault((result.region.provider, result.source), []).append(result)
    groups = list(clouds.values())
    columns = [
        Column(title="CLOUD", cells=[provider for provider, _ in clouds]),
        Column(title="SOURCE", cells=[source for _, source in clouds]),
        Column(title="REGIONS", cells=[str(len(group)) for group in groups], right=True),
    ]
    for status in RegionStatus:
        counts = [sum(result.status is status for result in group) for group in groups]
        if any(counts):
            columns.append(
                Column(title=status.upper(), cells=[str(count) for count in counts], right=True)
            )
    return [
        *columns,
        Column(title="OFFERS", cells=[_total(g, "offers") for g in groups], right=True),
        Column(title="NO PRICE", cells=[_unpriced(g) for g in groups], right=True),
        Column(title="QUOTAS", cells=[_total(g, "quotas") for g in groups], right=True),
        Column(
            title="OLDEST",
            cells=[_oldest(group, refreshed.at) for group in groups],
            right=True,
        ),
    ]


def _total(group: Sequence[RegionResult], field: str) -> str:
    return f"{sum(len(getattr(result, field)) for result in group):,}"


def _unpriced(group: Sequence[RegionResult]) -> str:
    return f"{sum(offer.price is None for result in group for offer in result.offers):,}"


def _oldest(group: Sequence[RegionResult], now: datetime) -> str:
    instants = [result.fetched_at for result in group if result.offers]
    return age(now - min(instants)) if instants else "-"


def _failed_columns(failed: Sequence[RegionResult], now: datetime) -> list[Column]:
    """A line for each region, but one for all of a cloud that fail alike, if they are many."""
    rows = [
        rows
        for group in _alike(failed)
        for rows in ([group] if len(group) > MOST_ALIKE else [[one] for one in group])
    ]
    rows.sort(key=lambda group: group[0].region)
    return [
        Column(title="NOT OK", cells=[_named(group) for group in rows]),
        Column(title="STATUS", cells=[group[0].status.value for group in rows]),
        Column(title="KEPT", cells=[_total(group, "offers") for group in rows], right=True),
        Column(title="AGE", cells=[_oldest(group, now) for group in rows], right=True),
        Column(title="WHY", cells=[_why(group[0]) for group in rows]),
    ]


def _alike(failed: Iterable[RegionResult]) -> list[list[RegionResult]]:
    """Those of one source, status and reason together."""
    groups: dict[tuple[str, ...], list[RegionResult]] = {}
    for result in failed:
        groups.setdefault((result.source, result.status.value, _why(result)), []).append(result)
    return list(groups.values())


def _named(group: Sequence[RegionResult]) -> str:
    first = group[0].region
    return str(first) if len(group) == 1 else f"{first.provider}, {len(group)} regions"


def _why(result: RegionResult) -> str:
    return result.findings[-1].summary if result.findings else ""


def findings_shown(refreshed: Refreshed) -> list[Diagnostic]:
    """What was found in regions that answered, the first few of each code.

    Those of the others stand in the table of regions that are not ok, but for a cloud that fails
    as a whole: of that, what to do is told once.
    """
    shown: list[Diagnostic] = list(refreshed.findings)
    counts: Counter[str] = Counter()
    for result in refreshed.asked:
        if result.status is not RegionStatus.OK:
            continue
        for finding in result.findings:
            counts[finding.code] += 1
            if counts[finding.code] <= MOST_FINDINGS:
                shown.append(finding)
    shown += [_more(code, count) for code, count in counts.items() if count > MOST_FINDINGS]
    failed = [result for result in refreshed.asked if result.status not in COMPLETE]
    return shown + [
        replace(finding, subject=group[0].source)
        for group in _alike(failed)
        if len(group) > MOST_ALIKE
        for finding in group[0].findings[-1:]
    ]


def _more(code: str, count: int) -> Diagnostic:
    return Diagnostic(
        severity=Severity.WARNING,
        code=code,
        subject="",
        summary=f"{count - MOST_FINDINGS} more like that; -json lists all",
    )


def render_changes(refreshed: Refreshed, style: Style) -> str:
    """What moved, the largest first."""
    moved = refreshed.changes
    if refreshed.first:
        return "Nothing to compare with: this was the first refresh here."
    if not moved:
        return "Nothing moved since the last refresh."
    parts = [
        _moves(moved.moved, style),
        _list("+", moved.came, style.green),
        _list("-", moved.went, style.red),
        "\n".join(
            f"  ! {move.region} ({move.source}): {move.before or 'new'} -> {move.after}"
            for move in moved.statuses[:MOST_SHOWN]
        ),
    ]
    return "\n".join(part for part in parts if part)


def _moves(moves: Sequence[PriceMove], style: Style) -> str:
    lines = [
        f"  ~ {move.after.name}  {_price_of(move.before)} -> {_price_of(move.after)}{_share(move)}"
        for move in moves[:MOST_SHOWN]
    ]
    return "\n".join([*map(style.yellow, lines), *_rest(len(moves))])


def _share(move: PriceMove) -> str:
    return "" if move.share is None else f"  ({float(move.share):+.1%})"


def _list(mark: str, offers: Sequence[Offer], paint: Any) -> str:
    lines = [f"  {mark} {offer.name}  {price(offer.price)}" for offer in offers[:MOST_SHOWN]]
    return "\n".join([*map(paint, lines), *_rest(len(offers))])


def _rest(total: int) -> Iterable[str]:
    return [f"    ... {total - MOST_SHOWN:,} more (-json lists all)"] if total > MOST_SHOWN else []
