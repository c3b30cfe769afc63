"""Why a workload is where it is, for humans and as JSON."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

from broker.cli.render.figures import capacity, count, price
from broker.cli.render.style import Style
from broker.cli.render.table import Column, fitting, render_table
from broker.domain.fleet import Placement
from broker.domain.offers import Offer
from broker.domain.workloads import Workload
from broker.placement.explain import Alternative, CheaperExcluded, Explanation
from broker.placement.purchase import Costs
from broker.usecases.explain import Explained

CHEAPER_SHOWN = 12
INDENT = "  "


def render_explanation(explained: Explained, style: Style, width: int) -> str:
    """Chosen, next best, what was cheaper and why not, and what each rule took away."""
    explanation = explained.explanation
    blocks = [
        _header(explanation.workload, style),
        _chosen(explained, style, width),
        _runners_up(explanation, style, width),
        _cheaper(explanation, style, width),
        _excluded(explained),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _header(workload: Workload, style: Style) -> str:
    return f"{style.bold(f'broker explain {workload.name}')}   {wish(workload)}"


def wish(workload: Workload) -> str:
    """What the workload asks for, in one line."""
    models = " or ".join(str(choice) for choice in workload.accelerators.any_of)
    size = f"{workload.replicas.minimum} x {count(workload.accelerators.count)} {models}"
    parts = [
        size,
        "gang" if workload.is_gang else "",
        "always" if workload.run.hours is None else f"{_hours(workload.run.hours)} h",
        " or ".join(sorted(workload.capacity_types)),
        f"in {' or '.join(sorted(workload.residency))}" if workload.residency else "",
        f"{workload.latency.round_trip_ms:g} ms to {workload.latency.clients}"
        if workload.latency
        else "",
        f"over {workload.spread_regions} regions" if workload.spread_regions > 1 else "",
        f"reads {', '.join(workload.reads)}" if workload.reads else "",
    ]
    return ", ".join(part for part in parts if part)


def _hours(hours: Fraction) -> str:
    return f"{float(hours):g}"


def _chosen(explained: Explained, style: Style, width: int) -> str:
    explanation = explained.explanation
    placements = explanation.chosen
    title = f"Chosen, of {explanation.lawful:,} lawful offers among {explained.offers:,}"
    table = _table(
        [p.offer for p in placements],
        [
            _figures("REPLICAS", placements, lambda p: f"{p.replicas:,}"),
            _figures("NODES", placements, lambda p: f"{p.nodes:,}"),
            _figures("$/MONTH", placements, lambda p: price(p.monthly, 2)),
        ],
        style,
        width,
    )
    return f"{style.bold(title)}\n{table}"


def _runners_up(explanation: Explanation, style: Style, width: int) -> str:
    moves = explanation.runners_up
    if not moves:
        return style.bold("Next best: no other lawful offer can take it")
    title = style.bold("Next best: what the fleet would cost more, all else staying where it is")
    return f"{title}\n" + _table(
        [move.offer for move in moves],
        [
            _figures("MOVED", moves, lambda m: f"{m.moved:,}"),
            _figures("NODES", moves, lambda m: _signed(m.change, "nodes"), expendable=2),
            _figures("CLUSTERS", moves, lambda m: _signed(m.change, "clusters"), expendable=3),
            _figures("DATA", moves, lambda m: _signed(m.change, "data"), expendable=4),
            _figures("FLEET $/MONTH", moves, lambda m: _signed(m.change, "total")),
        ],
        style,
        width,
    )


def _signed(change: Costs, part: str) -> str:
    amount = getattr(change, part)
    return f"{'+' if amount.micros >= 0 else ''}{price(amount, 2)}"


def _cheaper(explanation: Explanation, style: Style, width: int) -> str:
    """The cheapest of those that a rule forbids; JSON has them all."""
    cheaper = explanation.cheaper
    alone = price(explanation.chosen_alone, 2)
    if not cheaper:
        return f"{style.bold('Cheaper')}: nothing; on nodes of its own it would cost ${alone}"
    shown = cheaper[:CHEAPER_SHOWN]
    title = style.bold(f"Cheaper than its ${alone} on nodes of its own, but excluded")
    lines = [title, _table(
        [c.offer for c in shown],
        [_figures("ALONE $/MONTH", shown, lambda c: price(c.alone, 2))],
        style,
        width,
        reasons=[f"{c.rule}: {c.reason}" for c in shown],
    )]  # fmt: skip
    if len(cheaper) > len(shown):
        lines.append(f"{INDENT}and {len(cheaper) - len(shown):,} more; -json lists all")
    return "\n".join(lines)


def _excluded(explained: Explained) -> str:
    excluded = explained.explanation.excluded
    ordered = sorted(excluded.items(), key=lambda pair: (-pair[1], pair[0]))
    return "Offers taken away by each rule: " + (
        ", ".join(f"{rule} {number:,}" for rule, number in ordered) or "none"
    )


def _figures(
    title: str, rows: Sequence[Any], cell: Callable[[Any], str], *, expendable: int = 0
) -> Column:
    return Column(title=title, cells=[cell(row) for row in rows], right=True, expendable=expendable)


def _table(
    offers: Sequence[Offer],
    figures: Iterable[Column],
    style: Style,
    width: int,
    *,
    reasons: Sequence[str] = (),
) -> str:
    columns = [
        Column(title="REGION", cells=[str(offer.region) for offer in offers]),
        Column(title="ZONE", cells=[offer.zone or "-" for offer in offers], expendable=5),
        Column(title="MACHINE TYPE", cells=[offer.machine_type for offer in offers]),
        Column(
            title="GPU",
            cells=[f"{count(offer.count)} {offer.accelerator.name}" for offer in offers],
            expendable=6,
        ),
        Column(title="CAPACITY", cells=[capacity(o.capacity_type, o.term_months) for o in offers]),
        Column(
            title="$/H", cells=[price(offer.price) for offer in offers], right=True, expendable=1
        ),
        *figures,
    ]
    if reasons:
        columns.append(Column(title="RULE", cells=reasons))
    table = render_table(fitting(columns, width - len(INDENT)), style)
    return "\n".join(INDENT + line for line in table.splitlines())


def explanation_document(explained: Explained) -> dict[str, Any]:
    """The same and all of it, with amounts as decimal strings."""
    explanation = explained.explanation
    solution = explained.solution
    return {
        "workload": explanation.workload.name,
        "offers": explained.offers,
        "lawful": explanation.lawful,
        "excluded": dict(sorted(explanation.excluded.items())),
        "chosen": [_placement(p) for p in explanation.chosen],
        "chosen_alone": str(explanation.chosen_alone),
        "runners_up": [_alternative(a) for a in explanation.runners_up],
        "cheaper": [_cheaper_row(c) for c in explanation.cheaper],
        "solver": {
            "status": solution.status,
            "objective": str(solution.objective),
            "bound": str(solution.bound),
        },
    }


def _placement(placement: Placement) -> dict[str, Any]:
    return {
        **_offer(placement.offer),
        "cluster": placement.cluster,
        "pool": placement.pool,
        "replicas": placement.replicas,
        "nodes": placement.nodes,
        "hourly_cost": str(placement.hourly),
        "monthly_cost": str(placement.monthly),
    }


def _alternative(alternative: Alternative) -> dict[str, Any]:
    change = alternative.change
    return {
        **_offer(alternative.offer),
        "alone": str(alternative.alone),
        "moved_replicas": alternative.moved,
        "fleet_change": {
            "total": str(change.total),
            "nodes": str(change.nodes),
            "clusters": str(change.clusters),
            "clouds": str(change.clouds),
            "data": str(change.data),
        },
    }


def _cheaper_row(cheaper: CheaperExcluded) -> dict[str, Any]:
    return {
        **_offer(cheaper.offer),
        "alone": str(cheaper.alone),
        "rule": cheaper.rule,
        "reason": cheaper.reason,
    }


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        "provider": offer.region.provider,
        "region": offer.region.region,
        "zone": offer.zone,
        "machine_type": offer.machine_type,
        "accelerator": offer.accelerator.name,
        "capacity_type": offer.capacity_type,
        "term_months": offer.term_months,
        "price": None if offer.price is None else str(offer.price),
    }
