"""What a plan or its explanation does without, since it was not to be had a little while ago."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from broker.cli.render.lines import LABEL, flowing
from broker.cli.render.placement import symbol_of_change
from broker.domain.stock_outs import StockOut
from broker.domain.wording import many
from broker.planning.left_aside import stock_out_of

SHOWN = 5
TAKEN = ("cluster", "pool")
"""Of what is said that it would go: what it takes long to have again."""


def render_left_aside(left_aside: Sequence[StockOut], width: int) -> Iterator[str]:
    """A line for each, few of many, and how to ask for it again; nothing where there is none."""
    if not left_aside:
        return
    indent = " " * LABEL
    for each in left_aside[:SHOWN]:
        yield flowing(f"Left aside: {each}: {each.since}", width, indent=indent)
    more = len(left_aside) - SHOWN
    others = f"and {more} more, which -json lists; " if more > 0 else ""
    again = "it" if len(left_aside) == 1 else "them"
    yield f"{indent}{others}-forget-stock-outs asks for {again} again"


def render_taken_away(plan: Mapping[str, Any], width: int) -> str:
    """That what runs would go while something is left aside, which soon may be had again; else nothing.

    Whether it goes for that reason is not known: only a plan that asks for it again would tell.
    """
    left_aside = [stock_out_of(each) for each in plan.get("left_aside") or ()]
    gone = Counter(
        change["type"]
        for change in plan["resource_changes"]
        if symbol_of_change(change) in ("-", "-/+") and change["type"] in TAKEN
    )
    if not left_aside or not gone:
        return ""
    named = " and ".join(many(gone[kind], kind) for kind in TAKEN if gone[kind])
    until = max(each.until for each in left_aside).astimezone(UTC)
    them = "it" if gone.total() == 1 else "them"
    return flowing(
        f"Note: {named} would be taken away by a plan that leaves aside what was out of stock. That is "
        f"remembered until {until:%H:%M} UTC: a plan made then may keep {them}. -forget-stock-outs shows now "
        f"whether one would.",
        width,
        indent=" " * len("Note: "),
    )
