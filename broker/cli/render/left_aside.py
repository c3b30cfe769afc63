"""What a plan or its explanation does without, since it was not to be had a little while ago."""

from collections.abc import Iterator, Sequence

from broker.cli.render.lines import LABEL, flowing
from broker.domain.stock_outs import StockOut

SHOWN = 5


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
