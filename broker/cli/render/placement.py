"""Where everything runs: a tree of clusters, pools and workloads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from broker.cli.render.cost import at_least, money, symbol_of
from broker.cli.render.figures import UNKNOWN, capacity, price
from broker.cli.render.style import Style
from broker.cli.render.table import Column, fitting, left_out, rows_of_table
from broker.domain.money import HOURS_PER_MONTH, SUM_PLACES, Money, total
from broker.domain.wording import many

Document = Mapping[str, Any]

UNCHANGED = "="
AS_REQUESTED = "   # will be replaced, as requested"
"""As Terraform says why."""
SYMBOLS = {
    ("no-op",): UNCHANGED,
    ("create",): "+",
    ("update",): "~",
    ("delete",): "-",
    ("delete", "create"): "-/+",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the tree."""

    symbol: str
    depth: int
    name: str
    size: str
    kind: str
    zone: str = ""
    hourly: str


def symbol_of_change(change: Document) -> str:
    """The mark of a resource change."""
    return SYMBOLS[tuple(change["change"]["actions"])]


def colored(line: str, symbol: str, style: Style) -> str:
    """*line* in the colour of its mark."""
    match symbol:
        case "+":
            return style.green(line)
        case "-":
            return style.red(line)
        case "~" | "-/+" | "+/-":
            return style.yellow(line)
        case _:
            return line


def render_placement(plan: Document, style: Style, width: int) -> str:
    """The tree; a cluster in which nothing changes is folded into one line."""
    rows = [row for cluster in _clusters(plan) for row in cluster]
    columns = [
        Column(
            title="Placement",
            cells=[f"{row.symbol:>3} {'  ' * row.depth}{row.name}" for row in rows],
        ),
        Column(title="accelerators", cells=[row.size for row in rows], right=True),
        Column(title="", cells=[row.kind for row in rows], breakable=True),
        Column(title="zone", cells=[row.zone for row in rows], expendable=1),
        Column(
            title=f"{symbol_of(plan['cost'])}/hour",
            cells=[row.hourly for row in rows],
            right=True,
        ),
    ]
    if not any(row.zone for row in rows):
        columns = [column for column in columns if column.title != "zone"]
    kept = fitting(columns, width)
    title, *lines = rows_of_table(kept, style)
    marked = (colored(line, row.symbol, style) for line, row in zip(lines, rows, strict=True))
    return "\n".join([title, *marked, *map(style.dim, left_out(columns, kept))])


def _clusters(plan: Document) -> Iterator[list[Row]]:
    by_type: dict[str, list[Document]] = {}
    for change in plan["resource_changes"]:
        by_type.setdefault(change["type"], []).append(change)
    pools = by_type.get("pool", [])
    workloads = _Workloads(plan, by_type.get("workload", []))
    for cluster in sorted(by_type.get("cluster", []), key=lambda change: change["name"]):
        own = [change for change in pools if _settings(change)["cluster"] == cluster["name"]]
        yield _cluster(plan, cluster, sorted(own, key=lambda change: change["name"]), workloads)


def _cluster(
    plan: Document, cluster: Document, pools: Sequence[Document], workloads: "_Workloads"
) -> list[Row]:
    below = [row for pool in pools for row in _pool(pool, workloads)]
    symbol = symbol_of_change(cluster)
    changed = any(row.symbol != UNCHANGED for row in below)
    if symbol == UNCHANGED and changed:
        symbol = "~"
    devices = sum((Fraction(_figures(pool)["accelerators"]) for pool in pools), Fraction(0))
    settings = _settings(cluster)
    folded = f"  ({many(len(pools), 'pool')} unchanged)" if symbol == UNCHANGED else ""
    head = Row(
        symbol=symbol,
        depth=0,
        name=cluster["name"],
        size=_whole(devices),
        kind=f"{settings['provider']} {settings['region']}{folded}",
        hourly=_cluster_hourly(plan, cluster["name"]),
    )
    return [head] if symbol == UNCHANGED else [head, *below]


def _cluster_hourly(plan: Document, name: str) -> str:
    views = [plan["cost"], plan["cost"]["before"] or {}]
    for view in views:
        for row in view.get("clusters", []):
            if row["name"] == name:
                return at_least(row["hourly"], row["unknown_prices"])
    return UNKNOWN


def _pool(change: Document, workloads: "_Workloads") -> Iterator[Row]:
    settings, figures = _settings(change), _figures(change)
    hours = Fraction(settings["hours"])
    burst = "" if hours == HOURS_PER_MONTH else f", {_hours(hours)} h"
    yield Row(
        symbol=symbol_of_change(change),
        depth=1,
        name=f"{settings['nodes']:,} x {settings['machine_type']}",
        size=f"{_whole(Fraction(figures['accelerators']))} {figures['accelerator']}",
        kind=f"{capacity(settings['capacity_type'], settings['term_months'])}{burst}",
        zone=settings["zone"] or "",
        hourly=money(figures["hourly"]),
    )
    yield from workloads.of_pool(settings["cluster"], change["name"])


class _Workloads:
    """Who runs in which pool, after the plan and before it."""

    def __init__(self, plan: Document, changes: Sequence[Document]) -> None:
        self._placements = plan["placements"]
        self._changes = sorted(changes, key=lambda change: change["name"])

    def of_pool(self, cluster: str, pool: str) -> Iterator[Row]:
        """Those that stay there, come or leave, by name."""
        for change in self._changes:
            before, after = (
                _part(change["change"][side], cluster, pool) for side in ("before", "after")
            )
            part = after or before
            if part is not None:
                yield Row(
                    symbol=_symbol_of_part(before, after),
                    depth=2,
                    name=change["name"],
                    size=many(part["replicas"], "replica"),
                    kind=_settings(change)["team"],
                    hourly=self._hourly(change["name"], cluster, pool) if after else "",
                )

    def _hourly(self, workload: str, cluster: str, pool: str) -> str:
        shares = (
            Money.parse(placement["hourly_cost"])
            for placement in self._placements
            if (placement["workload"], placement["cluster"], placement["pool"])
            == (workload, cluster, pool)
        )
        return price(total(shares), SUM_PLACES)


def _symbol_of_part(before: Document | None, after: Document | None) -> str:
    """What becomes of a workload in one pool: it starts anew if the pool's machines change."""
    if before is None or after is None:
        return "+" if before is None else "-"
    if before == after:
        return UNCHANGED
    return "~" if {**before, "replicas": 0} == {**after, "replicas": 0} else "-/+"


def _part(settings: Document | None, cluster: str, pool: str) -> Document | None:
    """What of a workload is in that pool."""
    if settings is None:
        return None
    for part in settings["placements"]:
        if (part["cluster"], part["pool"]) == (cluster, pool):
            found: Document = part
            return found
    return None


def _settings(change: Document) -> Document:
    settings: Document = change["change"]["after"] or change["change"]["before"]
    return settings


def _figures(change: Document) -> Document:
    figures: Document = change["figures"]["after"] or change["figures"]["before"]
    return figures


def _hours(hours: Fraction) -> str:
    """`96`, `33 1/3`; hours with odd parts, as reclaims add them, to a tenth, of few to two digits."""
    if hours.denominator <= SIMPLE_PARTS:
        return _whole(hours)
    return f"{float(hours):,.1f}" if hours >= 1 else f"{float(hours):.2g}"


SIMPLE_PARTS = 4


def _whole(value: Fraction) -> str:
    """`1,024`, or `2 1/4` where a part of a device is left."""
    whole, rest = divmod(value, 1)
    if not rest:
        return f"{whole:,}"
    return f"{whole:,} {rest}" if whole else str(rest)
