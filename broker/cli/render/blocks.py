"""What a plan makes of the record: what was renamed, what is managed no more, what is to be looked for."""

from collections.abc import Iterator, Mapping
from typing import Any

from broker.cli.render.style import Style
from broker.domain.money import Money
from broker.planning.blocks import blocks_in

Document = Mapping[str, Any]


def render_blocks(plan: Document, style: Style) -> str:
    """A line each; empty where nothing is said."""
    blocks = plan.get("blocks")
    if blocks is None:
        return ""
    return "\n".join([style.bold("Record"), *_lines(blocks, str(plan["cost"]["currency"]), style)])


def _lines(blocks: Document, currency: str, style: Style) -> Iterator[str]:
    for move in blocks["moved"]:
        done = move["done"]
        told = "moved before, and needs its block no more" if done else f"has moved to {move['to']}"
        yield f"  {move['from']} {told}"
    for removed in blocks["removed"]:
        costs = _costs(removed["monthly"], currency)
        yield style.yellow(
            f"  cluster.{removed['cluster']} will no longer be managed: it stays, and goes on costing {costs}"
        )
    for name in blocks["import"]:
        yield f"  cluster.{name} will be looked for in its cloud, and recorded, before anything is made"


def blocks_sentences(plan: Document) -> str:
    """What a question says of clusters that are managed no more, with a space before it."""
    currency = str(plan["cost"]["currency"])
    removed = (plan.get("blocks") or {}).get("removed", ())
    return "".join(
        f" cluster.{each['cluster']} will no longer be managed, and goes on costing "
        f"{_costs(each['monthly'], currency)} beside that."
        for each in removed
    )


def unmanaged(plan: Document) -> list[Money]:
    """What clusters cost a month that will be managed no more, where that is known."""
    return [
        monthly for monthly in (blocks_in(plan).forgotten or {}).values() if monthly is not None
    ]


def has_pending_blocks(plan: Document) -> bool:
    """Whether carrying the plan out makes another record, though nothing in a cloud changes."""
    return blocks_in(plan).has_changes


def _costs(monthly: str | None, currency: str) -> str:
    return (
        "nobody knows what"
        if monthly is None
        else f"{Money.parse(monthly, currency).shown()} a month"
    )
